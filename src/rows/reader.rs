//! Reading a column's cells, each the way the whole column is read.

use std::borrow::Cow;

use arrow_array::temporal_conversions::{date32_to_datetime, timestamp_us_to_datetime};
use arrow_array::{Array, ArrayRef, RecordBatch};
use chrono::{NaiveDate, SecondsFormat};
use chrono_tz::Tz;

use super::cells::Cells;
use super::evidence::{Count, Evidence, Values};
use super::value::date::{self, Form, Order};
use super::value::moment::{IntegerTimes, utc_date_in};
use super::value::number;
use super::value::{Word, blank, trim, word};
use crate::decimal::{Decimal, Parsed};

/// How one column of one result is read, decided once from its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Whether the column holds numbers, so that they have a canonical text.
    numbers: bool,
    /// Whether `NA` is null.
    missing_words: bool,
    decimal_comma: bool,
    order: Order,
    /// Whether texts like `Okt-24` are months.
    month_likes: bool,
    integer_times: Option<IntegerTimes>,
}

impl Reading {
    /// How a column with this evidence is read; dates that leave their order open have the month first.
    pub fn of(evidence: &Evidence) -> Self {
        let values = evidence.values();
        Self {
            numbers: values == Values::Numbers,
            missing_words: matches!(values, Values::Numbers | Values::Times),
            decimal_comma: evidence.count(Count::DecimalComma) > 0
                && evidence.count(Count::DecimalPoint) == 0,
            order: evidence.date_order().unwrap_or_default(),
            month_likes: evidence.has_month_likes(),
            integer_times: evidence.integer_times(),
        }
    }

    /// The same, with this separator before decimals and this order of day and month where a cell leaves them open.
    pub(super) fn with(self, decimal_comma: bool, order: Order) -> Self {
        Self {
            decimal_comma,
            order,
            ..self
        }
    }
}

/// A cell read as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// The exact number.
    Value(Decimal),
    /// No number: null, blank, `NA` or text.
    Null,
    /// NaN, infinite, more than 15 integer digits, or a word in a column of numbers: counts as null.
    OutOfRange,
    /// The number after rounding half-even to 12 fraction digits.
    Rounded(Decimal),
}

impl From<Parsed> for Number {
    fn from(parsed: Parsed) -> Self {
        match parsed {
            Parsed::Exact(value) => Self::Value(value),
            Parsed::Rounded(value) => Self::Rounded(value),
            Parsed::OutOfRange => Self::OutOfRange,
        }
    }
}

/// One column of one batch, read cell by cell. Rows past its end panic.
#[derive(Debug, Clone, Copy)]
pub struct ColumnReader<'a> {
    cells: Cells<'a>,
    reading: Reading,
}

impl<'a> ColumnReader<'a> {
    /// Reads `column`, one of a batch that [`super::read()`] gave, the way the whole result's column is read.
    pub fn new(column: &'a ArrayRef, reading: Reading) -> Self {
        Self {
            cells: Cells::of(column),
            reading,
        }
    }

    /// Reads a column of a batch by its place; where the batch has no such column yet, it is all nulls.
    pub fn of(batch: &'a RecordBatch, column: usize, reading: Reading) -> Self {
        match batch.columns().get(column) {
            Some(column) => Self::new(column, reading),
            None => Self {
                cells: Cells::Nothing(batch.num_rows()),
                reading,
            },
        }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell as a number; percent texts are fractions (`12%` is 0.12). Dates and other texts are no numbers.
    #[inline]
    pub fn number(&self, row: usize) -> Number {
        match self.cells {
            Cells::Text(column) if column.is_valid(row) => self.text_number(column.value(row).as_bytes()),
            Cells::Integer(column) if column.is_valid(row) => integer_number(column.value(row)),
            Cells::Float(column) if column.is_valid(row) => Decimal::read_f64(column.value(row)).into(),
            _ => Number::Null,
        }
    }

    /// The cell's date: a timestamp with an offset in `timezone`, a naive one as written, months, quarters and weeks
    /// as their first day; whole numbers as years, spelt dates or counts since 1970, whatever the whole column is.
    pub fn date(&self, row: usize, timezone: Tz) -> Option<NaiveDate> {
        match self.cells {
            Cells::Text(column) if column.is_valid(row) => {
                self.text_date(column.value(row).as_bytes(), timezone)
            }
            Cells::Integer(column) if column.is_valid(row) => self.integer_date(column.value(row), timezone),
            Cells::Float(_) => match self.number(row) {
                Number::Value(value) | Number::Rounded(value) => {
                    self.integer_date(whole_part(value)?, timezone)
                }
                _ => None,
            },
            Cells::Date(column) if column.is_valid(row) => {
                Some(date32_to_datetime(column.value(row))?.date())
            }
            Cells::Moment(column, offset) if column.is_valid(row) => {
                let moment = timestamp_us_to_datetime(column.value(row))?;
                Some(if offset {
                    utc_date_in(moment, timezone)
                } else {
                    moment.date()
                })
            }
            _ => None,
        }
    }

    /// The cell as a dimension's value: null and blank are `None`, and `NA` in columns of numbers or times; plain
    /// numbers of a column of numbers in canonical form (`21.0` is `21`), everything else as delivered.
    pub fn text(&self, row: usize) -> Option<Cow<'a, str>> {
        match self.cells {
            Cells::Text(column) if column.is_valid(row) => self.text_value(column.value(row)),
            Cells::Integer(column) if column.is_valid(row) => Some(Cow::Owned(column.value(row).to_string())),
            Cells::Float(column) if column.is_valid(row) => float_text(column.value(row)),
            Cells::Date(column) if column.is_valid(row) => Some(Cow::Owned(
                date32_to_datetime(column.value(row))?.date().to_string(),
            )),
            Cells::Moment(column, offset) if column.is_valid(row) => {
                let moment = timestamp_us_to_datetime(column.value(row))?.and_utc();
                let text = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                let end = if offset { text.len() } else { text.len() - 1 };
                Some(Cow::Owned(text[..end].to_owned()))
            }
            _ => None,
        }
    }

    #[inline]
    fn text_number(&self, text: &[u8]) -> Number {
        if !self.reading.decimal_comma
            && let Some(parsed) = Decimal::read(text, 0)
        {
            return parsed.into();
        }
        self.written_number(trim(text))
    }

    fn written_number(&self, text: &[u8]) -> Number {
        if text.is_empty() {
            return Number::Null;
        }
        match number::read(text, self.reading.decimal_comma) {
            Some(found) => found.value.into(),
            None => match word(text) {
                Word::NotANumber => Number::OutOfRange,
                Word::Other if self.reading.numbers => Number::OutOfRange,
                _ => Number::Null,
            },
        }
    }

    fn text_date(&self, text: &[u8], timezone: Tz) -> Option<NaiveDate> {
        let text = trim(text);
        if let Some(found) = date::read(text, self.reading.order) {
            let is_date = found.form != Form::MonthLike || self.reading.month_likes;
            return is_date.then(|| found.moment.date_in(timezone));
        }
        self.reading.integer_times?;
        let value = match Decimal::read(text, 0)? {
            Parsed::Exact(value) | Parsed::Rounded(value) => whole_part(value)?,
            // Nanoseconds since 1970 have more digits than a number may have.
            _ => std::str::from_utf8(text).ok()?.parse().ok()?,
        };
        self.integer_date(value, timezone)
    }

    fn integer_date(&self, value: i64, timezone: Tz) -> Option<NaiveDate> {
        self.reading.integer_times?.date(value, timezone)
    }

    fn text_value(&self, text: &'a str) -> Option<Cow<'a, str>> {
        let bytes = text.as_bytes();
        if blank(bytes) || (self.reading.missing_words && missing(trim(bytes))) {
            return None;
        }
        if !self.reading.numbers || bytes.iter().all(u8::is_ascii_digit) {
            return Some(Cow::Borrowed(text));
        }
        match Decimal::read(bytes, 0) {
            Some(Parsed::Exact(value)) => Some(Cow::Owned(value.to_string())),
            _ => Some(Cow::Borrowed(text)),
        }
    }
}

/// The whole number at or below a number.
fn whole_part(value: Decimal) -> Option<i64> {
    i64::try_from(value.steps().div_euclid(Decimal::ONE.steps())).ok()
}

fn missing(text: &[u8]) -> bool {
    matches!(word(text), Word::NotAvailable | Word::NotANumber)
}

fn integer_number(value: i64) -> Number {
    Decimal::from_integer(i128::from(value)).map_or(Number::OutOfRange, Number::Value)
}

fn float_text(value: f64) -> Option<Cow<'static, str>> {
    match Decimal::read_f64(value) {
        Parsed::Exact(exact) => Some(Cow::Owned(exact.to_string())),
        _ if value.is_finite() => Some(Cow::Owned(format!("{value:e}"))),
        _ => None,
    }
}
