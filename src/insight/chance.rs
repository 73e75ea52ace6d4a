//! Whether a change between two windows is more than chance where no test of steps was made: few steps have values, so that each of
//! them counts as one event, or the windows are short.

use super::statistics::tails;
use super::study::{Scope, Study};
use crate::dashboard::Compare;
use crate::window::Window;

/// Windows of whose steps at least this share have values are regular.
const REGULAR: f64 = 0.8;
/// The fewest steps of a regular window from which it is told how much they vary.
const LEAST_STEPS: usize = 5;
/// The days of a year, or of its whole weeks.
const YEAR: i64 = 364;
/// The days that a season of weekdays has.
const DAYS_OF_A_WEEK: u32 = 7;
/// The most that chance may make of what is told.
const LEVEL: f64 = 0.05;

/// A window's sums over its complete steps, of a quotient numerator and denominator, and the values that they are made of.
struct Side {
    steps: usize,
    values: Vec<(f64, f64)>,
}

impl Side {
    fn of(study: &Study<'_>, scope: Scope<'_>, measure: usize, window: Window) -> Self {
        let track = &scope.tracks[measure];
        let inside = |step: &usize| study.complete()[*step] && study.is_inside(*step, window);
        let steps: Vec<usize> = (0..study.chronicle.steps.len()).filter(inside).collect();
        let value = |step: &usize| {
            let amount = track.amounts[*step].filter(|amount| !amount.is_zero());
            let base = track
                .bases
                .get(*step)
                .copied()
                .flatten()
                .filter(|base| !base.is_zero());
            match track.bases.is_empty() {
                true => Some((amount?.to_f64(), 0.0)),
                false => Some((amount.unwrap_or_default().to_f64(), base?.to_f64())),
            }
        };
        Self {
            steps: steps.len(),
            values: steps.iter().filter_map(value).collect(),
        }
    }

    fn is_regular(&self) -> bool {
        self.values.len() as f64 >= REGULAR * self.steps as f64
    }

    /// The sum for each step and its variance: of few steps with values each of these is one event, else they vary as they do around
    /// their mean. Of a quotient the value and its variance.
    fn estimate(&self, is_quotient: bool, is_regular: bool) -> (f64, f64) {
        let sum = self
            .values
            .iter()
            .fold((0.0, 0.0), |sum, value| (sum.0 + value.0, sum.1 + value.1));
        let size = if is_quotient { sum.1 } else { self.steps as f64 };
        let level = if is_quotient { sum.0 / sum.1 } else { 0.0 };
        let square = |(amount, base): &(f64, f64)| libm::pow(amount - level * base, 2.0);
        let squares: f64 = self.values.iter().map(square).sum();
        let variance = match (is_regular, is_quotient) {
            (true, false) => {
                let mean = sum.0 / size;
                let around = |(amount, _): &(f64, f64)| libm::pow(amount - mean, 2.0);
                let without_values = (size - self.values.len() as f64) * mean * mean;
                let around: f64 = self.values.iter().map(around).sum();
                (around + without_values) * size / (size - 1.0)
            }
            (true, true) => squares * self.steps as f64 / (self.steps as f64 - 1.0),
            (false, _) => squares,
        };
        (sum.0 / size, variance / (size * size))
    }
}

/// Whether a measure's change between the windows may be chance, as far as it can be told: by its own test, which says whether it is
/// more, where there was one. What a whole year comes to is told whatever its months make of it.
pub fn may_be(study: &Study<'_>, measure: usize, compare: Compare, tested: Option<bool>) -> bool {
    let is_chance = || tested.or_else(|| is_exceeded(study, measure, compare)) == Some(false);
    compare.current.days() < YEAR && is_chance()
}

/// Whether a measure's change between the windows exceeds chance; `None` where a window has too few steps to say.
fn is_exceeded(study: &Study<'_>, measure: usize, compare: Compare) -> Option<bool> {
    let scope = study.whole();
    let sides = [compare.current, compare.previous].map(|window| Side::of(study, scope, measure, window));
    let is_quotient = !scope.tracks[measure].bases.is_empty();
    let is_empty = |side: &Side| side.steps == 0 || is_quotient && side.values.is_empty();
    let is_regular = sides.iter().all(Side::is_regular);
    let is_short = |side: &Side| side.steps < LEAST_STEPS;
    if sides.iter().any(is_empty) || is_regular && sides.iter().any(is_short) {
        return None;
    }
    if let Some(score) = paired(&sides).filter(|_| !is_quotient && study.season.length == DAYS_OF_A_WEEK) {
        return Some(2.0 * tails::student(score, sides[0].steps as f64 - 1.0) <= LEVEL);
    }
    let df = (sides[0].steps + sides[1].steps) as f64 - 2.0;
    let [(newer, spread), (older, spread_before)] = sides.map(|side| side.estimate(is_quotient, is_regular));
    let error = libm::sqrt(spread + spread_before);
    if error <= 0.0 {
        return Some(newer != older);
    }
    let score = (newer - older).abs() / error;
    let tail = match is_regular {
        true => tails::student(score, df),
        false => tails::normal(score),
    };
    Some(2.0 * tail <= LEVEL)
}

/// How far the mean change from a day to its weekday in the other window lies from nothing, in its errors: what weekdays make
/// of a week is no chance. `None` where windows are no whole weeks of values.
fn paired([newer, older]: &[Side; 2]) -> Option<f64> {
    let count = newer.values.len();
    let are_whole = [newer, older]
        .iter()
        .all(|side| side.steps == count && side.values.len() == count);
    if !are_whole || count == 0 || !count.is_multiple_of(DAYS_OF_A_WEEK as usize) {
        return None;
    }
    let changes: Vec<f64> = (newer.values.iter().zip(&older.values))
        .map(|(now, before)| now.0 - before.0)
        .collect();
    let mean = changes.iter().sum::<f64>() / count as f64;
    let squares: f64 = changes.iter().map(|change| libm::pow(change - mean, 2.0)).sum();
    let error = libm::sqrt(squares / (count as f64 * (count as f64 - 1.0)));
    (error > 0.0).then(|| (mean / error).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::frames::Frames;
    use crate::insight::samples::Sample;

    /// Whether the change of the newest measure exceeds chance.
    fn exceeds(sample: Sample) -> Option<bool> {
        change(sample, 28)
    }

    /// The same of windows of so many days.
    fn change(sample: Sample, days: usize) -> Option<bool> {
        let sample = sample.compared(days);
        let frames = Frames::default();
        let study = Study::new(&sample.chronicle, &frames);
        let measure = sample.chronicle.measures.len() - 1;
        is_exceeded(&study, measure, sample.chronicle.compare.unwrap())
    }

    /// A row on so many days of the older and of the newer four weeks.
    fn rows(older: usize, newer: usize) -> Sample {
        Sample::days(56, &[]).sum("Rows", move |day, _| {
            (day % 28 < if day < 28 { older } else { newer }).then_some(1.0)
        })
    }

    #[test]
    fn single_events_are_counted() {
        // 2 / √18 = 0.47; 8 / √16 = 2.00, whose p is .0455; 7 / √15 = 1.81.
        assert_eq!(exceeds(rows(8, 10)), Some(false));
        assert_eq!(exceeds(rows(4, 12)), Some(true));
        assert_eq!(exceeds(rows(4, 11)), Some(false));
        assert_eq!(exceeds(rows(0, 0)), Some(false));
        // 6 / √50 = 0.85. With one day more they are regular: 5/28 over √(4.107/28²·28/27) = 2.42.
        assert_eq!(exceeds(rows(22, 28)), Some(false), "22 of 28 are few");
        assert_eq!(exceeds(rows(23, 28)), Some(true));
    }

    #[test]
    fn short_windows_are_held_against_how_much_their_steps_vary() {
        // Five days of 90, 100, 110, 90 and 110, whose squares about their mean are 400, and as many with so many more: the
        // variance is 100, of each mean 20, of the difference 40. By eight degrees of freedom 2.306 · √40 = 14.58.
        let days = |days: usize, more: f64| {
            let sample = Sample::days(2 * days, &[]).sum("Visits", move |day, _| {
                let own = [90.0, 100.0, 110.0, 90.0, 110.0][day % days];
                Some(own + if day < days { 0.0 } else { more })
            });
            change(sample, days)
        };
        assert_eq!((days(5, 14.5), days(5, 14.7)), (Some(false), Some(true)));
        assert_eq!(days(4, 90.0), None, "four days say nothing");
        let same = |more: f64| {
            let sample = Sample::days(10, &[]).sum("Visits", move |day, _| {
                Some(if day < 5 { 100.0 } else { 100.0 + more })
            });
            change(sample, 5)
        };
        assert_eq!((same(0.0), same(1.0)), (Some(false), Some(true)));
    }

    #[test]
    fn what_a_year_comes_to_is_told() {
        let may_be = |days: usize| {
            let visits = |day: usize| Some(100.0 + 90.0 * (day % 2) as f64);
            let sample = Sample::days(2 * days, &[]).sum("Visits", move |day, _| visits(day));
            let sample = sample.compared(days);
            let frames = Frames::default();
            let study = Study::new(&sample.chronicle, &frames);
            super::may_be(&study, 0, sample.chronicle.compare.unwrap(), None)
        };
        assert!(may_be(363) && !may_be(364));
    }

    #[test]
    fn a_quotients_change_is_held_against_what_varies_between_its_values() {
        // Scores 2 and 4 in turn, 3 on average: of 8 values each the error is √(1/8 + 1/8) = 1/2.
        let scores = |rise: f64| {
            rows(8, 8)
                .sum("Score", move |day, _| {
                    let rise = if day < 28 { 0.0 } else { rise };
                    (day % 28 < 8).then_some(2.0 + 2.0 * (day % 2) as f64 + rise)
                })
                .rate("Mean score", 1, 0)
        };
        assert_eq!(exceeds(scores(0.9)), Some(false));
        assert_eq!(exceeds(scores(1.0)), Some(true));
    }
}
