//! Which segment makes a step of a sum, or of a level that adds up within a date.

use super::course::Series;
use super::drivers::{LEAST_EXPLAINED, surprise};
use super::study::{Scope, Study};

/// Who makes more of a step than there is of it has others against it, of which the sentence says nothing.
const MOST_EXPLAINED: f64 = 1.1;

/// The segment that makes most of such a measure's step before `at` from one mean to another, and more than by being large, with the change of its
/// own mean: of several that do the one that makes most.
pub fn of(
    study: &Study<'_>,
    series: Series<'_>,
    at: u32,
    (before, after): (f64, f64),
) -> Option<((usize, usize), f64)> {
    let is_level = study.chronicle.measures[series.measure].is_level;
    if series.scope.segment.is_some() || !(is_level || study.adds_up(series.measure)) {
        return None;
    }
    let line = series.line;
    let older = line.steps.partition_point(|step| *step < at);
    let counts = (older as f64, (line.len() - older) as f64);
    let all = after - before;
    let moved = |scope: Scope<'_>| {
        let own = study.line(scope, series.measure);
        let older = own.steps.partition_point(|step| *step < at);
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        let (own_before, own_after) = (
            sum(&own.values[..older]) / counts.0,
            sum(&own.values[older..]) / counts.1,
        );
        let change = own_after - own_before;
        let is_most = (LEAST_EXPLAINED..=MOST_EXPLAINED).contains(&(change / all));
        let is_it = is_most && surprise((change, own_before), (all, before)).is_some();
        scope.segment.filter(|_| is_it).map(|segment| (segment, change))
    };
    let axes = study.axes().iter().copied();
    let listed = axes.filter(|axis| study.chronicle.dimensions[*axis].segments.len() > 1);
    let movers = listed.flat_map(|axis| study.segments(axis)).filter_map(moved);
    movers.max_by(|a, b| (a.1 / all).total_cmp(&(b.1 / all)).then(b.0.cmp(&a.0)))
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::{Claim, Kind};
    use crate::insight::samples::{Sample, noise};

    #[test]
    fn who_makes_most_of_a_step_is_named() {
        let told = |names: &[&str], value: fn(usize, usize) -> f64| {
            let sample = Sample::days(84, names).sum("Views", move |day, segment| {
                Some(value(usize::from(day >= 52), segment) + noise(day + segment))
            });
            let claims = sample.claims(Kind::LevelShift);
            let whole = claims.iter().find(|claim| claim.subject.filters.is_empty());
            crate::insight::wording::sentence(whole.unwrap())
        };
        let page = told(&["home", "launch", "docs"], |newer, page| {
            [[600.0, 50.0, 300.0], [600.0, 270.0, 300.0]][newer][page]
        });
        assert!(
            page.ends_with(" (23.2% more); launch (Segment) makes 220 a day of that."),
            "{page}"
        );
        let depot = told(&["north", "south"], |newer, depot| {
            [[60.0, 200.0], [20.0, 195.0]][newer][depot]
        });
        assert!(
            depot.ends_with(" less); north (Segment) makes 40 a day of that."),
            "{depot}"
        );
        let stocked = Sample::days(84, &["north", "south"])
            .sum("Stock", |day, depot| {
                Some([[600.0, 200.0], [300.0, 200.0]][usize::from(day >= 52)][depot] + noise(day + depot))
            })
            .level("Stock level", 0);
        let claims = stocked.claims(Kind::LevelShift);
        let of_level = |claim: &&Claim| claim.subject.measure == "stock_level";
        let levels: Vec<&Claim> = claims.iter().filter(of_level).collect();
        let stock = crate::insight::wording::sentence(levels[0]);
        assert!(
            stock.ends_with(" less); north (Segment) makes 300 of that."),
            "{stock}"
        );
        // Three quarters of what there is, and no double of the whole.
        let impact = levels[1].impact;
        assert!((impact - 0.7).abs() < 0.1, "{impact}");
        // All alike, or by being large; two that share it; and one against another.
        for value in [
            (|newer, at| [300.0, 40.0, 60.0][at] * [1.0, 1.4][newer]) as fn(usize, usize) -> f64,
            |newer, at| [900.0, 40.0, 60.0][at] * [1.0, 1.4][newer],
            |newer, at| [300.0, 300.0, 300.0][at] + [0.0, 100.0][newer] * [1.0, 1.0, 0.0][at],
            |newer, at| [900.0, 200.0, 60.0][at] + [0.0, 100.0][newer] * [-2.0, 0.5, 0.0][at],
        ] {
            let text = told(&["a", "b", "c"], value);
            assert!(!text.contains(" of that"), "{text}");
        }
    }
}
