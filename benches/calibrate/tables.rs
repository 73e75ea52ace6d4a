//! Simulates the null tables: the quantiles of each statistic where there is nothing to be found.
//!
//! The autocorrelation is drawn from 0 to ¾ and the estimate decides the band, so that what a table says holds, on
//! average over such series, for the estimate at hand and not for a truth that nobody knows.

use std::fmt::Write;

use dashloom::insight::standing_out::tail;
use dashloom::insight::statistics::medians::{median, spread};
use dashloom::insight::statistics::spikes::Spikes;
use dashloom::insight::statistics::steps::best_step;
use dashloom::insight::statistics::{Frame, Season, Whitened};
use dashloom::insight::tables::{LEVELS, Statistic};

use crate::noise::Random;

/// The largest autocorrelation that is drawn.
const MAX_RHO: f64 = 0.75;
/// The share of series with heavy tails.
const HEAVY: f64 = 0.1;
/// The middles of the bands of autocorrelation.
const RHO_BANDS: [f64; 7] = [0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9];
/// The shares of the series up to whose tails the bands of tails reach.
const TAIL_BANDS: [f64; 12] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0];
/// The probability from which on the quantiles of spikes follow a power law, and its largest exponent: that of the heaviest tails
/// that are drawn, so that what hardly ever occurred is never taken for less likely than these make it.
const POWER_FROM: f64 = 0.01;
const MAX_POWER: f64 = 4.0;
/// The fewest series a band is read from.
const FEWEST: usize = 2_000;

/// The numbers of values of each statistic.
fn counts(statistic: Statistic) -> &'static [u32] {
    match statistic {
        Statistic::Slope => &[14, 21, 28, 42, 56, 90, 180, 364],
        Statistic::Step => &[42, 56, 90, 180, 364],
        Statistic::Spike => &[28, 35, 42, 49, 56, 70, 90, 130, 180, 260, 364],
        Statistic::Outlier => &[8, 10, 12, 16, 24],
    }
}

/// The data file, from so many series for each number of values.
pub fn simulate(seed: u64, series: usize) -> String {
    let mut out =
        format!("# seed {seed}, {series} series a number of values; quantiles exceeded with {LEVELS:?}\n");
    for statistic in Statistic::ALL {
        for count in counts(statistic) {
            let mut random = Random::new(seed ^ (u64::from(*count) << 8) ^ statistic.name().len() as u64);
            let draw = Draw::new(*count);
            let found: Vec<(f64, f64)> = (0..series)
                .filter_map(|_| draw.one(statistic, &mut random))
                .collect();
            let banded = match statistic {
                Statistic::Spike => by_share(found),
                Statistic::Outlier => by_middle(&[0.0], found),
                _ => by_middle(&RHO_BANDS, found),
            };
            for (band, values) in &banded {
                if values.len() >= FEWEST {
                    let quantiles = quantiles(statistic, values);
                    write_row(&mut out, statistic, *count, *band, quantiles);
                }
            }
            eprintln!(
                "{} {count}: {:?}",
                statistic.name(),
                banded.iter().map(|(_, values)| values.len()).collect::<Vec<_>>()
            );
        }
    }
    out
}

/// Values ascending, by the band whose middle lies nearest to what was estimated beside them.
fn by_middle(bands: &[f64], found: Vec<(f64, f64)>) -> Vec<(f64, Vec<f64>)> {
    let mut banded: Vec<(f64, Vec<f64>)> = bands.iter().map(|band| (*band, Vec::new())).collect();
    for (estimate, value) in found {
        let distance = |(band, _): &(f64, Vec<f64>)| (band - estimate).abs();
        let nearest = banded
            .iter_mut()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)));
        if let Some((_, values)) = nearest {
            values.push(value);
        }
    }
    for (_, values) in &mut banded {
        values.sort_by(f64::total_cmp);
    }
    banded
}

/// Values ascending, by shares of what was estimated beside them; a band is named by the mean of that.
fn by_share(mut found: Vec<(f64, f64)>) -> Vec<(f64, Vec<f64>)> {
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut first = 0;
    TAIL_BANDS
        .iter()
        .map(|share| {
            let after = (share * found.len() as f64) as usize;
            let own = &found[first..after];
            first = after;
            let mean = own.iter().map(|(band, _)| band).sum::<f64>() / own.len().max(1) as f64;
            let mut values: Vec<f64> = own.iter().map(|(_, value)| *value).collect();
            values.sort_by(f64::total_cmp);
            ((mean * 1000.0).round() / 1000.0, values)
        })
        .collect()
}

/// The quantiles of ascending values; of spikes the far ones as a power law has them that begins where values are many.
fn quantiles(statistic: Statistic, values: &[f64]) -> [f64; LEVELS.len()] {
    let place = |level: f64| (((1.0 - level) * values.len() as f64) as usize).min(values.len() - 1);
    if statistic != Statistic::Spike {
        return LEVELS.map(|level| values[place(level)]);
    }
    let far = &values[place(POWER_FROM)..];
    // Hill's estimate.
    let sum: f64 = far.iter().map(|value| libm::log(value / far[0])).sum();
    let power = (far.len() as f64 / sum).min(MAX_POWER);
    LEVELS.map(|level| match level < POWER_FROM {
        true => far[0] * libm::pow(POWER_FROM / level, 1.0 / power),
        false => values[place(level)],
    })
}

fn write_row(out: &mut String, statistic: Statistic, count: u32, band: f64, quantiles: [f64; LEVELS.len()]) {
    let _ = write!(out, "{}\t{count}\t{band}", statistic.name());
    let mut last = 0.0;
    for quantile in quantiles {
        let quantile = quantile.max(last * 1.002);
        let _ = write!(out, "\t{quantile:.3}");
        last = quantile;
    }
    out.push('\n');
}

/// What a series of one length is tested with.
struct Draw {
    count: usize,
    season: Season,
    steps: Vec<u32>,
    level: Option<Frame>,
    line: Option<Frame>,
}

impl Draw {
    fn new(count: u32) -> Self {
        // Two weeks leave too little beside seven weekdays; such short windows are tested without.
        let length = if count < 21 { 1 } else { 7 };
        let season = Season { length, phase: 0 };
        let steps: Vec<u32> = (0..count).collect();
        let level = Frame::new(steps.clone(), season);
        Self {
            count: count as usize,
            season,
            line: level.as_ref().and_then(Frame::with_line),
            level,
            steps,
        }
    }

    /// The band and the statistic of one series.
    fn one(&self, statistic: Statistic, random: &mut Random) -> Option<(f64, f64)> {
        if statistic == Statistic::Outlier {
            return Some((0.0, farthest(self.count, random)));
        }
        let rho = random.between(0.0, MAX_RHO);
        let is_heavy = statistic == Statistic::Spike && random.unit() < HEAVY;
        let values = random.autoregression(self.count, rho, is_heavy);
        let (level, line) = (self.level.as_ref()?, self.line.as_ref()?);
        match statistic {
            Statistic::Slope => {
                let rho = line.rho(&line.residuals(&values));
                let (size, error) = Whitened::new(line, rho, None)?.fit(&values).last();
                Some((rho, (size / error).abs()))
            }
            Statistic::Step => {
                let step = best_step(level, line, &values, 7, 0.0)?;
                Some((step.rho, step.stat))
            }
            Statistic::Spike => {
                let spikes = Spikes::of(&self.steps, &values, self.season, |_, _| 0.0)?;
                let largest = spikes
                    .scores
                    .iter()
                    .fold(0.0, |largest: f64, score| largest.max(score.abs()));
                Some((tail(&spikes), largest))
            }
            Statistic::Outlier => None,
        }
    }
}

/// How far the farthest of normal values lies from their median, over the spread that their distances show.
fn farthest(count: usize, random: &mut Random) -> f64 {
    let values: Vec<f64> = (0..count).map(|_| random.normal()).collect();
    let middle = median(&mut values.clone());
    let distances: Vec<f64> = values.iter().map(|value| value - middle).collect();
    let largest = distances
        .iter()
        .fold(0.0, |largest: f64, distance| largest.max(distance.abs()));
    largest / spread(&distances)
}
