//! Whether a change between two windows is more than chance. Where no test of steps was made the windows' own steps tell it, or few
//! of them have values, so that each counts as one event; else what the series changed by before, from one such window to the next.

use super::judge::false_share;
use super::season;
use super::statistics::tails;
use super::study::{Scope, Study};
use crate::dashboard::{Cadence, Compare};
use crate::window::Window;

/// Windows of whose steps at least this share have values are regular.
const REGULAR: f64 = 0.8;
/// The fewest steps of a regular window from which it is told how much they vary.
const LEAST_STEPS: usize = 5;
/// The days of a year, to which windows that are a year apart come but for so many.
const YEAR: i64 = 365;
const NEARLY: i64 = 7;
/// The days of a year's whole weeks, and the fewest steps that make it more than one number.
const WHOLE_YEAR: i64 = 364;
const PARTS_OF_YEAR: u32 = 12;
/// The days that a season of weekdays has.
const DAYS_OF_A_WEEK: u32 = 7;
/// The fewest earlier changes that tell what is usual.
const LEAST_CHANGES: u32 = 4;
/// How many changes from window to window say as much as one that shares its windows with no other.
const SHARED: f64 = 1.5;
/// The most that chance may make of what is told.
const LEVEL: f64 = 0.05;

/// For each measure whether its change between the windows is more than chance, all of them taken together. `tested` is the probability
/// of a measure's own test of these windows, where one was made. What nothing is known of may be chance.
pub fn beyond(study: &Study<'_>, compare: Compare, tested: impl Fn(usize) -> Option<f64>) -> Vec<bool> {
    let measures = 0..study.chronicle.measures.len();
    if is_whole_year(study, compare) {
        return measures.map(|_| true).collect();
    }
    // A year is held against the one before season by season, which no other test does.
    let of_own = |measure: &usize| tested(*measure).filter(|_| !are_a_year_apart(compare));
    let by_chance: Vec<Option<f64>> = measures
        .map(|measure| of_own(&measure).or_else(|| by_chance(study, measure, compare)))
        .collect();
    let known: Vec<f64> = by_chance.iter().flatten().copied().collect();
    let mut shares = false_share(&known).into_iter();
    let is_beyond = |p: &Option<f64>| p.and(shares.next()).is_some_and(|share| share <= LEVEL);
    by_chance.iter().map(is_beyond).collect()
}

/// The probability of a change like that between the windows; `None` where there is too little to say.
fn by_chance(study: &Study<'_>, measure: usize, compare: Compare) -> Option<f64> {
    by_steps(study, measure, compare).or_else(|| by_history(study, measure, compare))
}

/// How far the change lies from nothing in those of earlier steps, from each window of as many steps to the next: `None` where there are
/// too few of them. Neighbouring changes share a window, so that they say less than their number.
fn by_history(study: &Study<'_>, measure: usize, compare: Compare) -> Option<f64> {
    let steps = |window| study.steps_inside(window);
    let (before, after) = (steps(compare.previous)?, steps(compare.current)?);
    let (first, length) = (after.0, after.1 - after.0);
    let changes = (first / length)
        .checked_sub(1)
        .filter(|changes| *changes >= LEAST_CHANGES)?;
    let level = |window| season::level(study, study.whole(), measure, window);
    let change = |before, after| {
        let (before, after) = (level(before)?, level(after)?);
        let size = (before.abs() + after.abs()) / 2.0;
        Some(if size > 0.0 { (after - before) / size } else { 0.0 })
    };
    let own = change(before, after)?;
    let earlier: Vec<f64> = (2 * length..=first)
        .filter_map(|end| change((end - 2 * length, end - length), (end - length, end)))
        .collect();
    if earlier.len() < changes as usize {
        return None;
    }
    let squares: f64 = earlier.iter().map(|change| change * change).sum();
    let usual = libm::sqrt(squares / earlier.len() as f64);
    Some(match usual > 0.0 {
        true => 2.0 * tails::student(own.abs() / usual, f64::from(changes) / SHARED),
        false => f64::from(u8::from(own == 0.0)),
    })
}

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

/// The probability of a change like that between the windows by how their steps vary; `None` where a window has too few to say.
fn by_steps(study: &Study<'_>, measure: usize, compare: Compare) -> Option<f64> {
    let scope = study.whole();
    let sides = [compare.current, compare.previous].map(|window| Side::of(study, scope, measure, window));
    let is_quotient = !scope.tracks[measure].bases.is_empty();
    let is_empty = |side: &Side| side.steps == 0 || is_quotient && side.values.is_empty();
    let is_regular = sides.iter().all(Side::is_regular);
    let is_short = |side: &Side| side.steps < LEAST_STEPS;
    if sides.iter().any(is_empty) || is_regular && sides.iter().any(is_short) {
        return None;
    }
    let season = season_of(study, compare, sides[0].steps).filter(|_| !is_quotient);
    if let Some((score, df)) = season.and_then(|season| paired(&sides, season)) {
        return Some(2.0 * tails::student(score, df));
    }
    let df = (sides[0].steps + sides[1].steps) as f64 - 2.0;
    let [(newer, spread), (older, spread_before)] = sides.map(|side| side.estimate(is_quotient, is_regular));
    let error = libm::sqrt(spread + spread_before);
    if error <= 0.0 {
        return Some(f64::from(u8::from(newer == older)));
    }
    let score = (newer - older).abs() / error;
    let tail = match is_regular {
        true => tails::student(score, df),
        false => tails::normal(score),
    };
    Some(2.0 * tail)
}

/// The steps that are held against their like in the other window, taken together: of weeks each weekday, and of what is a year apart
/// four weeks, a month or a quarter, as neighbours are alike. `None` where the windows are at no like times.
fn season_of(study: &Study<'_>, compare: Compare, steps: usize) -> Option<usize> {
    let together = match study.chronicle.cadence {
        Cadence::Day => 28,
        Cadence::Week => 4,
        Cadence::Month | Cadence::Quarter | Cadence::Year => 1,
    };
    let is_week = study.season.length == DAYS_OF_A_WEEK && steps.is_multiple_of(DAYS_OF_A_WEEK as usize);
    match are_a_year_apart(compare) && steps >= LEAST_STEPS * together {
        true => Some(together),
        false => is_week.then_some(1),
    }
}

/// Whether a whole year of many steps is held against the one before: what it comes to is told, whatever its months make of it.
fn is_whole_year(study: &Study<'_>, compare: Compare) -> bool {
    let steps = study.steps_inside(compare.current);
    compare.current.days() >= WHOLE_YEAR && steps.is_some_and(|(first, after)| after - first >= PARTS_OF_YEAR)
}

fn are_a_year_apart(compare: Compare) -> bool {
    let apart = (compare.current.start() - compare.previous.start()).num_days();
    (apart - YEAR).abs() <= NEARLY
}

/// How far the mean change from steps to their like in the other window lies from nothing, in its errors, and its degrees of freedom:
/// what a season makes of a window is no chance. `None` where not all steps have values.
fn paired([newer, older]: &[Side; 2], together: usize) -> Option<(f64, f64)> {
    let are_whole = [newer, older].iter().all(|side| side.values.len() == side.steps);
    if !are_whole || newer.steps.abs_diff(older.steps) > 1 {
        return None;
    }
    let sums = |side: &Side| -> Vec<f64> {
        let blocks = side.values.chunks_exact(together);
        blocks
            .map(|block| block.iter().map(|value| value.0).sum())
            .collect()
    };
    let changes: Vec<f64> = (sums(newer).iter().zip(sums(older)))
        .map(|(now, before)| now - before)
        .collect();
    let count = changes.len() as f64;
    let mean = changes.iter().sum::<f64>() / count;
    let squares: f64 = changes.iter().map(|change| libm::pow(change - mean, 2.0)).sum();
    let error = libm::sqrt(squares / (count * (count - 1.0)));
    (error > 0.0).then(|| ((mean / error).abs(), count - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::claim::{Family, Kind};
    use crate::insight::find::weigh;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, draw};

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
        by_chance(&study, measure, sample.chronicle.compare.unwrap()).map(|p| p <= LEVEL)
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

    /// Steps of a cadence, of which so many are compared with as many before: orders of so many shops, and what they are worth,
    /// that vary by a fifth, or those of a seed by far more at times; the newest of one shop are so much of it.
    fn shops(
        cadence: Cadence,
        (steps, length): (usize, usize),
        shops: usize,
        newest: f64,
        seed: u64,
    ) -> Sample {
        let names = &["a", "b", "c", "d"][..shops];
        let value = move |level: f64, salt: u64| {
            move |step: usize, shop: usize| {
                let own = draw(step * 4 + shop, 31 * seed + salt);
                let heavy = if seed % 2 == 1 && own < 3.0 { 1.5 } else { 1.0 };
                let part = if shop == 0 && step + length >= steps {
                    newest
                } else {
                    1.0
                };
                Some((level * part * heavy * (0.9 + 0.002 * own)).round())
            }
        };
        Sample::days(steps, names)
            .sum("Orders", value(400.0, 1))
            .sum("Revenue", value(9000.0, 2))
            .rate("Revenue an order", 1, 0)
            .by(cadence)
            .compared(length)
    }

    const COURSES: [(Cadence, (usize, usize)); 5] = [
        (Cadence::Month, (24, 3)),
        (Cadence::Month, (24, 1)),
        (Cadence::Quarter, (12, 1)),
        (Cadence::Year, (8, 1)),
        (Cadence::Week, (30, 4)),
    ];

    fn tells(sample: &Sample) -> bool {
        let (judged, _) = weigh(&sample.chronicle, &Frames::default());
        let is_change = |kind: Kind| match kind {
            Kind::ChangeDriver | Kind::KpiTreeDriver | Kind::MixVsRate => true,
            _ => kind.family() == Some(Family::Change),
        };
        judged.iter().any(|judged| is_change(judged.claim.kind))
    }

    #[test]
    fn of_dashboards_on_which_nothing_changes_a_tenth_tell_a_change_at_most() {
        for (cadence, course) in COURSES {
            let told = (0..200).filter(|seed| {
                let shops = shops(cadence, course, 2 + *seed as usize % 3, 1.0, *seed);
                tells(&shops)
            });
            let told = told.count();
            assert!(told <= 20, "{cadence:?} {course:?}: {told} of 200");
        }
    }

    #[test]
    fn what_changes_among_few_steps_is_told() {
        for (cadence, course) in COURSES {
            let told = (0..40).filter(|seed| {
                let shops = shops(cadence, course, 3, 0.4, 2 * seed);
                let drivers = shops.claims(Kind::ChangeDriver);
                drivers
                    .iter()
                    .any(|claim| claim.names.iter().any(|(_, name)| name == "a (Segment)"))
            });
            let told = told.count();
            assert!(told >= 30, "{cadence:?} {course:?}: {told} of 40");
        }
    }

    #[test]
    fn a_season_is_usual() {
        // Each fourth quarter half as much again: the newest change is as large as that of three years, or three times so.
        let told = |newest: f64| {
            let sample = Sample::days(16, &["north", "south"]).sum("Sales", move |quarter, region| {
                let season = if quarter % 4 == 3 { 1.5 } else { 1.0 };
                let own = if quarter == 15 && region == 0 {
                    newest
                } else {
                    season
                };
                Some(1000.0 * own + draw(quarter, region as u64))
            });
            let drivers = sample.by(Cadence::Quarter).compared(1).claims(Kind::ChangeDriver);
            !drivers.is_empty()
        };
        assert!(!told(1.5) && told(9.0));
    }

    #[test]
    fn what_a_year_comes_to_is_held_against_the_year_before_part_by_part() {
        // A tenth more than a year ago throughout, of a season that is tenfold; or by turns much more and less.
        let beyond = |cadence: Cadence, year: usize, more: fn(usize) -> f64| {
            let sample = Sample::days(2 * year, &[]).sum("Visits", move |step, _| {
                let season = 1000.0 + 9000.0 * (step % year) as f64 / year as f64;
                Some(season * if step < year { 1.0 } else { more(step) })
            });
            let sample = sample.by(cadence).compared(year);
            let frames = Frames::default();
            let study = Study::new(&sample.chronicle, &frames);
            by_chance(&study, 0, sample.chronicle.compare.unwrap()).map(|p| p <= LEVEL)
        };
        for (cadence, year) in [(Cadence::Day, 364), (Cadence::Week, 52), (Cadence::Month, 12)] {
            assert_eq!(beyond(cadence, year, |_| 1.1), Some(true), "{cadence:?}");
        }
        let by_turns = |months: usize| if months.is_multiple_of(2) { 1.6 } else { 0.7 };
        assert_eq!(beyond(Cadence::Month, 12, by_turns), Some(false));
        assert_eq!(
            beyond(Cadence::Day, 364, |day| if day / 28 % 2 == 0 { 1.6 } else { 0.7 }),
            Some(false)
        );
    }

    #[test]
    fn what_a_year_comes_to_is_told_whatever_its_months_make_of_it() {
        let beyond = |cadence: Cadence, steps: usize, year: usize| {
            let by_turns = |step: usize| 100.0 + 90.0 * (step % 2) as f64;
            let sample = Sample::days(steps, &[]).sum("Visits", move |step, _| Some(by_turns(step)));
            let sample = sample.by(cadence).compared(year);
            let frames = Frames::default();
            let study = Study::new(&sample.chronicle, &frames);
            super::beyond(&study, sample.chronicle.compare.unwrap(), |_| None)
        };
        assert_eq!(beyond(Cadence::Day, 728, 364), [true]);
        assert_eq!(beyond(Cadence::Month, 24, 12), [true]);
        assert_eq!(beyond(Cadence::Day, 726, 363), [false]);
        assert_eq!(beyond(Cadence::Year, 8, 1), [false], "years as single numbers");
    }

    #[test]
    fn of_many_measures_one_may_seem_to_change() {
        // The newest of eight quarters is three times the usual change off: by chance three times in a hundred, and no news of six.
        let sample = |measures: usize| {
            let sample = Sample::days(8, &["a", "b"]);
            let value = |measure: usize| {
                move |quarter: usize, shop: usize| {
                    let off = if measure == 0 && quarter == 7 && shop == 0 {
                        60.0
                    } else {
                        0.0
                    };
                    Some(
                        500.0
                            + off
                            + if shop == 1 {
                                25.0 * (quarter % 2) as f64
                            } else {
                                0.0
                            },
                    )
                }
            };
            let named = ["Sales", "Visits", "Hours", "Miles", "Units", "Calls"];
            let add = |sample: Sample, measure: usize| sample.sum(named[measure], value(measure));
            (0..measures).fold(sample, add).by(Cadence::Quarter).compared(1)
        };
        let told = |measures: usize| sample(measures).claims(Kind::ChangeDriver).len();
        assert_eq!((told(1), told(6)), (1, 0));
    }
}
