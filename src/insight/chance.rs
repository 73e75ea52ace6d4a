//! Whether a change between two windows is more than chance where no test of steps can be made: few steps have values, so
//! that each of them counts as one event.

use super::statistics::tails;
use super::study::{Scope, Study};
use crate::dashboard::Compare;
use crate::window::Window;

/// Windows of whose steps at least this share have values are left to the tests of steps.
const REGULAR: f64 = 0.8;
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

    /// The sum for each step and its variance, every value being one event; of a quotient the value and its variance.
    fn estimate(&self, is_quotient: bool) -> (f64, f64) {
        let sum = self
            .values
            .iter()
            .fold((0.0, 0.0), |sum, value| (sum.0 + value.0, sum.1 + value.1));
        let size = if is_quotient { sum.1 } else { self.steps as f64 };
        let level = if is_quotient { sum.0 / sum.1 } else { 0.0 };
        let square = |(amount, base): &(f64, f64)| libm::pow(amount - level * base, 2.0);
        (
            sum.0 / size,
            self.values.iter().map(square).sum::<f64>() / (size * size),
        )
    }
}

/// Whether a scope's change between the windows exceeds chance, being the largest of so many; `None` where most steps have
/// values, or a window has none.
pub fn is_exceeded(
    study: &Study<'_>,
    scope: Scope<'_>,
    measure: usize,
    compare: Compare,
    of: usize,
) -> Option<bool> {
    let sides = [compare.current, compare.previous].map(|window| Side::of(study, scope, measure, window));
    let is_quotient = !scope.tracks[measure].bases.is_empty();
    let is_empty = |side: &Side| side.steps == 0 || is_quotient && side.values.is_empty();
    let is_regular = |side: &Side| side.values.len() as f64 >= REGULAR * side.steps as f64;
    if sides.iter().any(is_empty) || sides.iter().all(is_regular) {
        return None;
    }
    let [(newer, spread), (older, spread_before)] = sides.map(|side| side.estimate(is_quotient));
    let error = libm::sqrt(spread + spread_before);
    let p = 2.0 * tails::normal((newer - older).abs() / error) * of as f64;
    Some(error > 0.0 && p <= LEVEL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::frames::Frames;
    use crate::insight::samples::Sample;

    /// Whether the change of the newest measure exceeds chance.
    fn exceeds(sample: Sample, of: usize) -> Option<bool> {
        let sample = sample.compared(28);
        let frames = Frames::default();
        let study = Study::new(&sample.chronicle, &frames);
        let measure = sample.chronicle.measures.len() - 1;
        is_exceeded(
            &study,
            study.whole(),
            measure,
            sample.chronicle.compare.unwrap(),
            of,
        )
    }

    /// A row on so many days of the older and of the newer four weeks.
    fn rows(older: usize, newer: usize) -> Sample {
        Sample::days(56, &[]).sum("Rows", move |day, _| {
            (day % 28 < if day < 28 { older } else { newer }).then_some(1.0)
        })
    }

    #[test]
    fn single_events_are_counted() {
        // 2 / √18 = 0.47; 11 / √19 = 2.52, whose p of .0116 is .058 of five.
        assert_eq!(exceeds(rows(8, 10), 1), Some(false));
        assert_eq!(exceeds(rows(4, 15), 1), Some(true));
        assert_eq!(exceeds(rows(4, 15), 5), Some(false), "the largest of five");
        assert_eq!(exceeds(rows(0, 0), 1), Some(false));
        assert_eq!(exceeds(rows(22, 28), 1), Some(false), "22 of 28 are few");
        assert_eq!(exceeds(rows(23, 28), 1), None, "left to the tests of steps");
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
        assert_eq!(exceeds(scores(0.9), 1), Some(false));
        assert_eq!(exceeds(scores(1.0), 1), Some(true));
    }
}
