//! Parquet files: read page by page, brought down to the few column types that the rest reads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;

use super::arrow_types::Unpacker;
use super::batches::Take;
use super::{Limits, RowsError, parquet_pages};

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
    let metadata = guarded(|| metadata(&source))?;
    check(metadata.metadata(), limits)?;
    let mut unpacker = Unpacker::new(metadata.schema(), limits)?;
    guarded(|| parquet_pages::check(&source, metadata.metadata()))?;
    let mut reader: ParquetRecordBatchReader = guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(source, metadata);
        let built = builder.with_batch_size(BATCH_ROWS).build();
        built.map_err(|error| malformed(&error))
    })?;
    while let Some(batch) = guarded(|| reader.next().transpose().map_err(|error| malformed(&error)))? {
        unpacker.give(&batch, take)?;
    }
    unpacker.finish(take)
}

/// The footer. Types come from the Parquet schema alone: what a writer embeds besides says nothing that is needed. Texts are
/// read as views into their pages: laid out one behind the other, a single long one in a dictionary could be thousands.
fn metadata(source: &impl ChunkReader) -> Result<ArrowReaderMetadata, RowsError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let found = ArrowReaderMetadata::load(source, options).map_err(|error| malformed(&error))?;
    let viewed = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View))
        }
        _ => field.clone(),
    };
    let fields: Vec<Arc<Field>> = found.schema().fields().iter().map(viewed).collect();
    let options = ArrowReaderOptions::new()
        .with_skip_arrow_metadata(true)
        .with_schema(Arc::new(Schema::new(fields)));
    ArrowReaderMetadata::try_new(found.metadata().clone(), options).map_err(|error| malformed(&error))
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

pub(super) fn contradictory() -> RowsError {
    malformed(&"its pages contradict its footer")
}

pub(super) fn malformed(problem: &impl ToString) -> RowsError {
    RowsError::Malformed {
        format: "Parquet",
        problem: problem.to_string(),
        remedy: "write it anew with a Parquet writer and deliver it whole",
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray};
    use bytes::Bytes;
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;

    use super::*;

    fn written(column: ArrayRef, has_dictionary: bool) -> Vec<u8> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(has_dictionary)
            .build();
        let batch = RecordBatch::try_from_iter([("n", column)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    fn rows(file: Vec<u8>) -> Result<usize, RowsError> {
        let mut rows = 0;
        let take: Take<'_> = &mut |batch| {
            rows += batch.num_rows();
            Ok(())
        };
        read(Bytes::from(file), &Limits::default(), take)?;
        Ok(rows)
    }

    /// The largest 32-bit number as the protocol writes it.
    const LARGEST: [u8; 5] = [0xfe, 0xff, 0xff, 0xff, 0x0f];

    /// The place and length of the `n`-th number in the header of the file's first page, behind each a byte of the next
    /// field: 0 its type, 1 its size unpacked, 2 packed.
    fn number(file: &[u8], n: usize) -> (usize, usize) {
        // Behind the magic number, and the first field's head.
        let (mut at, mut seen) = (5, 0);
        loop {
            let length = file[at..].iter().take_while(|byte| **byte >= 0x80).count() + 1;
            if seen == n {
                return (at, length);
            }
            at += length + 1;
            seen += 1;
        }
    }

    /// Puts the largest number at a place in the header, and takes as many bytes away from the page.
    fn lie(file: &mut Vec<u8>, (at, length): (usize, usize), page_end: usize) {
        let more = LARGEST.len() - length;
        file.drain(page_end - more..page_end);
        file.splice(at..at + length, LARGEST);
        let (at, length) = number(file, 2);
        assert_eq!(length, 2, "the page is between 64 and 8191 bytes");
        let packed = (u64::from(file[at] & 0x7f) | u64::from(file[at + 1]) << 7) - 2 * more as u64;
        file[at] = 0x80 | (packed & 0x7f) as u8;
        file[at + 1] = (packed >> 7) as u8;
    }

    #[test]
    fn a_page_that_says_it_is_two_gigabytes_is_not_believed() {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..1_000).map(|n| n * n)));
        let mut file = written(numbers, false);
        assert_eq!(rows(file.clone()), Ok(1_000));
        let unpacked = number(&file, 1);
        lie(&mut file, unpacked, 1_000);
        let error = rows(file).unwrap_err();
        assert_eq!(error, RowsError::page_bytes());
        assert_eq!(
            error.to_string(),
            "the result has more than 134217728 bytes in one page; write the Parquet file with pages of a mebibyte, as \
             writers do unless told otherwise"
        );
    }

    #[test]
    fn a_dictionary_that_says_it_has_two_billion_values_is_not_believed() {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..5_000).map(|n| n % 600)));
        let mut file = written(numbers, true);
        assert_eq!(rows(file.clone()), Ok(5_000));
        // The dictionary's own header follows its field's head.
        let (packed, length) = number(&file, 2);
        assert_eq!(file[packed + length], 0x4c);
        let at = packed + length + 2;
        lie(&mut file, (at, 2), 600);
        assert_eq!(rows(file).unwrap_err(), contradictory());
    }

    #[test]
    fn a_long_text_that_every_row_repeats_is_held_once() {
        // A batch of them laid out one behind the other would be over a gigabyte.
        let long: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(200 << 10)]));
        let keys = Int32Array::from(vec![0; 20_000]);
        let texts: ArrayRef = Arc::new(DictionaryArray::new(keys, long));
        let error = rows(written(texts, true)).unwrap_err();
        assert_eq!(error, RowsError::string_len(&Limits::default()));
    }
}
