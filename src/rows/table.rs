//! Columns of text in the making: cells come row by row, record batches go out.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema};

use super::{Limits, RowsError};

/// Rows of a batch.
const BATCH_ROWS: usize = 1 << 16;
/// Bytes of text after which a batch is closed, well below what 32-bit offsets reach.
const BATCH_BYTES: usize = 16 << 20;
/// Cells a column has room for from the start.
const FIRST_CELLS: usize = 128;
/// What a cell costs besides its text: an offset and a validity byte.
const CELL_BYTES: u64 = 5;

/// Columns of text in the making.
#[derive(Debug)]
pub(super) struct Table<'l> {
    limits: &'l Limits,
    columns: Vec<Column>,
    index: HashMap<String, usize>,
    /// Rows ended in the current batch.
    batch_rows: usize,
    batch_bytes: usize,
    rows: u64,
    bytes: u64,
    done: Vec<(Vec<ArrayRef>, usize)>,
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
}

impl<'l> Table<'l> {
    /// A table without columns.
    pub(super) fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            columns: Vec::new(),
            index: HashMap::new(),
            batch_rows: 0,
            batch_bytes: 0,
            rows: 0,
            bytes: 0,
            done: Vec::new(),
        }
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

    /// Makes the cell of the row in the making null again.
    pub(super) fn unset(&mut self, column: usize) {
        self.columns[column].fill(self.batch_rows);
    }

    /// Ends the row; cells that were not set are null.
    #[inline]
    pub(super) fn end_row(&mut self) -> Result<(), RowsError> {
        self.batch_rows += 1;
        self.rows += 1;
        self.bytes += CELL_BYTES * self.columns.len() as u64;
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

    /// The batches, at least one where there is a column or a row; columns found late are null in the batches before.
    pub(super) fn finish(mut self) -> Result<Vec<RecordBatch>, RowsError> {
        if self.batch_rows > 0 || (self.done.is_empty() && !self.columns.is_empty()) {
            self.close_batch()?;
        }
        let field = |column: &Column| Field::new(column.label.as_str(), DataType::Utf8, true);
        let schema = Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()));
        let width = self.columns.len();
        let batch = |(mut arrays, rows): (Vec<ArrayRef>, usize)| {
            arrays.resize_with(width, || new_null_array(&DataType::Utf8, rows));
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
                .map_err(RowsError::columns_differ)
        };
        self.done.into_iter().map(batch).collect()
    }

    fn close_batch(&mut self) -> Result<(), RowsError> {
        let rows = self.batch_rows;
        let arrays = self.columns.iter_mut().map(|column| column.take(rows));
        self.done.push((arrays.collect::<Result<_, _>>()?, rows));
        self.bytes += self.batch_bytes as u64;
        (self.batch_rows, self.batch_bytes) = (0, 0);
        Ok(())
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
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let valid = std::mem::take(&mut self.valid);
        let text = std::mem::take(&mut self.text);
        let nulls = (!valid.is_empty()).then(|| NullBuffer::from(valid));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let array = StringArray::try_new(offsets, Buffer::from_vec(text.into_bytes()), nulls);
        Ok(Arc::new(array.map_err(RowsError::columns_differ)?))
    }
}
