//! Partials: the mergeable aggregate of one execution's result, and its versioned encoding.
//!
//! Invariants: a partial is a function of the set of rows, the hints and the spec; sums are exact, so merging partials
//! is associative and commutative; decoding what was encoded gives the same partial, and equal partials have equal
//! bytes.

mod cells;
mod encoding;
mod from_rows;
mod intake;
mod interner;
mod narrow;
mod partial;
mod plan;
mod reforming;
mod shape;
mod sketch;
mod summarise;
#[cfg(test)]
mod tests;
mod total_row;
mod varint;
mod widened;
mod without;

pub use cells::{MAX_CELL_BYTES, MAX_CELLS, OTHER};
pub use encoding::{ENCODING_VERSION, EncodingError};
pub use from_rows::{AggregateError, aggregate};
pub use partial::{
    Cells, Column, DimensionCells, Kind, Lost, MeasureCells, Partial, PartialSpec, Quality, Sketch,
    SketchCells, SketchValues,
};
pub use sketch::{DistinctSketch, QuantileSketch};
pub use total_row::Parts;
pub use widened::Long;
