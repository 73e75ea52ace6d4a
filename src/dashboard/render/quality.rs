//! `data_quality`: what was left out or altered on the way from the results to the numbers.

use super::dataset::Dataset;
use super::datasets::TREND;
use super::fields::Fields;
use super::json;
use crate::aggregate::{Lost, Partial, Quality};
use crate::dashboard::{Contribution, words};
use crate::decimal::Decimal;

/// A count of what a result left out or altered, by its key.
type Count = (&'static str, fn(&Quality, &Lost) -> u64);

/// The counts, bytewise by key.
const COUNTS: [Count; 9] = [
    ("duplicate_rows", |quality, _| quality.duplicate_rows),
    ("lines_above_header", |quality, _| quality.title_lines),
    ("results_in_windows_1252", |quality, _| {
        u64::from(quality.is_windows_1252)
    }),
    ("rows", |quality, _| quality.rows),
    ("rows_of_totals", |quality, _| quality.total_rows),
    ("rows_outside_window", |quality, _| quality.rows_outside_window),
    ("rows_without_date", |quality, _| quality.rows_without_date),
    ("values_out_of_range", |_, lost| lost.out_of_range),
    ("values_rounded", |_, lost| lost.rounded),
];

/// What could not be kept of a result's numbers, those aside that only identify something or are left out.
pub fn lost_numbers(partial: &Partial, fields: &Fields) -> Lost {
    let judged = partial
        .columns
        .iter()
        .filter(|column| !fields.unjudged.contains(&column.label));
    judged.fold(Lost::default(), |all, column| Lost {
        out_of_range: all.out_of_range + column.lost.out_of_range,
        rounded: all.rounded + column.lost.rounded,
    })
}

/// What a table puts together that has too many combinations.
fn gathered(table: &Dataset) -> Option<String> {
    (table.gathered > 0).then(|| {
        let named = table.groups.len() - 1;
        format!(
            "The table has the {named} largest of {} combinations, the others put together in its last row",
            words::amount(Decimal::from_count((named + table.gathered) as u64))
        )
    })
}

/// The canonical JSON of what the results a view shows left out or altered, each result counted whole and once,
/// with the names of the datasets whose named values are lower bounds, sentences on measures without values, and the number of steps of the trend that are not
/// covered to their end.
pub fn data_quality(contributions: &[Contribution<'_>], datasets: &[&Dataset], fields: &Fields) -> String {
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
                    .map(|shown| count(&shown.partial.quality, &lost_numbers(shown.partial, fields)))
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
    let mut notes = String::new();
    let told = fields.notes().into_iter().map(str::to_owned);
    json::array(
        &mut notes,
        told.chain(datasets.iter().filter_map(|dataset| gathered(dataset))),
        |out, note| json::string(out, &note),
    );
    members.push(("notes", notes));
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
