//! Who contributes most and least to a measure that adds up, and whether one segment holds most of it.

use super::claim::{Claim, Effect, Kind, Show, Subject, Test};
use super::docket::Docket;
use super::paired::{LEAST_PAIRS, Paired, paired};
use super::segments;
use super::study::{FLOOR, Line, Scope, Study};
use super::tables::{Null, Statistic};
use crate::dashboard::chronicle::MetricKind;

/// The share above which a segment's weight is a risk.
const RISKY: f64 = 0.6;
/// The share above which a single step has most of a measure.
const MOST: f64 = 0.5;
/// The fewest segments.
const LEAST_SEGMENTS: usize = 3;
/// The fewest blocks of steps that a segment's sum is made of.
const LEAST_BLOCKS: usize = 5;
/// The share of the steps on which both segments must have values.
const LEAST_COVERED: f64 = 0.8;

/// A segment with its sum.
#[derive(Clone)]
struct Member<'a> {
    scope: Scope<'a>,
    line: &'a Line,
    sum: f64,
}

/// Notes the step that more than half of a measure falls on, by exact arithmetic, where there are steps enough for that to be news.
pub fn note_step(study: &Study<'_>, docket: &mut Docket, measure: usize) {
    let metric = &study.chronicle.measures[measure];
    let line = study.line(study.whole(), measure);
    let adds_up =
        metric.kind == MetricKind::Sum && !metric.is_level && line.values.iter().all(|value| *value >= 0.0);
    let filled = line.values.iter().filter(|value| **value > 0.0).count();
    let highest = (0..line.len()).max_by(|a, b| line.values[*a].total_cmp(&line.values[*b]));
    let Some(highest) = highest.filter(|_| adds_up && filled >= LEAST_PAIRS) else {
        return;
    };
    let (own, total) = (line.values[highest], line.values.iter().sum::<f64>());
    let share = own / total;
    if share <= MOST {
        return;
    }
    let effect = Effect {
        name: "share",
        v: share,
        ci95: None,
        floor: MOST,
    };
    let show = study.show(measure);
    let claim = Claim::new(
        Kind::ConcentrationRisk,
        study.subject(study.whole(), measure),
        share,
        effect,
        "{share} of {label} came {when}: {own} of {total}.",
    )
    .name("label", metric.label.clone())
    .quotient("share", share, (own, total), Show::Share)
    .value("own", own, show.clone())
    .value("total", total, show)
    .over(study.span_tested(measure));
    docket.exact(study.dated(claim, line.steps[highest]));
}

/// Notes largest, smallest and dominating segment of a dimension.
pub fn note(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize) {
    let dimension = &study.chronicle.dimensions[axis];
    let metric = &study.chronicle.measures[measure];
    let whole = study.line(study.whole(), measure);
    if metric.kind != MetricKind::Sum || metric.is_level {
        return;
    }
    let mut members: Vec<Member<'_>> = study
        .segments(axis)
        .map(|scope| {
            let line = study.line(scope, measure);
            let sum = line.values.iter().sum();
            Member { scope, line, sum }
        })
        .collect();
    members.sort_by(|a, b| b.sum.total_cmp(&a.sum));
    let total: f64 = whole.values.iter().sum();
    let has_losses = members
        .iter()
        .any(|member| member.line.values.iter().any(|value| *value < 0.0));
    // What each has the same of at every step is a parameter, and no part of anything.
    let is_set = |line: &Line| !line.varies() && line.len() == whole.len();
    let are_set = members.iter().all(|member| is_set(member.line));
    if members.len() < 2 || total <= 0.0 || has_losses || are_set {
        return;
    }
    top(study, docket, measure, &members, total);
    let all_listed = dimension.segments.len() == dimension.values.max(dimension.segments.len());
    if members.len() >= LEAST_SEGMENTS {
        let named: Vec<Member<'_>> = (members.iter())
            .filter(|member| !study.is_blank(member.scope))
            .cloned()
            .collect();
        // Few rows without a value are no news.
        if all_listed && named.len() >= LEAST_SEGMENTS {
            bottom(study, docket, measure, &named, total);
        }
        concentration(study, docket, measure, axis, &members, whole);
    }
}

/// Steps that are taken together where single ones have too few values: none, a week, four weeks.
const BLOCKS: [u32; 3] = [1, 7, 28];

/// How far one segment is ahead of another, as a logarithm.
struct Lead {
    paired: Paired,
    name: &'static str,
}

/// How far one segment is ahead of another: step by step where nearly all steps have both, else by their sums.
fn lead(study: &Study<'_>, larger: &Line, smaller: &Line) -> Option<Lead> {
    let by_steps = ratio(study, larger, smaller).map(|paired| Lead {
        paired,
        name: "paired_gls_ar1",
    });
    by_steps.or_else(|| {
        ratio_of_sums(larger, smaller).map(|paired| Lead {
            paired,
            name: "ratio_of_sums",
        })
    })
}

/// The log ratio of two segments' sums, whose error is that of what longer blocks of steps add to it: for segments that most
/// steps say nothing of.
fn ratio_of_sums(larger: &Line, smaller: &Line) -> Option<Paired> {
    let first = (*larger.steps.first()?).min(*smaller.steps.first()?);
    let last = (*larger.steps.last()?).max(*smaller.steps.last()?);
    let blocks = |block: u32| ((last - first + 1) / block) as usize;
    let block = BLOCKS
        .into_iter()
        .rev()
        .find(|block| blocks(*block) >= LEAST_PAIRS)?;
    let n = (last - first) as usize / block as usize + 1;
    let mut parts = vec![(0.0, 0.0); n];
    for (step, value) in larger.steps.iter().zip(&larger.values) {
        parts[((step - first) / block) as usize].0 += value;
    }
    for (step, value) in smaller.steps.iter().zip(&smaller.values) {
        parts[((step - first) / block) as usize].1 += value;
    }
    let filled = |of: fn(&(f64, f64)) -> f64| parts.iter().filter(|part| of(part) > 0.0).count();
    let sum = parts
        .iter()
        .fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    if filled(|part| part.0).min(filled(|part| part.1)) < LEAST_BLOCKS {
        return None;
    }
    let square = |part: &(f64, f64)| libm::pow(part.0 / sum.0 - part.1 / sum.1, 2.0);
    let spread = parts.iter().map(square).sum::<f64>();
    Some(Paired {
        mean: libm::log(sum.0 / sum.1),
        error: libm::sqrt(spread * n as f64 / (n as f64 - 1.0)),
        df: n as f64 - 1.0,
        rho: 0.0,
        n,
        null: Null::of(Statistic::Slope, n, 0.0),
    })
}

/// The mean log ratio of two segments over the steps where both have values, in the shortest blocks that nearly all have.
fn ratio(study: &Study<'_>, larger: &Line, smaller: &Line) -> Option<Paired> {
    BLOCKS.into_iter().find_map(|block| {
        let (above, below) = (in_blocks(larger, block), in_blocks(smaller, block));
        let mut steps = Vec::with_capacity(above.len());
        let mut logs = Vec::with_capacity(above.len());
        let mut below_from = below.iter().peekable();
        for (step, value) in &above {
            while below_from.next_if(|(other, _)| other < step).is_some() {}
            let other = below_from.next_if(|(other, _)| other == step);
            let other = other.map_or(0.0, |(_, value)| *value);
            if *value > 0.0 && other > 0.0 {
                steps.push(*step);
                logs.push(libm::log(value / other));
            }
        }
        let covered = steps.len() as f64 >= LEAST_COVERED * above.len().max(below.len()) as f64;
        paired(study, &steps, &logs, None).filter(|_| covered)
    })
}

/// The sums of a line by block of steps, ascending.
fn in_blocks(line: &Line, block: u32) -> Vec<(u32, f64)> {
    let mut sums: Vec<(u32, f64)> = Vec::with_capacity(line.len());
    for (step, value) in line.steps.iter().zip(&line.values) {
        match sums.last_mut() {
            Some((last, sum)) if *last == step / block => *sum += value,
            _ => sums.push((step / block, *value)),
        }
    }
    sums
}

fn test_of(Lead { paired, name }: &Lead) -> Test {
    Test {
        scale: "log",
        p: (2.0 * paired.above(FLOOR)).min(1.0),
        stat: (paired.mean - FLOOR) / paired.error,
        ..segments::test(paired, name, 1.0)
    }
}

fn effect_of(paired: &Paired) -> Effect {
    let (low, high) = paired.interval();
    Effect {
        name: "relative",
        v: libm::expm1(paired.mean),
        ci95: Some((libm::expm1(low), libm::expm1(high))),
        floor: FLOOR,
    }
}

fn of_dimension(study: &Study<'_>, scope: Scope<'_>, measure: usize) -> Subject {
    let dimension = scope
        .segment
        .map(|(axis, _)| study.chronicle.dimensions[axis].id.clone());
    Subject {
        dimension,
        ..study.subject(scope, measure)
    }
}

/// A name as a sentence begins with it: capitalised where the word is ours.
fn capitalised(name: String, is_ours: bool) -> String {
    let mut letters = name.chars();
    match letters.next().filter(|_| is_ours) {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name,
    }
}

fn named(study: &Study<'_>, claim: Claim, measure: usize, own: Scope<'_>, other: Scope<'_>) -> Claim {
    let name = |scope: Scope<'_>| {
        scope
            .segment
            .map(|segment| study.segment_name(segment))
            .unwrap_or_default()
    };
    let mut claim = claim
        .name("label", study.chronicle.measures[measure].label.clone())
        .name("own", capitalised(name(own), study.is_blank(own)))
        .name("other", name(other))
        .word("has", study.verb(own, "has", "have"))
        .word("hold", study.verb(own, "holds", "hold"))
        .over(study.span_tested(measure));
    claim.caveats = study.caveats(measure);
    claim
}

fn top(study: &Study<'_>, docket: &mut Docket, measure: usize, members: &[Member<'_>], total: f64) {
    let (first, second) = (&members[0], &members[1]);
    let Some(lead) = lead(study, first.line, second.line) else {
        return;
    };
    let test = test_of(&lead);
    docket.test(Kind::TopContributor, (test.p, test.p_any), || {
        let claim = Claim::new(
            Kind::TopContributor,
            of_dimension(study, first.scope, measure),
            first.sum / total,
            effect_of(&lead.paired),
            "{own} {has} the largest part of {label}: {share}, ahead of {other} with {share2}.",
        );
        named(study, claim, measure, first.scope, second.scope)
            .quotient("share", first.sum / total, (first.sum, total), Show::Share)
            .quotient("share2", second.sum / total, (second.sum, total), Show::Share)
            .tested(test)
    });
}

fn bottom(study: &Study<'_>, docket: &mut Docket, measure: usize, members: &[Member<'_>], total: f64) {
    let (last, before) = (&members[members.len() - 1], &members[members.len() - 2]);
    let Some(lead) = lead(study, before.line, last.line) else {
        return;
    };
    let test = test_of(&lead);
    docket.test(Kind::BottomContributor, (test.p, test.p_any), || {
        let claim = Claim::new(
            Kind::BottomContributor,
            of_dimension(study, last.scope, measure),
            last.sum / total,
            effect_of(&lead.paired),
            "{own} {has} the smallest part of {label}: {share}; then comes {other} with {share2}.",
        );
        named(study, claim, measure, last.scope, before.scope)
            .quotient("share", last.sum / total, (last.sum, total), Show::Share)
            .quotient("share2", before.sum / total, (before.sum, total), Show::Share)
            .tested(test)
    });
}

/// Whether the largest segment's share lies above what is risky: the mean of what it has beyond that share, by step.
fn concentration(
    study: &Study<'_>,
    docket: &mut Docket,
    measure: usize,
    axis: usize,
    members: &[Member<'_>],
    whole: &Line,
) {
    let first = &members[0];
    let scale = whole.values.iter().sum::<f64>() / whole.len().max(1) as f64;
    let excess: Vec<f64> = whole
        .steps
        .iter()
        .zip(&whole.values)
        .map(|(step, total)| {
            let own = first
                .line
                .steps
                .binary_search(step)
                .map_or(0.0, |at| first.line.values[at]);
            (own - RISKY * total) / scale
        })
        .collect();
    let Some(paired) = paired(study, &whole.steps, &excess, None) else {
        return;
    };
    let p = paired.above(0.0);
    let total: f64 = whole.values.iter().sum();
    let share = first.sum / total;
    docket.test(Kind::ConcentrationRisk, (p, p), || {
        let index: f64 = members
            .iter()
            .map(|member| libm::pow(member.sum / total, 2.0))
            .sum();
        let (low, high) = paired.interval();
        let effect = Effect {
            name: "share",
            v: share,
            ci95: Some(((RISKY + low).max(0.0), (RISKY + high).min(1.0))),
            floor: RISKY,
        };
        let subject = Subject {
            dimension: Some(study.chronicle.dimensions[axis].id.clone()),
            ..study.subject(first.scope, measure)
        };
        let claim = Claim::new(
            Kind::ConcentrationRisk,
            subject,
            share,
            effect,
            "{own} alone {hold} {share} of {label}.",
        );
        named(study, claim, measure, first.scope, first.scope)
            .quotient("share", share, (first.sum, total), Show::Share)
            .value("hhi", index, Show::Hidden)
            .tested(Test {
                p,
                p_any: p,
                stat: paired.mean / paired.error,
                ..segments::test(&paired, "gls_ar1_share", 1.0)
            })
            .standing(share > RISKY)
    });
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, date, noise, value};

    fn parts(days: usize, names: &[&str], sizes: [f64; 3]) -> Sample {
        Sample::days(days, names).sum("Clicks", move |day, segment| {
            Some(sizes[segment] * (100.0 + noise(day + segment)))
        })
    }

    #[test]
    fn nothing_is_told_of_values_of_which_only_the_least_is_known() {
        let mut sample = parts(28, &["a", "b", "c"], [5.0, 3.0, 2.0]);
        let told = |sample: &Sample| {
            let kinds = Kind::ALL.into_iter().flat_map(|kind| sample.claims(kind));
            kinds.filter(|claim| !claim.subject.filters.is_empty()).count()
        };
        assert!(told(&sample) > 0);
        sample.chronicle.dimensions[0].is_lower_bound = true;
        assert_eq!(told(&sample), 0);
    }

    #[test]
    fn the_first_is_held_against_the_second_and_the_last_against_the_last_but_one() {
        let sample = parts(28, &["a", "b", "c"], [5.0, 3.0, 2.0]);
        let top = sample.claim(Kind::TopContributor);
        assert_values(&top, &[("share", 0.5), ("share2", 0.3)]);
        assert_eq!(top.subject.filters[0].1, "a");
        let bottom = sample.claim(Kind::BottomContributor);
        assert_values(&bottom, &[("share", 0.2), ("share2", 0.3)]);
        assert_eq!(bottom.subject.filters[0].1, "c");
        assert!(
            sample.claims(Kind::ConcentrationRisk).is_empty(),
            "half is no risk"
        );
        let short = parts(13, &["a", "b", "c"], [5.0, 3.0, 2.0]);
        assert!(
            short.claims(Kind::TopContributor).is_empty(),
            "13 days are too few"
        );
        assert!(
            short.claims(Kind::BottomContributor).is_empty(),
            "13 days are too few"
        );
    }

    #[test]
    fn a_step_that_has_more_than_half_of_all_is_told() {
        // Claims of a year by week, of which one is larger than all others together; and payments by day.
        let of = |steps: usize, largest: f64| {
            Sample::days(steps, &[]).sum("Paid", move |step, _| {
                Some(if step == 7 { largest } else { 100.0 + noise(step) })
            })
        };
        let told = |sample: &Sample| -> Vec<String> {
            let claims = sample.claims(Kind::ConcentrationRisk);
            claims.iter().map(crate::insight::wording::sentence).collect()
        };
        let weeks = of(52, 9000.0).by(crate::dashboard::Cadence::Week);
        assert_eq!(
            told(&weeks),
            ["63.8% of Paid came in the week of 20 Apr 2026: 9,000 of 14,101."]
        );
        assert_eq!(
            told(&of(20, 3000.0)),
            ["61.2% of Paid came on 9 Mar 2026: 3,000 of 4,901."]
        );
        assert!(told(&of(52, 4000.0)).is_empty(), "less than half");
        assert!(told(&of(13, 9000.0)).is_empty(), "13 steps are too few");
    }

    #[test]
    fn what_each_has_the_same_of_at_every_step_has_no_parts() {
        // Minutes planned of three lines, and seats of three halls.
        for levels in [[480.0, 320.0, 60.0], [900.0, 120.0, 80.0]] {
            let set = Sample::days(40, &["a", "b", "c"]).sum("Planned", move |_, line| Some(levels[line]));
            for kind in [
                Kind::TopContributor,
                Kind::BottomContributor,
                Kind::ConcentrationRisk,
            ] {
                assert!(set.claims(kind).is_empty(), "{kind:?}");
            }
        }
    }

    #[test]
    fn rows_without_a_value_are_told_as_such() {
        let mut sample = parts(28, &["(blank)", "b", "c"], [7.0, 2.0, 1.0]);
        sample.chronicle.dimensions[0].segments[0].is_blank = true;
        let sentence = |kind: Kind| crate::insight::wording::sentence(&sample.claim(kind));
        assert_eq!(
            sentence(Kind::TopContributor),
            "Rows without Segment have the largest part of Clicks: 70%, ahead of b (Segment) with 20%."
        );
        assert_eq!(
            sentence(Kind::ConcentrationRisk),
            "Rows without Segment alone hold 70% of Clicks."
        );
        let smallest = |blank: usize| {
            let sizes = [7.0, 5.0, 3.0, 2.0];
            let mut few = Sample::days(28, &["a", "b", "c", "d"]).sum("Clicks", move |day, segment| {
                Some(sizes[segment] * (100.0 + noise(day + segment)))
            });
            few.chronicle.dimensions[0].segments[blank].is_blank = true;
            few.claim(Kind::BottomContributor).subject.filters[0].1.clone()
        };
        assert_eq!((smallest(0), smallest(3)), ("d".to_owned(), "c".to_owned()));
        let mut few = parts(28, &["a", "b", "(blank)"], [5.0, 3.0, 2.0]);
        assert_eq!(few.claims(Kind::BottomContributor).len(), 1);
        few.chronicle.dimensions[0].segments[2].is_blank = true;
        assert!(
            few.claims(Kind::BottomContributor).is_empty(),
            "of two the smaller one is no news"
        );
    }

    #[test]
    fn segments_that_most_days_say_nothing_of_are_held_against_each_other_by_their_sums() {
        // Each fifth day one row, of every ten so many for a.
        let rows = |days: usize, first: usize| {
            Sample::days(days, &["a", "b"]).sum("Rows", move |day, segment| {
                let is_first = day / 5 % 10 < first;
                (day % 5 == 0 && is_first == (segment == 0)).then_some(1.0)
            })
        };
        let claim = rows(400, 8).claim(Kind::TopContributor);
        assert_values(&claim, &[("share", 0.8), ("share2", 0.2)]);
        assert_eq!(claim.test.unwrap().name, "ratio_of_sums");
        assert!(
            rows(400, 5).claims(Kind::TopContributor).is_empty(),
            "as many of each"
        );
        assert!(
            rows(60, 8).claims(Kind::TopContributor).is_empty(),
            "12 rows say nothing"
        );
    }

    #[test]
    fn of_a_long_history_it_says_that_the_newest_days_are_meant() {
        // The first hundred of 500 days are another story, which is not looked at.
        let sample = Sample::days(500, &["a", "b", "c"]).sum("Clicks", |day, segment| {
            let sizes = if day < 100 {
                [1.0, 1.0, 90.0]
            } else {
                [5.0, 3.0, 2.0]
            };
            Some(sizes[segment] * (100.0 + noise(day + segment)))
        });
        let claim = sample.claim(Kind::TopContributor);
        assert_values(&claim, &[("newest", 400.0)]);
        assert!((value(&claim, "share") - 0.5).abs() < 0.01, "{claim:?}");
        assert!(claim.template.starts_with("Over the newest {newest} {steps}: "));
        assert_eq!(claim.span.current.unwrap().start(), date(100));
        let of_view = sample.shown_from(300).claim(Kind::TopContributor);
        assert_eq!(of_view.span.current.unwrap().start(), date(300));
        assert!(of_view.template.starts_with("{own}"));
        let whole = parts(400, &["a", "b", "c"], [5.0, 3.0, 2.0]).claim(Kind::TopContributor);
        assert!(whole.template.starts_with("{own}"));
    }

    #[test]
    fn one_that_holds_most_is_a_risk() {
        let claim = parts(28, &["a", "b", "c"], [7.0, 2.0, 1.0]).claim(Kind::ConcentrationRisk);
        // .7² + .2² + .1²
        assert_values(&claim, &[("share", 0.7), ("hhi", 0.54)]);
        let two = parts(28, &["a", "b"], [7.0, 2.0, 0.0]);
        assert!(
            two.claims(Kind::ConcentrationRisk).is_empty(),
            "two values are too few"
        );
    }
}
