//! Funnels: where most is lost, and which step changed; who passes a step unlike the rest is in `funnel_gaps`.

use super::change;
use super::claim::{Claim, Effect, Kind, Show, Subject, Test};
use super::course::Series;
use super::docket::Docket;
use super::funnel_gaps;
use super::period;
use super::proportions::{LEAST_EVENTS, Part, test_of_sums};
use super::standing_out::counted;
use super::study::{FLOOR, Line, Scope, Study};
use crate::dashboard::chronicle::{MetricKind, Track};
use crate::decimal::Decimal;

/// The fewest entrants of a step.
pub const LEAST_ENTRANTS: f64 = 30.0;
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

/// Whether a measure is the quotient of a declared step: what is so of it is told of the step.
pub fn is_passage(study: &Study<'_>, measure: usize) -> bool {
    let MetricKind::Quotient {
        parts: Some((events, entrants)),
        ..
    } = &study.chronicle.measures[measure].kind
    else {
        return false;
    };
    let id = |stage: usize| &study.chronicle.measures[stage].id;
    passages(study)
        .iter()
        .any(|passage| (id(passage.to), id(passage.from)) == (events, entrants))
}

/// A step's quotient, day by day.
pub fn line(study: &Study<'_>, scope: Scope<'_>, passage: Passage) -> Line {
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

/// The one of several stages that settles last: all of them are looked at as far as it is, for what only some of a day's
/// entrants have passed yet is no loss.
pub fn last_settled(study: &Study<'_>, stages: &[usize]) -> Option<usize> {
    stages.iter().copied().max_by_key(|stage| study.left_out(*stage))
}

/// What passes a step in a scope and in the rest, over the shown steps on which both stages have values and the given measure may
/// be tested; where the scope has one of both only, its rest is not known either.
pub fn parts(study: &Study<'_>, scope: Scope<'_>, passage: Passage, settled: usize) -> [Part; 2] {
    let usable = study.usable(settled);
    let pair = |tracks: &[Track], step: usize| {
        let amount = |measure: usize| tracks[measure].amounts[step].map(Decimal::to_f64);
        (amount(passage.to), amount(passage.from))
    };
    let mut parts = [Part::default(); 2];
    for step in (0..usable.len()).filter(|step| usable[*step] && study.chronicle.steps[*step].in_view) {
        let (Some(events), Some(entrants)) = pair(&study.chronicle.whole, step) else {
            continue;
        };
        let own = match pair(scope.tracks, step) {
            (Some(events), Some(entrants)) => Part::of((events, entrants)),
            (None, None) => Part::default(),
            _ => continue,
        };
        parts[0] = parts[0].with(own);
        parts[1] = parts[1].with(Part::of((events, entrants)).without(own));
    }
    parts
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
                funnel_gaps::note_passage(study, docket, passage, axis);
            }
        }
    }
    for measure in 0..study.chronicle.measures.len() {
        let whole = study.line(study.whole(), measure);
        let is_proportion = matches!(
            study.chronicle.measures[measure].kind,
            MetricKind::Quotient { .. }
        );
        let is_told = is_passage(study, measure);
        if is_proportion && !is_told && whole.len() < LEAST_DAYS && counted(whole).is_some() {
            for axis in study.axes().iter().copied() {
                if docket.allows(study.chronicle.dimensions[axis].segments.len()) {
                    funnel_gaps::note_untimed(study, docket, measure, axis);
                }
            }
        }
    }
}

/// What a step's stages are called.
pub fn named(study: &Study<'_>, passage: Passage) -> (String, String) {
    let label = |measure: usize| study.chronicle.measures[measure].label.clone();
    (label(passage.from), label(passage.to))
}

/// What is said of a step in a scope.
pub fn subject(study: &Study<'_>, scope: Scope<'_>, passage: Passage) -> Subject {
    Subject {
        with: Some(study.chronicle.measures[passage.from].id.clone()),
        ..study.subject(scope, passage.to)
    }
}

/// How the share that passes a step is shown.
pub const PERCENT: Show = Show::Measure(crate::dashboard::config::Format::Percent, String::new());

fn largest_drop(study: &Study<'_>, docket: &mut Docket, chain: &[usize]) -> Option<()> {
    let whole = study.whole();
    let settled = last_settled(study, chain)?;
    let mut steps: Vec<(Passage, Part)> = chain
        .windows(2)
        .map(|pair| Passage {
            from: pair[0],
            to: pair[1],
        })
        .map(|passage| (passage, parts(study, whole, passage, settled)[0]))
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
    let test = test_of_sums([lowest, second], phi);
    docket.test(Kind::FunnelLargestDrop, (test.p, test.p), || {
        let (from, to) = named(study, passage);
        let effect = Effect {
            name: "rate",
            v: lowest.rate(),
            ci95: Some(lowest.interval(phi)),
            floor: FLOOR,
        };
        let claim = Claim::new(
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
            p_any: test.p,
            n: lowest.entrants.min(second.entrants) as usize,
            ..test
        })
        .over(study.span_settled(settled));
        Claim {
            caveats: study.caveats(settled),
            ..claim
        }
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

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, date, noise};

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
    fn all_stages_are_looked_at_as_far_as_the_last_one_has_settled() {
        // Of what was there on day `newest` the four days before the next are settled: so many days are left.
        let told = |days: usize, labels: [&str; 3], counts: [f64; 3]| {
            let mut sample = Sample::days(days, &[]);
            for (label, count) in labels.into_iter().zip(counts) {
                sample = sample.sum(label, move |_, _| Some(count));
            }
            sample.chronicle.newest_finish = Some(date(days));
            sample.funnel().claim(Kind::FunnelLargestDrop)
        };
        for days in [14, 20, 30] {
            let shop = told(days, ["Visits", "Carts", "Purchases"], [1000.0, 400.0, 180.0]);
            assert_values(&shop, &[("rate", 0.4), ("next", 0.45)]);
            let settled = days as f64 - 3.0;
            assert_eq!(
                shop.values[0].parts,
                Some((400.0 * settled, 1000.0 * settled)),
                "{days}"
            );
            assert_eq!(shop.caveats, ["last 3 days excluded"]);
            assert_eq!(shop.span.current.unwrap().end(), date(days - 4));
        }
        let hotel = told(16, ["Searches", "Requests", "Bookings"], [900.0, 540.0, 180.0]);
        assert_values(&hotel, &[("rate", 1.0 / 3.0), ("next", 0.6)]);
        // Nothing is late: all days count, and nothing is said.
        let school = told(16, ["Applied", "Invited", "Admitted"], [900.0, 540.0, 180.0]);
        assert_eq!(school.values[0].parts, Some((2880.0, 8640.0)));
        assert!(school.caveats.is_empty());
        assert_eq!(school.span.current.unwrap().end(), date(15));
    }

    #[test]
    fn a_day_of_one_stage_alone_says_nothing_of_a_step() {
        let claim = Sample::days(10, &[])
            .sum("Applied", |_, _| Some(100.0))
            .sum("Invited", |_, _| Some(80.0))
            .sum("Admitted", |day, _| (day < 4).then_some(20.0))
            .funnel()
            .claim(Kind::FunnelLargestDrop);
        assert_values(&claim, &[("rate", 0.25), ("next", 0.8)]);
        assert_eq!(claim.values[0].parts, Some((80.0, 320.0)), "of four days");
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
