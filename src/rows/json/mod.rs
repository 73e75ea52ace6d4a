//! JSON rows and NDJSON: objects whose keys are labels.
//!
//! Columns are the union of the keys in the order they are first seen; a key that a row lacks is null there, and of a
//! key given twice the last value counts. Numbers keep their source text, strings lose their escapes, nested values
//! become their compact text. `NaN` and `Infinity`, which some writers emit, are read as numbers out of range.

mod feed;
mod rows;
mod scan;

pub(super) use rows::{read_lines, read_rows};
