//! The table: what it holds, and the sums that the dashboards must reach to the last digit.

use std::path::Path;

use anyhow::{Context, Result};
use chrono::NaiveDate;

/// One row of `examples/flights/daily_origin_carrier.csv`; counts as they are, delays as decimal text.
#[derive(Debug, Clone)]
pub struct Flight {
    pub date: NaiveDate,
    pub origin: String,
    pub carrier: String,
    pub flights: i64,
    pub cancelled: i64,
    pub delay: i64,
    pub distance: i64,
}

/// Every row, in the file's order.
pub fn read() -> Result<Vec<Flight>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flights/daily_origin_carrier.csv");
    let mut reader = csv::Reader::from_path(&path).with_context(|| path.display().to_string())?;
    reader.records().map(|record| flight(&record?)).collect()
}

fn flight(record: &csv::StringRecord) -> Result<Flight> {
    let cell = |column: usize| record.get(column).context("a row is too short");
    let whole = |column: usize| -> Result<i64> { Ok(cell(column)?.trim_end_matches(".0").parse()?) };
    Ok(Flight {
        date: cell(0)?.parse()?,
        origin: cell(1)?.to_owned(),
        carrier: cell(2)?.to_owned(),
        flights: whole(3)?,
        cancelled: whole(4)?,
        delay: whole(5)?,
        distance: whole(7)?,
    })
}
