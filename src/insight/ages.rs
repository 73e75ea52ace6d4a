//! Cohorts: steps of time of which the newer ones are younger, so that they have fewer ages than the older ones.

use super::study::Study;
use crate::dashboard::chronicle::{Axis, Track};

/// The fewest ages that end one after the other.
const LEAST_AGES: usize = 3;

/// The dimension whose values are the ages of what began at each step: whole numbers, each of which has values from the first step on
/// until as many steps before the last one as it is older than the youngest. Over all of its values newer steps are held against
/// older ones of another age.
pub fn of(study: &Study<'_>) -> Option<usize> {
    let axes = study.axes().iter().copied();
    let steps = study.chronicle.steps.len();
    axes.into_iter()
        .find(|axis| is_of_ages(&study.chronicle.dimensions[*axis], steps))
}

fn is_of_ages(axis: &Axis, steps: usize) -> bool {
    let mut ends: Vec<(u64, usize)> = Vec::with_capacity(axis.segments.len());
    for segment in &axis.segments {
        let Ok(age) = segment.name.trim().parse() else {
            return false;
        };
        let has_value = |step: &usize| segment.tracks.iter().any(|track| has_value(track, *step));
        let end = (0..steps).take_while(has_value).count();
        if end == 0 || (end..steps).any(|step| has_value(&step)) {
            return false;
        }
        ends.push((age, end));
    }
    ends.sort_unstable();
    let follow =
        |pair: &[(u64, usize)]| (pair[1].0 - pair[0].0) as usize == pair[0].1.saturating_sub(pair[1].1);
    ends.len() >= LEAST_AGES && ends[0].1 == steps && ends.windows(2).all(follow)
}

fn has_value(track: &Track, step: usize) -> bool {
    track.amounts[step].is_some()
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::find::weigh;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, draw};

    /// What changes over so many weeks of cohorts, whose ages have so much of what began; each claim's filter.
    fn told(names: &[&str], has: impl Fn(usize, usize) -> bool + Copy) -> Vec<Option<String>> {
        let sample = Sample::days(60, names)
            .sum("Active", move |step, age| {
                has(step, age).then(|| 500.0 / (1.0 + age as f64) + 0.1 * draw(step, age as u64))
            })
            .sum("Orders", move |step, age| {
                has(step, age).then(|| 90.0 / (2.0 + age as f64) + 0.02 * draw(step, 40 + age as u64))
            })
            .compared(14);
        let (judged, _) = weigh(&sample.chronicle, &Frames::default());
        let is_change = |kind| {
            [
                Kind::Trend,
                Kind::LevelShift,
                Kind::PeriodChange,
                Kind::NoMaterialChange,
                Kind::ChangeDriver,
                Kind::TopContributor,
            ]
            .contains(&kind)
        };
        let claims = judged.into_iter().map(|judged| judged.claim);
        claims
            .filter(|claim| is_change(claim.kind))
            .map(|claim| claim.subject.filters.first().map(|(_, name)| name.clone()))
            .collect()
    }

    #[test]
    fn cohorts_are_compared_at_one_age() {
        let names: Vec<String> = (0..30).map(|age| age.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let of_cohorts = told(&names, |step, age| step + age < 60);
        assert!(!of_cohorts.is_empty());
        assert!(of_cohorts.iter().all(Option::is_some), "{of_cohorts:?}");
        // All ages at all steps; and campaigns of which one after another ended.
        assert!(told(&names[..8], |_, _| true).contains(&None));
        let campaigns = ["spring", "summer", "autumn", "winter", "sale", "brand"];
        assert!(told(&campaigns, |step, at| step + 5 * at < 60).contains(&None));
    }
}
