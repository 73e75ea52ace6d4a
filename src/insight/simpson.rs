//! Differences of two groups whose sign turns within the strata of another dimension.

use super::claim::{Claim, Effect, Kind, Show, Test};
use super::docket::Docket;
use super::funnel::dispersion;
use super::names::direction;
use super::proportions::{Part, differ, difference_interval};
use super::study::{FLOOR, Scope, Study};
use crate::dashboard::chronicle::{Cross, MetricKind, Pair};

/// The fewest entrants of a cell whose difference is tested, and whose direction counts.
const LEAST_TESTED: f64 = 30.0;
const LEAST_COUNTED: f64 = 10.0;
/// The fewest strata, and the share of them that must go the other way.
const LEAST_STRATA: usize = 2;
const LEAST_TURNED: f64 = 0.6;

/// Notes the reversals of a quotient over a pair of dimensions, either of them being the strata.
pub fn note(study: &Study<'_>, docket: &mut Docket, measure: usize, cross: &Cross) {
    let metric = &study.chronicle.measures[measure];
    let is_quotient = matches!(metric.kind, MetricKind::Quotient { .. }) && !metric.is_level;
    if !is_quotient || !docket.allows(2) {
        return;
    }
    let phi = dispersion(study.line(study.whole(), measure));
    let is_bound = |(a, b): (usize, usize)| {
        let dimensions = &study.chronicle.dimensions;
        dimensions[a].is_lower_bound || dimensions[b].is_lower_bound
    };
    for (groups, groups_first) in [(cross.axes.0, true), (cross.axes.1, false)] {
        if study.axes().contains(&groups) && !is_bound(cross.axes) {
            note_one(study, docket, measure, cross, groups_first, phi);
        }
    }
}

/// The two largest groups' parts in each stratum; `None` where the quotient is no proportion.
fn strata(study: &Study<'_>, measure: usize, cross: &Cross, groups_first: bool) -> Option<Vec<[Part; 2]>> {
    let (rows, columns) = cross.sizes;
    let (groups, count) = if groups_first {
        (rows, columns)
    } else {
        (columns, rows)
    };
    if groups < 2 || study.chronicle.measures[measure].format == crate::dashboard::config::Format::Currency {
        return None;
    }
    let cell = |group: usize, stratum: usize| {
        let at = match groups_first {
            true => group * columns + stratum,
            false => stratum * columns + group,
        };
        part(cross.cells[measure][at])
    };
    let strata: Vec<[Part; 2]> = (0..count)
        .map(|stratum| [cell(0, stratum), cell(1, stratum)])
        .collect();
    let is_proportion = |part: &Part| part.events >= 0.0 && part.events <= part.entrants;
    strata.iter().flatten().all(is_proportion).then_some(strata)
}

fn part((events, entrants): Pair) -> Part {
    Part {
        events: events.unwrap_or_default().to_f64(),
        entrants: entrants.unwrap_or_default().to_f64(),
    }
}

fn sum(parts: impl Iterator<Item = Part>) -> Part {
    parts.fold(Part::default(), Part::with)
}

fn note_one(
    study: &Study<'_>,
    docket: &mut Docket,
    measure: usize,
    cross: &Cross,
    groups_first: bool,
    phi: f64,
) -> Option<()> {
    let strata = strata(study, measure, cross, groups_first)?;
    let counted: Vec<[Part; 2]> = strata
        .into_iter()
        .filter(|[a, b]| a.entrants >= LEAST_COUNTED && b.entrants >= LEAST_COUNTED)
        .collect();
    if counted.len() < LEAST_STRATA {
        return None;
    }
    let (a, b) = (
        sum(counted.iter().map(|stratum| stratum[0])),
        sum(counted.iter().map(|stratum| stratum[1])),
    );
    let sign = (a.rate() - b.rate()).signum();
    let turned = |stratum: &[Part; 2]| (stratum[0].rate() - stratum[1].rate()) * sign < 0.0;
    let against = counted.iter().filter(|stratum| turned(stratum)).count();
    // What the groups would have if both were spread over the strata alike.
    let entrants = a.entrants + b.entrants;
    let standardised = |group: usize| -> f64 {
        let weight = |stratum: &[Part; 2]| (stratum[0].entrants + stratum[1].entrants) / entrants;
        counted
            .iter()
            .map(|stratum| weight(stratum) * stratum[group].rate())
            .sum()
    };
    let (even_a, even_b) = (standardised(0), standardised(1));
    let (p_overall, stat) = differ(a, b, phi, FLOOR);
    let tested: Vec<f64> = counted
        .iter()
        .filter(|stratum| stratum[0].entrants >= LEAST_TESTED && stratum[1].entrants >= LEAST_TESTED)
        .map(|stratum| {
            if turned(stratum) {
                differ(stratum[0], stratum[1], phi, FLOOR).0
            } else {
                1.0
            }
        })
        .collect();
    if tested.is_empty() {
        return None;
    }
    let least = tested.iter().copied().fold(1.0, f64::min);
    let p = p_overall.max((least * tested.len() as f64).min(1.0));
    let stands = against as f64 >= LEAST_TURNED * counted.len() as f64 && (even_a - even_b) * sign < 0.0;
    let (groups, other) = match groups_first {
        true => cross.axes,
        false => (cross.axes.1, cross.axes.0),
    };
    let p = if stands { p } else { 1.0 };
    docket.test(Kind::SimpsonReversal, (p, p), || {
        let dimensions = &study.chronicle.dimensions;
        let name = |segment: usize| study.segment_name((groups, segment));
        let mut subject = study.subject(study.whole(), measure);
        subject.dimension = Some(dimensions[groups].id.clone());
        subject.with = Some(dimensions[other].id.clone());
        let factor = study.chronicle.measures[measure].factor().to_f64();
        let (low, high) = difference_interval(a, b, phi);
        let effect = Effect {
            name: "difference",
            v: (a.rate() - b.rate()) * factor,
            ci95: Some((low * factor, high * factor)),
            // Of the rate of the second group.
            floor: FLOOR * b.rate() * factor,
        };
        let show = study.show(measure);
        Claim::new(
            Kind::SimpsonReversal,
            subject,
            1.0,
            effect,
            "{what} is {more} for {first} than for {second} overall ({rate1} against {rate2}), but in {against} of {strata} values of {other} it is the other way round; evenly spread it would be {even1} against {even2}.",
        )
        .name("what", study.what(Scope { segment: None, tracks: &[] }, measure))
        .word("more", direction(sign, "higher", "lower"))
        .name("first", name(0))
        .name("second", name(1))
        .name("other", dimensions[other].label.clone())
        .quotient("rate1", a.rate() * factor, (a.events, a.entrants), show.clone())
        .quotient("rate2", b.rate() * factor, (b.events, b.entrants), show.clone())
        .value("even1", even_a * factor, show.clone())
        .value("even2", even_b * factor, show)
        .value("against", against as f64, Show::Count)
        .value("strata", counted.len() as f64, Show::Count)
        .tested(Test {
            name: "two_proportions_in_strata",
            stat,
            p,
            p_any: p,
            phi: (phi > 1.0).then_some(phi),
            n: counted.len(),
            ..Test::default()
        })
        .over(study.span_shown())
        .standing(stands)
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::docket::MAX_TESTS;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, assert_values};

    /// Admitted of applicants by group and department: 62 % and 82 % in the one, 6 % and 8 % in the other.
    const CELLS: [(f64, f64); 4] = [(1240.0, 2000.0), (24.0, 400.0), (328.0, 400.0), (160.0, 2000.0)];

    fn admissions(cells: &[(f64, f64)]) -> Sample {
        let sum = |group: usize, of: fn(&(f64, f64)) -> f64| {
            cells[2 * group..2 * group + 2].iter().map(of).sum::<f64>()
        };
        let admitted = [0, 1].map(|group| sum(group, |cell| cell.0));
        let applied = [0, 1].map(|group| sum(group, |cell| cell.1));
        Sample::days(1, &["men", "women"])
            .sum("Admitted", |_, group| Some(admitted[group]))
            .sum("Applied", |_, group| Some(applied[group]))
            .rate("Rate", 0, 1)
            .crossed(&["easy", "hard"], cells)
    }

    #[test]
    fn a_sign_that_turns_in_the_strata_is_told() {
        let claims = admissions(&CELLS).claims(Kind::SimpsonReversal);
        let claim = claims
            .iter()
            .find(|claim| claim.subject.dimension.as_deref() == Some("segment"))
            .unwrap();
        // 1264 of 2400 against 488 of 2400; in both departments the women are ahead. Half of all apply to each department.
        let (even1, even2) = ((0.62 + 0.06) / 2.0, (0.82 + 0.08) / 2.0);
        assert_values(
            claim,
            &[
                ("rate1", 1264.0 / 2400.0),
                ("rate2", 488.0 / 2400.0),
                ("against", 2.0),
                ("strata", 2.0),
                ("even1", even1),
                ("even2", even2),
            ],
        );
        assert!((claim.effect.v - 776.0 / 2400.0).abs() < 1e-12);
    }

    #[test]
    fn only_what_would_be_tested_counts_as_left_out() {
        let sample = admissions(&CELLS);
        let frames = Frames::default();
        let study = Study::new(&sample.chronicle, &frames);
        let mut docket = Docket::default();
        for _ in 0..MAX_TESTS {
            docket.test(Kind::SimpsonReversal, (0.9, 0.9), || unreachable!());
        }
        let skipped = [0, 1, 2].map(|measure| {
            note(&study, &mut docket, measure, &sample.chronicle.crosses[0]);
            docket.skipped
        });
        assert_eq!(skipped, [0, 0, 1], "two sums and a rate");
    }

    #[test]
    fn few_in_a_cell_or_the_same_sign_everywhere_are_not() {
        let few = CELLS.map(|(admitted, applied)| ((admitted / 80.0_f64).round(), applied / 80.0));
        assert!(
            admissions(&few).claims(Kind::SimpsonReversal).is_empty(),
            "25 and 5 in a cell are too few"
        );
        let same = [(1240.0, 2000.0), (24.0, 400.0), (200.0, 400.0), (80.0, 2000.0)];
        assert!(admissions(&same).claims(Kind::SimpsonReversal).is_empty());
    }
}
