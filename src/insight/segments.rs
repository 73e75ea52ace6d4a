//! Segments' quotients: one against the rest, and one against all others.

use std::borrow::Cow;

use super::claim::{Claim, Effect, Kind, Show, Test};
use super::counts::{Counted, FEW_STEPS, counted};
use super::docket::Docket;
use super::funnel::{dispersion, is_passage};
use super::names::direction;
use super::paired::{LEAST_PAIRS, Paired, paired};
use super::period::weights;
use super::proportions::{Part, relative_difference, two_proportions};
use super::statistics::medians::{MAD_FACTOR, median};
use super::study::{FLOOR, Line, Scope, Study};
use super::tables::{Null, Statistic};
use crate::dashboard::chronicle::MetricKind;

/// The fewest segments among which one can be far from the others.
const LEAST_SEGMENTS: usize = 8;
/// The fewest events in a segment's quotient.
const LEAST_EVENTS: f64 = 30.0;
/// The fewest rows whose mean says what a segment is like.
const LEAST_ROWS: f64 = 10.0;

/// A segment's quotient beside the rest's, step by step.
#[derive(Debug, Clone, Copy)]
pub struct Gap {
    /// The segment's quotient.
    pub own: (f64, f64),
    /// The rest's.
    pub rest: (f64, f64),
    /// The mean difference, step by step.
    pub effect: Effect,
    /// The test.
    pub test: Test,
}

impl Gap {
    /// The segment's quotient.
    pub fn own_value(&self) -> f64 {
        self.own.0 / self.own.1
    }

    /// The rest's.
    pub fn rest_value(&self) -> f64 {
        self.rest.0 / self.rest.1
    }

    /// Whether steps and sums say the same.
    pub fn agrees(&self) -> bool {
        (self.own_value() - self.rest_value()) * self.test.stat > 0.0
    }
}

/// A value of a dimension and what it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The value.
    pub own: Scope<'a>,
    /// The one other value; `None` for all the rest.
    pub other: Option<Scope<'a>>,
}

impl Held<'_> {
    /// Names what the value is held against, where the sentence does.
    pub fn name_other(&self, study: &Study<'_>, claim: Claim) -> Claim {
        match self.other.and_then(|other| other.segment) {
            Some(segment) => claim.name("other", study.segment_name(segment)),
            None => claim,
        }
    }
}

/// The values of a dimension and what each is held against: an experiment's arms against its control, of two values that are all
/// there are the larger one that has a name against the other, else each against the rest.
pub fn held_against<'a>(study: &Study<'a>, axis: usize) -> Vec<Held<'a>> {
    let scopes: Vec<Scope<'a>> = study.segments(axis).collect();
    let dimension = &study.chronicle.dimensions[axis];
    let has_name = |at: &usize| !study.is_blank(scopes[*at]);
    let are_all = scopes.len() == 2 && dimension.values <= 2;
    let kept = || (0..2).find(has_name).unwrap_or_default();
    let control = dimension.control.or_else(|| are_all.then(|| 1 - kept()));
    let others = (0..scopes.len()).filter(|at| Some(*at) != control);
    others
        .map(|at| Held {
            own: scopes[at],
            other: control.map(|control| scopes[control]),
        })
        .collect()
}

/// Notes the segments' quotients against the rest's; those of a funnel's step are told with the funnel.
pub fn note_gaps(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize) {
    let whole = study.line(study.whole(), measure);
    if whole.bases.is_empty() || is_passage(study, measure) {
        return;
    }
    for held in held_against(study, axis) {
        let Some(gap) = gap_of(study, held, whole, |scope| {
            Cow::Borrowed(study.line(scope, measure))
        }) else {
            continue;
        };
        docket.test(Kind::SegmentRateGap, (gap.test.p, gap.test.p_any), || {
            gap_claim(study, held, measure, &gap)
        });
    }
}

/// A value's quotient against what it is held against; `line_of` gives the quotients of a scope step by step, of which `whole` are all.
pub fn gap_of<'l>(
    study: &Study<'_>,
    held: Held<'_>,
    whole: &Line,
    line_of: impl Fn(Scope<'_>) -> Cow<'l, Line>,
) -> Option<Gap> {
    let own = line_of(held.own);
    match held.other {
        Some(other) => gap(study, &own, &own.with(&line_of(other))),
        None => gap(study, &own, whole),
    }
}

/// A segment's line against what the whole has beside it; `None` where there is too little on either side.
fn gap(study: &Study<'_>, own: &Line, whole: &Line) -> Option<Gap> {
    let mut steps = Vec::new();
    let mut pairs: Vec<(f64, f64, f64, f64)> = Vec::new();
    for (index, step) in own.steps.iter().enumerate() {
        let Ok(at) = whole.steps.binary_search(step) else {
            continue;
        };
        let (amount, base) = (own.amounts[index], own.bases[index]);
        let (rest, rest_base) = (whole.amounts[at] - amount, whole.bases[at] - base);
        if base > 0.0 && rest_base > 1e-9 * whole.bases[at] {
            steps.push(*step);
            pairs.push((amount, base, rest, rest_base));
        }
    }
    let total = pairs.iter().fold((0.0, 0.0, 0.0, 0.0), |sum, pair| {
        (sum.0 + pair.0, sum.1 + pair.1, sum.2 + pair.2, sum.3 + pair.3)
    });
    let too_few = own.is_proportion() && (total.0 < LEAST_EVENTS || total.2 < LEAST_EVENTS);
    if too_few || total.3 <= 0.0 || total.2 <= 0.0 {
        return None;
    }
    let precision: Vec<f64> = pairs
        .iter()
        .map(|(_, base, _, rest)| 1.0 / (1.0 / base + 1.0 / rest))
        .collect();
    let weights = weights(&precision, 0.0);
    let sign = if total.0 / total.1 >= total.2 / total.3 {
        1.0
    } else {
        -1.0
    };
    // Above the bound means further from the rest than the floor, in the direction of the sums.
    let differences = |floor: f64| -> Vec<f64> {
        let one = |pair: &(f64, f64, f64, f64)| sign * (pair.0 / pair.1) - (sign + floor) * (pair.2 / pair.3);
        pairs.iter().map(one).collect()
    };
    // Where hardly anything fails, too, counting says more than it knows.
    let has_losses = [(total.0, total.1), (total.2, total.3)]
        .iter()
        .all(|side| Part::of(*side).has_events());
    let is_few = (LEAST_PAIRS..FEW_STEPS).contains(&steps.len()) && own.is_proportion() && has_losses;
    if is_few {
        let sides = [(total.0, total.1), (total.2, total.3)].map(Part::of);
        let entrants: Vec<(f64, f64)> = pairs.iter().map(|pair| (pair.1, pair.3)).collect();
        let by_counts = |floor: f64| counted(&differences(floor), &entrants, sides, 1.0 + sign * floor);
        if let Some((beyond, plain)) = by_counts(FLOOR).zip(by_counts(0.0)) {
            return Some(counted_gap(sides, sign, beyond, plain));
        }
    }
    let beyond = paired(study, &steps, &differences(FLOOR), Some(&weights))?;
    let plain = paired(study, &steps, &differences(0.0), Some(&weights))?;
    let rest = total.2 / total.3;
    let ends = plain.interval();
    let ends = (sign * ends.0 / rest, sign * ends.1 / rest);
    Some(Gap {
        own: (total.0, total.1),
        rest: (total.2, total.3),
        effect: Effect {
            name: "relative",
            v: (total.0 / total.1 - rest) / rest,
            ci95: Some((ends.0.min(ends.1), ends.0.max(ends.1))),
            floor: FLOOR,
        },
        test: Test {
            p_any: test(&plain, "", sign).p,
            ..test(&beyond, "paired_wls_ar1", sign)
        },
    })
}

fn counted_gap(sides: [Part; 2], sign: f64, beyond: Counted, plain: Counted) -> Gap {
    let [own, rest] = sides;
    Gap {
        own: (own.events, own.entrants),
        rest: (rest.events, rest.entrants),
        effect: relative_difference(sides, plain.phi),
        test: Test {
            df: Some(beyond.df),
            ..two_proportions(sides, sign * beyond.stat, (beyond.p, plain.p), plain.phi)
        },
    }
}

/// A paired test as the evidence shows it.
pub fn test(paired: &Paired, name: &'static str, sign: f64) -> Test {
    Test {
        name,
        scale: "identity",
        stat: sign * paired.mean / paired.error,
        df: Some(paired.df),
        // The direction was chosen by the numbers.
        p: (2.0 * paired.above(0.0)).min(1.0),
        p_any: (2.0 * paired.above(0.0)).min(1.0),
        phi: None,
        rho: Some(paired.rho),
        n: paired.n,
    }
}

fn gap_claim(study: &Study<'_>, held: Held<'_>, measure: usize, gap: &Gap) -> Claim {
    let scope = held.own;
    let show = study.show(measure);
    let template = match held.other {
        Some(_) => "{what} is {more} than for {other}: {own} against {rest} ({effect} {more}).",
        None => "{what} is {more} than for the rest: {own} against {rest} ({effect} {more}).",
    };
    let claim = Claim::new(
        Kind::SegmentRateGap,
        study.subject(scope, measure),
        study.share(scope, measure),
        gap.effect,
        template,
    )
    .name("what", study.what(scope, measure));
    let mut claim = held
        .name_other(study, claim)
        .word("more", direction(gap.effect.v, "higher", "lower"))
        .quotient(
            "own",
            gap.own_value(),
            study.parts(measure, gap.own),
            show.clone(),
        )
        .quotient("rest", gap.rest_value(), study.parts(measure, gap.rest), show)
        .tested(gap.test)
        .over(study.span_tested(measure))
        .standing(gap.agrees());
    claim.caveats = study.caveats(measure);
    claim
}

/// Notes the segment whose quotient lies farthest from the others', where there are enough of them.
pub fn note_outlier(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize) {
    let scopes: Vec<Scope<'_>> = study.segments(axis).collect();
    // Where nothing is dated a row may be all that there is of each.
    let is_mean = matches!(
        study.chronicle.measures[measure].kind,
        MetricKind::Quotient { parts: None, .. }
    );
    let is_of_rows = is_mean && study.chronicle.is_timed;
    let mut found: Vec<(Scope<'_>, (f64, f64), f64)> = Vec::new();
    for scope in scopes {
        let line = study.line(scope, measure);
        let (amount, base) = (line.amounts.iter().sum::<f64>(), line.bases.iter().sum::<f64>());
        let too_few = match line.is_proportion() {
            true => amount < LEAST_EVENTS,
            false => is_of_rows && base < LEAST_ROWS,
        };
        if !too_few && amount > 0.0 && base > 0.0 {
            // What counting makes of a logarithm of a proportion, dispersed as its days are.
            let own = if line.is_proportion() {
                dispersion(line) / amount
            } else {
                0.0
            };
            found.push((scope, (amount, base), own));
        }
    }
    if found.len() < LEAST_SEGMENTS {
        return;
    }
    let logs: Vec<f64> = found
        .iter()
        .map(|(_, (amount, base), _)| libm::log(amount / base))
        .collect();
    let middle = median(&mut logs.clone());
    let mut sizes: Vec<f64> = logs.iter().map(|log| (log - middle).abs()).collect();
    let spread = MAD_FACTOR * median(&mut sizes);
    if spread <= 0.0 {
        return;
    }
    let score = |index: usize| {
        let width = libm::sqrt(spread * spread + found[index].2);
        ((logs[index] - middle).abs() - FLOOR).max(0.0) / width
    };
    let order = |a: &usize, b: &usize| score(*a).total_cmp(&score(*b)).then(b.cmp(a));
    let Some(at) = (0..logs.len()).max_by(order) else {
        return;
    };
    let p = Null::of(Statistic::Outlier, logs.len(), 0.0).exceeded(score(at));
    docket.test(Kind::SegmentOutlier, (p, p), || {
        let (scope, (amount, base), _) = found[at];
        let (v, typical) = (amount / base, libm::exp(middle));
        let effect = Effect {
            name: "relative",
            v: v / typical - 1.0,
            ci95: None,
            floor: FLOOR,
        };
        let show = study.show(measure);
        Claim::new(
            Kind::SegmentOutlier,
            study.subject(scope, measure),
            study.share(scope, measure),
            effect,
            "{what} is unlike the other {others}: {own}, where {typical} is typical.",
        )
        .name("what", study.what(scope, measure))
        .value("others", logs.len() as f64 - 1.0, Show::Count)
        .quotient("own", v, study.parts(measure, (amount, base)), show.clone())
        .value("typical", typical, show)
        .tested(Test {
            name: "robust_z",
            scale: "log",
            stat: score(at),
            p,
            p_any: p,
            n: logs.len(),
            ..Test::default()
        })
        .over(study.span_tested(measure))
    });
}

#[cfg(test)]
mod tests {
    use crate::dashboard::chronicle::{Axis, MetricKind};
    use crate::decimal::Decimal;
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, noise};

    #[test]
    fn a_segments_quotient_is_held_against_the_rest() {
        let sample = |days: usize| {
            let clicks = |day: usize, segment: usize| {
                Some(if segment == 0 { 100.0 } else { 50.0 } + noise(day + segment))
            };
            Sample::days(days, &["brand", "generic"])
                .sum("Clicks", clicks)
                .sum("Views", |_, _| Some(1000.0))
                .rate("CTR", 0, 1)
        };
        let claims = sample(56).claims(Kind::SegmentRateGap);
        assert_eq!(claims.len(), 1, "each is the other's rest");
        let brand = &claims[0];
        assert_eq!(brand.subject.filters[0].1, "brand");
        assert_values(brand, &[("own", 0.10), ("rest", 0.05)]);
        assert!(
            (brand.effect.v - 1.0).abs() < 1e-9,
            "twice as much is 100 % higher"
        );
        let decided = |days: usize| sample(days).claim(Kind::SegmentRateGap).test.unwrap().name;
        assert_eq!(
            [14, 13].map(decided),
            ["two_proportions"; 2],
            "counts say more than few days"
        );
        assert_eq!(decided(56), "paired_wls_ar1");
    }

    #[test]
    fn of_two_that_are_all_there_are_one_is_held_against_the_other() {
        let told = |names: &[&str], change: fn(&mut Axis)| -> Vec<String> {
            let mut sample = Sample::days(56, names)
                .sum("Faults", |day, segment| {
                    Some([90.0, 40.0, 60.0][segment] + noise(day + segment))
                })
                .sum("Parts", |_, _| Some(1000.0))
                .rate("Fault rate", 0, 1);
            change(&mut sample.chronicle.dimensions[0]);
            let claims = sample.claims(Kind::SegmentRateGap);
            (claims.into_iter())
                .map(|claim| claim.subject.filters[0].1.clone())
                .collect()
        };
        assert_eq!(told(&["north", "south"], |_| ()), ["north"]);
        let blank = |axis: &mut Axis| axis.segments[0].is_blank = true;
        assert_eq!(told(&["(blank)", "south"], blank), ["south"], "it has a name");
        assert_eq!(
            told(&["north", "south"], |axis| axis.values = 9).len(),
            2,
            "the largest of nine"
        );
        let three = told(&["north", "south", "east"], |_| ());
        assert_eq!(three.len(), 3, "each has another rest");
    }

    #[test]
    fn parts_of_a_quotient_are_told_without_its_factor() {
        let told = |factor: u64, kind: Kind| {
            let mut sample = Sample::days(56, &["a", "b", "c"])
                .sum("Cost", |day, segment| {
                    let level = if day < 28 { 2.0 } else { 3.0 } * [1.0, 2.0, 1.0][segment];
                    Some(level + noise(day) / 100.0)
                })
                .sum("Views", |_, _| Some(1000.0))
                .rate("CPM", 0, 1);
            let MetricKind::Quotient { factor: own, .. } = &mut sample.chronicle.measures[2].kind else {
                unreachable!("it is a quotient");
            };
            *own = Decimal::from_count(factor);
            let claims = sample.claims(kind);
            let claim = claims.iter().find(|claim| {
                let filter = claim.subject.filters.first();
                filter.is_none_or(|(_, name)| name == "b")
            });
            claim.unwrap().values[0].clone()
        };
        // Of b 28 · (4 + 6) for 56,000 views, and of the newer four weeks 12 a day for 3,000.
        for factor in [1, 1000] {
            let gap = told(factor, Kind::SegmentRateGap);
            assert!((gap.v - 0.005 * factor as f64).abs() < 1e-12);
            let change = told(factor, Kind::RateChange);
            assert!((change.v - 0.004 * factor as f64).abs() < 1e-12);
            for (value, amount, base) in [(gap, 280.0, 56_000.0), (change, 336.0, 84_000.0)] {
                let (own, own_base) = value.parts.unwrap();
                assert!(
                    (own - amount).abs() < 1e-9 && own_base == base,
                    "{factor}: {own} of {own_base}"
                );
            }
        }
    }

    #[test]
    fn one_of_many_lies_apart() {
        // Clicks of 10,000 views a day; the middle of the nine is 505.
        const CLICKS: [f64; 9] = [480.0, 490.0, 495.0, 500.0, 505.0, 510.0, 515.0, 520.0, 2000.0];
        const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        let sample = |names: &[&str]| {
            let first = CLICKS.len() - names.len();
            Sample::days(28, names)
                .sum("Clicks", |day, segment| {
                    Some(CLICKS[first + segment] + noise(day))
                })
                .sum("Views", |_, _| Some(10_000.0))
                .rate("CTR", 0, 1)
        };
        let claim = sample(&NAMES).claim(Kind::SegmentOutlier);
        assert_values(&claim, &[("own", 0.2), ("typical", 0.0505), ("others", 8.0)]);
        assert_eq!(claim.subject.filters[0].1, "i");
        assert!(
            sample(&NAMES[2..]).claims(Kind::SegmentOutlier).is_empty(),
            "7 segments are too few"
        );
    }

    #[test]
    fn a_mean_of_few_rows_is_no_outlier() {
        let rows = |of_last: f64| {
            Sample::days(28, &["a", "b", "c", "d", "e", "f", "g", "h", "i"])
                .sum("Minutes", move |_, segment| match segment {
                    8 => Some(of_last * 9.0),
                    _ => Some(50.0 + segment as f64),
                })
                .sum("Calls", move |_, segment| {
                    Some(if segment == 8 { of_last } else { 1.0 })
                })
                .rate("Minutes each", 0, 1)
        };
        let outliers = |of_last: f64| rows(of_last).claims(Kind::SegmentOutlier).len();
        assert_eq!(outliers(0.5), 1, "14 rows");
        assert_eq!(outliers(0.25), 0, "7 rows");
    }
}
