//! The tests of one series, as numbers alone: what depends on nothing but its values.

use std::sync::Arc;

use super::judge::MAX_Q;
use super::season;
use super::standing_out::{StandingOut, standing_out};
use super::statistics::medians::{median, spread};
use super::statistics::steps::{Step, best_step, passing};
use super::statistics::{Fit, Frame, Season, Whitened, tails};
use super::study::{FLOOR, Line, Shape, Study};
use super::tables::{Null, Statistic};
use super::weekdays::{self, Weekdays};

/// The fewest values a line is drawn through, and among which one can stand out.
pub const LEAST_LINE: usize = 28;
/// The fewest values in which a step or a season is looked for.
pub const LEAST_STEP: usize = 42;
/// The fewest values on either side of a step.
const MARGIN: usize = 7;
/// How many stretches that passed may be taken out before a step that lasts is looked for.
const PASSING: usize = 3;

/// The autocorrelation from which on a series may wander: it may keep whatever it gains, so that a line or a step through it
/// says less than it seems to.
const WANDERS: f64 = 0.8;
/// The probability below which a step is taken out before single values are looked at.
const SURE_STEP: f64 = 0.01;
/// The points at which a curve is looked at, and the part of its way that it must gain to go one way.
const POINTS: usize = 32;
const ONE_WAY: f64 = 0.8;
/// By how much more the line through a series that wanders varies than from its first value to its last.
const OF_A_LINE: f64 = 1.2;

/// The scale that a series is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Proportions of the mean size.
    #[default]
    Identity,
    /// Logarithms.
    Log,
    /// Square roots, of counts that vary as counting makes them; estimates are logarithms here, too.
    Root,
}

impl Scale {
    /// Its name in the evidence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Log => "log",
            Self::Root => "sqrt",
        }
    }
}

/// An estimate on a test's own scale, and how surprising it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// The estimate: a difference of logarithms, or of values in proportion to their mean.
    pub size: f64,
    /// Where the true one lies with 95 %.
    pub low: f64,
    /// Where the true one lies with 95 %.
    pub high: f64,
    /// The statistic.
    pub stat: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// The probability where there is nothing beyond the floor.
    pub p: f64,
    /// The probability where there is nothing at all.
    pub p_any: f64,
    /// The autocorrelation.
    pub rho: f64,
    /// The dispersion; 0 where there is none.
    pub phi: f64,
    /// The step it is dated at, as far as it is.
    pub at: u32,
    /// How badly the model fits: less is better, between models of one series.
    pub misfit: f64,
    /// How many values.
    pub n: usize,
    /// The scale.
    pub scale: Scale,
}

impl Outcome {
    /// The estimate in proportion: 0.1 is a tenth more.
    pub fn relative(&self) -> f64 {
        self.in_proportion(self.size)
    }

    /// The interval in proportion.
    pub fn interval(&self) -> (f64, f64) {
        (self.in_proportion(self.low), self.in_proportion(self.high))
    }

    fn in_proportion(&self, size: f64) -> f64 {
        match self.scale {
            Scale::Identity => size,
            Scale::Log | Scale::Root => libm::expm1(size.clamp(-50.0, 50.0)),
        }
    }
}

/// What the tests of one series say.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// A line; the estimate is from its first to its last value.
    pub trend: Option<Outcome>,
    /// The best step.
    pub shift: Option<Outcome>,
    /// A curve, where there may be a step: where it fits better, the level changed little by little.
    pub curve: Option<Curve>,
    /// What lies farthest from its neighbours.
    pub spikes: StandingOut,
    /// The weekdays.
    pub weekdays: Option<Weekdays>,
}

/// A curve that turns twice at most, through a series.
#[derive(Debug, Clone, Copy)]
pub struct Curve {
    /// How badly it fits: see [`Outcome::misfit`].
    pub misfit: f64,
    /// Whether it goes one way, but for a little.
    pub goes_one_way: bool,
}

/// A series on the scale it is tested on.
pub struct Scaled {
    /// The values there.
    pub values: Vec<f64>,
    /// Which one it is.
    pub scale: Scale,
}

/// The scale of a series: logarithms where all values are positive, else proportions of the mean size.
pub fn scaled(values: &[f64]) -> Option<Scaled> {
    if values.iter().all(|value| *value > 0.0) {
        return Some(Scaled {
            values: values.iter().map(|value| libm::log(*value)).collect(),
            scale: Scale::Log,
        });
    }
    let size = values.iter().map(|value| value.abs()).sum::<f64>() / values.len().max(1) as f64;
    (size > 0.0).then(|| Scaled {
        values: values.iter().map(|value| value / size).collect(),
        scale: Scale::Identity,
    })
}

/// Makes the tests of a series; `weeks` are the values that weekdays are told from.
pub fn examine(study: &Study<'_>, line: &Line, weeks: &Line) -> Examined {
    let mut examined = Examined::default();
    if line.len() < LEAST_STEP {
        examined.weekdays = weekdays::of_line(study, weeks);
    }
    if line.len() < LEAST_LINE {
        return examined;
    }
    let (Some(mut scaled), Some(frame)) = (scaled(&line.values), study.frame(&line.steps, Shape::Line))
    else {
        return examined;
    };
    examined.shift = shift(study, line, &mut scaled, &frame);
    if examined.shift.is_some_and(|shift| shift.p_any <= MAX_Q) {
        examined.curve = curve(study, line, &scaled);
    }
    let rho = frame.rho(&frame.residuals(&scaled.values));
    if let Some(white) = Whitened::new(&frame, rho, None) {
        let fit = white.fit(&scaled.values);
        if fit.variance > 0.0 {
            let trend = trend(line, &scaled, &fit, rho, study.season);
            examined.trend = Some(match rho >= WANDERS {
                true => as_wandering(trend, line, &frame, &scaled),
                false => trend,
            });
            let own = || match line.bases.is_empty() {
                true => weekdays::of_sums(line, &scaled, &frame, &fit, rho),
                false => weekdays::of_quotients(line, &frame),
            };
            examined.weekdays = examined.weekdays.or_else(own);
        }
    }
    let sure = examined.shift.filter(|shift| shift.p_any < SURE_STEP);
    examined.spikes = standing_out(line, season::beside_neighbours(study, line), sure);
    examined
}

/// A trend held against what a series that keeps all it gains would do by chance over as many steps.
fn as_wandering(trend: Outcome, line: &Line, frame: &Frame, scaled: &Scaled) -> Outcome {
    let residuals = frame.residuals(&scaled.values);
    let pairs = residuals.windows(2).zip(line.steps.windows(2));
    let gains =
        pairs.map(|(pair, steps)| (pair[1] - pair[0]) * (pair[1] - pair[0]) / f64::from(steps[1] - steps[0]));
    let df = line.len() as f64 - 2.0;
    let span = f64::from(line.steps[line.len() - 1] - line.steps[0]);
    let error = libm::sqrt(OF_A_LINE * span * gains.sum::<f64>() / df);
    let against = |floor| tails::beyond(trend.size, error, floor, |t| tails::student(t, df));
    Outcome {
        p: trend.p.max(against(FLOOR)),
        p_any: trend.p_any.max(against(0.0)),
        ..trend
    }
}

fn trend(line: &Line, scaled: &Scaled, fit: &Fit<'_>, rho: f64, season: Season) -> Outcome {
    let n = line.len();
    let null = Null::of(Statistic::Slope, n, rho);
    let (size, error) = fit.last();
    let p = tails::beyond(size, error, FLOOR, |t| null.tail(t));
    let width = null.five_percent() * error;
    Outcome {
        // The robust line costs more than the test, so it is drawn only where it may be shown.
        size: if p < 0.2 {
            median_slope(line, &scaled.values, season)
        } else {
            size
        },
        low: size - width,
        high: size + width,
        stat: size / error,
        df: fit.df,
        p,
        p_any: tails::beyond(size, error, 0.0, |t| null.tail(t)),
        rho,
        misfit: misfit(n, fit.rest, rho),
        n,
        scale: scaled.scale,
        ..Outcome::default()
    }
}

/// The curve through a series; what it has more than a line costs as much as where a step is.
fn curve(study: &Study<'_>, line: &Line, scaled: &Scaled) -> Option<Curve> {
    let frame = study.frame(&line.steps, Shape::Curve)?;
    let rho = frame.rho(&frame.residuals(&scaled.values));
    let white = Whitened::new(&frame, rho, None)?;
    let n = line.len();
    let fit = white.fit(&scaled.values);
    let [.., along, square, cube] = fit.beta[..] else {
        return None;
    };
    let at = |point: usize| {
        let x = point as f64 / POINTS as f64 - 0.5;
        x * (along + x * (square + x * cube))
    };
    let gone: f64 = (0..POINTS).map(|point| (at(point + 1) - at(point)).abs()).sum();
    Some(Curve {
        misfit: misfit(n, fit.rest, rho) + 2.0 * libm::log(n as f64),
        goes_one_way: (at(POINTS) - at(0)).abs() >= ONE_WAY * gone,
    })
}

/// Twice the negative log-likelihood, but for a constant.
fn misfit(n: usize, rest: f64, rho: f64) -> f64 {
    n as f64 * libm::log(rest.max(1e-300)) + (n as f64 - 1.0) * libm::log(1.0 - rho * rho)
}

/// Theil and Sen's line over pairs in the same phase of the season, from the first to the last value.
fn median_slope(line: &Line, values: &[f64], season: Season) -> f64 {
    let mut of_phase: Vec<Vec<(f64, f64)>> = vec![Vec::new(); season.length as usize];
    for (step, value) in line.steps.iter().zip(values) {
        of_phase[season.of(*step) as usize].push((f64::from(*step), *value));
    }
    let mut slopes = Vec::new();
    for own in &of_phase {
        for (index, (step, value)) in own.iter().enumerate() {
            let later = own[index + 1..].iter();
            slopes.extend(later.map(|(other, other_value)| (other_value - value) / (other - step)));
        }
    }
    let span = line.steps.last().zip(line.steps.first());
    median(&mut slopes) * span.map_or(0.0, |(last, first)| f64::from(last - first))
}

/// The probability that the largest difference from one value to the next is as large as that before `at`.
fn leap_by_chance(values: &[f64], at: usize) -> f64 {
    let differences: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let usual = spread(&differences);
    let leap = differences[at - 1].abs() / usual.max(f64::MIN_POSITIVE);
    (2.0 * differences.len() as f64 * tails::normal(leap)).min(1.0)
}

/// The best step that lasts. Stretches that explain more, and after which all was as before, are taken out of the values first: what
/// is left tells of the level.
fn shift(study: &Study<'_>, line: &Line, scaled: &mut Scaled, reference: &Arc<Frame>) -> Option<Outcome> {
    if line.len() < LEAST_STEP {
        return None;
    }
    let level = study.frame(&line.steps, Shape::Level)?;
    let mut found: Option<Outcome> = None;
    for round in 0..=PASSING {
        let step = best_step(&level, reference, &scaled.values, MARGIN, FLOOR)?;
        let outcome = step_outcome(line, scaled, &level, &step);
        let own = Outcome {
            p: found.map_or(outcome.p, |before| outcome.p.max(before.p)),
            p_any: found.map_or(outcome.p_any, |before| outcome.p_any.max(before.p_any)),
            ..outcome
        };
        found = Some(own);
        // What chance makes is no step, whatever it consists of.
        if own.p_any > MAX_Q {
            break;
        }
        let Some(stretch) = passing(&level.residuals(&scaled.values), step.at, MARGIN) else {
            break;
        };
        if round == PASSING {
            return None;
        }
        for value in &mut scaled.values[stretch.first..stretch.after] {
            *value -= stretch.size;
        }
    }
    found
}

fn step_outcome(line: &Line, scaled: &Scaled, level: &Frame, step: &Step) -> Outcome {
    let n = line.len();
    let null = Null::of(Statistic::Step, n, step.rho);
    let width = null.five_percent() * step.error;
    // Where a series wanders it has a best step wherever it went: only a leap from one value to the next is one.
    let leap = match step.rho >= WANDERS {
        true => leap_by_chance(&scaled.values, step.at),
        false => 0.0,
    };
    Outcome {
        size: step.size,
        low: step.size - width,
        high: step.size + width,
        stat: step.stat,
        df: n as f64 - level.columns().len() as f64 - 1.0,
        p: null.exceeded(step.stat).max(leap),
        p_any: null.exceeded(step.size.abs() / step.error).max(leap),
        rho: step.rho,
        at: line.steps[step.at],
        misfit: misfit(n, step.rest, step.rho) + libm::log(n as f64),
        n,
        scale: scaled.scale,
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, draw};

    #[test]
    fn the_days_around_a_new_level_do_not_stand_out() {
        for salt in 0..10 {
            let sample = Sample::days(126, &[]).sum("Orders", |day, _| {
                let level = if day < 84 { 600.0 } else { 120.0 };
                Some((level * (0.95 + 0.001 * draw(day, salt))).round())
            });
            assert_eq!(sample.claims(Kind::LevelShift).len(), 1, "{salt}");
            assert!(sample.claims(Kind::AnomalyPoint).is_empty(), "{salt}");
        }
    }

    #[test]
    fn what_wanders_has_no_level_and_seldom_a_trend() {
        let told = |drift: f64| {
            let told = (0..40).filter(|salt| {
                let mut price = 100.0;
                let prices: Vec<f64> = (0..150)
                    .map(|day| {
                        price *= 1.0 + drift + 0.0004 * (draw(day, *salt) - 49.5);
                        price
                    })
                    .collect();
                let sample = Sample::days(150, &[]).sum("Price", move |day, _| Some(prices[day]));
                let claims = |kind| !sample.claims(kind).is_empty();
                claims(Kind::Trend) || claims(Kind::LevelShift)
            });
            told.count()
        };
        assert!(told(0.0) <= 4, "{} of 40 that go nowhere", told(0.0));
        assert!(told(0.01) >= 36, "{} of 40 that rise", told(0.01));
    }
}
