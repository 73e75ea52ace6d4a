//! The newest steps against as many before: sums by their logarithms, quotients weighted by their denominators.

use std::sync::Arc;

use super::examine::{Outcome, Scale, scaled};
use super::statistics::medians::median;
use super::statistics::{Fit, Frame, Whitened, tails};
use super::study::{FLOOR, Line, Shape, Study};
use super::tables::{Null, Statistic};
use crate::dashboard::Cadence;

/// Steps of a window: as many as there are twice, the longer one first; of months and quarters whole years, of weeks too
/// where there are two, as other windows differ by their season.
fn lengths(cadence: Cadence) -> &'static [u32] {
    match cadence {
        Cadence::Day | Cadence::Year => &[28, 14],
        Cadence::Week => &[52, 14],
        Cadence::Month => &[12],
        Cadence::Quarter => &[28, 12],
    }
}

/// The fewest steps of which a change is told.
pub fn least(cadence: Cadence) -> usize {
    lengths(cadence).last().map_or(0, |length| 2 * *length as usize)
}

/// The share of a window's steps that must have values, and of the newer one's that the view must show.
const LEAST_COVERED: f64 = 0.8;
/// The fewest values of a window: a fortnight's, but for what may be missing.
const LEAST_VALUES: usize = 12;
/// The least share of those who do not that a difference is held against.
const LEAST_REST: f64 = 0.001;
/// The fewest events a quotient's numerator must count in each window, and its denominator entrants.
const LEAST_EVENTS: f64 = 30.0;

/// Two windows compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compared {
    /// The difference beyond the floor.
    pub outcome: Outcome,
    /// The floor: the proportion up to which a difference is trivial.
    pub floor: f64,
    /// The probability of a difference this small where the true one lies on the floor.
    pub p_same: f64,
    /// The steps of a window.
    pub length: u32,
    /// The first step of the newer window.
    pub at: u32,
    /// The mean of a step's values, or the quotient of the sums, in the newer window.
    pub current: f64,
    /// The same in the older one.
    pub reference: f64,
    /// Of quotients the sums they are made of: newer numerator and denominator, older ones.
    pub parts: Option<[f64; 4]>,
    /// On how many steps of either window there are values, newer first.
    pub with_values: (usize, usize),
    /// Whether steps have none though others of their weekday do.
    pub has_gaps: bool,
    /// Whether the estimate and the shown numbers have the same sign.
    pub agrees: bool,
}

impl Compared {
    /// The change of what is shown, in proportion.
    pub fn change(&self) -> f64 {
        (self.current - self.reference) / self.reference.abs()
    }
}

/// Compares the windows that end before step `end`; `None` where they hold too few values, or the view shows too little of
/// the newer one.
pub fn compare(study: &Study<'_>, line: &Line, end: u32) -> Option<Compared> {
    lengths(study.chronicle.cadence)
        .iter()
        .find_map(|length| of_length(study, line, end, *length))
}

fn of_length(study: &Study<'_>, line: &Line, end: u32, length: u32) -> Option<Compared> {
    let (from, at) = (end.checked_sub(2 * length)?, end - length);
    let shown = end.saturating_sub(at.max(study.first_shown()));
    if f64::from(shown) < LEAST_COVERED * f64::from(length) {
        return None;
    }
    let window = line.between(from, end);
    let older = window.steps.partition_point(|step| *step < at);
    let newer = window.len() - older;
    let least = |from, end| {
        let expected = study.expected(&window.steps, (from, end)) as f64;
        ((LEAST_COVERED * expected).ceil() as usize).max(LEAST_VALUES)
    };
    if older < least(from, at) || newer < least(at, end) {
        return None;
    }
    let frame = study.frame(&window.steps, Shape::Half(at))?;
    let mut compared = match window.bases.is_empty() {
        true => of_sums(&window, &frame, older)?,
        false => of_quotients(&window, &frame, older)?,
    };
    compared.length = length;
    compared.at = at;
    compared.with_values = (newer, older);
    compared.has_gaps = study.has_gaps(&window.steps, (from, end));
    compared.outcome.at = at;
    Some(compared)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn of_sums(window: &Line, frame: &Arc<Frame>, older: usize) -> Option<Compared> {
    let scaled = scaled(&window.values)?;
    let rho = frame.rho(&frame.residuals(&scaled.values));
    let fit = Whitened::new(frame, rho, None)?.fit(&scaled.values);
    if fit.variance <= 0.0 {
        return None;
    }
    let n = window.len();
    let null = Null::of(Statistic::Slope, n, rho);
    let (size, error) = fit.last();
    let (reference, current) = (mean(&window.values[..older]), mean(&window.values[older..]));
    // Proportions of the mean become proportions of the older window.
    let (size, error) = match scaled.scale {
        Scale::Log | Scale::Root => (size, error),
        Scale::Identity => {
            let scale = window.values.iter().map(|value| value.abs()).sum::<f64>() / n as f64;
            let factor = scale / reference.abs().max(scale / 20.0);
            (size * factor, error * factor)
        }
    };
    Some(Compared {
        outcome: outcome(size, error, &null, &fit, rho, n, scaled.scale),
        floor: FLOOR,
        p_same: null.tail((FLOOR - size.abs()) / error),
        current,
        reference,
        agrees: (current - reference) * size > 0.0,
        ..Compared::default()
    })
}

fn outcome(size: f64, error: f64, null: &Null, fit: &Fit<'_>, rho: f64, n: usize, scale: Scale) -> Outcome {
    let width = null.five_percent() * error;
    Outcome {
        size,
        low: size - width,
        high: size + width,
        stat: size / error,
        df: fit.df,
        p: tails::beyond(size, error, FLOOR, |t| null.tail(t)),
        p_any: tails::beyond(size, error, 0.0, |t| null.tail(t)),
        rho,
        n,
        scale,
        ..Outcome::default()
    }
}

/// Weights half-way between the denominators and equal ones, because a day's quotient varies beyond its own counting: as much as
/// counting makes where a denominator is usual, or `least` where the usual one is less.
pub fn weights(bases: &[f64], least: f64) -> Vec<f64> {
    let middle = median(&mut bases.to_vec()).max(least);
    bases
        .iter()
        .map(|base| 1.0 / (1.0 / base + 1.0 / middle))
        .collect()
}

/// The fit of quotients by such weights, and their autocorrelation: the first fit's residuals, each over its own spread, tell it.
pub fn weighted<'a>(frame: &'a Frame, values: &[f64], weights: &[f64]) -> Option<(Fit<'a>, f64)> {
    let first = Whitened::new(frame, 0.0, Some(weights))?.fit(values);
    let standard: Vec<f64> = (0..values.len())
        .map(|index| (values[index] - fitted(frame, &first, index)) * libm::sqrt(weights[index]))
        .collect();
    let rho = frame.rho(&standard);
    Some((Whitened::new(frame, rho, Some(weights))?.fit(values), rho))
}

fn of_quotients(window: &Line, frame: &Arc<Frame>, older: usize) -> Option<Compared> {
    let sums = |values: &[f64]| {
        (
            values[..older].iter().sum::<f64>(),
            values[older..].iter().sum::<f64>(),
        )
    };
    let ((amount0, amount1), (base0, base1)) = (sums(&window.amounts), sums(&window.bases));
    let is_proportion = window.is_proportion();
    let too_few = is_proportion && (amount0 < LEAST_EVENTS || amount1 < LEAST_EVENTS);
    if too_few || base0 <= 0.0 || base1 <= 0.0 || window.bases.iter().any(|base| *base <= 0.0) {
        return None;
    }
    let weights = weights(&window.bases, 0.0);
    let (fit, rho) = weighted(frame, &window.values, &weights)?;
    if fit.variance <= 0.0 {
        return None;
    }
    // The older window's mean weekday, and what the newer one adds to it.
    let count = frame.phases.len();
    let share = 1.0 / (count as f64 + 1.0);
    let mut level = vec![0.0; fit.beta.len()];
    level[0] = 1.0;
    level[1..=count].fill(share);
    let (base_level, _) = fit.contrast(&level);
    let (step, _) = fit.last();
    if base_level.abs() <= 0.0 {
        return None;
    }
    let relative = step / base_level.abs();
    let beyond = |floor: f64| {
        let mut contrast: Vec<f64> = level.iter().map(|weight| -floor * weight).collect();
        if let Some(last) = contrast.last_mut() {
            *last = 1.0;
        }
        let (value, error) = fit.contrast(&contrast);
        value / error
    };
    let sign = if relative >= 0.0 { 1.0 } else { -1.0 };
    let level_sign = if base_level >= 0.0 { 1.0 } else { -1.0 };
    let null = Null::of(Statistic::Slope, window.len(), rho);
    // Of what nearly all do, those who do not make the news: late ones of 2 % who become 5 % are many.
    let floor = match (is_proportion, amount0 / base0) {
        (true, share) if share > 0.5 => FLOOR * (1.0 - share).max(LEAST_REST) / share,
        _ => FLOOR,
    };
    let near = sign * beyond(sign * level_sign * floor);
    let far = sign * beyond(-sign * level_sign * floor);
    let plain = beyond(0.0);
    let error = if plain != 0.0 {
        (relative / plain).abs()
    } else {
        f64::INFINITY
    };
    let width = null.five_percent() * error;
    let (reference, current) = (amount0 / base0, amount1 / base1);
    let phi = match is_proportion {
        true => dispersion(window, frame, &fit),
        false => 0.0,
    };
    Some(Compared {
        outcome: Outcome {
            size: relative,
            low: relative - width,
            high: relative + width,
            stat: plain,
            df: fit.df,
            p: (null.tail(near) + null.tail(far)).clamp(tails::LEAST, 1.0),
            p_any: (2.0 * null.tail(plain.abs())).clamp(tails::LEAST, 1.0),
            rho,
            phi,
            n: window.len(),
            ..Outcome::default()
        },
        floor,
        // Outside of the floor on the near side the difference is anything but small.
        p_same: null.tail(-near).max(null.tail(far)),
        current,
        reference,
        parts: Some([amount1, base1, amount0, base0]),
        agrees: (current - reference) * relative > 0.0,
        ..Compared::default()
    })
}

fn fitted(frame: &Frame, fit: &Fit<'_>, index: usize) -> f64 {
    let terms = frame.columns().iter().zip(&fit.beta);
    terms.map(|(column, beta)| column[index] * beta).sum()
}

/// Pearson's dispersion of proportions around a fit: 1 where they vary as counting alone makes them.
fn dispersion(window: &Line, frame: &Frame, fit: &Fit<'_>) -> f64 {
    let rate = window.amounts.iter().sum::<f64>() / window.bases.iter().sum::<f64>();
    let square: f64 = (0..window.len())
        .map(|index| {
            let rest = window.values[index] - fitted(frame, fit, index);
            window.bases[index] * rest * rest
        })
        .sum();
    square / (rate * (1.0 - rate)).max(1e-12) / fit.df
}
