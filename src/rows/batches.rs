//! A result that is read batch by batch, as often as needed.

use std::io::{Cursor, Read};

use arrow_array::RecordBatch;
use bytes::Bytes;
use parquet::file::reader::ChunkReader;

use super::no_table::{BEGINNING, NoTable};
use super::{Limits, RowsError, arrow_stream, csv, decompress, json, parquet_file};
use crate::event::{Compression, ResultFormat};

/// What takes batches in.
pub(super) type Take<'t> = &'t mut dyn FnMut(&RecordBatch) -> Result<(), RowsError>;

/// A result's rows.
pub trait Batches {
    /// Gives every batch in order, the same ones each time, until `take` refuses one.
    ///
    /// All batches have the same columns in the same order, but for those that JSON brings up late: earlier batches
    /// lack them, which means null. Labels are distinct (`clicks`, `clicks_2`, …). A result without rows gives no
    /// batch or empty ones.
    fn each(&self, take: &mut dyn FnMut(&RecordBatch) -> Result<(), RowsError>) -> Result<(), RowsError>;
}

impl Batches for Vec<RecordBatch> {
    fn each(&self, take: Take<'_>) -> Result<(), RowsError> {
        self.iter().try_for_each(take)
    }
}

/// So many rows of a result, from the first.
#[derive(Debug, Clone, Copy)]
pub struct FirstRows<'a, B: ?Sized>(pub &'a B, pub u64);

impl<B: Batches + ?Sized> Batches for FirstRows<'_, B> {
    fn each(&self, take: Take<'_>) -> Result<(), RowsError> {
        let mut left = self.1;
        self.0.each(&mut |batch| {
            let rows = (batch.num_rows() as u64).min(left);
            left -= rows;
            match rows == batch.num_rows() as u64 {
                true => take(batch),
                false => take(&batch.slice(0, rows as usize)),
            }
        })
    }
}

/// A result as delivered, in memory or on disk: read in pieces of a few megabytes, whatever its size.
///
/// Text formats give one Utf8 column a label: cells as their text, JSON numbers as their source text, nested JSON
/// values as compact text, missing and JSON null cells as null. Arrow and Parquet give Utf8, Int64, Float64, Date32
/// and Timestamp(µs) columns, or Null ones.
///
/// Text may be UTF-8 or UTF-16, with or without a byte order mark, or Windows-1252; NUL, lone surrogates and bytes that
/// stand for nothing become U+FFFD.
#[derive(Debug, Clone)]
pub struct Delivered<S> {
    /// The bytes as delivered.
    pub source: S,
    /// How they are laid out.
    pub format: ResultFormat,
    /// How they are compressed.
    pub compression: Compression,
    /// What is too much.
    pub limits: Limits,
}

impl<S: ChunkReader + Clone + 'static> Batches for Delivered<S> {
    fn each(&self, take: Take<'_>) -> Result<(), RowsError> {
        let limits = &self.limits;
        match (self.format, self.compression) {
            (ResultFormat::JsonRows, _) => json::read_rows(self.text("JSON")?, limits, take),
            (ResultFormat::Ndjson, _) => json::read_lines(self.text("NDJSON")?, limits, take),
            (ResultFormat::Csv, _) => csv::read(self.text("CSV")?, limits, take),
            (ResultFormat::ArrowStream, _) => arrow_stream::read(self.plain()?, limits, take),
            (ResultFormat::Parquet, Compression::None) => {
                parquet_file::read(self.source.clone(), limits, take)
            }
            (ResultFormat::Parquet, _) => parquet_file::read(self.unpacked()?, limits, take),
        }
    }
}

impl<S: ChunkReader> Delivered<S> {
    /// The bytes without their compression, from the start.
    fn plain(&self) -> Result<Box<dyn Read + '_>, RowsError> {
        let packed = self.source.get_read(0).map_err(|error| RowsError::Unavailable {
            problem: error.to_string(),
        })?;
        decompress::plain(self.compression, packed, self.source.len(), &self.limits)
    }

    /// The same of a text, unless it is none.
    fn text(&self, format: &'static str) -> Result<impl Read + '_, RowsError> {
        let mut plain = self.plain()?;
        let mut beginning = Vec::with_capacity(BEGINNING);
        let mut first = plain.as_mut().take(BEGINNING as u64);
        (first.read_to_end(&mut beginning)).map_err(|error| RowsError::from_io(error, format))?;
        match NoTable::of(&beginning) {
            Some(other) => Err(other.into()),
            None => Ok(Cursor::new(beginning).chain(plain)),
        }
    }

    /// The same in memory, for a format that is read from its end.
    fn unpacked(&self) -> Result<Bytes, RowsError> {
        let mut plain = Vec::new();
        let most = parquet_file::MOST_BYTES_UNPACKED.min(self.limits.bytes);
        let mut bounded = self.plain()?.take(most + 1);
        (bounded.read_to_end(&mut plain)).map_err(|error| RowsError::from_io(error, "Parquet"))?;
        match plain.len() as u64 > most {
            true => Err(RowsError::packed_parquet(most)),
            false => Ok(plain.into()),
        }
    }
}
