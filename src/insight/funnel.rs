//! Funnels: where most is lost, who passes a step unlike the rest, and which step changed.

use super::change;
use super::claim::{Claim, Effect, Kind, Show, Span, Subject, Test};
use super::course::Series;
use super::docket::Docket;
use super::names::direction;
use super::period;
use super::proportions::{Part, differ, difference_interval};
use super::segments;
use super::study::{FLOOR, Line, Scope, Study};
use crate::dashboard::chronicle::{MetricKind, Pair};

/// The fewest entrants of a step, and the fewest events on either side.
const LEAST_ENTRANTS: f64 = 30.0;
const LEAST_EVENTS: f64 = 5.0;
/// A dispersion above which counting alone does not describe the days.
const DISPERSED: f64 = 1.5;
/// The fewest days from which a dispersion is told.
const LEAST_DAYS: usize = 14;

/// A step of a funnel: from one measure to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passage {
    /// The measure that enters.
    pub from: usize,
    /// The measure that comes out.
    pub to: usize,
}

/// The declared funnels' steps, each once.
fn passages(study: &Study<'_>) -> Vec<Passage> {
    let chains = study.chronicle.stages.iter();
    let steps = chains.flat_map(|chain| {
        chain.windows(2).map(|pair| Passage {
            from: pair[0],
            to: pair[1],
        })
    });
    let mut steps: Vec<Passage> = steps.collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// A step's quotient, day by day.
fn line(study: &Study<'_>, scope: Scope<'_>, passage: Passage) -> Line {
    passing(study.line(scope, passage.from), study.line(scope, passage.to))
}

/// What comes out of what enters.
fn passing(from: &Line, to: &Line) -> Line {
    let mut line = Line::default();
    for (step, entrants) in from.steps.iter().zip(&from.values) {
        let Ok(at) = to.steps.binary_search(step) else {
            continue;
        };
        if *entrants > 0.0 {
            line.steps.push(*step);
            line.values.push(to.values[at] / entrants);
            line.amounts.push(to.values[at]);
            line.bases.push(*entrants);
        }
    }
    line
}

/// How far days vary beyond counting: 1 where they do not or cannot be told.
pub fn dispersion(line: &Line) -> f64 {
    if line.len() < LEAST_DAYS || !line.is_proportion() {
        return 1.0;
    }
    let (events, entrants) = (line.amounts.iter().sum::<f64>(), line.bases.iter().sum::<f64>());
    let rate = events / entrants;
    let spread = (rate * (1.0 - rate)).max(1e-12);
    let square: f64 = line
        .values
        .iter()
        .zip(&line.bases)
        .map(|(value, base)| base * (value - rate) * (value - rate) / spread)
        .sum();
    (square / (line.len() as f64 - 1.0)).max(1.0)
}

fn part(study: &Study<'_>, scope: Scope<'_>, passage: Passage) -> Part {
    let sum = |measure| study.sum_shown(scope, measure).0.unwrap_or_default().to_f64();
    Part {
        events: sum(passage.to),
        entrants: sum(passage.from),
    }
}

/// Notes everything about the declared funnels, and of segments' proportions that have too few days to be paired.
pub fn note(study: &Study<'_>, docket: &mut Docket) {
    for chain in &study.chronicle.stages {
        largest_drop(study, docket, chain);
    }
    for passage in passages(study) {
        step_change(study, docket, passage);
        for axis in study.axes().iter().copied() {
            if docket.allows(study.chronicle.dimensions[axis].segments.len()) {
                segment_gaps(study, docket, passage, axis);
            }
        }
    }
    for measure in 0..study.chronicle.measures.len() {
        let whole = study.line(study.whole(), measure);
        let is_proportion = matches!(
            study.chronicle.measures[measure].kind,
            MetricKind::Quotient { .. }
        );
        if is_proportion && whole.len() < LEAST_DAYS && whole.is_proportion() {
            for axis in study.axes().iter().copied() {
                if docket.allows(study.chronicle.dimensions[axis].segments.len()) {
                    untimed_gaps(study, docket, measure, axis);
                }
            }
        }
    }
}

fn named(study: &Study<'_>, passage: Passage) -> (String, String) {
    let label = |measure: usize| study.chronicle.measures[measure].label.clone();
    (label(passage.from), label(passage.to))
}

fn subject(study: &Study<'_>, scope: Scope<'_>, passage: Passage) -> Subject {
    Subject {
        with: Some(study.chronicle.measures[passage.from].id.clone()),
        ..study.subject(scope, passage.to)
    }
}

const PERCENT: Show = Show::Measure(crate::dashboard::config::Format::Percent, String::new());

fn largest_drop(study: &Study<'_>, docket: &mut Docket, chain: &[usize]) -> Option<()> {
    let whole = study.whole();
    let mut steps: Vec<(Passage, Part)> = chain
        .windows(2)
        .map(|pair| Passage {
            from: pair[0],
            to: pair[1],
        })
        .map(|passage| (passage, part(study, whole, passage)))
        .collect();
    let fits = |part: &Part| {
        part.entrants >= LEAST_ENTRANTS && part.events >= LEAST_EVENTS && part.events <= part.entrants
    };
    if steps.len() < 2 || !steps.iter().all(|(_, part)| fits(part)) {
        return None;
    }
    steps.sort_by(|a, b| a.1.rate().total_cmp(&b.1.rate()));
    let ((passage, lowest), (next, second)) = (steps[0], steps[1]);
    let phi = [passage, next]
        .map(|passage| dispersion(&line(study, whole, passage)))
        .into_iter()
        .fold(1.0, f64::max);
    let (p, stat) = differ(lowest, second, phi, FLOOR);
    docket.test(Kind::FunnelLargestDrop, (p, p), || {
        let (from, to) = named(study, passage);
        let effect = Effect {
            name: "rate",
            v: lowest.rate(),
            ci95: Some(lowest.interval(phi)),
            floor: FLOOR,
        };
        Claim::new(
            Kind::FunnelLargestDrop,
            subject(study, whole, passage),
            1.0,
            effect,
            "Most is lost between {from} and {to}: {rate} pass, against {next} at the next lowest step.",
        )
        .name("from", from)
        .name("to", to)
        .quotient("rate", lowest.rate(), (lowest.events, lowest.entrants), PERCENT)
        .quotient("next", second.rate(), (second.events, second.entrants), PERCENT)
        .tested(Test {
            name: "two_proportions",
            stat,
            p,
            p_any: p,
            phi: (phi > 1.0).then_some(phi),
            n: lowest.entrants.min(second.entrants) as usize,
            ..Test::default()
        })
        .over(study.span_shown())
    });
    Some(())
}

fn step_change(study: &Study<'_>, docket: &mut Docket, passage: Passage) -> Option<()> {
    let history = |measure: usize| study.history(study.whole(), measure);
    let line = passing(&history(passage.from), &history(passage.to));
    let end = study.end(passage.from).min(study.end(passage.to));
    let compared = period::compare(study, &line, end)?;
    let series = Series {
        scope: study.whole(),
        measure: passage.to,
        line: &line,
        impact: 1.0,
    };
    let outcome = &compared.outcome;
    docket.test(Kind::FunnelStepChange, (outcome.p, outcome.p_any), || {
        let (from, to) = named(study, passage);
        let template =
            "The passage from {from} to {to} {moved} {effect}: {cur} in the {k} {steps} ending {until}, {ref} in the {k} before.";
        let mut claim = change::change_claim(study, series, &compared, Kind::FunnelStepChange, template);
        claim.subject = subject(study, study.whole(), passage);
        for value in claim.values.iter_mut().filter(|value| ["cur", "ref"].contains(&value.id)) {
            value.show = PERCENT;
        }
        claim.name("from", from).name("to", to)
    });
    Some(())
}

/// The numbers of a step in a segment and in the rest.
struct Sides {
    own: Part,
    rest: Part,
    effect: Effect,
    test: Test,
    span: Span,
}

fn part_of((events, entrants): (f64, f64)) -> Part {
    Part { events, entrants }
}

fn segment_gaps(study: &Study<'_>, docket: &mut Docket, passage: Passage, axis: usize) {
    let whole = line(study, study.whole(), passage);
    let total = part(study, study.whole(), passage);
    let phi = dispersion(&whole);
    for scope in study.segments(axis) {
        let own = part(study, scope, passage);
        let rest = Part {
            events: total.events - own.events,
            entrants: total.entrants - own.entrants,
        };
        let by_days = || segments::gap(study, &line(study, scope, passage), &whole);
        let sides = match (phi > DISPERSED).then(by_days).flatten() {
            Some(gap) => Some(Sides {
                own: part_of(gap.own),
                rest: part_of(gap.rest),
                effect: gap.effect,
                test: gap.test,
                span: study.span_tested(passage.to),
            }),
            None => by_counts(study, own, rest, phi),
        };
        if let Some(sides) = sides {
            let (from, to) = named(study, passage);
            let passed = format!("The passage from {from} to {to}");
            let subject = subject(study, scope, passage);
            note_gap(study, docket, scope, sides, (passed, PERCENT), subject);
        }
    }
}

/// A proportion's gaps from sums alone: for results without days.
fn untimed_gaps(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize) {
    let of = |(events, entrants): Pair| Part {
        events: events.unwrap_or_default().to_f64(),
        entrants: entrants.unwrap_or_default().to_f64(),
    };
    let total = of(study.sum_shown(study.whole(), measure));
    for scope in study.segments(axis) {
        let own = of(study.sum_shown(scope, measure));
        let rest = Part {
            events: total.events - own.events,
            entrants: total.entrants - own.entrants,
        };
        if let Some(sides) = by_counts(study, own, rest, 1.0) {
            let what = study.chronicle.measures[measure].label.clone();
            let named = (what, study.show(measure));
            note_gap(study, docket, scope, sides, named, study.subject(scope, measure));
        }
    }
}

fn by_counts(study: &Study<'_>, own: Part, rest: Part, phi: f64) -> Option<Sides> {
    let fits = |part: Part| {
        let lost = part.entrants - part.events;
        part.entrants >= LEAST_ENTRANTS && part.events >= LEAST_EVENTS && lost >= LEAST_EVENTS
    };
    if !fits(own) || !fits(rest) {
        return None;
    }
    let (p, stat) = differ(own, rest, phi, FLOOR);
    let (low, high) = difference_interval(own, rest, phi);
    Some(Sides {
        own,
        rest,
        effect: Effect {
            name: "relative",
            v: own.rate() / rest.rate() - 1.0,
            ci95: Some((low / rest.rate(), high / rest.rate())),
            floor: FLOOR,
        },
        test: Test {
            name: "two_proportions",
            stat,
            p,
            p_any: differ(own, rest, phi, 0.0).0,
            phi: (phi > 1.0).then_some(phi),
            n: (own.entrants + rest.entrants) as usize,
            ..Test::default()
        },
        span: study.span_shown(),
    })
}

fn note_gap(
    study: &Study<'_>,
    docket: &mut Docket,
    scope: Scope<'_>,
    sides: Sides,
    (what, show): (String, Show),
    subject: Subject,
) {
    docket.test(Kind::FunnelSegmentGap, (sides.test.p, sides.test.p_any), || {
        let (own, rest) = (sides.own, sides.rest);
        let segment = scope.segment.map(|segment| study.segment_name(segment));
        Claim::new(
            Kind::FunnelSegmentGap,
            subject,
            own.entrants / (own.entrants + rest.entrants),
            sides.effect,
            "{what} is {more} for {segment} than for the rest: {own} against {rest} ({effect} {more}).",
        )
        .name("what", what)
        .name("segment", segment.unwrap_or_default())
        .word("more", direction(sides.effect.v, "higher", "lower"))
        .quotient("own", own.rate(), (own.events, own.entrants), show.clone())
        .quotient("rest", rest.rate(), (rest.events, rest.entrants), show)
        .tested(sides.test)
        .over(sides.span)
        .standing(sides.test.stat * sides.effect.v > 0.0)
    });
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, noise};

    fn stages(counts: [f64; 3]) -> Sample {
        Sample::days(1, &[])
            .sum("Visits", move |_, _| Some(counts[0]))
            .sum("Carts", move |_, _| Some(counts[1]))
            .sum("Orders", move |_, _| Some(counts[2]))
            .funnel()
    }

    #[test]
    fn the_step_that_loses_most_is_told_with_its_interval() {
        let claim = stages([1000.0, 500.0, 100.0]).claim(Kind::FunnelLargestDrop);
        assert_values(&claim, &[("rate", 0.2), ("next", 0.5)]);
        // Wilson, 100 of 500: (.2 + z²/1000 ± z·√(.16/500 + z²/1000000)) / (1 + z²/500).
        let (low, high) = claim.effect.ci95.unwrap();
        assert!(
            (low - 0.16729).abs() < 1e-5 && (high - 0.23729).abs() < 1e-5,
            "{low} {high}"
        );
        assert!(
            stages([60.0, 29.0, 6.0])
                .claims(Kind::FunnelLargestDrop)
                .is_empty(),
            "29 entrants are too few"
        );
        assert!(
            stages([1000.0, 500.0, 250.0])
                .claims(Kind::FunnelLargestDrop)
                .is_empty(),
            "both lose a half"
        );
    }

    #[test]
    fn a_segment_that_passes_a_step_unlike_the_rest_is_told() {
        let sample = |scale: f64| {
            Sample::days(1, &["new", "known"])
                .sum("Visits", move |_, _| Some(1000.0 * scale))
                .sum("Orders", move |_, segment| Some([300.0, 200.0][segment] * scale))
                .funnel()
        };
        let claims = sample(1.0).claims(Kind::FunnelSegmentGap);
        let new = claims
            .iter()
            .find(|claim| claim.subject.filters[0].1 == "new")
            .unwrap();
        assert_values(new, &[("own", 0.3), ("rest", 0.2)]);
        assert!((new.effect.v - 0.5).abs() < 1e-12, "half as much again");
        assert!(
            sample(0.02).claims(Kind::FunnelSegmentGap).is_empty(),
            "20 entrants are too few"
        );
    }

    #[test]
    fn a_step_is_compared_with_its_own_past() {
        let sample = |days: usize| {
            Sample::days(days, &[])
                .sum("Visits", |_, _| Some(10_000.0))
                .sum("Orders", move |day, _| {
                    Some(if day < days / 2 { 1000.0 } else { 1300.0 } + noise(day))
                })
                .funnel()
        };
        let claim = sample(56).claim(Kind::FunnelStepChange);
        assert_values(&claim, &[("cur", 0.13), ("ref", 0.10), ("k", 28.0)]);
        assert!((claim.effect.v - 0.3).abs() < 1e-9);
        assert!(
            sample(27).claims(Kind::FunnelStepChange).is_empty(),
            "27 days are too few"
        );
    }
}
