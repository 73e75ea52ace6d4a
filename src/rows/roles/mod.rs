//! What each column means, decided from evidence, names, hints and declarations; rows are not needed.

mod decide;

pub use decide::{Agg, ColumnFacts, Decision, decide, may_be_dimension};
