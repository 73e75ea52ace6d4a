//! Columns of text in the making: cells come row by row, record batches go out.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::batches::Take;
use super::notation::{self, Notation};
use super::{Limits, RowsError};

/// Rows of a batch.
const BATCH_ROWS: usize = 1 << 13;
/// Bytes of cells after which a batch is closed, well below what 32-bit offsets reach.
const BATCH_BYTES: usize = 4 << 20;
/// Cells a column has room for from the start.
const FIRST_CELLS: usize = 128;
/// What a cell costs besides its text: an offset and a validity byte.
const CELL_BYTES: usize = 5;

/// Columns of text in the making.
pub(super) struct Table<'l> {
    limits: &'l Limits,
    take: Take<'l>,
    schema: SchemaRef,
    /// Columns with typed numbers that the schema tells of.
    typed: usize,
    notation: Notation,
    /// Whether the schema does not tell of the text's encoding yet.
    is_outdated: bool,
    columns: Vec<Column>,
    index: HashMap<String, usize>,
    /// Rows ended in the current batch.
    batch_rows: usize,
    batch_bytes: usize,
    rows: u64,
    bytes: u64,
    batches: u64,
}

#[derive(Debug, Default)]
struct Column {
    label: String,
    text: String,
    offsets: Vec<i32>,
    /// Whether each cell has a value; empty as long as all have one.
    valid: Vec<bool>,
    /// Whether JSON writes the label as it is.
    plain_label: bool,
    /// Whether some cell was a number rather than a text.
    typed_numbers: bool,
}

impl<'l> Table<'l> {
    /// A table without columns, whose batches go to `take`.
    pub(super) fn new(limits: &'l Limits, take: Take<'l>) -> Self {
        Self {
            limits,
            take,
            schema: Arc::new(Schema::empty()),
            typed: 0,
            notation: Notation::default(),
            is_outdated: false,
            columns: Vec::new(),
            index: HashMap::new(),
            batch_rows: 0,
            batch_bytes: 0,
            rows: 0,
            bytes: 0,
            batches: 0,
        }
    }

    /// The same, of text whose cells are delimited so.
    pub(super) fn delimited_by(mut self, delimiter: u8) -> Self {
        self.notation.delimiter = Some(delimiter);
        self
    }

    /// The same, of text with so many lines of titles above the header.
    pub(super) fn below_titles(mut self, titles: u64) -> Self {
        self.notation.titles = titles;
        self
    }

    /// Says whether the text so far was Windows-1252.
    #[inline]
    pub(super) fn set_windows_1252(&mut self, is: bool) {
        self.is_outdated |= self.notation.is_windows_1252 != is;
        self.notation.is_windows_1252 = is;
    }

    /// How many columns there are.
    pub(super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Rows ended so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The column of that label, made where it is new; `expected` is where it most likely is.
    #[inline]
    pub(super) fn column(&mut self, expected: usize, label: &str) -> Result<usize, RowsError> {
        match self.columns.get(expected) {
            Some(column) if column.label == label => Ok(expected),
            _ => self.find_or_add(label),
        }
    }

    /// The label most likely to come next, where JSON writes it as it is.
    #[inline]
    pub(super) fn expected(&self, column: usize) -> Option<&str> {
        let column = self.columns.get(column).filter(|column| column.plain_label)?;
        Some(&column.label)
    }

    fn find_or_add(&mut self, label: &str) -> Result<usize, RowsError> {
        match self.index.get(label) {
            Some(index) => Ok(*index),
            None => self.add_column(label),
        }
    }

    /// Adds a column whose label no other has.
    pub(super) fn add_column(&mut self, label: &str) -> Result<usize, RowsError> {
        if self.columns.len() >= self.limits.columns {
            return Err(RowsError::columns(self.limits));
        }
        if label.len() > self.limits.string_len {
            return Err(RowsError::string_len(self.limits));
        }
        let index = self.columns.len();
        self.index.insert(label.to_owned(), index);
        self.columns.push(Column::new(label));
        Ok(index)
    }

    /// Sets the cell of the row in the making; a second value for the same cell replaces the first.
    #[inline]
    pub(super) fn set(&mut self, column: usize, text: &str) -> Result<(), RowsError> {
        if text.len() > self.limits.string_len {
            return Err(RowsError::string_len(self.limits));
        }
        let column = &mut self.columns[column];
        if column.len() != self.batch_rows {
            column.fill(self.batch_rows);
        }
        column.push(text);
        self.batch_bytes += text.len();
        Ok(())
    }

    /// Sets the cell to a number as a machine writes it.
    #[inline]
    pub(super) fn set_number(&mut self, column: usize, text: &str) -> Result<(), RowsError> {
        self.columns[column].typed_numbers = true;
        self.set(column, text)
    }

    /// Makes the cell of the row in the making null again.
    pub(super) fn unset(&mut self, column: usize) {
        self.columns[column].fill(self.batch_rows);
    }

    /// Ends the row; cells that were not set are null.
    #[inline]
    pub(super) fn end_row(&mut self) -> Result<(), RowsError> {
        self.batch_rows += 1;
        self.rows += 1;
        self.batch_bytes += CELL_BYTES * self.columns.len();
        if self.rows > self.limits.rows {
            return Err(RowsError::rows(self.limits));
        }
        if self.bytes + self.batch_bytes as u64 > self.limits.bytes {
            return Err(RowsError::bytes(self.limits));
        }
        if self.batch_rows >= BATCH_ROWS || self.batch_bytes >= BATCH_BYTES {
            self.close_batch()?;
        }
        Ok(())
    }

    /// Forgets the cells of the row in the making.
    pub(super) fn drop_row(&mut self) {
        let rows = self.batch_rows;
        for column in self.columns.iter_mut().filter(|column| column.len() > rows) {
            column.fill(rows);
        }
    }

    /// Gives the last batch, and an empty one where there are columns and no row.
    pub(super) fn finish(mut self) -> Result<(), RowsError> {
        match self.batch_rows > 0 || (self.batches == 0 && !self.columns.is_empty()) {
            true => self.close_batch(),
            false => Ok(()),
        }
    }

    fn close_batch(&mut self) -> Result<(), RowsError> {
        let rows = self.batch_rows;
        let typed = self.columns.iter().filter(|column| column.typed_numbers).count();
        if self.schema.fields().len() < self.columns.len() || self.typed < typed || self.is_outdated {
            let fields: Vec<Field> = self.columns.iter().map(Column::field).collect();
            self.schema = Arc::new(self.notation.of(Schema::new(fields)));
            (self.typed, self.is_outdated) = (typed, false);
        }
        let arrays = self.columns.iter_mut().map(|column| column.take(rows));
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(RowsError::columns_differ)?;
        self.bytes += self.batch_bytes as u64;
        (self.batch_rows, self.batch_bytes) = (0, 0);
        self.batches += 1;
        (self.take)(&batch)
    }
}

impl Column {
    fn new(label: &str) -> Self {
        let escaped = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\');
        let mut offsets = Vec::with_capacity(FIRST_CELLS + 1);
        offsets.push(0);
        Self {
            label: label.to_owned(),
            text: String::with_capacity(FIRST_CELLS * 8),
            offsets,
            valid: Vec::new(),
            plain_label: !label.bytes().any(escaped),
            typed_numbers: false,
        }
    }

    fn field(&self) -> Field {
        let field = Field::new(self.label.as_str(), DataType::Utf8, true);
        match self.typed_numbers {
            true => notation::with_typed_numbers(field),
            false => field,
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    #[inline]
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.offsets.push(self.text.len() as i32);
        if !self.valid.is_empty() {
            self.valid.push(true);
        }
    }

    /// Makes the column exactly `rows` cells long: nulls for what is missing, nothing for what is too much.
    fn fill(&mut self, rows: usize) {
        if self.len() > rows {
            self.offsets.truncate(rows + 1);
            self.valid.truncate(rows);
            let end = self.offsets.last().copied().unwrap_or_default();
            self.text.truncate(end as usize);
        }
        if self.len() < rows {
            self.valid.resize(self.len(), true);
            self.valid.resize(rows, false);
            self.offsets.resize(rows + 1, self.text.len() as i32);
        }
    }

    fn take(&mut self, rows: usize) -> Result<ArrayRef, RowsError> {
        self.fill(rows);
        // The next batch is mostly as large as this one.
        let mut offsets = Vec::with_capacity(self.offsets.len());
        offsets.push(0);
        let text = String::with_capacity(self.text.len() + self.text.len() / 8);
        let offsets = std::mem::replace(&mut self.offsets, offsets);
        let text = std::mem::replace(&mut self.text, text);
        let valid = std::mem::take(&mut self.valid);
        let nulls = (!valid.is_empty()).then(|| NullBuffer::from(valid));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let array = StringArray::try_new(offsets, Buffer::from_vec(text.into_bytes()), nulls);
        Ok(Arc::new(array.map_err(RowsError::columns_differ)?))
    }
}
