//! Arrow IPC streams: validated in full, then brought down to the few column types that the rest reads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};

use super::{Limits, RowsError, labels};

/// Reads the whole stream. Numbers wider than 64 bits, decimals, single floats, booleans and times of day become
/// texts; dictionaries are unpacked; nested, binary and interval columns are refused.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<RecordBatch>, RowsError> {
    // The decoder validates what it reads, yet some damage still makes it panic; a bad result must stay an error.
    let decoded = catch_unwind(AssertUnwindSafe(|| read_batches(bytes, limits)));
    decoded.unwrap_or_else(|_| Err(malformed("its buffers contradict its schema".to_owned())))
}

fn read_batches(bytes: &[u8], limits: &Limits) -> Result<Vec<RecordBatch>, RowsError> {
    let reader = StreamReader::try_new(bytes, None).map_err(|error| refused(&error))?;
    let source = reader.schema();
    if source.fields().len() > limits.columns {
        return Err(RowsError::columns(limits));
    }
    let names = source
        .fields()
        .iter()
        .map(|field| field.name().replace('\0', "\u{FFFD}"));
    let labels = labels::distinct(names.collect());
    if labels.iter().any(|label| label.len() > limits.string_len) {
        return Err(RowsError::string_len(limits));
    }
    let mut used = Used {
        limits,
        rows: 0,
        bytes: 0,
    };
    let mut unpacked = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| refused(&error))?;
        used.rows(batch.num_rows())?;
        let columns = batch
            .columns()
            .iter()
            .zip(&labels)
            .map(|(column, label)| used.unpack(label, column));
        unpacked.push((columns.collect::<Result<Vec<_>, _>>()?, batch.num_rows()));
    }
    settle(unpacked, &labels, &source)
}

/// What has been used of the limits.
struct Used<'l> {
    limits: &'l Limits,
    rows: u64,
    bytes: u64,
}

impl Used<'_> {
    fn rows(&mut self, rows: usize) -> Result<(), RowsError> {
        self.rows += rows as u64;
        if self.rows > self.limits.rows {
            Err(RowsError::rows(self.limits))
        } else {
            Ok(())
        }
    }

    fn unpack(&mut self, label: &str, column: &ArrayRef) -> Result<ArrayRef, RowsError> {
        let array = simple(label, column, self.limits)?;
        self.bytes += array.get_array_memory_size() as u64;
        if self.bytes > self.limits.bytes {
            Err(RowsError::bytes(self.limits))
        } else {
            Ok(array)
        }
    }
}

/// The batches under one schema; a column that is whole numbers in some batches and text in others is text in all.
fn settle(
    mut unpacked: Vec<(Vec<ArrayRef>, usize)>,
    labels: &[String],
    source: &SchemaRef,
) -> Result<Vec<RecordBatch>, RowsError> {
    if unpacked.is_empty() {
        let empty = source
            .fields()
            .iter()
            .map(|_| -> ArrayRef { Arc::new(StringArray::new_null(0)) });
        unpacked.push((empty.collect(), 0));
    }
    for index in 0..labels.len() {
        let text = unpacked
            .iter()
            .any(|(columns, _)| *columns[index].data_type() == DataType::Utf8);
        for (columns, _) in unpacked.iter_mut().filter(|_| text) {
            if let Some(integers) = columns[index].as_primitive_opt::<Int64Type>() {
                columns[index] = texts(integers.iter().map(|value| value.map(|value| value.to_string())));
            }
        }
    }
    let types = unpacked
        .first()
        .map(|(columns, _)| columns.iter().map(|column| column.data_type().clone()));
    let fields = labels
        .iter()
        .zip(types.into_iter().flatten())
        .map(|(label, kind)| Field::new(label, kind, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let batch = |(columns, rows)| {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema.clone(), columns, &options)
            .map_err(RowsError::columns_differ)
    };
    unpacked.into_iter().map(batch).collect()
}

/// The column as one of the types of [`super::cells::Cells`].
fn simple(label: &str, column: &ArrayRef, limits: &Limits) -> Result<ArrayRef, RowsError> {
    Ok(match column.data_type() {
        DataType::Null | DataType::Int64 | DataType::Float64 | DataType::Date32 => column.clone(),
        DataType::Int8 => widened::<Int8Type>(column),
        DataType::Int16 => widened::<Int16Type>(column),
        DataType::Int32 => widened::<Int32Type>(column),
        DataType::UInt8 => widened::<UInt8Type>(column),
        DataType::UInt16 => widened::<UInt16Type>(column),
        DataType::UInt32 => widened::<UInt32Type>(column),
        DataType::UInt64 => unsigned(column),
        DataType::Float16 => texts(
            column
                .as_primitive::<Float16Type>()
                .iter()
                .map(|value| Some(single(value?.to_f32()))),
        ),
        DataType::Float32 => texts(
            column
                .as_primitive::<Float32Type>()
                .iter()
                .map(|value| Some(single(value?))),
        ),
        DataType::Decimal32(..) => decimals::<Decimal32Type>(column),
        DataType::Decimal64(..) => decimals::<Decimal64Type>(column),
        DataType::Decimal128(..) => decimals::<Decimal128Type>(column),
        DataType::Decimal256(..) => decimals::<Decimal256Type>(column),
        DataType::Boolean => texts(column.as_boolean().iter().map(|value| Some(value?.to_string()))),
        DataType::Utf8 => strings(column.as_string::<i32>().iter(), limits)?,
        DataType::LargeUtf8 => strings(column.as_string::<i64>().iter(), limits)?,
        DataType::Utf8View => strings(column.as_string_view().iter(), limits)?,
        DataType::Dictionary(..) => unpacked_dictionary(label, column, limits)?,
        DataType::Date64 => {
            let days = |millis: i64| i32::try_from(millis.div_euclid(86_400_000)).ok();
            Arc::new(
                column
                    .as_primitive::<Date64Type>()
                    .unary_opt::<_, Date32Type>(days),
            )
        }
        DataType::Timestamp(unit, zone) => moments(column, *unit, zone.is_some()),
        DataType::Time32(TimeUnit::Second) => times::<Time32SecondType>(column),
        DataType::Time32(_) => times::<Time32MillisecondType>(column),
        DataType::Time64(TimeUnit::Microsecond) => times::<Time64MicrosecondType>(column),
        DataType::Time64(_) => times::<Time64NanosecondType>(column),
        other => return Err(unsupported(label, other)),
    })
}

fn widened<T: ArrowPrimitiveType>(column: &ArrayRef) -> ArrayRef
where
    T::Native: Into<i64>,
{
    Arc::new(column.as_primitive::<T>().unary::<_, Int64Type>(Into::into))
}

fn unsigned(column: &ArrayRef) -> ArrayRef {
    let values = column.as_primitive::<UInt64Type>();
    let narrowed = || values.iter().map(|value| value.map(i64::try_from).transpose());
    match narrowed().collect::<Result<Int64Array, _>>() {
        Ok(array) => Arc::new(array),
        Err(_) => texts(values.iter().map(|value| Some(value?.to_string()))),
    }
}

fn decimals<T: DecimalType>(column: &ArrayRef) -> ArrayRef {
    let values = column.as_primitive::<T>();
    texts((0..values.len()).map(|row| values.is_valid(row).then(|| values.value_as_string(row))))
}

fn times<T: ArrowTemporalType>(column: &ArrayRef) -> ArrayRef
where
    i64: From<T::Native>,
{
    let values = column.as_primitive::<T>();
    let time = |row: usize| Some(values.value_as_time(row)?.to_string());
    texts((0..values.len()).map(|row| if values.is_valid(row) { time(row) } else { None }))
}

/// Timestamps in microseconds; those beyond their range are null.
fn moments(column: &ArrayRef, unit: TimeUnit, zoned: bool) -> ArrayRef {
    let micros = match unit {
        TimeUnit::Second => column
            .as_primitive::<TimestampSecondType>()
            .unary_opt::<_, TimestampMicrosecondType>(|value| value.checked_mul(1_000_000)),
        TimeUnit::Millisecond => column
            .as_primitive::<TimestampMillisecondType>()
            .unary_opt::<_, TimestampMicrosecondType>(|value| value.checked_mul(1_000)),
        TimeUnit::Microsecond => column
            .as_primitive::<TimestampMicrosecondType>()
            .clone()
            .with_timezone_opt(None::<Arc<str>>),
        TimeUnit::Nanosecond => column
            .as_primitive::<TimestampNanosecondType>()
            .unary::<_, TimestampMicrosecondType>(|value| value.div_euclid(1_000)),
    };
    Arc::new(micros.with_timezone_opt(zoned.then_some("UTC")))
}

fn unpacked_dictionary(label: &str, column: &ArrayRef, limits: &Limits) -> Result<ArrayRef, RowsError> {
    let Some(dictionary) = column.as_any_dictionary_opt() else {
        return Err(unsupported(label, column.data_type()));
    };
    let values = simple(label, dictionary.values(), limits)?;
    if let Some(texts) = values.as_string_opt::<i32>() {
        let longest = texts.iter().flatten().map(str::len).max().unwrap_or_default();
        if (longest as u64).saturating_mul(column.len() as u64) > limits.bytes {
            return Err(RowsError::bytes(limits));
        }
    }
    arrow_select::take::take(&values, dictionary.keys(), None).map_err(|error| refused(&error))
}

fn strings<'a>(
    values: impl Iterator<Item = Option<&'a str>>,
    limits: &Limits,
) -> Result<ArrayRef, RowsError> {
    let mut total = 0u64;
    let checked = values.map(|value| {
        let Some(value) = value else { return Ok(None) };
        total += value.len() as u64;
        match () {
            () if value.len() > limits.string_len => Err(RowsError::string_len(limits)),
            () if total > limits.bytes => Err(RowsError::bytes(limits)),
            () if value.as_bytes().contains(&0) => Ok(Some(value.replace('\0', "\u{FFFD}").into())),
            () => Ok(Some(std::borrow::Cow::Borrowed(value))),
        }
    });
    Ok(Arc::new(checked.collect::<Result<StringArray, _>>()?))
}

fn texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// The shortest text that reads back as the float.
fn single(value: f32) -> String {
    if (1e-4..1e15).contains(&value.abs()) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

fn unsupported(label: &str, kind: &DataType) -> RowsError {
    RowsError::Unsupported {
        what: format!("column \"{label}\" of Arrow type {kind}"),
        remedy: "cast it to text or to a plain number in the query, or leave it out",
    }
}

fn refused(error: &ArrowError) -> RowsError {
    let problem = error.to_string();
    if problem.contains("IPC decompression requires") {
        return RowsError::Unsupported {
            what: "an Arrow stream with compressed buffers".to_owned(),
            remedy: "write it without buffer compression and compress the whole stream with gzip or zstd instead",
        };
    }
    malformed(problem)
}

fn malformed(problem: String) -> RowsError {
    RowsError::Malformed {
        format: "Arrow IPC",
        problem,
        remedy: "write it with an Arrow stream writer (not the file format) and deliver it whole",
    }
}
