//! The stored form of a partial: one version byte, then columns, quality and cells, column by column.
//!
//! Integers are LEB128 varints (zigzag where they may be negative). A measure's numbers share one scale, the fewest
//! fraction digits that hold them all, so that money and counts take one to four bytes each; extremes are left out
//! where every cell holds at most one value. Equal partials have equal bytes.

use chrono::{Days, NaiveDate};

use super::partial::{
    Cells, Column, DimensionCells, Kind, Lost, MeasureCells, Partial, Quality, SketchCells, SketchValues,
};
use super::sketch::{DistinctSketch, QuantileSketch};
use super::varint::{
    put, put_signed, put_text, take, take_byte, take_index, take_many, take_signed, take_text,
};
use crate::decimal::{Decimal, FRACTION_DIGITS};
use crate::event::{ColumnHint, ColumnRole};
use crate::rows::Evidence;

/// The encoding this build writes. A stored partial of a newer one stops the service rather than being misread.
pub const ENCODING_VERSION: u8 = 8;

/// The oldest encoding this build reads: it tells of neither totals below a table nor its text's encoding.
const OLDEST_READ: u8 = 3;

/// The first encoding that tells which numbers lie between 0 and 1.
const SIZES_SINCE: u8 = 6;

/// The first encoding that tells of titles above a table.
const TITLES_SINCE: u8 = 7;

/// The first encoding that tells of which results the numbers show two separators before decimals.
const MARKS_SINCE: u8 = 8;

/// Why stored bytes are no partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// A newer build wrote them.
    #[error(
        "the stored partial has encoding version {found}, newer than this build's {ENCODING_VERSION}; run a newer dashloom"
    )]
    Newer {
        /// The version byte found.
        found: u8,
    },
    /// They end early or contradict themselves.
    #[error("the stored partial is damaged; replay its execution to repair it")]
    Damaged,
}

impl Partial {
    /// The partial's stored bytes, typically a quarter of the result's.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.cells.likely_bytes());
        out.push(ENCODING_VERSION);
        out.push(self.kind.code());
        put(&mut out, self.time_column.map_or(0, |column| column as u64 + 1));
        put(&mut out, self.columns.len() as u64);
        for column in &self.columns {
            put_column(&mut out, column);
        }
        put_quality(&mut out, &self.quality);
        put_cells(&mut out, &self.cells);
        out
    }

    /// Reads back what [`Partial::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, EncodingError> {
        let mut input = bytes;
        let version = take_byte(&mut input).ok_or(EncodingError::Damaged)?;
        match version {
            OLDEST_READ..=ENCODING_VERSION => {}
            found if found > ENCODING_VERSION => return Err(EncodingError::Newer { found }),
            _ => return Err(EncodingError::Damaged),
        }
        take_partial(&mut input, version)
            .filter(|_| input.is_empty())
            .ok_or(EncodingError::Damaged)
    }
}

impl Cells {
    /// About the bytes they are encoded in: growing by copies would take twice as much.
    fn likely_bytes(&self) -> usize {
        let texts = self.dimensions.iter().flat_map(|dimension| &dimension.values);
        let text_bytes: usize = texts.map(|text| 2 + text.as_ref().map_or(0, String::len)).sum();
        let numbers = 2 + 2 * self.dimensions.len() + 6 * self.measures.len();
        64 + text_bytes + self.dates.len() * numbers
    }
}

fn take_partial(input: &mut &[u8], version: u8) -> Option<Partial> {
    let kind = Kind::of_code(take_byte(input)?)?;
    let time_column = take_index(input)?.checked_sub(1);
    let columns = take_many(input, |input| take_column(input, version))?;
    let quality = take_quality(input, version)?;
    let cells = take_cells(input, columns.len())?;
    let time_fits = time_column.is_none_or(|column| column < columns.len());
    (time_fits && time_column.is_some() == (kind == Kind::Timed)).then_some(Partial {
        kind,
        time_column,
        columns,
        quality,
        cells,
    })
}

fn put_column(out: &mut Vec<u8>, column: &Column) {
    put_text(out, &column.label);
    column.evidence.encode(out);
    match &column.hint {
        None => out.push(0),
        Some(hint) => {
            out.push(1);
            out.push(hint.role.map_or(0, role_code));
            put_text(out, &hint.type_name);
            put_text(out, &hint.unit);
        }
    }
    put(out, column.lost.out_of_range);
    put(out, column.lost.rounded);
}

fn take_column(input: &mut &[u8], version: u8) -> Option<Column> {
    let label = take_text(input)?;
    let mut evidence = Evidence::decode(input)?;
    if version < SIZES_SINCE {
        evidence.leave_sizes_open();
    }
    if version < MARKS_SINCE {
        evidence.settle_marks();
    }
    let hint = match take_byte(input)? {
        0 => None,
        1 => Some(ColumnHint {
            name: label.clone(),
            role: match take_byte(input)? {
                0 => None,
                code => Some(role_of(code)?),
            },
            type_name: take_text(input)?,
            unit: take_text(input)?,
        }),
        _ => return None,
    };
    Some(Column {
        label,
        evidence,
        hint,
        lost: Lost {
            out_of_range: take(input)?,
            rounded: take(input)?,
        },
    })
}

/// The byte that stands for a role; 0 stands for none.
pub(super) fn role_code(role: ColumnRole) -> u8 {
    match role {
        ColumnRole::Time => 1,
        ColumnRole::Dimension => 2,
        ColumnRole::Measure => 3,
        ColumnRole::Ratio => 4,
        ColumnRole::Id => 5,
        ColumnRole::Stage => 6,
        ColumnRole::Ignore => 7,
    }
}

fn role_of(code: u8) -> Option<ColumnRole> {
    Some(match code {
        1 => ColumnRole::Time,
        2 => ColumnRole::Dimension,
        3 => ColumnRole::Measure,
        4 => ColumnRole::Ratio,
        5 => ColumnRole::Id,
        6 => ColumnRole::Stage,
        7 => ColumnRole::Ignore,
        _ => return None,
    })
}

fn put_quality(out: &mut Vec<u8>, quality: &Quality) {
    for count in [
        quality.rows,
        quality.rows_outside_window,
        quality.rows_without_date,
        quality.duplicate_rows,
        quality.total_rows,
        u64::from(quality.is_windows_1252),
        quality.title_lines,
    ] {
        put(out, count);
    }
}

fn take_quality(input: &mut &[u8], version: u8) -> Option<Quality> {
    let quality = Quality {
        rows: take(input)?,
        rows_outside_window: take(input)?,
        rows_without_date: take(input)?,
        duplicate_rows: take(input)?,
        ..Quality::default()
    };
    if version < 4 {
        return Some(quality);
    }
    Some(Quality {
        total_rows: take(input)?,
        is_windows_1252: match take(input)? {
            0 => false,
            1 => true,
            _ => return None,
        },
        title_lines: match version {
            TITLES_SINCE.. => take(input)?,
            _ => 0,
        },
        ..quality
    })
}

fn put_cells(out: &mut Vec<u8>, cells: &Cells) {
    put(out, cells.dates.len() as u64);
    out.push(u8::from(cells.summarised));
    put_dates(out, &cells.dates);
    put_counts(out, &cells.rows, None);
    put(out, cells.dimensions.len() as u64);
    for dimension in &cells.dimensions {
        put_dimension(out, dimension);
    }
    put(out, cells.measures.len() as u64);
    for measure in &cells.measures {
        put_measure(out, measure, &cells.rows);
    }
    put(out, cells.sketches.len() as u64);
    for sketch in &cells.sketches {
        put_sketch(out, sketch);
    }
}

fn take_cells(input: &mut &[u8], columns: usize) -> Option<Cells> {
    let len = take_index(input)?;
    let summarised = take_byte(input)? != 0;
    let dates = take_dates(input, len)?;
    let rows = take_counts(input, len, None)?;
    let dimensions = take_many(input, |input| take_dimension(input, len))?;
    let measures = take_many(input, |input| take_measure(input, &rows))?;
    let sketches = take_many(input, |input| take_sketch(input, len))?;
    let fits = dimensions.iter().all(|dimension| dimension.column < columns)
        && measures.iter().all(|measure| measure.column < columns)
        && sketches.iter().all(|sketch| sketch.column < columns);
    fits.then_some(Cells {
        dates,
        rows,
        dimensions,
        measures,
        sketches,
        summarised,
    })
}

/// Dates as runs: the gap to the date before, then how many cells share it.
fn put_dates(out: &mut Vec<u8>, dates: &[NaiveDate]) {
    let mut before = NaiveDate::default();
    for run in dates.chunk_by(|a, b| a == b) {
        put_signed(out, i128::from((run[0] - before).num_days()));
        put(out, run.len() as u64);
        before = run[0];
    }
}

fn take_dates(input: &mut &[u8], len: usize) -> Option<Vec<NaiveDate>> {
    let mut dates = Vec::with_capacity(len.min(input.len().saturating_mul(64)));
    let mut date = NaiveDate::default();
    while dates.len() < len {
        let gap = i64::try_from(take_signed(input)?).ok()?;
        date = match u64::try_from(gap) {
            Ok(days) => date.checked_add_days(Days::new(days))?,
            Err(_) => date.checked_sub_days(Days::new(gap.unsigned_abs()))?,
        };
        let run = take_index(input)?;
        if run == 0 || run > len - dates.len() {
            return None;
        }
        dates.resize(dates.len() + run, date);
    }
    Some(dates)
}

/// Counts: 0 when each equals its default (`usual`, else 1), else 1 and one varint each.
fn put_counts(out: &mut Vec<u8>, counts: &[u64], usual: Option<&[u64]>) {
    let is_usual = match usual {
        Some(usual) => counts == usual,
        None => counts.iter().all(|count| *count == 1),
    };
    out.push(u8::from(!is_usual));
    if !is_usual {
        for count in counts {
            put(out, *count);
        }
    }
}

fn take_counts(input: &mut &[u8], len: usize, usual: Option<&[u64]>) -> Option<Vec<u64>> {
    match take_byte(input)? {
        0 => Some(usual.map_or_else(|| vec![1; len], <[u64]>::to_vec)),
        1 if len <= input.len() => (0..len).map(|_| take(input)).collect(),
        _ => None,
    }
}

fn put_dimension(out: &mut Vec<u8>, dimension: &DimensionCells) {
    put(out, dimension.column as u64);
    let has_null = dimension.values.last().is_some_and(Option::is_none);
    out.push(u8::from(has_null));
    put(out, (dimension.values.len() - usize::from(has_null)) as u64);
    for value in dimension.values.iter().flatten() {
        put_text(out, value);
    }
    for code in &dimension.codes {
        put(out, u64::from(*code));
    }
}

fn take_dimension(input: &mut &[u8], len: usize) -> Option<DimensionCells> {
    let column = take_index(input)?;
    let has_null = take_byte(input)? != 0;
    let mut values = take_many(input, |input| take_text(input).map(Some))?;
    if has_null {
        values.push(None);
    }
    if len > input.len() {
        return None;
    }
    let codes = (0..len)
        .map(|_| {
            take(input)
                .and_then(|code| u32::try_from(code).ok())
                .filter(|code| (*code as usize) < values.len())
        })
        .collect::<Option<Vec<u32>>>()?;
    Some(DimensionCells {
        column,
        values,
        codes,
    })
}

fn put_measure(out: &mut Vec<u8>, measure: &MeasureCells, rows: &[u64]) {
    put(out, measure.column as u64);
    put_counts(out, &measure.count, Some(rows));
    let single = measure.count.iter().all(|count| *count <= 1);
    let columns: &[&[Decimal]] = if single {
        &[&measure.sum]
    } else {
        &[&measure.sum, &measure.min, &measure.max]
    };
    let scale = columns
        .iter()
        .flat_map(|values| values.iter())
        .fold(0, |scale, value| scale.max(scale_of(*value)));
    out.push(scale as u8 | if single { 0 } else { 0x80 });
    let unit = 10i128.pow(FRACTION_DIGITS - scale);
    for value in columns.iter().flat_map(|values| values.iter()) {
        put_signed(out, divide_exact(value.steps(), unit));
    }
}

fn take_measure(input: &mut &[u8], rows: &[u64]) -> Option<MeasureCells> {
    let column = take_index(input)?;
    let count = take_counts(input, rows.len(), Some(rows))?;
    let flags = take_byte(input)?;
    let scale = u32::from(flags & 0x7f);
    if scale > FRACTION_DIGITS || rows.len() > input.len() {
        return None;
    }
    let unit = 10i128.pow(FRACTION_DIGITS - scale);
    let mut values = || -> Option<Vec<Decimal>> {
        (0..rows.len())
            .map(|_| Some(Decimal::from_steps(take_signed(input)?.checked_mul(unit)?)))
            .collect()
    };
    let sum = values()?;
    let (min, max) = if flags & 0x80 == 0 {
        (sum.clone(), sum.clone())
    } else {
        (values()?, values()?)
    };
    Some(MeasureCells {
        column,
        count,
        sum,
        min,
        max,
    })
}

fn put_sketch(out: &mut Vec<u8>, sketch: &SketchCells) {
    put(out, sketch.column as u64);
    match &sketch.values {
        SketchValues::Distinct(cells) => {
            out.push(0);
            cells.iter().for_each(|cell| cell.encode(out));
        }
        SketchValues::Quantile(cells) => {
            out.push(1);
            cells.iter().for_each(|cell| cell.encode(out));
        }
    }
}

fn take_sketch(input: &mut &[u8], len: usize) -> Option<SketchCells> {
    let column = take_index(input)?;
    let kind = take_byte(input)?;
    if len > input.len() {
        return None;
    }
    let values = match kind {
        0 => SketchValues::Distinct(
            (0..len)
                .map(|_| DistinctSketch::decode(input))
                .collect::<Option<_>>()?,
        ),
        1 => SketchValues::Quantile(
            (0..len)
                .map(|_| QuantileSketch::decode(input))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    };
    Some(SketchCells { column, values })
}

/// The fraction digits a decimal needs.
fn scale_of(value: Decimal) -> u32 {
    let mut scale = FRACTION_DIGITS;
    match i64::try_from(value.steps()) {
        Ok(0) => 0,
        Ok(mut steps) => {
            while scale > 0 && steps % 10 == 0 {
                steps /= 10;
                scale -= 1;
            }
            scale
        }
        Err(_) => {
            let mut steps = value.steps();
            while scale > 0 && steps % 10 == 0 {
                steps /= 10;
                scale -= 1;
            }
            scale
        }
    }
}

/// A division known to leave no rest; most numbers fit 64 bits, where it is ten times faster.
fn divide_exact(steps: i128, unit: i128) -> i128 {
    match (i64::try_from(steps), i64::try_from(unit)) {
        (Ok(steps), Ok(unit)) => i128::from(steps / unit),
        _ => steps / unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_build_stored_is_read() {
        let partial = Partial {
            kind: Kind::Empty,
            time_column: None,
            columns: Vec::new(),
            quality: Quality::default(),
            cells: Cells::default(),
        };
        let bytes = partial.encode();
        // Version, kind, time column, columns and four counts come before the two that came with 4, and the one with 7.
        let oldest = [&[3], &bytes[1..8], &bytes[11..]].concat();
        assert_eq!(Partial::decode(&oldest).as_ref(), Ok(&partial));
        let older = [&[6], &bytes[1..10], &bytes[11..]].concat();
        assert_eq!(Partial::decode(&older), Ok(partial));
        let found = ENCODING_VERSION + 1;
        let newer = [&[found], &bytes[1..]].concat();
        assert_eq!(Partial::decode(&newer), Err(EncodingError::Newer { found }));
    }
}
