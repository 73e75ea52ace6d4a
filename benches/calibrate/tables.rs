//! Simulates the null tables: the quantiles of each statistic where there is nothing to be found.
//!
//! The autocorrelation is drawn from 0 to ¾ and the estimate decides the band, so that what a table says holds, on
//! average over such series, for the estimate at hand and not for a truth that nobody knows.

use std::fmt::Write;

use dashloom::insight::statistics::medians::{median, spread};
use dashloom::insight::statistics::spikes::Spikes;
use dashloom::insight::statistics::steps::best_step;
use dashloom::insight::statistics::{Frame, Season, Whitened};
use dashloom::insight::tables::{LEVELS, Statistic};

use crate::noise::Random;

/// The largest autocorrelation that is drawn.
const MAX_RHO: f64 = 0.75;
/// The share of series with heavy tails.
const HEAVY: f64 = 0.25;
/// The middles of the bands of autocorrelation.
const RHO_BANDS: [f64; 7] = [0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9];
/// The middles of the bands of tails.
const TAIL_BANDS: [f64; 8] = [2.1, 2.4, 2.7, 3.0, 3.4, 3.9, 4.5, 5.5];
/// The fewest series a band is read from.
const FEWEST: usize = 2_000;

/// The numbers of values of each statistic.
fn counts(statistic: Statistic) -> &'static [u32] {
    match statistic {
        Statistic::Slope => &[14, 21, 28, 42, 56, 90, 180, 364],
        Statistic::Step => &[42, 56, 90, 180, 364],
        Statistic::Spike => &[28, 42, 56, 90, 180, 364],
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
            let bands = match statistic {
                Statistic::Spike => &TAIL_BANDS[..],
                Statistic::Outlier => &[0.0],
                _ => &RHO_BANDS[..],
            };
            let mut found: Vec<Vec<f64>> = vec![Vec::new(); bands.len()];
            let draw = Draw::new(*count);
            for _ in 0..series {
                if let Some((band, value)) = draw.one(statistic, &mut random) {
                    found[nearest(bands, band)].push(value);
                }
            }
            for (band, values) in bands.iter().zip(&mut found) {
                if values.len() >= FEWEST {
                    write_row(&mut out, statistic, *count, *band, values);
                }
            }
            eprintln!(
                "{} {count}: {:?}",
                statistic.name(),
                found.iter().map(Vec::len).collect::<Vec<_>>()
            );
        }
    }
    out
}

fn nearest(bands: &[f64], value: f64) -> usize {
    let distance = |index: &usize| (bands[*index] - value).abs();
    (0..bands.len())
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .unwrap_or_default()
}

fn write_row(out: &mut String, statistic: Statistic, count: u32, band: f64, values: &mut [f64]) {
    values.sort_by(f64::total_cmp);
    let _ = write!(out, "{}\t{count}\t{band}", statistic.name());
    let mut last = 0.0;
    for level in LEVELS {
        let place = ((1.0 - level) * values.len() as f64) as usize;
        let quantile = values[place.min(values.len() - 1)].max(last * 1.002);
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
                Some((spikes.tail, largest))
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
