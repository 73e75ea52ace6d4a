//! Sketches: what is asked of many values, kept in few bytes.
//!
//! Invariants: a sketch is a function of the multiset of values; merging is associative and commutative, and for
//! distinct counts idempotent; equal sketches have equal bytes on every machine, for nothing in them comes from a
//! float.

mod distinct;
mod quantile;

pub use distinct::DistinctSketch;
pub use quantile::QuantileSketch;
