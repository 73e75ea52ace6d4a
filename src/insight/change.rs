//! The newest steps against those before: changes, and the certainty that nothing changed.

use super::claim::{Claim, Effect, Kind, Show, Span, Test};
use super::course::{Series, relative, test_of};
use super::docket::Docket;
use super::names::direction;
use super::period::Compared;
use super::season::{self, Move};
use super::study::Study;

/// Windows shorter than this leave a change of a quotient less sure than its test says.
const SURE_LENGTH: u32 = 28;
/// The most confidence of a claim from short windows.
const CAP: f64 = 0.80;

/// Notes both tests of two windows compared.
pub fn note(study: &Study<'_>, docket: &mut Docket, series: Series<'_>, compared: &Compared) {
    let kind = match study.adds_up(series.measure) {
        true => Kind::PeriodChange,
        false => Kind::RateChange,
    };
    docket.test(kind, (compared.outcome.p, compared.outcome.p_any), || {
        changed_claim(study, series, compared, kind)
    });
    docket.test(Kind::NoMaterialChange, (compared.p_same, compared.p_same), || {
        same_claim(study, series, compared)
    });
}

/// The test of two windows, by what is compared.
pub fn test(compared: &Compared) -> Test {
    let name = match compared.parts {
        None => "gls_ar1_contrast",
        Some(_) => "quasibinomial_wls_ar1",
    };
    test_of(name, &compared.outcome)
}

/// The dates of both windows.
pub fn span(study: &Study<'_>, compared: &Compared) -> Span {
    let (at, length) = (compared.at, compared.length);
    Span {
        current: study.dates(at, at + length - 1),
        reference: study.dates(at - length, at - 1),
        is_aligned: study.season.length > 1,
    }
}

/// Adds both windows' values and how long they are.
fn with_values(claim: Claim, study: &Study<'_>, series: Series<'_>, compared: &Compared) -> Claim {
    let show = study.show(series.measure);
    let claim = match compared.parts {
        Some([amount1, base1, amount0, base0]) => {
            let [newer, older] =
                [(amount1, base1), (amount0, base0)].map(|parts| study.parts(series.measure, parts));
            claim
                .quotient("cur", compared.current, newer, show.clone())
                .quotient("ref", compared.reference, older, show)
        }
        None => claim
            .value("cur", compared.current, show.clone())
            .value("ref", compared.reference, show),
    };
    study
        .until(claim)
        .value("k", f64::from(compared.length), Show::Count)
}

/// The sentence of a change, with how many steps of means have values where some are missing for no reason of the calendar.
fn ending(claim: Claim, compared: &Compared) -> Claim {
    let (newer, older) = compared.with_values;
    if compared.parts.is_some() || !compared.has_gaps {
        let template = claim.template.clone() + ".";
        return Claim { template, ..claim };
    }
    let ending = "; {with} of the newer {steps} and {with_before} of the older have values.";
    let template = claim.template.clone() + ending;
    Claim { template, ..claim }
        .value("with", newer as f64, Show::Count)
        .value("with_before", older as f64, Show::Count)
}

fn changed_claim(study: &Study<'_>, series: Series<'_>, compared: &Compared, kind: Kind) -> Claim {
    // Of what is less than nothing no part can be told.
    let has_part = compared.reference > 0.0 && compared.current >= 0.0;
    let template = match study.adds_up(series.measure) {
        true if !has_part => {
            "{what} went from {ref} a {step} in the {k} {steps} before to {cur} in the {k} ending {until}"
        }
        false if !has_part => {
            "{what} went from {ref} in the {k} {steps} before to {cur} in the {k} ending {until}"
        }
        true => {
            "{what} {moved} {effect}: {cur} a {step} in the {k} {steps} ending {until}, {ref} in the {k} before"
        }
        false => "{what} {moved} {effect}: {cur} in the {k} {steps} ending {until}, {ref} in the {k} before",
    };
    let claim = change_claim(study, series, compared, kind, template);
    let (at, length) = (compared.at, compared.length);
    let own = Move {
        before: (at - length, at),
        after: (at, at + length),
    };
    let is_up = compared.change() > 0.0;
    let is_usual = season::is_usual(study, series.scope, series.measure, is_up, own);
    ending(claim, compared).usual(is_usual)
}

/// A change as a claim of a kind in a sentence's words; funnels make it of a step.
pub fn change_claim(
    study: &Study<'_>,
    series: Series<'_>,
    compared: &Compared,
    kind: Kind,
    template: &str,
) -> Claim {
    let change = compared.change();
    let subject = study.subject(series.scope, series.measure);
    let effect = Effect {
        floor: compared.floor,
        ..relative(change, &compared.outcome)
    };
    let mut claim = Claim::new(kind, subject, series.impact, effect, template)
        .name("what", study.what(series.scope, series.measure))
        .word("moved", direction(change, "rose", "fell"))
        .word("step", study.step_name())
        .word("steps", study.steps_name())
        .over(span(study, compared))
        .tested(test(compared))
        .standing(compared.agrees);
    claim.caveats = study.caveats(series.measure);
    if compared.length < SURE_LENGTH {
        claim = claim.capped(CAP);
        claim.caveats.push("short windows".to_owned());
    }
    with_values(claim, study, series, compared)
}

fn same_claim(study: &Study<'_>, series: Series<'_>, compared: &Compared) -> Claim {
    let template = match study.adds_up(series.measure) {
        true => {
            "{what} did not change materially: {cur} a {step} in the {k} {steps} ending {until}, {ref} in the {k} before"
        }
        false => {
            "{what} did not change materially: {cur} in the {k} {steps} ending {until}, {ref} in the {k} before"
        }
    };
    let subject = study.subject(series.scope, series.measure);
    let effect = Effect {
        floor: compared.floor,
        ..relative(compared.change(), &compared.outcome)
    };
    let mut claim = Claim::new(Kind::NoMaterialChange, subject, series.impact, effect, template)
        .name("what", study.what(series.scope, series.measure))
        .word("step", study.step_name())
        .word("steps", study.steps_name())
        .over(span(study, compared))
        .tested(Test {
            name: "tost",
            p: compared.p_same,
            p_any: compared.p_same,
            ..test(compared)
        })
        .standing(compared.change().abs() < effect.floor);
    claim.caveats = study.caveats(series.measure);
    ending(with_values(claim, study, series, compared), compared)
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, date, noise};

    fn clicks(days: usize, newer: f64) -> Sample {
        Sample::days(days, &[]).sum("Clicks", move |day, _| {
            Some(if day < days / 2 { 1000.0 } else { newer } + noise(day))
        })
    }

    /// Clicks and Views of each day, 10 % of 10,000 at first.
    fn rate(days: usize, newer: f64) -> Sample {
        clicks(days, newer)
            .sum("Views", |_, _| Some(10_000.0))
            .rate("CTR", 0, 1)
    }

    #[test]
    fn of_what_nearly_all_do_the_others_are_the_news() {
        let told = |late: [f64; 2]| {
            let sample = Sample::days(56, &[])
                .sum("On time", move |day, _| {
                    Some(10_000.0 - late[usize::from(day >= 28)] - noise(day))
                })
                .sum("Delivered", |_, _| Some(10_000.0))
                .rate("On time rate", 0, 1);
            [Kind::RateChange, Kind::NoMaterialChange].map(|kind| {
                let claims = sample.claims(kind).into_iter();
                claims
                    .filter(|claim| claim.subject.measure == "on_time_rate")
                    .count()
            })
        };
        assert_eq!(told([210.0, 460.0]), [1, 0], "late ones doubled");
        assert_eq!(told([210.0, 211.0]), [0, 1]);
    }

    #[test]
    fn sums_are_compared_by_the_mean_of_a_day() {
        let claim = clicks(56, 1200.0).claim(Kind::PeriodChange);
        assert_values(&claim, &[("cur", 1200.0), ("ref", 1000.0), ("k", 28.0)]);
        assert!((claim.effect.v - 0.2).abs() < 1e-9);
        let span = claim.span;
        assert_eq!(
            span.current.map(|window| (window.start(), window.end())),
            Some((date(28), date(55)))
        );
        assert_eq!(
            span.reference.map(|window| (window.start(), window.end())),
            Some((date(0), date(27)))
        );
        // Of two weeks the noise adds up to -2 and +2.
        let short = clicks(28, 1200.0).claim(Kind::PeriodChange);
        assert_values(
            &short,
            &[
                ("cur", 1200.0 + 2.0 / 14.0),
                ("ref", 1000.0 - 2.0 / 14.0),
                ("k", 14.0),
            ],
        );
        assert_eq!(short.cap, 0.80, "short windows are less sure");
        assert!(
            clicks(27, 1200.0).claims(Kind::PeriodChange).is_empty(),
            "27 days are too few"
        );
        assert!(
            clicks(56, 1040.0).claims(Kind::PeriodChange).is_empty(),
            "4 % is trivial"
        );
    }

    #[test]
    fn who_works_from_monday_to_friday_has_changes_too() {
        let clicks = |is_open: fn(usize) -> bool| {
            Sample::days(112, &[]).sum("Clicks", move |day, _| {
                let level = if day < 84 { 1000.0 } else { 1200.0 };
                is_open(day).then_some(level + noise(day))
            })
        };
        let told = clicks(|day| day % 7 < 5).claim(Kind::PeriodChange);
        assert_values(&told, &[("k", 28.0)]);
        assert!(!crate::insight::wording::sentence(&told).contains("have values"));
        let lost = clicks(|day| day % 7 < if day < 84 { 7 } else { 5 });
        assert!(
            lost.claims(Kind::PeriodChange).is_empty(),
            "the weekends are missing"
        );
    }

    #[test]
    fn both_windows_and_their_days_with_values_are_told() {
        let sentence = |missing: usize| {
            let sample = Sample::days(56, &[]).sum("Clicks", move |day, _| {
                (day < 56 - missing).then_some(if day < 28 { 1000.0 } else { 1200.0 } + noise(day))
            });
            crate::insight::wording::sentence(&sample.claim(Kind::PeriodChange))
        };
        assert_eq!(
            sentence(0),
            "Clicks rose 20%: 1,200 a day in the 28 days ending 26 Apr 2026, 1,000 in the 28 before."
        );
        assert_eq!(
            sentence(4),
            "Clicks rose 20%: 1,200 a day in the 28 days ending 26 Apr 2026, 1,000 in the 28 before; 24 of the newer days and \
             28 of the older have values."
        );
        let at_work = |holiday: usize| {
            let sample = Sample::days(56, &[]).sum("Clicks", move |day, _| {
                let is_open = day % 7 < 6 && day != holiday;
                is_open.then_some(if day < 28 { 1000.0 } else { 1200.0 } + noise(day))
            });
            crate::insight::wording::sentence(&sample.claim(Kind::PeriodChange))
        };
        assert!(at_work(6).ends_with("in the 28 before."), "{}", at_work(6));
        assert!(
            at_work(7).ends_with("; 24 of the newer days and 23 of the older have values."),
            "{}",
            at_work(7)
        );
    }

    #[test]
    fn what_is_read_for_the_comparison_is_only_compared_with() {
        let of_view = |first: usize| clicks(56, 1200.0).shown_from(first);
        let month = of_view(28).claim(Kind::PeriodChange);
        assert_values(&month, &[("cur", 1200.0), ("ref", 1000.0), ("k", 28.0)]);
        // Four fifths of 28 days are 22.4, of 14 days 11.2.
        assert_values(&of_view(33).claim(Kind::PeriodChange), &[("k", 28.0)]);
        assert_values(&of_view(34).claim(Kind::NoMaterialChange), &[("k", 14.0)]);
        assert_values(&of_view(44).claim(Kind::NoMaterialChange), &[("k", 14.0)]);
        assert!(
            of_view(45).claims(Kind::NoMaterialChange).is_empty(),
            "11 days are too few"
        );
    }

    #[test]
    fn quotients_are_compared_by_their_sums() {
        let sample = rate(56, 1200.0);
        let claim = sample.claim(Kind::RateChange);
        assert_values(&claim, &[("cur", 0.12), ("ref", 0.10), ("k", 28.0)]);
        let parts: Vec<_> = claim.values.iter().filter_map(|value| value.parts).collect();
        assert_eq!(parts, [(33_600.0, 280_000.0), (28_000.0, 280_000.0)]);
        assert!(
            rate(27, 1200.0).claims(Kind::RateChange).is_empty(),
            "27 days are too few"
        );
    }

    #[test]
    fn that_nothing_changed_is_a_claim_of_its_own() {
        let claim = clicks(56, 1010.0).claim(Kind::NoMaterialChange);
        assert_values(&claim, &[("cur", 1010.0), ("ref", 1000.0)]);
        assert!(clicks(56, 1200.0).claims(Kind::NoMaterialChange).is_empty());
        assert!(
            clicks(27, 1010.0).claims(Kind::NoMaterialChange).is_empty(),
            "27 days are too few"
        );
    }
}
