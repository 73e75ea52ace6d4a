//! Reading a column's cells, each the way the whole column is read.

use std::borrow::Cow;

use arrow_array::{ArrayRef, RecordBatch};
use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::decimal::Decimal;
use crate::window::Window;

use super::Evidence;

/// How one column of one result is read, decided once from its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {}

/// How each column of a result is read. Dates like `03/04/2024` whose order the column itself leaves open are read in
/// the order that puts more rows into `window`, month first when that is even.
pub fn readings(batches: &[RecordBatch], evidence: &[Evidence], window: Option<Window>) -> Vec<Reading> {
    let _ = (batches, evidence, window);
    todo!()
}

/// A cell read as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// The exact number.
    Value(Decimal),
    /// No number: null, blank, `NA` or text.
    Null,
    /// NaN, infinite, or more than 15 integer digits: counts as null.
    OutOfRange,
    /// The number after rounding half-even to 12 fraction digits.
    Rounded(Decimal),
}

/// One column of one batch, read cell by cell.
#[derive(Debug)]
pub struct ColumnReader<'a> {
    column: &'a ArrayRef,
}

impl<'a> ColumnReader<'a> {
    /// Reads `column`, one of a batch that [`super::read`] gave, the way the whole result's column is read.
    pub fn new(column: &'a ArrayRef, reading: Reading) -> Self {
        let _ = reading;
        Self { column }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell as a number; percent texts are fractions (`12%` is 0.12).
    pub fn number(&self, row: usize) -> Number {
        let _ = row;
        todo!()
    }

    /// The cell's date: a timestamp with an offset in `timezone`, a naive one as written, months, quarters and weeks
    /// as their first day.
    pub fn date(&self, row: usize, timezone: Tz) -> Option<NaiveDate> {
        let _ = (row, timezone);
        todo!()
    }

    /// The cell as a dimension's value: null and blank are `None`; plain numbers of a numeric column in canonical
    /// form (`21.0` is `21`), everything else as delivered.
    pub fn text(&self, row: usize) -> Option<Cow<'a, str>> {
        let _ = row;
        todo!()
    }
}
