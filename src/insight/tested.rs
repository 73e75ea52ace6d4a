//! The tests of one series, and the hash of what they are made from.

use sha2::{Digest, Sha256};

use super::examine::{Examined, examine};
use super::period::{self, Compared};
use super::statistics::Season;
use super::study::{Line, Study};
use crate::dashboard::Cadence;

/// What the tests of one series say.
#[derive(Debug, Clone, Default)]
pub struct Tested {
    /// Its course.
    pub examined: Examined,
    /// Its newest steps against those before.
    pub compared: Option<Compared>,
}

impl Tested {
    /// Makes the tests of a line, of the weeks that its weekdays are told from, and of its history whose newest window ends
    /// before step `end`.
    pub fn of(study: &Study<'_>, line: &Line, weeks: &Line, history: &Line, end: u32) -> Self {
        Self {
            examined: examine(study, line, weeks),
            compared: period::compare(study, history, end),
        }
    }
}

/// The hash of all that the tests of a series are made from; other series have others, whoever chose their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesHash([u8; 32]);

impl SeriesHash {
    /// Of a line with its history, in its calendar: the view begins with the first step given, the newest window ends before
    /// the other.
    pub fn of(line: &Line, (cadence, season): (Cadence, Season), (from, end): (u32, u32)) -> Self {
        let mut bytes = Vec::with_capacity(32 + line.len() * 28);
        let calendar = [cadence as u32, season.length, season.phase];
        for number in calendar.into_iter().chain([from, end, u32::from(line.is_count)]) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend((line.len() as u64).to_le_bytes());
        bytes.extend(line.steps.iter().flat_map(|step| step.to_le_bytes()));
        // Values follow from numerators and denominators, where there are any.
        let values = if line.bases.is_empty() {
            &line.values
        } else {
            &line.amounts
        };
        let numbers = values.iter().chain(&line.bases);
        bytes.extend(numbers.flat_map(|number| number.to_bits().to_le_bytes()));
        Self(Sha256::digest(&bytes).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::find;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, noise};

    /// Clicks of two segments, so many on the last day, which is not complete.
    fn sample(days: usize, last: f64) -> Sample {
        let mut sample = Sample::days(days, &["a", "b"]).sum("Clicks", move |day, segment| match segment {
            0 if day + 1 == days => Some(last),
            0 => Some(if day < 40 { 1000.0 } else { 1300.0 } + noise(day)),
            _ => (day % 2 == 0).then_some(500.0 + noise(day / 2)),
        });
        if let Some(step) = sample.chronicle.steps.last_mut() {
            step.is_complete = false;
        }
        sample
    }

    #[test]
    fn one_more_event_tests_only_the_series_that_it_changes() {
        let frames = Frames::default();
        let find = |sample: &Sample| {
            let found = find(&sample.chronicle, 0.5, &frames);
            assert_eq!(found, find::find(&sample.chronicle, 0.5, &Frames::default()));
            assert!(!found.insights.is_empty());
            frames.tested_series()
        };
        assert_eq!(find(&sample(61, 100.0)), 3, "the whole and two segments");
        assert_eq!(
            find(&sample(61, 700.0)),
            3,
            "what adds to a day that is not complete changes none"
        );
        let mut restated = sample(61, 700.0);
        let track = &mut restated.chronicle.dimensions[0].segments[1].tracks[0];
        track.amounts[10] = crate::decimal::Decimal::from_f64(490.0);
        assert_eq!(find(&restated), 4, "one segment");
        assert_eq!(find(&sample(62, 100.0)), 7, "a new day");
    }

    fn line() -> Line {
        Line {
            steps: vec![0, 1, 3],
            values: vec![0.5, 0.25, 0.5],
            amounts: vec![1.0, 1.0, 2.0],
            bases: vec![2.0, 4.0, 4.0],
            is_count: false,
        }
    }

    #[test]
    fn whatever_tests_look_at_changes_the_hash() {
        let week = (Cadence::Day, Season { length: 7, phase: 2 });
        let own = SeriesHash::of(&line(), week, (0, 4));
        assert_eq!(SeriesHash::of(&line(), week, (0, 4)), own);
        assert_ne!(SeriesHash::of(&line(), week, (0, 5)), own);
        assert_ne!(SeriesHash::of(&line(), week, (1, 4)), own);
        assert_ne!(
            SeriesHash::of(&line(), (Cadence::Day, Season { length: 7, phase: 3 }), (0, 4)),
            own
        );
        assert_ne!(SeriesHash::of(&line(), (Cadence::Month, week.1), (0, 4)), own);
        let changes: [fn(&mut Line); 5] = [
            |line| line.steps[2] = 2,
            |line| line.amounts[2] = 2.000_000_000_000_1,
            |line| line.bases[0] = 3.0,
            |line| line.is_count = true,
            |line| {
                line.values = line.amounts.clone();
                line.bases.clear();
            },
        ];
        for change in changes {
            let mut other = line();
            change(&mut other);
            assert_ne!(SeriesHash::of(&other, week, (0, 4)), own);
        }
    }
}
