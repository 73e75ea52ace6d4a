//! Bytes to record batches.

use arrow_array::RecordBatch;
use bytes::Bytes;

use crate::event::{Compression, ResultFormat};

use super::{Limits, RowsError, arrow_stream, csv, decompress, json, text};

/// Reads a whole result.
///
/// Text formats give one Utf8 column a label: cells as their text, JSON numbers as their source text, nested JSON
/// values as compact text, missing and JSON null cells as null. Arrow gives Utf8, Int64, Float64, Date32 and
/// Timestamp(µs) columns, or Null ones. All batches have the same columns with distinct labels (`clicks`, `clicks_2`,
/// …); a result without rows gives no batch or empty ones.
///
/// Text may be UTF-8 or UTF-16, with or without a byte order mark; NUL, lone surrogates and bytes that are not UTF-8
/// become U+FFFD.
pub fn read(
    format: ResultFormat,
    compression: Compression,
    data: &Bytes,
    limits: &Limits,
) -> Result<Vec<RecordBatch>, RowsError> {
    let plain = decompress::plain(compression, data, limits)?;
    match format {
        ResultFormat::JsonRows => json::read_rows(&text::decode(&plain), limits),
        ResultFormat::Ndjson => json::read_lines(&text::decode(&plain), limits),
        ResultFormat::Csv => csv::read(&text::decode(&plain), limits),
        ResultFormat::ArrowStream => arrow_stream::read(&plain, limits),
        ResultFormat::Parquet => Err(RowsError::Unsupported {
            what: "a Parquet result inside an event".to_owned(),
            remedy: "deliver it as an Arrow IPC stream, CSV, NDJSON or JSON rows",
        }),
    }
}
