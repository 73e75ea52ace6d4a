//! What the values of a result look like.

use arrow_array::{Array, RecordBatch};
use chrono_tz::Tz;

use super::cells::Cells;
use super::distinct::Distinct;
use super::evidence::{Count, Evidence};
use super::reader::Reading;
use super::value::date::{self, DateText, Form, Order};
use super::value::moment::{year_month, year_month_day};
use super::value::number::{self, Marks};
use super::value::{Word, trim, word};
use crate::decimal::{Decimal, Parsed};
use crate::window::Window;

/// The first whole number beyond what is kept exactly.
const MOST_WHOLE: u64 = 1_000_000_000_000_000;
/// The most letters of a number's text (`USD 1e5`).
const MOST_LETTERS: usize = 4;

/// The evidence of one whole result, one entry a column; all batches belong to the same result and share its columns.
pub fn observe(batches: &[RecordBatch]) -> Vec<Evidence> {
    let mut observation = Observation::new(None);
    batches.iter().for_each(|batch| observation.take(batch));
    observation.evidence()
}

/// What the columns of one result look like, batch by batch.
#[derive(Debug, Default)]
pub struct Observation {
    window: Option<Window>,
    labels: Vec<String>,
    observers: Vec<Observer>,
    rows: u64,
}

impl Observation {
    /// Nothing yet. The window settles the order of day and month in dates that leave it open.
    pub fn new(window: Option<Window>) -> Self {
        Self {
            window,
            ..Self::default()
        }
    }

    /// Takes in the next batch; columns it lacks are null in it, columns that are new were null before.
    pub fn take(&mut self, batch: &RecordBatch) {
        for field in batch.schema_ref().fields().iter().skip(self.labels.len()) {
            self.labels.push(field.name().clone());
            let mut late = Observer::default();
            late.nulls(self.rows);
            self.observers.push(late);
        }
        let mut columns = batch.columns().iter();
        for observer in &mut self.observers {
            match columns.next() {
                Some(column) => observer.observe(&Cells::of(column), self.window),
                None => observer.nulls(batch.num_rows() as u64),
            }
        }
        self.rows += batch.num_rows() as u64;
    }

    /// The columns' labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The evidence so far, one entry a column; that of the whole result once all batches are taken in.
    pub fn evidence(&self) -> Vec<Evidence> {
        self.observers.iter().map(Observer::evidence).collect()
    }

    /// How each column is to be read, going by what was seen so far.
    ///
    /// Dates like `03/04/2024` are read in the order that another date of the column settles (`25/04/2024`); where none
    /// does, in the order that puts more rows into the window, and month first when that is even.
    ///
    /// A column of numbers like `1.234` that leave it open which separator stands before decimals follows the other
    /// columns, where one shows a decimal comma and none a decimal point.
    pub fn readings(&self) -> Vec<Reading> {
        let shows = |count| (self.observers.iter()).any(|observer| observer.evidence.count(count) > 0);
        let decimal_comma = shows(Count::DecimalComma) && !shows(Count::DecimalPoint);
        let reading = |observer: &Observer| {
            let evidence = observer.evidence();
            let (month_first, day_first) = observer.inside;
            let reading = Reading::of(&evidence).with_decimal_comma(decimal_comma);
            match evidence.date_order().is_none() && day_first > month_first {
                true => reading.day_first(),
                false => reading,
            }
        };
        self.observers.iter().map(reading).collect()
    }
}

/// Evidence in the making, over the batches of one result.
#[derive(Debug, Default)]
struct Observer {
    evidence: Evidence,
    distinct: Distinct,
    /// Of the dates that leave the order of day and month open, how many lie inside the window with the month first,
    /// and how many with the day first.
    inside: (u64, u64),
}

impl Observer {
    fn observe(&mut self, cells: &Cells<'_>, window: Option<Window>) {
        match cells {
            Cells::Text(column) => (0..column.len()).for_each(|row| match column.is_null(row) {
                true => self.empty(),
                false => self.text(column.value(row).as_bytes(), window),
            }),
            Cells::Integer(column) => column.iter().for_each(|value| match value {
                Some(value) => self.native_integer(value),
                None => self.empty(),
            }),
            Cells::Float(column) => column.iter().for_each(|value| match value {
                Some(value) => self.float(value),
                None => self.empty(),
            }),
            Cells::Date(column) => self.dates(column.len(), column.null_count(), false, false),
            Cells::Moment(column, offset) => self.dates(column.len(), column.null_count(), true, *offset),
            Cells::Nothing(rows) => self.nulls(*rows as u64),
        }
    }

    /// The evidence, with what only all rows together can tell.
    fn evidence(&self) -> Evidence {
        let mut evidence = self.evidence.clone();
        evidence.repeats = self.distinct.repeats();
        if !evidence.repeats {
            evidence.distinct = self.distinct.values();
        }
        if let Some((least, most)) = evidence.integers {
            let span = i128::from(most) - i128::from(least) + 1;
            evidence.scattered = evidence.repeats || span != i128::from(evidence.count(Count::Integers));
        }
        evidence
    }

    fn nulls(&mut self, rows: u64) {
        self.evidence.counts[Count::Cells as usize] += rows;
        self.evidence.counts[Count::Empty as usize] += rows;
    }

    fn empty(&mut self) {
        self.evidence.add(Count::Cells);
        self.evidence.add(Count::Empty);
    }

    fn text(&mut self, text: &[u8], window: Option<Window>) {
        if let Some(plain) = Plain::read(text) {
            self.evidence.add(Count::Cells);
            return self.plain(&plain, text);
        }
        let text = trim(text);
        if text.is_empty() {
            return self.empty();
        }
        self.evidence.add(Count::Cells);
        let digits = text.iter().any(u8::is_ascii_digit);
        if !digits || !(self.date(text, window) || (may_be_number(text) && self.number(text))) {
            self.word(text);
        }
    }

    fn date(&mut self, text: &[u8], window: Option<Window>) -> bool {
        let Some(found) = date::read(text, Order::MonthFirst) else {
            return false;
        };
        self.evidence.add(Count::Dates);
        if found.moment.time.is_some() {
            self.evidence.add(Count::Timestamps);
        }
        if found.moment.offset.is_some() {
            self.evidence.add(Count::Offsets);
        }
        match found.form {
            Form::Clear => {}
            Form::MonthFirst => self.evidence.add(Count::MonthFirst),
            Form::DayFirst => self.evidence.add(Count::DayFirst),
            Form::Open => {
                self.evidence.add(Count::OpenOrder);
                if let (Some(window), Some(turned)) = (window, date::read(text, Order::DayFirst)) {
                    let inside = |found: DateText| u64::from(window.contains(found.moment.date_in(Tz::UTC)));
                    self.inside.0 += inside(found);
                    self.inside.1 += inside(turned);
                }
            }
            Form::Month => self.evidence.add(Count::Months),
            Form::Quarter => self.evidence.add(Count::Quarters),
            Form::Week => self.evidence.add(Count::Weeks),
        }
        true
    }

    fn plain(&mut self, plain: &Plain, text: &[u8]) {
        self.evidence.add(Count::Numbers);
        match plain.marks {
            Marks::Point => self.evidence.add(Count::DecimalPoint),
            Marks::Comma => self.evidence.add(Count::DecimalComma),
            Marks::Plain | Marks::Either => {}
        }
        if let Some(integer) = plain.integer {
            self.integer(integer);
            // Leading zeros make different codes of equal numbers.
            match plain.padded {
                true => self.distinct.bytes(text),
                false => self.distinct.integer(integer),
            }
        }
        if plain.padded {
            self.evidence.add(Count::Padded);
        }
    }

    fn number(&mut self, text: &[u8]) -> bool {
        let Some(found) = number::read(text, false) else {
            return false;
        };
        if found.percent {
            self.evidence.add(Count::Percents);
        }
        if let Some(currency) = found.currency {
            self.evidence.currencies |= currency.bit();
        }
        let bare = text.strip_prefix(b"-").unwrap_or(text);
        let integer = match found.value {
            Parsed::Exact(value) if value.is_integer() && !found.percent => Some(whole(value)),
            Parsed::OutOfRange if bare.iter().all(u8::is_ascii_digit) => Some(saturated(text)),
            _ => None,
        };
        self.plain(
            &Plain {
                marks: found.marks,
                integer,
                padded: found.padded,
            },
            text,
        );
        true
    }

    fn word(&mut self, text: &[u8]) {
        match word(text) {
            Word::NotAvailable => return self.evidence.add(Count::NotAvailable),
            Word::NotANumber => return self.evidence.add(Count::NotANumber),
            Word::Boolean => self.evidence.add(Count::Booleans),
            Word::Other => {}
        }
        self.distinct.bytes(text);
    }

    fn integer(&mut self, value: i64) {
        let evidence = &mut self.evidence;
        evidence.add(Count::Integers);
        if (0..=1).contains(&value) {
            evidence.add(Count::ZeroOrOne);
        } else if year_month(value).is_some() {
            evidence.add(Count::SpeltMonths);
        } else if year_month_day(value).is_some() {
            evidence.add(Count::SpeltDays);
        }
        evidence.integers = match evidence.integers {
            Some((least, most)) => Some((least.min(value), most.max(value))),
            None => Some((value, value)),
        };
    }

    fn native_integer(&mut self, value: i64) {
        self.evidence.add(Count::Cells);
        self.evidence.add(Count::Numbers);
        self.integer(value);
        self.distinct.integer(value);
    }

    fn float(&mut self, value: f64) {
        self.evidence.add(Count::Cells);
        if !value.is_finite() {
            return self.evidence.add(Count::NotANumber);
        }
        self.evidence.add(Count::Numbers);
        let whole = value as i64;
        if whole as f64 == value && whole.unsigned_abs() < MOST_WHOLE {
            self.integer(whole);
            self.distinct.integer(whole);
        } else {
            self.evidence.add(Count::DecimalPoint);
        }
    }

    fn dates(&mut self, cells: usize, nulls: usize, timestamps: bool, offsets: bool) {
        let dates = (cells - nulls) as u64;
        let counts = &mut self.evidence.counts;
        counts[Count::Cells as usize] += cells as u64;
        counts[Count::Empty as usize] += nulls as u64;
        counts[Count::Dates as usize] += dates;
        counts[Count::Timestamps as usize] += if timestamps { dates } else { 0 };
        counts[Count::Offsets as usize] += if offsets { dates } else { 0 };
    }
}

/// A number without separators or exponent, the usual case.
struct Plain {
    marks: Marks,
    integer: Option<i64>,
    padded: bool,
}

impl Plain {
    /// Reads at most 18 digits with a sign and a point; `None` leaves the text to the slower ways.
    fn read(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            _ => (false, text),
        };
        if digits.len() > 18 {
            return None;
        }
        let mut unscaled = 0i64;
        let mut point = None;
        for (index, &byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                unscaled = unscaled * 10 + i64::from(digit);
            } else if byte == b'.' && point.is_none() {
                point = Some(index);
            } else {
                return None;
            }
        }
        let before = point.unwrap_or(digits.len());
        let after = digits.len() - before - usize::from(point.is_some());
        if before + after == 0 {
            return None;
        }
        let marks = match point {
            None => Marks::Plain,
            Some(_) if after == 3 && (1..=3).contains(&before) && digits[0] != b'0' => Marks::Either,
            Some(_) => Marks::Point,
        };
        let integer = match after {
            0 => Some(unscaled),
            _ => {
                let unit = 10i64.pow(after as u32);
                (unscaled % unit == 0).then(|| unscaled / unit)
            }
        };
        Some(Self {
            marks,
            integer: integer.map(|integer| if negative { -integer } else { integer }),
            padded: point.is_none() && before > 1 && digits[0] == b'0',
        })
    }
}

/// Whether a text has so few letters that it can be a number with a currency, an exponent or both.
fn may_be_number(text: &[u8]) -> bool {
    text.iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .nth(MOST_LETTERS)
        .is_none()
}

/// A whole number of at most 15 digits.
fn whole(value: Decimal) -> i64 {
    (value.steps() / Decimal::ONE.steps()) as i64
}

/// A whole number's digits, capped to 64 bits.
fn saturated(text: &[u8]) -> i64 {
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    parsed.unwrap_or(if text.first() == Some(&b'-') {
        i64::MIN
    } else {
        i64::MAX
    })
}
