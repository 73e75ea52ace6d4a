//! Results: bytes to typed columns, and what each column means.
//!
//! [`Delivered`] turns a result in any format into Arrow record batches under [`Limits`], a few megabytes at a time.
//! An [`Observation`] sums up what each column's values look like as mergeable [`Evidence`]; [`roles::decide`] decides
//! from evidence, names and hints alone what each column means. [`reader::ColumnReader`] then reads numbers, dates and texts, by one [`reader::Reading`]
//! for each column, so no cell is guessed on its own.
//!
//! Invariants: the same cells give the same numbers, dates and texts in every format; evidence does not depend on the
//! order of rows or of merges; nothing is read through a binary float that did not arrive as one; memory does not grow
//! with the number of rows.

mod arrow_stream;
mod arrow_types;
mod batches;
mod cells;
mod csv;
mod customs;
mod decompress;
mod dialect;
mod distinct;
mod error;
mod evidence;
mod evidence_codec;
mod json;
mod labels;
mod limits;
#[cfg(test)]
mod marks_tests;
mod no_table;
mod notation;
mod observe;
mod parquet_file;
mod parquet_pages;
mod plain;
mod read;
pub mod reader;
pub mod roles;
mod steps;
mod strays;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod total_words;
mod totals;
mod value;

pub use batches::{Batches, Delivered, FirstRows};
pub use distinct::fixed_hash;
pub use error::RowsError;
pub use evidence::{Evidence, NamedStep, Values};
pub use limits::Limits;
pub use no_table::{BEGINNING, NoTable};
pub use observe::{Observation, observe};
pub use read::read;
pub use steps::{are_steps, step_named};
pub use text::BeginningOfText;
pub use total_words::{summed_up, words_of};
pub use totals::{is_blank, total_at_end};
pub use value::{month_named, weekday_named};
