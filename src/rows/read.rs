//! A small result as a whole.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions, new_null_array};
use bytes::Bytes;

use super::{Batches, Delivered, Limits, RowsError};
use crate::event::{Compression, ResultFormat};

/// Reads a whole result into memory, as [`Delivered`] does in pieces; all batches have all columns.
pub fn read(
    format: ResultFormat,
    compression: Compression,
    data: &Bytes,
    limits: &Limits,
) -> Result<Vec<RecordBatch>, RowsError> {
    let delivered = Delivered {
        source: data.clone(),
        format,
        compression,
        limits: limits.clone(),
    };
    let mut batches = Vec::new();
    delivered.each(&mut |batch| {
        batches.push(batch.clone());
        Ok(())
    })?;
    let Some(schema) = batches.last().map(RecordBatch::schema) else {
        return Ok(batches);
    };
    let metadata = schema.metadata();
    let widened = |batch: RecordBatch| {
        let missing = schema.fields().iter().skip(batch.num_columns());
        let rows = batch.num_rows();
        let nulls = missing.map(|field| new_null_array(field.data_type(), rows));
        let columns: Vec<_> = batch.columns().iter().cloned().chain(nulls).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let fields = schema.fields().iter().zip(&columns);
        let typed =
            fields.map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()));
        let schema = Arc::new(arrow_schema::Schema::new_with_metadata(
            typed.collect::<Vec<_>>(),
            metadata.clone(),
        ));
        RecordBatch::try_new_with_options(schema, columns, &options).map_err(RowsError::columns_differ)
    };
    batches.into_iter().map(widened).collect()
}
