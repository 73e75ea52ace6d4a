//! A pattern that most segments share, and the ones that do not.

use super::change;
use super::claim::{Claim, Kind, Show};
use super::course::{Series, relative};
use super::docket::Docket;
use super::names::direction;
use super::period::Compared;
use super::study::{FLOOR, Study};

/// The fewest segments.
const LEAST_SEGMENTS: usize = 5;
/// The share of the segments that makes a pattern.
const COMMON: f64 = 0.8;

/// A segment's comparison of windows.
pub type Member<'a> = (Series<'a>, Compared);

/// Notes the segments of a dimension that moved against what at least four fifths of them did.
pub fn note(study: &Study<'_>, docket: &mut Docket, members: &[Member<'_>]) {
    if members.len() < LEAST_SEGMENTS {
        return;
    }
    for sign in [1.0, -1.0] {
        let moved = |member: &&Member<'_>| member.1.change() * sign > FLOOR;
        let with = members.iter().filter(moved).count();
        if (with as f64) < COMMON * members.len() as f64 {
            continue;
        }
        for (series, compared) in members.iter().filter(|member| member.1.change() * sign < -FLOOR) {
            docket.test(
                Kind::CommonPatternException,
                (compared.outcome.p, compared.outcome.p_any),
                || claim(study, *series, compared, (with, members.len()), sign),
            );
        }
    }
}

fn claim(
    study: &Study<'_>,
    series: Series<'_>,
    compared: &Compared,
    (with, of): (usize, usize),
    sign: f64,
) -> Claim {
    let change = compared.change();
    let mut subject = study.subject(series.scope, series.measure);
    subject.dimension = subject.filters.first().map(|(dimension, _)| dimension.clone());
    let mut claim = Claim::new(
        Kind::CommonPatternException,
        subject,
        series.impact,
        relative(change, &compared.outcome),
        "{what} {moved} {effect} in the {k} {steps} ending {until}, while it {common} for {with} of {of} values of the same dimension.",
    )
    .name("what", study.what(series.scope, series.measure))
    .word("moved", direction(change, "rose", "fell"))
    .word("common", direction(sign, "rose", "fell"))
    .word("steps", study.steps_name())
    .value("with", with as f64, Show::Count)
    .value("of", of as f64, Show::Count)
    .value("k", f64::from(compared.length), Show::Count)
    .value("cur", compared.current, Show::Hidden)
    .value("ref", compared.reference, Show::Hidden)
    .over(change::span(study, compared))
    .tested(change::test(compared))
    .standing(compared.agrees);
    claim.caveats = study.caveats(series.measure);
    study.until(claim)
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, noise};

    #[test]
    fn who_falls_where_all_others_rise_is_told() {
        let sample = |names: &[&str]| {
            Sample::days(56, names).sum("Clicks", |day, segment| {
                let newer = if segment == 0 { 800.0 } else { 1200.0 };
                Some(if day < 28 { 1000.0 } else { newer } + noise(day + segment))
            })
        };
        let claim = sample(&["a", "b", "c", "d", "e"]).claim(Kind::CommonPatternException);
        assert_values(
            &claim,
            &[
                ("with", 4.0),
                ("of", 5.0),
                ("k", 28.0),
                ("cur", 800.0),
                ("ref", 1000.0),
            ],
        );
        assert_eq!(claim.subject.filters[0].1, "a");
        let few = sample(&["a", "b", "c", "d"]);
        assert!(
            few.claims(Kind::CommonPatternException).is_empty(),
            "three of four are no pattern"
        );
    }
}
