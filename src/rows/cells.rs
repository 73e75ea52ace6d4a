//! The few kinds of column that remain once a result is read.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, TimeUnit};

/// One column of one batch that [`super::read()`] gave.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cells<'a> {
    /// Texts, as every text format gives them.
    Text(&'a StringArray),
    /// Whole numbers.
    Integer(&'a Int64Array),
    /// Binary floats.
    Float(&'a Float64Array),
    /// Dates.
    Date(&'a Date32Array),
    /// Timestamps; true where they are points in time, kept in UTC.
    Moment(&'a TimestampMicrosecondArray, bool),
    /// So many nulls.
    Nothing(usize),
}

impl<'a> Cells<'a> {
    /// The column's cells. Other types than those that reading leaves are taken as nulls.
    pub(super) fn of(column: &'a ArrayRef) -> Self {
        match column.data_type() {
            DataType::Utf8 => Self::Text(column.as_string()),
            DataType::Int64 => Self::Integer(column.as_primitive::<Int64Type>()),
            DataType::Float64 => Self::Float(column.as_primitive::<Float64Type>()),
            DataType::Date32 => Self::Date(column.as_primitive::<Date32Type>()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Self::Moment(column.as_primitive::<TimestampMicrosecondType>(), zone.is_some())
            }
            _ => Self::Nothing(column.len()),
        }
    }

    /// How many cells there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(column) => column.len(),
            Self::Integer(column) => column.len(),
            Self::Float(column) => column.len(),
            Self::Date(column) => column.len(),
            Self::Moment(column, _) => column.len(),
            Self::Nothing(rows) => *rows,
        }
    }
}
