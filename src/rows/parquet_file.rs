//! Parquet files: read page by page, brought down to the few column types that the rest reads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;

use super::arrow_types::Unpacker;
use super::batches::Take;
use super::{Limits, RowsError};

/// The largest file that is unpacked in memory because it is compressed as a whole.
pub(super) const MOST_BYTES_UNPACKED: u64 = 64 << 20;
/// Rows of a batch.
const BATCH_ROWS: usize = 1 << 13;

/// Reads the whole file.
pub(super) fn read(
    source: impl ChunkReader + 'static,
    limits: &Limits,
    take: Take<'_>,
) -> Result<(), RowsError> {
    // Types come from the Parquet schema alone: what a writer embeds besides says nothing that is needed.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = guarded(|| {
        ParquetRecordBatchReaderBuilder::try_new_with_options(source, options)
            .map_err(|error| malformed(&error))
    })?;
    check(builder.metadata(), limits)?;
    let mut unpacker = Unpacker::new(builder.schema(), limits)?;
    let mut reader: ParquetRecordBatchReader = guarded(|| {
        let built = builder.with_batch_size(BATCH_ROWS).build();
        built.map_err(|error| malformed(&error))
    })?;
    while let Some(batch) = guarded(|| reader.next().transpose().map_err(|error| malformed(&error)))? {
        unpacker.give(&batch, take)?;
    }
    unpacker.finish(take)
}

/// Refuses by its footer what goes past a cap.
fn check(metadata: &ParquetMetaData, limits: &Limits) -> Result<(), RowsError> {
    let rows = u64::try_from(metadata.file_metadata().num_rows());
    if rows.map_err(|_| contradictory())? > limits.rows {
        return Err(RowsError::rows(limits));
    }
    let mut bytes = 0u64;
    for group in metadata.row_groups() {
        let size = u64::try_from(group.total_byte_size()).map_err(|_| contradictory())?;
        bytes = bytes.saturating_add(size);
    }
    match bytes > limits.bytes {
        true => Err(RowsError::bytes(limits)),
        false => Ok(()),
    }
}

/// Some damage makes the decoder panic; a bad result must stay an error.
fn guarded<T>(decode: impl FnOnce() -> Result<T, RowsError>) -> Result<T, RowsError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| Err(contradictory()))
}

fn contradictory() -> RowsError {
    malformed(&"its pages contradict its footer")
}

fn malformed(problem: &impl ToString) -> RowsError {
    RowsError::Malformed {
        format: "Parquet",
        problem: problem.to_string(),
        remedy: "write it anew with a Parquet writer and deliver it whole",
    }
}
