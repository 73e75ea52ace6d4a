//! How a quotient's change between the dashboard's two windows divides between its segments' shares and their own quotients, by
//! exact arithmetic.

use super::claim::{Claim, Effect, Kind, Show, Subject};
use super::docket::Docket;
use super::names::direction;
use super::study::{FLOOR, Scope, Study};
use super::windows::{comparing, is_usual};
use crate::dashboard::chronicle::{MetricKind, Pair};

/// The part of a mix in what the segments' own quotients change, up to which it hardly changed.
const HARDLY: f64 = 0.1;
/// The share of the other part up to which a part is not worth a number.
const NEXT_TO_NOTHING: f64 = 0.02;
/// The part of what the segments' own quotients change from which on one of them makes it.
const MOST: f64 = 0.67;

/// The values without which a mean says nothing of a window.
const LEAST_VALUES: f64 = 30.0;

/// What a segment's own quotient makes of a change.
struct Within<'a> {
    scope: Scope<'a>,
    part: f64,
    from: f64,
    to: f64,
}

/// A quotient's parts in both windows.
struct Shift<'a> {
    scope: Option<Scope<'a>>,
    current: (f64, f64),
    previous: (f64, f64),
}

/// A quotient's sums; nothing where there are no values, and `None` where only one of both has some, which says nothing of the
/// other.
fn floats(pair: Pair) -> Option<(f64, f64)> {
    match pair {
        (Some(amount), Some(base)) => Some((amount.to_f64(), base.to_f64())),
        (None, None) => Some((0.0, 0.0)),
        _ => None,
    }
}

/// Notes how a quotient's change, which is more than chance, divides between the segments' shares and their own quotients.
pub fn note(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize) -> Option<()> {
    let compare = study.chronicle.compare?;
    let metric = &study.chronicle.measures[measure];
    if !matches!(metric.kind, MetricKind::Quotient { .. }) || metric.is_level {
        return None;
    }
    let factor = metric.factor().to_f64();
    let sums = |scope: Scope<'_>| {
        let at = |window| floats(study.sum_within(scope, measure, window));
        Some((at(compare.current)?, at(compare.previous)?))
    };
    let (current, previous) = sums(study.whole())?;
    // Means count their values: of a handful each has another one by chance.
    let least = match metric.kind {
        MetricKind::Quotient { parts: None, .. } => LEAST_VALUES,
        _ => f64::MIN_POSITIVE,
    };
    if current.1 < least || previous.1 < least {
        return None;
    }
    let shift = |scope| {
        let (current, previous) = sums(scope)?;
        Some(Shift {
            scope: Some(scope),
            current,
            previous,
        })
    };
    let mut shifts: Vec<Shift<'_>> = study.segments(axis).map(shift).collect::<Option<_>>()?;
    let rest = |whole: (f64, f64), of: fn(&Shift<'_>) -> (f64, f64)| {
        shifts
            .iter()
            .fold(whole, |rest, shift| (rest.0 - of(shift).0, rest.1 - of(shift).1))
    };
    let rest = Shift {
        scope: None,
        current: rest(current, |shift| shift.current),
        previous: rest(previous, |shift| shift.previous),
    };
    // What is left after the listed segments is one more, unless it is rounding.
    if rest.current.1.abs() > 1e-9 * current.1 || rest.previous.1.abs() > 1e-9 * previous.1 {
        shifts.push(rest);
    }
    if shifts.len() < 2 {
        return None;
    }
    let (mut mix, mut own) = (0.0, 0.0);
    let mut largest: Option<Within<'_>> = None;
    for shift in &shifts {
        let (w1, w0) = (shift.current.1 / current.1, shift.previous.1 / previous.1);
        let quotient = |(amount, base): (f64, f64)| if base > 0.0 { Some(amount / base) } else { None };
        let (r1, r0) = match (quotient(shift.current), quotient(shift.previous)) {
            (Some(r1), Some(r0)) => (r1, r0),
            // A segment that came or went has one quotient; all it does is mix.
            (Some(r), None) | (None, Some(r)) => (r, r),
            (None, None) => continue,
        };
        let part = (w1 + w0) / 2.0 * (r1 - r0);
        let is_larger = largest
            .as_ref()
            .is_none_or(|largest| (part * factor).abs() > largest.part.abs());
        if let Some(scope) = shift.scope.filter(|_| is_larger) {
            largest = Some(Within {
                scope,
                part: part * factor,
                from: r0 * factor,
                to: r1 * factor,
            });
        }
        own += part;
        mix += (r1 + r0) / 2.0 * (w1 - w0);
    }
    let (r1, r0) = (current.0 / current.1 * factor, previous.0 / previous.1 * factor);
    let (mix, own) = (mix * factor, own * factor);
    let relative = (r1 - r0) / r0.abs();
    if relative.abs() < FLOOR || !relative.is_finite() {
        return None;
    }
    let mut claim = mix_claim(study, measure, axis, (r1, r0), (mix, own));
    if let Some(within) =
        largest.filter(|within| within.part / own >= MOST && mix.abs() <= HARDLY * own.abs())
    {
        claim = within_claim(study, claim, measure, &within);
    } else if mix.abs() <= NEXT_TO_NOTHING * own.abs() {
        claim = only(
            claim,
            "mix",
            "{own_moved} {own} by changes within each {dimension}, while the mix of them hardly changed.",
        );
    } else if own.abs() <= NEXT_TO_NOTHING * mix.abs() {
        claim = only(
            claim,
            "own",
            "{mix_moved} {mix} by a changed mix of {dimension}, while each of them hardly changed.",
        );
    }
    let is_usual = is_usual(study, study.whole(), measure, compare, relative > 0.0);
    docket.exact(comparing(study, claim, compare).usual(is_usual));
    shifts.iter().any(|shift| shift.scope.is_some()).then_some(())
}

fn mix_claim(
    study: &Study<'_>,
    measure: usize,
    axis: usize,
    (r1, r0): (f64, f64),
    (mix, own): (f64, f64),
) -> Claim {
    let metric = &study.chronicle.measures[measure];
    let is_percent = metric.format == crate::dashboard::config::Format::Percent;
    let show = study.show(measure);
    let part = if is_percent { Show::Points } else { show.size() };
    let effect = Effect {
        name: "relative",
        v: (r1 - r0) / r0.abs(),
        ci95: None,
        floor: FLOOR,
    };
    let dimension = &study.chronicle.dimensions[axis];
    let subject = Subject {
        dimension: Some(dimension.id.clone()),
        ..study.subject(study.whole(), measure)
    };
    Claim::new(
        Kind::MixVsRate,
        subject,
        1.0,
        effect,
        "{what} went from {ref} ({before}) to {cur} ({now}): {own_moved} {own} by changes within each {dimension}, {mix_moved} {mix} by a changed mix of them.",
    )
    .name("what", study.what(study.whole(), measure))
    .name("dimension", dimension.label.clone())
    .word("own_moved", direction(own, "up", "down"))
    .word("mix_moved", direction(mix, "up", "down"))
    .value("cur", r1, show.clone())
    .value("ref", r0, show)
    .value("own", own, part.clone())
    .value("mix", mix, part)
}

/// The claim of a change that is of one part: the other one is in its evidence alone.
fn only(mut claim: Claim, hidden: &str, part: &str) -> Claim {
    claim.template = format!("{{what}} went from {{ref}} ({{before}}) to {{cur}} ({{now}}): {part}");
    let mut values = claim.values.iter_mut();
    if let Some(value) = values.find(|value| value.id == hidden) {
        value.show = Show::Hidden;
    }
    claim
}

/// The claim of a change that one segment made, whatever the mix: it says what that one's quotient was and is.
fn within_claim(study: &Study<'_>, mut claim: Claim, measure: usize, within: &Within<'_>) -> Claim {
    claim.template = "{what} went from {ref} ({before}) to {cur} ({now}): {segment} went from {first} to {last}, and the mix of {dimension} hardly changed.".to_owned();
    for value in &mut claim.values {
        if matches!(value.id, "own" | "mix") {
            value.show = Show::Hidden;
        }
    }
    let name = within.scope.segment.map(|segment| study.segment_name(segment));
    let show = study.show(measure);
    claim
        .name("segment", name.unwrap_or_default())
        .value("first", within.from, show.clone())
        .value("last", within.to, show)
}

#[cfg(test)]
mod tests {
    use crate::dashboard::config::Format;
    use crate::insight::claim::Kind;
    use crate::insight::samples::{QUIET, Sample, assert_values, of_two, value};

    #[test]
    fn a_quotients_change_divides_into_mix_and_own() {
        let sample = |newer: [f64; 2]| {
            Sample::days(QUIET + 2, &["a", "b"])
                .sum("Orders", move |day, segment| {
                    Some([[10.0, 40.0], [30.0, newer[1] * 0.4]][of_two(day)][segment])
                })
                .sum("Visits", move |day, segment| {
                    Some([[100.0, 100.0], newer][of_two(day)][segment])
                })
                .rate("Conversion", 0, 1)
                .compared(1)
        };
        // 50/200 becomes 70/300. Shares: 1/2 and 1/2 become 2/3 and 1/3; own quotients: .1 and .4 become .15 and .4.
        // Own: (2/3 + 1/2)/2 · .05. Mix: (.15 + .1)/2 · (2/3 - 1/2) + .4 · (1/3 - 1/2).
        let claim = sample([200.0, 100.0]).claim(Kind::MixVsRate);
        let (own, mix) = (7.0 / 12.0 * 0.05, 0.125 / 6.0 - 0.4 / 6.0);
        assert_values(
            &claim,
            &[("cur", 70.0 / 300.0), ("ref", 0.25), ("own", own), ("mix", mix)],
        );
        assert!(
            (own + mix - (value(&claim, "cur") - value(&claim, "ref"))).abs() < 1e-12,
            "nothing is left"
        );
        // From .25 to 1.0 · (30 + 40·…): less than 5 % is nothing to tell.
        let still = Sample::days(QUIET + 2, &["a", "b"])
            .sum("Orders", |_, segment| Some([10.0, 40.0][segment]))
            .sum("Visits", |_, _| Some(100.0))
            .rate("Conversion", 0, 1)
            .compared(1);
        assert!(still.claims(Kind::MixVsRate).is_empty());
    }

    #[test]
    fn means_of_a_handful_are_not_divided() {
        let told = |values: f64| {
            let sample = Sample::days(QUIET + 2, &["a", "b"])
                .sum("Sum", move |day, segment| {
                    Some(values * [[1.0, 4.0], [2.0, 5.0]][of_two(day)][segment])
                })
                .sum("Values", move |_, _| Some(values))
                .rate("Rating", 0, 1)
                .compared(1);
            sample.claims(Kind::MixVsRate).len()
        };
        assert_eq!([14.0, 15.0].map(told), [0, 1], "28 and 30 values a window");
    }

    #[test]
    fn a_part_next_to_nothing_has_no_number() {
        let told = |orders: [[f64; 2]; 2], visits: [[f64; 2]; 2]| {
            let sample = Sample::days(QUIET + 2, &["a", "b"])
                .sum("Orders", move |day, segment| Some(orders[of_two(day)][segment]))
                .sum("Visits", move |day, segment| Some(visits[of_two(day)][segment]))
                .rate("Conversion", 0, 1)
                .compared(1);
            crate::insight::wording::sentence(&sample.claim(Kind::MixVsRate))
        };
        let same = [[1000.0, 1000.0], [1000.0, 1001.0]];
        let own = told([[100.0, 400.0], [200.0, 500.5]], same);
        assert!(
            own.ends_with("by changes within each Segment, while the mix of them hardly changed."),
            "{own}"
        );
        let mix = told(
            [[100.0, 400.0], [100.0, 800.0]],
            [[1000.0, 1000.0], [1000.0, 2000.0]],
        );
        assert!(
            mix.ends_with("by a changed mix of Segment, while each of them hardly changed."),
            "{mix}"
        );
    }

    #[test]
    fn a_quotient_of_which_a_part_is_missing_is_not_divided() {
        let told = |older: [[Option<f64>; 2]; 2], newer: [[Option<f64>; 2]; 2]| {
            let of = move |part: usize| {
                move |day: usize, crew: usize| {
                    if of_two(day) == 0 {
                        older[crew][part]
                    } else {
                        newer[crew][part]
                    }
                }
            };
            let sample = Sample::days(QUIET + 2, &["north", "south"])
                .sum("Used", of(0))
                .sum("Hours", of(1))
                .rate("Used an hour", 0, 1)
                .compared(1);
            !sample.claims(Kind::MixVsRate).is_empty()
        };
        let (north, south) = ([Some(500.0), Some(100.0)], [Some(200.0), Some(200.0)]);
        let unknown = [None, Some(100.0)];
        assert!(!told([north, south], [unknown, [None, Some(200.0)]]), "of both");
        assert!(!told([north, south], [unknown, south]), "of one");
        assert!(!told([unknown, south], [north, south]), "in the older window");
        assert!(!told([north, south], [[Some(500.0), None], south]), "its hours");
        assert!(
            told([north, south], [[Some(0.0), Some(100.0)], south]),
            "zero is known"
        );
        assert!(told([north, south], [[None, None], south]), "it left");
    }

    #[test]
    fn parts_of_a_change_keep_their_sign_and_are_told_by_their_size() {
        // Cost of an order: 70 for 40 become 42 for 50 while b's share rises from a half to three fifths.
        let sample = Sample::days(QUIET + 2, &["a", "b"])
            .sum("Cost", |day, segment| {
                Some([[10.0, 60.0], [6.0, 36.0]][of_two(day)][segment])
            })
            .sum("Orders", |day, segment| {
                Some([[20.0, 20.0], [20.0, 30.0]][of_two(day)][segment])
            })
            .rate("Cost an order", 0, 1)
            .compared(1);
        let told = |format: Format| {
            let mut sample = Sample {
                chronicle: sample.chronicle.clone(),
            };
            sample.chronicle.measures[2].format = format;
            let claim = sample.claim(Kind::MixVsRate);
            // Own: .45 · (.3 − .5) + .55 · (1.2 − 3). Mix: .4 · (.4 − .5) + 2.1 · (.6 − .5).
            let expected = [("ref", 1.75), ("cur", 0.84), ("own", -1.08), ("mix", 0.17)];
            assert_values(&claim, &expected);
            crate::insight::wording::sentence(&claim)
        };
        assert!(
            told(Format::Number)
                .ends_with(": down 1.08 by changes within each Segment, up 0.17 by a changed mix of them.")
        );
        assert!(
            told(Format::Percent).ends_with(
                ": down 108 pp by changes within each Segment, up 17 pp by a changed mix of them."
            )
        );
    }

    #[test]
    fn who_made_a_change_is_named_where_the_mix_is_the_same() {
        // Two fridges as often as each other, of which one warms by 3.7; and shops, of which one sells more often by half.
        let told = |newer: [f64; 2], bases: [f64; 2]| {
            let sample = Sample::days(QUIET + 2, &["a", "b"])
                .sum("Degrees", move |day, segment| {
                    Some([[400.0, 410.0], newer][of_two(day)][segment])
                })
                .sum("Readings", move |day, segment| {
                    Some([[100.0, 100.0], bases][of_two(day)][segment])
                })
                .rate("Temperature", 0, 1)
                .compared(1);
            let mut sample = sample;
            sample.chronicle.measures[2].format = Format::Number;
            crate::insight::wording::sentence(&sample.claim(Kind::MixVsRate))
        };
        assert_eq!(
            told([400.0, 780.0], [100.0, 100.0]),
            "Temperature went from 4.05 (8 Mar 2026) to 5.9 (9 Mar 2026): b (Segment) went from 4.1 to 7.8, and the mix of Segment hardly changed."
        );
        let both = told([600.0, 615.0], [100.0, 100.0]);
        assert!(
            both.ends_with("up 2.03 by changes within each Segment, while the mix of them hardly changed."),
            "{both}"
        );
        let mixed = told([1200.0, 780.0], [300.0, 100.0]);
        assert!(mixed.contains("by a changed mix"), "{mixed}");
    }
}
