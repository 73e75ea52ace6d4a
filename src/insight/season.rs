//! The season of the year: whether a series moves, or a value stands out, as at the same time of other years, which is no news.

use chrono::{Days, Months};

use super::statistics::Season;
use super::statistics::medians::median;
use super::study::{Line, Scope, Study};
use crate::dashboard::Cadence;

/// The share of a window's steps that must have values.
const LEAST_COVERED: f64 = 0.8;
/// The part of a move that an earlier year's must reach to be like it.
const ALIKE: f64 = 0.5;
/// The share of the earlier years in which it must have come about.
const NEARLY_ALL: f64 = 0.8;
/// The fewest earlier years by which a move is called usual.
const LEAST_YEARS: usize = 2;

/// The stretches of a year in one of which a series must have gone back.
const STRETCHES: u32 = 6;
/// The neighbours to either side of a value: of days those of its weekday.
const NEIGHBOURS: u32 = 7;
const NEIGHBOURING_WEEKS: u32 = 3;
/// The fewest neighbours with values.
const LEAST_NEIGHBOURS: usize = 3;
/// The years from which on each part of a year is known by itself.
const YEARS_OF_PARTS: u32 = 5;
/// The fewest steps that stand for either end of a line.
const LEAST_ENDS: u32 = 7;

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

/// What single values of a line are held against beside their neighbours: their weekday, or where five years or more are there their
/// month or quarter of the year.
pub fn beside_neighbours(study: &Study<'_>, line: &Line) -> Season {
    let cadence = study.chronicle.cadence;
    let parts = year_of(cadence).filter(|_| matches!(cadence, Cadence::Month | Cadence::Quarter));
    match parts.filter(|parts| line.len() >= (YEARS_OF_PARTS * parts) as usize) {
        Some(length) => Season { length, phase: 0 },
        None => study.season,
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
    are_nearly_all(&earlier_years(study, scope, measure, is_up, own))
}

/// Whether it moves as it did in earlier years by two of them or more: one that is like it may be chance.
pub fn is_usual(study: &Study<'_>, scope: Scope<'_>, measure: usize, is_up: bool, own: Move) -> bool {
    let alike = earlier_years(study, scope, measure, is_up, own);
    alike.len() >= LEAST_YEARS && are_nearly_all(&alike)
}

/// For each earlier year that is at hand whether the series moved as it does now.
fn earlier_years(study: &Study<'_>, scope: Scope<'_>, measure: usize, is_up: bool, own: Move) -> Vec<bool> {
    let Some(year) = year_of(study.chronicle.cadence) else {
        return Vec::new();
    };
    if own.after.1 - own.before.0 > year {
        return Vec::new();
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
        return Vec::new();
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
    (1..=own.before.0 / year).filter_map(is_alike).collect()
}

fn are_nearly_all(alike: &[bool]) -> bool {
    let count = alike.iter().filter(|alike| **alike).count();
    count > 0 && count as f64 >= NEARLY_ALL * alike.len() as f64
}

/// Whether what stands out at a step, up or down, does so in nearly all other years at hand, earlier ones or later: then too the
/// value of the same date, or of the same weekday next to it, lay beside its neighbours the same way, by half as much or more.
pub fn stands_out_yearly(study: &Study<'_>, scope: Scope<'_>, measure: usize, is_up: bool, at: u32) -> bool {
    let years = study.chronicle.steps.first().zip(study.chronicle.steps.last());
    let years = years.map_or(0, |(first, last)| {
        (last.dates.end() - first.dates.start()).num_days() / 365 + 1
    });
    let others: Vec<Vec<u32>> = (-years..=years)
        .filter(|years| *years != 0)
        .map(|years| in_another_year(study, at, years))
        .filter(|steps| !steps.is_empty())
        .collect();
    if others.is_empty() {
        return false;
    }
    let sign = if is_up { 1.0 } else { -1.0 };
    let beside = |at: u32| beside(study, scope, measure, at).map(|distance| sign * distance);
    let Some(own) = beside(at).filter(|own| *own > 0.0) else {
        return false;
    };
    let is_alike = |steps: Vec<u32>| -> Option<bool> {
        let other = steps.into_iter().filter_map(beside).reduce(f64::max)?;
        Some(other >= ALIKE * own)
    };
    are_nearly_all(&others.into_iter().filter_map(is_alike).collect::<Vec<bool>>())
}

/// The steps of another year, so many years later, that are like this one: that of the same date; of days and weeks those of the
/// same weekday next to it, too, as some feasts keep the date and others the weekday.
fn in_another_year(study: &Study<'_>, at: u32, years: i64) -> Vec<u32> {
    let steps = &study.chronicle.steps;
    let own = steps[at as usize].dates.start();
    let months = Months::new(12 * years.unsigned_abs() as u32);
    let date = match years > 0 {
        true => own.checked_add_months(months),
        false => own.checked_sub_months(months),
    };
    let keeps_weekday = matches!(study.chronicle.cadence, Cadence::Day | Cadence::Week);
    let days_off = date.map_or(0, |date| (own - date).num_days().rem_euclid(7) as u64);
    let dates = match keeps_weekday && days_off > 0 {
        true => vec![
            date,
            date.and_then(|date| date.checked_add_days(Days::new(days_off))),
            date.and_then(|date| date.checked_sub_days(Days::new(7 - days_off))),
        ],
        false => vec![date],
    };
    let step_of = |date| {
        let at = steps.partition_point(|step| step.dates.end() < date);
        steps
            .get(at)
            .filter(|step| step.dates.contains(date))
            .map(|_| at as u32)
    };
    // Where the history begins, or ends, beside the date, it says nothing of that year.
    if date.and_then(step_of).is_none() {
        return Vec::new();
    }
    dates.into_iter().flatten().filter_map(step_of).collect()
}

/// How far a value lies beside the median of its neighbours, in proportion to that.
fn beside(study: &Study<'_>, scope: Scope<'_>, measure: usize, at: u32) -> Option<f64> {
    let value = |at: u32| value(study, scope, measure, at as usize);
    let (stride, count) = match study.season.length {
        1 => (1, NEIGHBOURS),
        week => (week, NEIGHBOURING_WEEKS),
    };
    let places =
        (1..=count).flat_map(|place| [at.checked_sub(place * stride), at.checked_add(place * stride)]);
    let mut near: Vec<f64> = places.flatten().filter_map(value).collect();
    if near.len() < LEAST_NEIGHBOURS {
        return None;
    }
    let middle = median(&mut near);
    (middle != 0.0).then_some((value(at)? - middle) / middle.abs())
}

/// How many steps stand for either end of a line from one step to before another, so that both ends are at the same time of the
/// year: a whole year where there are two, of less as many as go beyond one; `None` where there is no more than a year.
pub fn ends(study: &Study<'_>, first: u32, end: u32) -> Option<u32> {
    let (year, span) = (year_of(study.chronicle.cadence)?, end - first);
    match span >= 2 * year {
        true => Some(year),
        false => span.checked_sub(year).filter(|ends| *ends >= LEAST_ENDS),
    }
}

/// The value of a step that may be looked at, of a quotient that of its sums; `None` where there is none.
fn value(study: &Study<'_>, scope: Scope<'_>, measure: usize, step: usize) -> Option<f64> {
    let (amount, base) = sums(study, scope, measure, step)?;
    (base > 0.0).then(|| amount / base)
}

/// The mean value of the steps from one to before another, of a quotient that of its sums; `None` where too few have values of
/// those whose weekday has any.
pub fn level(study: &Study<'_>, scope: Scope<'_>, measure: usize, (from, to): (u32, u32)) -> Option<f64> {
    let to = to.min(study.usable(measure).len() as u32);
    let (mut amounts, mut bases, mut count) = (0.0, 0.0, 0u32);
    for (amount, base) in (from as usize..to as usize).filter_map(|step| sums(study, scope, measure, step)) {
        amounts += amount;
        bases += base;
        count += 1;
    }
    let expected = study.expected(&study.line(scope, measure).steps, (from, to));
    let is_covered = f64::from(count) >= LEAST_COVERED * expected as f64;
    (is_covered && bases > 0.0).then(|| amounts / bases)
}

/// What a step adds to the sums of a value: numerator and denominator, or the value and 1.
fn sums(study: &Study<'_>, scope: Scope<'_>, measure: usize, step: usize) -> Option<(f64, f64)> {
    let track = &scope.tracks[measure];
    let is_usable = study.usable(measure).get(step).is_some_and(|usable| *usable);
    let amount = track.amounts.get(step).filter(|_| is_usable)?.as_ref()?;
    let base = match track.bases.get(step) {
        Some(base) => base.unwrap_or_default().to_f64(),
        None => 1.0,
    };
    Some((amount.to_f64(), base))
}

#[cfg(test)]
mod tests {
    use crate::dashboard::Cadence;
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, date, draw, noise};

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

    /// So many steps of about 1000, some of them more.
    fn with_more(steps: usize, more: impl Fn(usize) -> f64) -> Sample {
        Sample::days(steps, &[]).sum("Sales", move |step, _| Some(1000.0 + draw(step, 3) + more(step)))
    }

    fn standing_out(sample: &Sample) -> Vec<chrono::NaiveDate> {
        let claims = sample.claims(Kind::AnomalyPoint).into_iter();
        let mut dates: Vec<_> = claims.filter_map(|claim| claim.subject.date).collect();
        dates.sort_unstable();
        dates
    }

    #[test]
    fn what_stands_out_each_year_is_no_anomaly() {
        // Months from March 2026 on: every tenth is a December, the fortieth from 0 is July 2029.
        let months = |more: fn(usize) -> f64| standing_out(&with_more(72, more).by(Cadence::Month));
        let month = |year, month| chrono::NaiveDate::from_ymd_opt(year, month, 1).unwrap();
        const fn december(step: usize) -> bool {
            step % 12 == 9
        }
        assert!(months(|step| if december(step) { 3000.0 } else { 0.0 }).is_empty());
        assert!(months(|step| if december(step) { -700.0 } else { 0.0 }).is_empty());
        assert_eq!(
            months(|step| if december(step) || step == 40 { 3000.0 } else { 0.0 }),
            [month(2029, 7)],
            "an event beside six that recur"
        );
        assert_eq!(
            months(|step| if step == 45 {
                9000.0
            } else if december(step) {
                3000.0
            } else {
                0.0
            }),
            [month(2029, 12)],
            "three times as much as in other years"
        );
        assert_eq!(
            months(|step| if step == 57 {
                -700.0
            } else if december(step) {
                3000.0
            } else {
                0.0
            }),
            [month(2030, 12)],
            "the other way"
        );
        assert_eq!(
            months(|step| if step == 9 || step == 21 { 3000.0 } else { 0.0 }).len(),
            2
        );
    }

    #[test]
    fn a_feast_keeps_its_date_or_its_weekday() {
        // Days from 2026-03-02 on: day 298 is Christmas Day, 663 that of the next year; 270 is Friday 2026-11-27, 634 the
        // Friday of 2027-11-26.
        let told = |days: [usize; 2]| {
            let sample = with_more(728, |day| if days.contains(&day) { 4000.0 } else { 0.0 });
            standing_out(&sample.shown_from(364)).len()
        };
        assert_eq!((told([298, 663]), told([270, 634])), (0, 0));
        assert_eq!(
            (told([280, 663]), told([663, 663])),
            (1, 1),
            "at another time, or never"
        );
        // Days 363 and 728 are the 28th of February of two years, and the history begins two days after that of a third one.
        let begun = with_more(800, |day| if [363, 728].contains(&day) { 4000.0 } else { 0.0 });
        assert_eq!(standing_out(&begun).len(), 0);
        let weeks = |weeks: [usize; 2]| {
            let sample = with_more(120, |week| if weeks.contains(&week) { 4000.0 } else { 0.0 });
            standing_out(&sample.by(Cadence::Week)).len()
        };
        assert_eq!((weeks([42, 94]), weeks([42, 99])), (0, 2));
    }

    #[test]
    fn both_ends_of_a_line_are_at_the_same_time_of_the_year() {
        // Three hundred more each year, and a season of four parts of the year.
        let line = |steps: usize, cadence: Cadence, year: usize| {
            let sample = Sample::days(steps, &[]).sum("Sales", move |step, _| {
                let season = [0.0, 50.0, 0.0, -50.0][4 * (step % year) / year];
                Some(1000.0 + 300.0 * step as f64 / year as f64 + season + noise(step))
            });
            sample.by(cadence).claim(Kind::Trend)
        };
        // The mean of a year's steps, of which the last one is short of 300 by one step's share.
        let first = |year: f64| 1000.0 + 150.0 * (year - 1.0) / year;
        for (steps, cadence, year) in [
            (72, Cadence::Month, 12),
            (32, Cadence::Quarter, 4),
            (156, Cadence::Week, 52),
        ] {
            let (first, years) = (first(f64::from(year)), f64::from(steps / year));
            assert_values(
                &line(steps as usize, cadence, year as usize),
                &[
                    ("ends", f64::from(year)),
                    ("first", first),
                    ("last", first + 300.0 * (years - 1.0)),
                ],
            );
        }
        let sentence = crate::insight::wording::sentence(&line(72, Cadence::Month, 12));
        assert!(
            sentence.contains("from about 1,138 a month in the first 12 months to 2,638 in the last 12."),
            "{sentence}"
        );
    }

    #[test]
    fn a_change_that_each_year_has_is_told_as_such_and_not_first() {
        // The last four weeks rise by so much, as did those of the two years before, or not.
        let of_years = |years: usize, newer: f64, older: f64| {
            let last = 364 * years;
            let sample = with_more(last + 28, move |day| match day {
                day if day >= last => newer,
                day if day >= 364 && day % 364 < 28 => older,
                _ => 0.0,
            });
            sample.shown_from(last - 28).claim(Kind::PeriodChange)
        };
        let told = |newer: f64, older: f64| of_years(3, newer, older);
        assert!(told(600.0, 600.0).is_usual && told(-400.0, -300.0).is_usual);
        assert!(!told(600.0, 0.0).is_usual && !told(600.0, -600.0).is_usual && !told(900.0, 300.0).is_usual);
        let sentence = crate::insight::wording::sentence(&told(600.0, 600.0));
        assert!(
            sentence.ends_with(" before. So it was at this time of earlier years."),
            "{sentence}"
        );
        assert!(
            !of_years(2, 600.0, 600.0).is_usual,
            "one year like it may be chance"
        );
    }

    #[test]
    fn months_are_compared_with_the_year_before() {
        // Winters have a fifth more than summers; in the third year it is half as much again.
        let sample = Sample::days(36, &[]).sum("Sales", |month, _| {
            let season = if month % 12 < 6 { 1000.0 } else { 1200.0 };
            Some(if month < 24 { 1.0 } else { 1.5 } * (season + noise(month)))
        });
        let claim = sample.by(Cadence::Month).claim(Kind::PeriodChange);
        assert_values(&claim, &[("k", 12.0), ("cur", 1650.0), ("ref", 1100.0)]);
    }

    #[test]
    fn who_is_closed_on_sundays_has_seasons_too() {
        let is_told = |is_open: fn(usize) -> bool, older: f64| {
            let mut sample = steps(500.0, older, 364);
            for (day, amount) in sample.chronicle.whole[0].amounts.iter_mut().enumerate() {
                amount.take_if(|_| !is_open(day));
            }
            is_told(&sample.shown_from(364), Kind::LevelShift)
        };
        let six = |day: usize| day % 7 != 6;
        let five = |day: usize| day % 7 < 5;
        assert!(!is_told(six, 500.0) && !is_told(five, 500.0));
        assert!(is_told(six, 0.0) && is_told(five, 0.0));
        let sparse = |day: usize| day >= 364 || day.is_multiple_of(3);
        assert!(
            is_told(sparse, 500.0),
            "two days in three are missing of that year"
        );
    }
}
