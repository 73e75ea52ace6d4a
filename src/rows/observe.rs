//! What the values of a result look like.

use std::cmp::Ordering;

use arrow_array::{Array, RecordBatch};
use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::cells::Cells;
use super::customs::{Customs, DateOrder, DecimalMark};
use super::distinct::{Distinct, fixed_hash};
use super::evidence::{Count, Evidence};
use super::notation::{self, Notation};
use super::plain::Plain;
use super::reader::Reading;
use super::roles::Naming;
use super::value::date::{self, DateText, Form, Order};
use super::value::moment::{IntegerTimes, serial_day, year_month, year_month_day, year_week};
use super::value::number::{self, Marks};
use super::value::scale::Scale;
use super::value::{Word, is_letter_code, trim, word};
use crate::decimal::{Decimal, Parsed};
use crate::window::Window;

/// The first whole number beyond what is kept exactly.
const MOST_WHOLE: u64 = 1_000_000_000_000_000;
/// The most letters of a number's text (`12 million USD`).
const MOST_LETTERS: usize = 10;

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
    notation: Notation,
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
        let schema = batch.schema_ref();
        self.notation = Notation::told_by(schema);
        for field in schema.fields().iter().skip(self.labels.len()) {
            self.labels.push(field.name().clone());
            let mut late = Observer::new(field.name());
            late.nulls(self.rows);
            self.observers.push(late);
        }
        for (observer, field) in self.observers.iter_mut().zip(schema.fields()) {
            observer.typed_numbers |= notation::has_typed_numbers(field);
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

    /// The rows taken in so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether the text was read as Windows-1252, being no UTF-8.
    pub fn is_windows_1252(&self) -> bool {
        self.notation.is_windows_1252
    }

    /// Lines of titles above the header, which were left out.
    pub fn titles(&self) -> u64 {
        self.notation.titles
    }

    /// The columns' labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The evidence so far, one entry a column; that of the whole result once all batches are taken in.
    pub fn evidence(&self) -> Vec<Evidence> {
        let customs = self.customs();
        let evidence = |observer: &Observer| observer.evidence(&customs);
        self.observers.iter().map(evidence).collect()
    }

    /// How each column is to be read, going by what was seen so far.
    ///
    /// Dates like `03/04/2024` are read in the order that another date of the column settles (`25/04/2024`); where none
    /// does, in the order that puts more rows into the window, else as another column's dates, else in the order by which
    /// they span the shorter time.
    ///
    /// A column of numbers like `1.234` that leave it open which separator stands before decimals follows the other
    /// columns, where one shows a decimal comma and none a decimal point or the other way round. Else the separator
    /// stands before thousands beside whole numbers of three digits and none of more; and where semicolons between cells
    /// or points in dates show that people write a decimal comma, which they do, but for a price's or a ratio's point.
    pub fn readings(&self) -> Vec<Reading> {
        let customs = self.customs();
        let reading = |observer: &Observer| {
            let decimal = observer.decimal(&customs);
            let order = observer.order(&customs);
            Reading::of(&observer.evidence(&customs)).with(decimal.comma, order.day_month)
        };
        self.observers.iter().map(reading).collect()
    }

    fn customs(&self) -> Customs {
        let shows = |count| (self.observers.iter()).any(|observer| observer.evidence.count(count) > 0);
        let mut orders = self
            .observers
            .iter()
            .filter_map(|observer| observer.evidence.date_order());
        let order = orders.next();
        Customs {
            decimal_comma: match (shows(Count::DecimalComma), shows(Count::DecimalPoint)) {
                (_, true) => Some(false),
                (comma, false) => comma.then_some(true),
            },
            comma_is_likely: self.notation.delimiter == Some(b';')
                || self.observers.iter().any(|observer| observer.dotted_dates),
            order: order.filter(|order| orders.all(|other| other == *order)),
        }
    }
}

/// The first and the last of dates.
type Span = Option<(NaiveDate, NaiveDate)>;

/// Evidence in the making, over the batches of one result.
#[derive(Debug, Default)]
struct Observer {
    evidence: Evidence,
    distinct: Distinct,
    /// Of the dates that leave the order of day and month open, how many lie inside the window with the month first,
    /// and how many with the day first.
    inside: (u64, u64),
    /// What those dates span with the month first, and with the day first.
    spans: (Span, Span),
    /// Whether some date is written with points between day and month.
    dotted_dates: bool,
    naming: Naming,
    /// Whether some numbers came as numbers rather than as texts.
    typed_numbers: bool,
    /// Numbers like `1.234`, and like `1,234`.
    open: (u64, u64),
    /// The largest whole number without separators, whatever its sign.
    most_plain: u64,
}

impl Observer {
    fn new(label: &str) -> Self {
        Self {
            naming: Naming::of(label),
            ..Self::default()
        }
    }

    /// What stands before decimals.
    fn decimal(&self, customs: &Customs) -> DecimalMark {
        let settled = |comma| DecimalMark {
            comma,
            is_guess: false,
        };
        let guessed = |comma| DecimalMark {
            comma,
            is_guess: self.open != (0, 0),
        };
        let shows = |count| self.evidence.count(count) > 0;
        let (points, commas) = (self.open.0 > 0, self.open.1 > 0);
        match (shows(Count::DecimalComma), shows(Count::DecimalPoint)) {
            (_, true) => return settled(false),
            (true, false) => return settled(true),
            (false, false) if self.typed_numbers => return settled(false),
            (false, false) => {}
        }
        if let Some(comma) = customs.decimal_comma {
            return settled(comma);
        }
        if points != commas && (100..1_000).contains(&self.most_plain) {
            return guessed(points);
        }
        match customs.comma_is_likely {
            true if self.naming.decimals => guessed(commas && !points),
            true => guessed(true),
            // What is usual: a point before decimals, a comma before thousands.
            false => DecimalMark {
                comma: false,
                is_guess: points,
            },
        }
    }

    /// The order of day and month.
    fn order(&self, customs: &Customs) -> DateOrder {
        let settled = self.evidence.date_order().or(customs.order);
        let (month_first, day_first) = self.inside;
        let length = |span: Span| span.map(|(first, last)| last - first);
        let is_day_first = match day_first.cmp(&month_first) {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => length(self.spans.1) < length(self.spans.0),
        };
        let likely = if is_day_first {
            Order::DayFirst
        } else {
            Order::MonthFirst
        };
        let in_window = (month_first != day_first).then_some(likely);
        DateOrder {
            day_month: (self.evidence.date_order())
                .or(in_window)
                .or(customs.order)
                .unwrap_or(likely),
            is_guess: settled.is_none(),
        }
    }

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
    fn evidence(&self, customs: &Customs) -> Evidence {
        let mut evidence = self.evidence.clone();
        let decimal = self.decimal(customs);
        if decimal.is_guess {
            let (points, commas) = self.open;
            evidence.counts[Count::OpenPoints as usize] = points;
            evidence.counts[Count::OpenCommas as usize] = commas;
            evidence.counts[Count::OpenThousands as usize] = if decimal.comma { points } else { commas };
        }
        let order = self.order(customs);
        if order.is_guess {
            let dates = evidence.count(Count::OpenOrder);
            let day_first = order.day_month == Order::DayFirst;
            evidence.counts[Count::OpenDates as usize] = dates;
            evidence.counts[Count::OpenDaysFirst as usize] = if day_first { dates } else { 0 };
        }
        evidence.forget_texts();
        evidence.settle_marks();
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
        if found.form == Form::MonthLike {
            self.evidence.add(Count::MonthLikes);
            self.evidence.months |= 1 << found.moment.date_in(Tz::UTC).month0();
            return false;
        }
        self.evidence.add(Count::Dates);
        if found.moment.time.is_some() {
            self.evidence.add(Count::Timestamps);
        }
        if found.moment.offset.is_some() {
            self.evidence.add(Count::Offsets);
        }
        match found.form {
            Form::Clear | Form::MonthLike => {}
            Form::MonthFirst => self.evidence.add(Count::MonthFirst),
            Form::DayFirst => {
                self.evidence.add(Count::DayFirst);
                self.dotted_dates |= text[1..3].contains(&b'.');
            }
            Form::Open => {
                self.evidence.add(Count::OpenOrder);
                if let Some(turned) = date::read(text, Order::DayFirst) {
                    self.open_date(found, turned, window);
                }
            }
            Form::Month => self.evidence.add(Count::Months),
            Form::Quarter => self.evidence.add(Count::Quarters),
            Form::Week => self.evidence.add(Count::Weeks),
        }
        true
    }

    /// A date that can be read with the month first or with the day first.
    fn open_date(&mut self, month_first: DateText, day_first: DateText, window: Option<Window>) {
        let take = |found: DateText| {
            let date = found.moment.date_in(Tz::UTC);
            let widened = move |span: Span| match span {
                Some((first, last)) => Some((first.min(date), last.max(date))),
                None => Some((date, date)),
            };
            (
                u64::from(window.is_some_and(|window| window.contains(date))),
                widened,
            )
        };
        let ((inside, widened), (turned_inside, turned_widened)) = (take(month_first), take(day_first));
        self.inside.0 += inside;
        self.inside.1 += turned_inside;
        self.spans = (widened(self.spans.0), turned_widened(self.spans.1));
    }

    fn plain(&mut self, plain: &Plain, text: &[u8]) {
        self.evidence.add(Count::Numbers);
        match plain.marks {
            Marks::Point => self.evidence.add(Count::DecimalPoint),
            Marks::Comma => self.evidence.add(Count::DecimalComma),
            Marks::Either if text.contains(&b',') => self.open.1 += 1,
            Marks::Either => self.open.0 += 1,
            Marks::Plain => {
                let size = plain.integer.map_or(0, i64::unsigned_abs);
                self.most_plain = self.most_plain.max(size);
            }
        }
        if self.naming.instants && plain.integer.is_none() {
            self.fraction(plain.whole);
        }
        if let Some(fraction) = plain.fraction {
            self.small(fraction);
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
        if let Some(scaled) = found.scaled {
            if self.naming.names {
                return false;
            }
            self.evidence.add(match scaled.scale {
                Scale::Thousands => Count::Thousands,
                Scale::Millions => Count::Millions,
                Scale::Billions => Count::Billions,
                Scale::Trillions => Count::Trillions,
            });
            if found.currency.is_some() || self.naming.amounts {
                self.evidence.add(Count::ScaledAmounts);
            }
            if scaled.has_fraction {
                self.evidence.add(Count::ScaledFractions);
            }
            self.evidence.levels |= found.value.value().map_or(0, |value| level(value.to_f64()));
        }
        if found.noted {
            self.evidence.add(Count::Noted);
        }
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
                whole: found.value.value().map_or(0, whole),
                fraction: found
                    .value
                    .value()
                    .filter(|value| is_fraction(*value))
                    .map(Decimal::to_f64),
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
            Word::Other if number::is_bound(text) => self.evidence.add(Count::Bounds),
            Word::Other if !text.iter().any(u8::is_ascii_digit) => self.evidence.add(Count::Words),
            Word::Other => {}
        }
        self.evidence.strays.take(text);
        if is_letter_code(text) {
            self.evidence.add(Count::LetterCodes);
        }
        self.distinct.bytes(text);
    }

    fn integer(&mut self, value: i64) {
        let evidence = &mut self.evidence;
        evidence.add(Count::Integers);
        if (0..=1).contains(&value) {
            evidence.add(Count::ZeroOrOne);
            if value == 0 {
                evidence.add(Count::Zeros);
            }
        } else if self.naming.weeks && year_week(value).is_some() {
            evidence.add(Count::SpeltWeeks);
        } else if self.naming.days && serial_day(value).is_some() {
            evidence.add(Count::SerialDays);
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

    /// A number between -1 and 1 that is not whole.
    fn small(&mut self, value: f64) {
        if value < 0.0 {
            return self.evidence.add(Count::NegativeFractions);
        }
        self.evidence.add(Count::Fractions);
        self.evidence.levels |= level(value);
        if (4.0 * value).fract() == 0.0 {
            self.evidence.add(Count::QuarterFractions);
        }
    }

    /// A number between this whole number and the next, under the name of a point in time.
    fn fraction(&mut self, whole: i64) {
        if IntegerTimes::of_range(whole, whole) == Some(IntegerTimes::Seconds) {
            self.evidence.add(Count::EpochFractions);
        }
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
            if self.naming.instants {
                self.fraction(whole);
            }
            if value.abs() < 1.0 {
                self.small(value);
            }
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

/// Whether a number lies between -1 and 1 and is not whole.
fn is_fraction(value: Decimal) -> bool {
    !value.is_integer() && whole(value) == 0
}

/// A number's bit among those of [`Evidence::levels`].
fn level(value: f64) -> u64 {
    1 << (fixed_hash(&value.to_bits().to_le_bytes()) % 64)
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
