//! What is decided of tables, for this room's tests.

use bytes::Bytes;
use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::columns::Columns;
use crate::aggregate::{Partial, PartialSpec, aggregate};
use crate::dashboard::{Contribution, VisualizationConfig};
use crate::event::{Compression, ResultFormat};
use crate::ids::ExecutionId;
use crate::rows::roles::Decision;
use crate::rows::{Limits, read};
use crate::window::Window;

/// The n-th day of a year.
pub(super) fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(n)
}

/// What is decided of each column of a table whose rows are made for each day, in a result for each of so many days.
pub(super) fn decided(
    header: &str,
    days: u64,
    days_a_result: u64,
    rows: &dyn Fn(u64) -> String,
) -> Vec<Decision> {
    of_results(header, days, days_a_result, rows, |contributions| {
        Columns::of(contributions, &VisualizationConfig::default()).decisions
    })
}

/// A table: its header, its days, and the rows of each day.
type Table<'t> = (&'t str, u64, &'t dyn Fn(u64) -> String);

/// What is noted of tables, each a result of so many days behind those of the ones before it.
pub(super) fn noted(tables: &[Table<'_>]) -> Vec<String> {
    let mut first = 0;
    let results = tables.iter().map(|(header, days, rows)| {
        let result = result(header, first, first + days, rows);
        first += days;
        result
    });
    with(&results.collect::<Vec<_>>(), |contributions| {
        Columns::of(contributions, &VisualizationConfig::default()).notes
    })
}

/// What some function makes of the results of such a table.
pub(super) fn of_results<T>(
    header: &str,
    days: u64,
    days_a_result: u64,
    rows: &dyn Fn(u64) -> String,
    make: impl FnOnce(&[Contribution<'_>]) -> T,
) -> T {
    let result = |first: u64| result(header, first, (first + days_a_result).min(days), rows);
    let results: Vec<(Window, Partial)> = (0..days).step_by(days_a_result as usize).map(result).collect();
    with(&results, make)
}

/// The result of the days from one to before another.
fn result(header: &str, first: u64, end: u64, rows: &dyn Fn(u64) -> String) -> (Window, Partial) {
    let window = Window::new(day(first), day(end - 1)).unwrap();
    let csv: String = (first..end).map(rows).collect();
    let data = Bytes::from(format!("{header}\n{csv}"));
    let batches = read(ResultFormat::Csv, Compression::None, &data, &Limits::default()).unwrap();
    let partial = aggregate(&batches, window, &[], &PartialSpec::default()).unwrap();
    (window, partial)
}

/// What some function makes of results.
fn with<T>(results: &[(Window, Partial)], make: impl FnOnce(&[Contribution<'_>]) -> T) -> T {
    // Whatever order they come in.
    let contributions: Vec<_> = (results.iter().enumerate().rev())
        .map(|(number, (window, partial))| Contribution {
            execution_id: ExecutionId(Uuid::from_u128(number as u128)),
            finished_at_ns: 0,
            from: window.start(),
            to: window.end(),
            in_view: true,
            partial,
        })
        .collect();
    make(&contributions)
}
