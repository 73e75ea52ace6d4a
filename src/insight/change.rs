//! The newest steps against those before: changes, and the certainty that nothing changed.

use super::claim::{Claim, Kind, Show, Span, Test};
use super::course::{Series, relative, test_of};
use super::docket::Docket;
use super::names::direction;
use super::period::Compared;
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
        change_claim(study, series, compared, kind)
    });
    docket.test(Kind::NoMaterialChange, (compared.p_same, compared.p_same), || {
        same_claim(study, series, compared)
    });
}

/// The test of two windows, by what is compared.
pub fn test(study: &Study<'_>, series: Series<'_>, compared: &Compared) -> Test {
    let name = match study.adds_up(series.measure) {
        true => "gls_ar1_contrast",
        false => "quasibinomial_wls_ar1",
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

/// Adds both windows' values.
fn with_values(claim: Claim, study: &Study<'_>, series: Series<'_>, compared: &Compared) -> Claim {
    let show = study.show(series.measure);
    let claim = match compared.parts {
        Some([amount1, base1, amount0, base0]) => claim
            .quotient("cur", compared.current, (amount1, base1), show.clone())
            .quotient("ref", compared.reference, (amount0, base0), show),
        None => claim
            .value("cur", compared.current, show.clone())
            .value("ref", compared.reference, show),
    };
    claim.value("k", f64::from(compared.length), Show::Count)
}

/// A change as a claim of a kind; funnels make it of a step.
pub fn change_claim(study: &Study<'_>, series: Series<'_>, compared: &Compared, kind: Kind) -> Claim {
    let change = compared.change();
    let template = match study.adds_up(series.measure) {
        true => "{what} {moved} {effect}: {cur} a {step} in the last {k} {steps}, {ref} in the {k} before.",
        false => "{what} {moved} {effect}: {cur} in the last {k} {steps}, {ref} in the {k} before.",
    };
    let subject = study.subject(series.scope, series.measure);
    let effect = relative(change, &compared.outcome);
    let mut claim = Claim::new(kind, subject, series.impact, effect, template)
        .word("what", study.what(series.scope, series.measure))
        .word("moved", direction(change, "rose", "fell"))
        .word("step", study.step_name())
        .word("steps", study.steps_name())
        .over(span(study, compared))
        .tested(test(study, series, compared))
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
            "{what} did not change materially: {cur} a {step} in the last {k} {steps}, {ref} in the {k} before."
        }
        false => "{what} did not change materially: {cur} in the last {k} {steps}, {ref} in the {k} before.",
    };
    let subject = study.subject(series.scope, series.measure);
    let effect = relative(compared.change(), &compared.outcome);
    let mut claim = Claim::new(Kind::NoMaterialChange, subject, series.impact, effect, template)
        .word("what", study.what(series.scope, series.measure))
        .word("step", study.step_name())
        .word("steps", study.steps_name())
        .over(span(study, compared))
        .tested(Test {
            name: "tost",
            p: compared.p_same,
            p_any: compared.p_same,
            ..test(study, series, compared)
        })
        .standing(compared.change().abs() < effect.floor);
    claim.caveats = study.caveats(series.measure);
    with_values(claim, study, series, compared)
}
