//! Where a change between the dashboard's two windows comes from, by exact arithmetic.
//!
//! Sums change by what their segments change, and all parts add up to the change that they explain; products are in `factors`.

use super::claim::{Claim, Effect, Kind, Show, Subject};
use super::docket::Docket;
use super::names::direction;
use super::study::{FLOOR, Scope, Study};
use super::windows::{comparing, is_usual, outlasts_length, telling_lengths, unlike_lengths};
use crate::dashboard::chronicle::MetricKind;
use crate::decimal::Decimal;
use crate::window::Window;

/// The part of a change that named segments must explain.
pub const LEAST_EXPLAINED: f64 = 0.67;
/// The most segments that are named.
const MOST_NAMED: usize = 3;
/// By how much the named segments' part of a change must exceed their part of the measure.
const LEAST_SURPRISE: f64 = 0.1;
/// A segment that goes the other way by this part of the change is named too.
const AGAINST: f64 = 0.33;

/// A change's part.
struct Part<'a> {
    scope: Scope<'a>,
    change: Decimal,
    previous: Decimal,
}

/// Whether a scope has no value of a sum in a window though it has others there: it is not known. What has none of any has come or
/// gone, and is nothing.
fn is_missing(study: &Study<'_>, scope: Scope<'_>, measure: usize, window: Window) -> bool {
    let has_value = |measure: usize| study.sum_within(scope, measure, window).0.is_some();
    !has_value(measure) && (0..scope.tracks.len()).any(has_value)
}

/// By how much the named segments' part of a change exceeds their part of what was before, at most 1: what is large changes much,
/// and tells nothing by it. `None` where they moved like the rest, but for the floor. Where there is nothing before on either side, or a
/// loss, it has no part.
pub fn surprise((change, before): (f64, f64), (all, all_before): (f64, f64)) -> Option<f64> {
    let (rest, rest_before) = (all - change, all_before - before);
    if before <= 0.0 || rest_before <= 0.0 {
        return Some(1.0);
    }
    let is_like_rest = (change / before - rest / rest_before).abs() < FLOOR;
    let surprise = change / all - before / all_before;
    (!is_like_rest && surprise >= LEAST_SURPRISE).then_some(surprise.min(1.0))
}

/// Notes the segments a sum's change comes from, where few explain most of it, and more than by being large: of a change that is more
/// than chance, as what may be chance comes from nowhere.
pub fn note_segments(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize) -> Option<()> {
    let compare = study.chronicle.compare?;
    if study.chronicle.measures[measure].kind != MetricKind::Sum {
        return None;
    }
    let sums = |scope: Scope<'_>| {
        let sum = |window| study.sum_within(scope, measure, window).0;
        (sum(compare.current), sum(compare.previous))
    };
    let (Some(current), Some(previous)) = sums(study.whole()) else {
        return None;
    };
    let total = current - previous;
    let relative = total.to_f64() / previous.to_f64().abs();
    let lengths = unlike_lengths(study, compare);
    let is_small = previous.is_zero() || relative.abs() < FLOOR;
    if is_small || !outlasts_length(lengths, current.to_f64(), previous.to_f64()) {
        return None;
    }
    let sign = total.to_f64().signum();
    let mut parts: Vec<Part<'_>> = study
        .segments(axis)
        .map(|scope| {
            let (current, previous) = sums(scope);
            Part {
                scope,
                change: current.unwrap_or_default() - previous.unwrap_or_default(),
                previous: previous.unwrap_or_default(),
            }
        })
        .collect();
    if parts.len() < 2 {
        return None;
    }
    let along = |part: &Part<'_>| part.change.to_f64() * sign;
    parts.sort_by(|a, b| along(b).total_cmp(&along(a)));
    let mut explained = 0.0;
    let mut named = 0;
    while named < MOST_NAMED.min(parts.len()) && explained < LEAST_EXPLAINED && along(&parts[named]) > 0.0 {
        explained += along(&parts[named]) / total.abs().to_f64();
        named += 1;
    }
    let is_all = named == parts.len();
    let sum = |of: fn(&Part<'_>) -> Decimal| parts[..named].iter().map(of).sum::<Decimal>().to_f64();
    let own = (sum(|part| part.change), sum(|part| part.previous));
    let surprise = surprise(own, (total.to_f64(), previous.to_f64()))?;
    if explained < LEAST_EXPLAINED || is_all {
        return None;
    }
    let against = parts
        .last()
        .filter(|last| -along(last) >= AGAINST * total.abs().to_f64());
    let is_missing = |part: &Part<'_>| {
        let windows = [compare.current, compare.previous];
        windows.map(|window| is_missing(study, part.scope, measure, window)) != [false; 2]
    };
    if parts[..named].iter().chain(against).any(is_missing) {
        return None;
    }
    let mut claim = segments_claim(
        study,
        measure,
        axis,
        &parts[..named],
        against,
        (current, previous),
        lengths,
    );
    claim.impact *= surprise;
    let is_usual = is_usual(study, study.whole(), measure, compare, sign > 0.0);
    docket.exact(comparing(study, claim, compare).usual(is_usual));
    Some(())
}

/// The names of the values in a sentence, by place.
const PLACES: [(&str, &str, &str); MOST_NAMED + 1] = [
    ("d1", "s1", "m1"),
    ("d2", "s2", "m2"),
    ("d3", "s3", "m3"),
    ("d4", "s4", "m4"),
];

fn segments_claim(
    study: &Study<'_>,
    measure: usize,
    axis: usize,
    named: &[Part<'_>],
    against: Option<&Part<'_>>,
    (current, previous): (Decimal, Decimal),
    lengths: Option<[i64; 2]>,
) -> Claim {
    let total = current - previous;
    let relative = total.to_f64() / previous.to_f64().abs();
    let effect = Effect {
        name: "relative",
        v: relative,
        ci95: None,
        floor: FLOOR,
    };
    let subject = Subject {
        dimension: Some(study.chronicle.dimensions[axis].id.clone()),
        ..study.subject(study.whole(), measure)
    };
    let show = study.show(measure);
    let mut claim = Claim::new(
        Kind::ChangeDriver,
        subject,
        1.0,
        effect,
        // Of what is less than nothing no part can be told.
        match previous > Decimal::ZERO && current >= Decimal::ZERO {
            true => "{what} is {moved} {size} ({effect}) {in} {now} against {before}",
            false => "{what} went from {ref} ({before}) to {cur} ({now})",
        },
    )
    .name("what", study.what(study.whole(), measure))
    .word("moved", direction(relative, "up", "down"))
    .exact("size", total, show.size())
    .exact("cur", current, show.clone())
    .exact("ref", previous, show.clone());
    claim = telling_lengths(claim, lengths);
    for (index, (part, (value, name, moved))) in named.iter().chain(against).zip(PLACES).enumerate() {
        let join = match index {
            0 => ": ",
            _ if index == named.len() => ", against ",
            _ => ", ",
        };
        claim.template += &format!("{join}{{{name}}} {{{moved}}} {{{value}}}");
        claim = claim
            .name(
                name,
                part.scope
                    .segment
                    .map(|segment| study.segment_name(segment))
                    .unwrap_or_default(),
            )
            .word(moved, direction(part.change.to_f64(), "up", "down"))
            .exact(value, part.change, show.size());
    }
    claim.template.push('.');
    // The more moves inside beyond what shows outside, the more there is to tell.
    let moved: f64 = named
        .iter()
        .chain(against)
        .map(|part| part.change.abs().to_f64())
        .sum();
    claim.impact = (moved / (2.0 * total.abs().to_f64())).min(1.0);
    let explained: Decimal = named.iter().map(|part| part.change).sum();
    claim.value("explained", explained.to_f64() / total.to_f64(), Show::Hidden)
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{QUIET, Sample, assert_values, noise, of_two};

    /// Two days, of which the second is compared with the first.
    fn two_days(names: &[&str], days: [&'static [f64]; 2]) -> Sample {
        Sample::days(QUIET + 2, names)
            .sum("Sales", move |day, segment| {
                days[of_two(day)].get(segment).copied()
            })
            .compared(1)
    }

    #[test]
    fn a_change_comes_from_the_segments_that_explain_most_of_it() {
        // From 1200 to 1320: West 90 of 120, which is three quarters; Central goes the other way by a third.
        let sample = two_days(
            &["East", "West", "Central"],
            [&[400.0, 400.0, 400.0], &[470.0, 490.0, 360.0]],
        );
        let claim = sample.claim(Kind::ChangeDriver);
        assert_values(
            &claim,
            &[
                ("cur", 1320.0),
                ("ref", 1200.0),
                ("size", 120.0),
                ("d1", 90.0),
                ("d2", -40.0),
                ("explained", 0.75),
            ],
        );
        assert!((claim.effect.v - 0.1).abs() < 1e-12);
        assert_eq!(
            crate::insight::wording::names(&claim),
            [
                "Sales",
                "9 Mar 2026",
                "8 Mar 2026",
                "West (Segment)",
                "Central (Segment)"
            ]
        );
        assert_eq!(
            crate::insight::wording::sentence(&claim),
            "Sales is up 120 (10%) on 9 Mar 2026 against 8 Mar 2026: West (Segment) up 90, against Central (Segment) down 40."
        );
        let falls = two_days(&["East", "West"], [&[500.0, 500.0], &[500.0, 300.0]]);
        let claim = falls.claim(Kind::ChangeDriver);
        assert_values(&claim, &[("size", -200.0), ("d1", -200.0), ("explained", 1.0)]);
        assert_eq!(
            crate::insight::wording::sentence(&claim),
            "Sales is down 200 (20%) on 9 Mar 2026 against 8 Mar 2026: West (Segment) down 200."
        );
        // By less than 5 %, by all segments alike, or without a day to compare with: nothing to tell.
        let small = two_days(&["East", "West"], [&[500.0, 500.0], &[500.0, 540.0]]);
        assert!(small.claims(Kind::ChangeDriver).is_empty());
        let alike = two_days(&["East", "West"], [&[500.0, 500.0], &[600.0, 600.0]]);
        assert!(alike.claims(Kind::ChangeDriver).is_empty());
        // West has four fifths of all and grows as the rest does.
        let large = two_days(&["East", "West"], [&[200.0, 800.0], &[220.0, 880.0]]);
        assert!(large.claims(Kind::ChangeDriver).is_empty());
        // It grows by 30 %, the rest by a tenth: 97 % of the change of 92 % of all.
        let nearly_all = two_days(&["East", "West"], [&[80.0, 920.0], &[88.0, 1196.0]]);
        assert!(nearly_all.claims(Kind::ChangeDriver).is_empty());
        let alone = Sample::days(1, &["East", "West"]).sum("Sales", |_, _| Some(1.0));
        assert!(alone.claims(Kind::ChangeDriver).is_empty());
    }

    #[test]
    fn what_is_small_and_changes_much_is_told_before_what_is_large() {
        let told = |days: [&'static [f64]; 2]| {
            two_days(&["paid", "mail", "organic"], days).claim(Kind::ChangeDriver)
        };
        // Mail: 150 of 180, from 100 of 1100. Paid: 150 of 180 from 700 of 1100.
        let small = told([&[700.0, 100.0, 300.0], &[715.0, 250.0, 315.0]]);
        let large = told([&[700.0, 100.0, 300.0], &[850.0, 115.0, 315.0]]);
        let part = |v: f64| (150.0 / 180.0) / 2.0 * (150.0 / 180.0 - v / 1100.0);
        assert!((small.impact - part(100.0)).abs() < 1e-12, "{}", small.impact);
        assert!((large.impact - part(700.0)).abs() < 1e-12, "{}", large.impact);
        // What was not there before has no part of it.
        let new = told([&[700.0, 0.0, 300.0], &[710.0, 90.0, 310.0]]);
        assert!((new.impact - 90.0 / 110.0 / 2.0).abs() < 1e-12, "{}", new.impact);
    }

    #[test]
    fn a_change_that_may_be_chance_comes_from_nowhere() {
        // Half of the days against the others: East moves from 100 a day to so many, and West varies by far more than that.
        let is_told = |days: usize, newer: f64| {
            let sample =
                Sample::days(2 * days, &["East", "West"]).sum("Sales", move |day, segment| match segment {
                    0 => Some(if day < days { 100.0 } else { newer } + noise(day)),
                    _ => Some(1000.0 * (day % 2) as f64),
                });
            !sample.compared(days).claims(Kind::ChangeDriver).is_empty()
        };
        assert!(!is_told(28, 150.0) && is_told(28, 2000.0), "tested by its steps");
        assert!(!is_told(6, 150.0) && is_told(6, 2000.0), "six days a window");
        assert!(!is_told(2, 150.0), "of two days nothing is known");
    }

    #[test]
    fn what_has_no_value_in_a_window_has_not_fallen_to_nothing() {
        // Hours of two crews, and what they used of something, which is not known of all days.
        let sample = |used: [[Option<f64>; 2]; 2], hours: [[Option<f64>; 2]; 2]| {
            Sample::days(QUIET + 2, &["north", "south"])
                .sum("Hours", move |day, crew| hours[of_two(day)][crew])
                .sum("Used", move |day, crew| used[of_two(day)][crew])
                .compared(1)
        };
        let at_work = [[Some(10.0), Some(10.0)]; 2];
        let told = |used, hours| -> Vec<String> {
            let claims = sample(used, hours).claims(Kind::ChangeDriver);
            claims.into_iter().map(|claim| claim.subject.measure).collect()
        };
        let (some, none) = ([Some(50.0), Some(20.0)], [None, None]);
        assert!(
            told([some, none], at_work).is_empty(),
            "nothing is known of the newer day"
        );
        assert!(told([none, some], at_work).is_empty(), "nor of the older one");
        let of_south = [None, Some(20.0)];
        assert!(
            told([some, of_south], at_work).is_empty(),
            "north worked, but what it used is not known"
        );
        assert!(told([of_south, some], at_work).is_empty());
        let zero = [Some(0.0), Some(20.0)];
        assert_eq!(told([some, zero], at_work), ["used"]);
        let left = [[Some(10.0), Some(10.0)], [None, Some(10.0)]];
        assert_eq!(told([some, of_south], left), ["hours", "used"], "north left");
    }

    #[test]
    fn what_few_events_make_is_told_only_beyond_chance() {
        // Four weeks against four, one event on so many days of each; West has all but two of them.
        let sample = |before: usize, after: usize| {
            Sample::days(56, &["East", "West"])
                .sum("Rows", move |day, segment| {
                    let (at, count) = (day % 28, if day < 28 { before } else { after });
                    match segment {
                        0 => (at == 27).then_some(1.0),
                        _ => (at < count).then_some(1.0),
                    }
                })
                .compared(28)
        };
        // 7 against 9 of them: 2 / √18. 2 against 20: 18 / √24.
        assert!(sample(6, 8).claims(Kind::ChangeDriver).is_empty());
        assert_values(
            &sample(1, 19).claim(Kind::ChangeDriver),
            &[("cur", 20.0), ("ref", 2.0), ("d1", 18.0)],
        );
    }

    #[test]
    fn what_is_less_than_nothing_is_told_without_a_part() {
        let sentence = |days: [&'static [f64]; 2]| {
            let claim = two_days(&["East", "West"], days).claim(Kind::ChangeDriver);
            crate::insight::wording::sentence(&claim)
        };
        assert_eq!(
            sentence([&[-100.0, -200.0], &[-100.0, -260.0]]),
            "Sales went from -300 (8 Mar 2026) to -360 (9 Mar 2026): West (Segment) down 60."
        );
        assert_eq!(
            sentence([&[100.0, 200.0], &[100.0, -260.0]]),
            "Sales went from 300 (8 Mar 2026) to -160 (9 Mar 2026): West (Segment) down 460."
        );
    }
}
