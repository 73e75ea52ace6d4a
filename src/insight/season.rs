//! The season of the year: whether a series moves as it did at the same time of earlier years, which is no new level and no trend.

use super::study::{Scope, Study};
use crate::dashboard::Cadence;

/// The share of a window's steps that must have values.
const LEAST_COVERED: f64 = 0.8;
/// The part of a move that an earlier year's must reach to be like it.
const ALIKE: f64 = 0.5;
/// The share of the earlier years in which it must have come about.
const NEARLY_ALL: f64 = 0.8;

/// The stretches of a year in one of which a series must have gone back.
const STRETCHES: u32 = 6;

/// The steps of a year, of days as many as keep the weekday; `None` where a step is as long as a year.
fn year_of(cadence: Cadence) -> Option<u32> {
    match cadence {
        Cadence::Day => Some(364),
        Cadence::Week => Some(52),
        Cadence::Month => Some(12),
        Cadence::Quarter => Some(4),
        Cadence::Year => None,
    }
}

/// Two windows of steps, each from one to before another, between which a series moves.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    /// The earlier window.
    pub before: (u32, u32),
    /// The later one.
    pub after: (u32, u32),
}

impl Move {
    /// Of a step at `at` in a series that goes on until before `end`: as many steps after it as before, of half a year at most.
    pub fn of_step(study: &Study<'_>, at: u32, end: u32) -> Self {
        let half = year_of(study.chronicle.cadence).map_or(u32::MAX, |year| year / 2);
        let length = (end - at).min(half).min(at);
        Self {
            before: (at - length, at),
            after: (at, at + length),
        }
    }

    /// Of a line: its first quarter and its last.
    pub fn of_line(first: u32, end: u32) -> Self {
        let length = (end - first) / 4;
        Self {
            before: (first, first + length),
            after: (end - length, end),
        }
    }
}

/// Whether a series moves, up or down, as it did in nearly all earlier years that are at hand: then too it had moved the same way
/// between the same times of the year, by half as much or more, and had gone back as far for two months or more before the next
/// year's move. It need not have stayed there: what grows by the year is as high again at the end of it.
pub fn recurs(study: &Study<'_>, scope: Scope<'_>, measure: usize, is_up: bool, own: Move) -> bool {
    let Some(year) = year_of(study.chronicle.cadence) else {
        return false;
    };
    if own.after.1 - own.before.0 > year {
        return false;
    }
    let sign = if is_up { 1.0 } else { -1.0 };
    let stretch = (year / STRETCHES).max(1);
    let level_at = |window: (u32, u32), years: u32| -> Option<f64> {
        let shift = years * year;
        level(
            study,
            scope,
            measure,
            (window.0.checked_sub(shift)?, window.1 - shift),
        )
    };
    let between = |from: f64, to: f64| {
        let size = (from.abs() + to.abs()) / 2.0;
        if size > 0.0 {
            sign * (to - from) / size
        } else {
            0.0
        }
    };
    let moved = |years: u32| {
        let (before, after) = (level_at(own.before, years)?, level_at(own.after, years)?);
        Some((between(before, after), after))
    };
    let Some((size, _)) = moved(0).filter(|(size, _)| *size > 0.0) else {
        return false;
    };
    let is_alike = |years: u32| -> Option<bool> {
        let (earlier, after) = moved(years)?;
        let from = own.after.1.checked_sub(years * year)?;
        let between_moves = (from..=own.before.1 - (years - 1) * year - stretch).step_by(stretch as usize);
        let back = between_moves
            .filter_map(|at| level_at((at, at + stretch), 0))
            .map(|level| -between(after, level))
            .reduce(f64::max)?;
        Some(earlier.min(back) >= ALIKE * size)
    };
    let alike: Vec<bool> = (1..=own.before.0 / year).filter_map(is_alike).collect();
    let count = alike.iter().filter(|alike| **alike).count();
    count > 0 && count as f64 >= NEARLY_ALL * alike.len() as f64
}

/// The mean value of the steps from one to before another, of a quotient that of its sums; `None` where too few have values.
fn level(study: &Study<'_>, scope: Scope<'_>, measure: usize, (from, to): (u32, u32)) -> Option<f64> {
    let track = &scope.tracks[measure];
    let usable = study.usable(measure);
    let (mut amounts, mut bases, mut count) = (0.0, 0.0, 0u32);
    for step in (from as usize..to as usize).filter(|step| usable[*step]) {
        let Some(amount) = track.amounts[step] else {
            continue;
        };
        amounts += amount.to_f64();
        bases += match track.bases.get(step) {
            Some(base) => base.unwrap_or_default().to_f64(),
            None => 1.0,
        };
        count += 1;
    }
    let is_covered = f64::from(count) >= LEAST_COVERED * f64::from(to - from);
    (is_covered && bases > 0.0).then(|| amounts / bases)
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, date, noise};

    /// Two years of days; from day 670 on, and a year before, so much more a day, that time until day `back`.
    fn steps(newer: f64, older: f64, back: usize) -> Sample {
        Sample::days(728, &[]).sum("Sales", move |day, _| {
            let last_year = if (306..back).contains(&day) { older } else { 0.0 };
            let more = last_year + if day >= 670 { newer } else { 0.0 };
            Some(1000.0 + more + noise(day))
        })
    }

    fn is_told(sample: &Sample, kind: Kind) -> bool {
        !sample.claims(kind).is_empty()
    }

    #[test]
    fn a_step_that_last_year_took_too_is_no_new_level() {
        let is_told = |sample: Sample| is_told(&sample, Kind::LevelShift);
        assert!(is_told(steps(500.0, 0.0, 364)));
        assert!(!is_told(steps(500.0, 500.0, 364)));
        assert!(
            is_told(steps(500.0, 150.0, 364)),
            "it is more than twice last year's"
        );
        assert!(is_told(steps(-500.0, 500.0, 364)), "the other way");
        assert!(is_told(steps(500.0, 500.0, 728)), "last year's is still there");
        let alone = Sample::days(400, &[]).sum("Sales", |day, _| {
            Some(if day < 342 { 1000.0 } else { 1500.0 } + noise(day))
        });
        assert_eq!(alone.claim(Kind::LevelShift).subject.date, Some(date(342)));
    }

    #[test]
    fn a_season_of_what_grows_or_shrinks_is_one() {
        let is_told = |a_year: f64, season: fn(usize) -> f64| {
            let sample = Sample::days(728, &[]).sum("Sales", move |day, _| {
                let by_now = f64::powf(a_year, day as f64 / 364.0);
                Some((1000.0 * by_now * season(day) + noise(day)).round())
            });
            is_told(&sample.shown_from(500), Kind::LevelShift)
        };
        // Each autumn half as much again; or to that level the first time, and from there the second.
        let autumn = |day: usize| if day % 364 >= 306 { 1.5 } else { 1.0 };
        let steps = |day: usize| f64::powi(1.5, ((day + 58) / 364) as i32);
        let down = |day: usize| if day % 364 >= 306 { 0.6 } else { 1.0 };
        for a_year in [0.7, 1.0, 1.4] {
            assert!(!is_told(a_year, autumn) && !is_told(a_year, down), "{a_year}");
        }
        assert!(is_told(1.0, steps) && is_told(1.1, steps));
    }

    #[test]
    fn a_rise_from_which_each_year_falls_back_is_no_trend() {
        let is_told = |per_year: f64| {
            let sample = Sample::days(728, &[]).sum("Sales", move |day, _| {
                let of_year = (day % 364) as f64 + per_year * (day / 364) as f64;
                Some(1000.0 + 2.0 * of_year + noise(day))
            });
            is_told(&sample.shown_from(364), Kind::Trend)
        };
        assert!(!is_told(0.0) && is_told(364.0));
    }
}
