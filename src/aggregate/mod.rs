//! Partials: the mergeable aggregate of one execution's result, and its versioned encoding.

mod partial;

pub use partial::{Cells, Column, DimensionCells, Kind, MeasureCells, Partial, PartialSpec, Quality};
