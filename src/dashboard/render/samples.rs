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
    let result = |first: u64| {
        let last = (first + days_a_result).min(days) - 1;
        let window = Window::new(day(first), day(last)).unwrap();
        let csv: String = (first..=last).map(rows).collect();
        let data = Bytes::from(format!("{header}\n{csv}"));
        let batches = read(ResultFormat::Csv, Compression::None, &data, &Limits::default()).unwrap();
        let partial = aggregate(&batches, window, &[], &PartialSpec::default()).unwrap();
        (window, partial)
    };
    let results: Vec<(Window, Partial)> = (0..days).step_by(days_a_result as usize).map(result).collect();
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
    Columns::of(&contributions, &VisualizationConfig::default()).decisions
}
