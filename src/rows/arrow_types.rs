//! Arrow columns brought down to the few types that the rest reads.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::batches::Take;
use super::limits::MOST_BATCH_BYTES;
use super::{Limits, RowsError, labels, notation};

/// Rows that are unpacked at a time.
const SLICE_ROWS: usize = 1 << 14;

/// Unpacks the batches of one result. Numbers wider than 64 bits, decimals, single floats, booleans and times of day
/// become texts; dictionaries are unpacked; nested, binary and interval columns are refused.
pub(super) struct Unpacker<'l> {
    limits: &'l Limits,
    labels: Vec<String>,
    /// Of each column whether its type is one of texts.
    texts: Vec<bool>,
    rows: u64,
    bytes: u64,
    batches: u64,
}

impl<'l> Unpacker<'l> {
    /// For batches of this schema.
    pub(super) fn new(schema: &SchemaRef, limits: &'l Limits) -> Result<Self, RowsError> {
        if schema.fields().len() > limits.columns {
            return Err(RowsError::columns(limits));
        }
        let names = schema
            .fields()
            .iter()
            .map(|field| field.name().replace('\0', "\u{FFFD}"));
        let labels = labels::distinct(names.collect());
        if labels.iter().any(|label| label.len() > limits.string_len) {
            return Err(RowsError::string_len(limits));
        }
        for (label, field) in labels.iter().zip(schema.fields()) {
            check_type(label, field.data_type())?;
        }
        Ok(Self {
            limits,
            labels,
            texts: schema
                .fields()
                .iter()
                .map(|field| is_text(field.data_type()))
                .collect(),
            rows: 0,
            bytes: 0,
            batches: 0,
        })
    }

    /// Gives a batch's rows.
    pub(super) fn give(&mut self, batch: &RecordBatch, take: Take<'_>) -> Result<(), RowsError> {
        self.rows += batch.num_rows() as u64;
        if self.rows > self.limits.rows {
            return Err(RowsError::rows(self.limits));
        }
        for start in (0..batch.num_rows()).step_by(SLICE_ROWS) {
            let slice = batch.slice(start, SLICE_ROWS.min(batch.num_rows() - start));
            let columns = slice.columns().iter().zip(&self.labels);
            let columns = columns
                .map(|(column, label)| simple(label, column, self.limits))
                .collect::<Result<Vec<_>, _>>()?;
            let bytes = |column: &ArrayRef| column.get_buffer_memory_size().min(64 * column.len());
            self.bytes += columns.iter().map(bytes).sum::<usize>() as u64;
            if self.bytes > self.limits.bytes {
                return Err(RowsError::bytes(self.limits));
            }
            take(&self.batch(columns, slice.num_rows())?)?;
        }
        Ok(())
    }

    /// Gives an empty batch where there was no row.
    pub(super) fn finish(&mut self, take: Take<'_>) -> Result<(), RowsError> {
        if self.batches > 0 {
            return Ok(());
        }
        let empty = self
            .labels
            .iter()
            .map(|_| -> ArrayRef { Arc::new(StringArray::new_null(0)) });
        let columns = empty.collect();
        take(&self.batch(columns, 0)?)
    }

    fn batch(&mut self, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, RowsError> {
        self.batches += 1;
        let fields = self.labels.iter().zip(&columns).zip(&self.texts);
        let fields = fields.map(|((label, column), is_text)| {
            let field = Field::new(label, column.data_type().clone(), true);
            if *is_text {
                field
            } else {
                notation::with_typed_numbers(field)
            }
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema, columns, &options).map_err(RowsError::columns_differ)
    }
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, value) => is_text(value),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        _ => false,
    }
}

/// Refuses a column that cannot be read before its first row is.
fn check_type(label: &str, kind: &DataType) -> Result<(), RowsError> {
    let value = match kind {
        DataType::Dictionary(_, value) => value,
        other => other,
    };
    let empty = arrow_array::new_empty_array(value);
    simple(label, &empty, &Limits::default()).map(|_| ())
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
    if let Some(texts) = values.as_string_opt::<i32>()
        && !texts.is_empty()
    {
        let length = |key: usize| texts.value_length(key.min(texts.len() - 1)) as u64;
        let bytes: u64 = dictionary.normalized_keys().into_iter().map(length).sum();
        if bytes > MOST_BATCH_BYTES {
            return Err(RowsError::batch_bytes());
        }
    }
    arrow_select::take::take(&values, dictionary.keys(), None).map_err(RowsError::columns_differ)
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
            () if total > MOST_BATCH_BYTES => Err(RowsError::batch_bytes()),
            () if value.as_bytes().contains(&0) => Ok(Some(value.replace('\0', "\u{FFFD}").into())),
            () => Ok(Some(Cow::Borrowed(value))),
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
