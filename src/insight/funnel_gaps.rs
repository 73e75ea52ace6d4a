//! Who passes a step of a funnel, or has a proportion, unlike the rest: by counts, or by days where these vary beyond counting.

use std::borrow::Cow;

use super::claim::{Claim, Effect, Kind, Show, Span, Subject, Test};
use super::counts::DISPERSED;
use super::docket::Docket;
use super::funnel::{
    LEAST_ENTRANTS, PERCENT, Passage, dispersion, last_settled, line, named, parts, subject,
};
use super::names::direction;
use super::proportions::{Part, relative_difference, test_of_sums};
use super::segments::{self, Held};
use super::study::Study;
use crate::dashboard::chronicle::Pair;

/// The numbers of a step in a segment and in the rest.
struct Sides {
    own: Part,
    rest: Part,
    effect: Effect,
    test: Test,
    span: Span,
}

/// What a gap is of.
struct Gap {
    kind: Kind,
    what: String,
    show: Show,
    /// What the shown quotient is multiplied by.
    factor: f64,
    subject: Subject,
    /// The measure that says how far it is looked at.
    settled: usize,
}

/// Notes the segments of a dimension that pass a step unlike the rest.
pub fn note_passage(study: &Study<'_>, docket: &mut Docket, passage: Passage, axis: usize) -> Option<()> {
    let settled = last_settled(study, &[passage.from, passage.to])?;
    let whole = line(study, study.whole(), passage);
    let phi = dispersion(&whole);
    for held in segments::held_against(study, axis) {
        let by_days = || {
            let gap = segments::gap_of(study, held, &whole, |scope| {
                Cow::Owned(line(study, scope, passage))
            })?;
            Some(Sides {
                own: Part::of(gap.own),
                rest: Part::of(gap.rest),
                effect: gap.effect,
                test: gap.test,
                span: study.span_tested(settled),
            })
        };
        let by_counts = || {
            let [own, rest] = parts(study, held.own, passage, settled);
            let other = held.other.map(|other| parts(study, other, passage, settled)[0]);
            by_counts(study, settled, [own, other.unwrap_or(rest)], phi)
        };
        let sides = match phi > DISPERSED {
            true => by_days().or_else(by_counts),
            false => by_counts().or_else(by_days),
        };
        if let Some(sides) = sides {
            let (from, to) = named(study, passage);
            let gap = Gap {
                kind: Kind::FunnelSegmentGap,
                what: format!("The passage from {from} to {to}"),
                show: PERCENT,
                factor: 1.0,
                subject: subject(study, held.own, passage),
                settled,
            };
            note_gap(study, docket, held, sides, gap);
        }
    }
    Some(())
}

/// Notes the gaps of a proportion of counts from its sums alone: for results without days, or with too few of them to be paired.
pub fn note_untimed(study: &Study<'_>, docket: &mut Docket, measure: usize, axis: usize) {
    let of = |(events, entrants): Pair| Part {
        events: events.unwrap_or_default().to_f64(),
        entrants: entrants.unwrap_or_default().to_f64(),
    };
    let total = of(study.sum_shown(study.whole(), measure));
    for held in segments::held_against(study, axis) {
        let own = of(study.sum_shown(held.own, measure));
        let other = held.other.map(|other| of(study.sum_shown(other, measure)));
        let sides = [own, other.unwrap_or_else(|| total.without(own))];
        if let Some(sides) = by_counts(study, measure, sides, 1.0) {
            let gap = Gap {
                kind: Kind::SegmentRateGap,
                what: study.chronicle.measures[measure].label.clone(),
                show: study.show(measure),
                factor: study.chronicle.measures[measure].factor().to_f64(),
                subject: study.subject(held.own, measure),
                settled: measure,
            };
            note_gap(study, docket, held, sides, gap);
        }
    }
}

fn by_counts(study: &Study<'_>, settled: usize, [own, rest]: [Part; 2], phi: f64) -> Option<Sides> {
    let fits = |part: Part| part.entrants >= LEAST_ENTRANTS && part.has_events();
    if !fits(own) || !fits(rest) {
        return None;
    }
    Some(Sides {
        own,
        rest,
        effect: relative_difference([own, rest], phi),
        test: test_of_sums([own, rest], phi),
        span: study.span_settled(settled),
    })
}

fn note_gap(study: &Study<'_>, docket: &mut Docket, held: Held<'_>, sides: Sides, gap: Gap) {
    docket.test(gap.kind, (sides.test.p, sides.test.p_any), || {
        let (own, rest) = (sides.own, sides.rest);
        let shown = |part: Part| part.rate() * gap.factor;
        let segment = held.own.segment.map(|segment| study.segment_name(segment));
        let template = match held.other {
            Some(_) => {
                "{what} is {more} for {segment} than for {other}: {own} against {rest} ({effect} {more})."
            }
            None => {
                "{what} is {more} for {segment} than for the rest: {own} against {rest} ({effect} {more})."
            }
        };
        let claim = Claim::new(
            gap.kind,
            gap.subject,
            own.entrants / (own.entrants + rest.entrants),
            sides.effect,
            template,
        );
        let claim = held
            .name_other(study, claim)
            .name("what", gap.what)
            .name("segment", segment.unwrap_or_default())
            .word("more", direction(sides.effect.v, "higher", "lower"))
            .quotient("own", shown(own), (own.events, own.entrants), gap.show.clone())
            .quotient("rest", shown(rest), (rest.events, rest.entrants), gap.show)
            .tested(sides.test)
            .over(sides.span)
            .standing(sides.test.stat * sides.effect.v > 0.0);
        Claim {
            caveats: study.caveats(gap.settled),
            ..claim
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::dashboard::chronicle::MetricKind;
    use crate::decimal::Decimal;
    use crate::insight::claim::{Claim, Kind};
    use crate::insight::samples::{Sample, assert_values, date, noise};

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
    fn a_gap_says_which_days_are_left_out() {
        let mut sample = Sample::days(12, &["de", "fr", "us"])
            .sum("Carts", |_, _| Some(100.0))
            .sum("Purchases", |_, segment| Some([10.0, 30.0, 30.0][segment]))
            .funnel();
        sample.chronicle.newest_finish = Some(date(12));
        let claims = sample.claims(Kind::FunnelSegmentGap);
        let de = claims.iter().find(|claim| claim.subject.filters[0].1 == "de");
        let de = de.unwrap();
        assert_values(de, &[("own", 0.1), ("rest", 0.3)]);
        let parts: Vec<_> = de.values.iter().filter_map(|value| value.parts).collect();
        assert_eq!(parts, [(90.0, 900.0), (540.0, 1800.0)], "nine of twelve days");
        assert_eq!(de.caveats, ["last 3 days excluded"]);
        assert_eq!(de.span.current.unwrap().end(), date(8));
    }

    #[test]
    fn what_is_so_of_a_steps_quotient_is_told_of_the_step_alone() {
        let sample = |days: usize| {
            let mut sample = Sample::days(days, &["de", "fr", "us"])
                .sum("Invited", |day, segment| Some(1000.0 + noise(day + segment)))
                .sum("Admitted", |day, segment| {
                    Some([100.0, 300.0, 320.0][segment] + noise(day))
                })
                .rate("Admitted of invited", 1, 0);
            sample.chronicle.measures[2].kind = MetricKind::Quotient {
                parts: Some(("admitted".to_owned(), "invited".to_owned())),
                factor: Decimal::ONE,
            };
            sample
        };
        for days in [3, 56] {
            let mut alone = sample(days);
            let gaps = |sample: &Sample| {
                let gaps = [Kind::FunnelSegmentGap, Kind::SegmentRateGap].map(|kind| sample.claims(kind));
                gaps.into_iter().flatten().collect::<Vec<_>>()
            };
            let of_de = |claims: &[Claim]| {
                let is_it = |claim: &&Claim| claim.subject.filters[0].1 == "de";
                claims.iter().filter(is_it).count()
            };
            assert_eq!(of_de(&gaps(&alone)), 1, "{days} days of the quotient");
            alone.chronicle.stages = vec![vec![0, 1]];
            let told = gaps(&alone);
            assert_eq!(of_de(&told), 1, "{days} days of the step");
            assert!(told.iter().all(|claim| claim.subject.measure == "admitted"));
        }
    }
}
