//! `data_quality`: what was left out or altered on the way from the results to the numbers.

use super::dataset::Dataset;
use super::datasets::TREND;
use super::json;
use crate::aggregate::Quality;
use crate::dashboard::Contribution;

/// A count of [`Quality`] and its key.
type Count = (&'static str, fn(&Quality) -> u64);

/// The counts, bytewise by key.
const COUNTS: [Count; 6] = [
    ("duplicate_rows", |quality| quality.duplicate_rows),
    ("rows", |quality| quality.rows),
    ("rows_outside_window", |quality| quality.rows_outside_window),
    ("rows_without_date", |quality| quality.rows_without_date),
    ("values_out_of_range", |quality| quality.values_out_of_range),
    ("values_rounded", |quality| quality.values_rounded),
];

/// The canonical JSON of what the results a view shows left out or altered, each result counted whole and once,
/// with the names of the datasets whose named values are lower bounds, and the number of steps of the trend that are not
/// covered to their end.
pub fn data_quality(contributions: &[Contribution<'_>], datasets: &[&Dataset]) -> String {
    let mut shown: Vec<&Contribution<'_>> = contributions
        .iter()
        .filter(|contribution| contribution.in_view)
        .collect();
    shown.sort_unstable_by_key(|contribution| contribution.execution_id);
    shown.dedup_by_key(|contribution| contribution.execution_id);
    let summarised = shown.iter().any(|shown| shown.partial.cells.summarised);

    let mut members: Vec<(&str, String)> = COUNTS
        .iter()
        .map(|(key, count)| {
            (
                *key,
                shown
                    .iter()
                    .map(|shown| count(&shown.partial.quality))
                    .sum::<u64>()
                    .to_string(),
            )
        })
        .collect();
    let bounds = datasets.iter().filter(|dataset| dataset.is_lower_bound);
    let mut lower_bounds = String::new();
    json::array(&mut lower_bounds, bounds, |out, dataset| {
        json::string(out, &dataset.name)
    });
    members.push(("lower_bounds", lower_bounds));
    let trend = datasets.iter().filter(|dataset| dataset.name == TREND);
    let partial_steps = trend
        .flat_map(|trend| &trend.partial)
        .filter(|partial| **partial)
        .count();
    members.push(("partial_steps", partial_steps.to_string()));
    members.push(("summarised", summarised.to_string()));
    let mut out = String::with_capacity(256);
    json::object(
        &mut out,
        members
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect(),
    );
    out
}
