//! What a column's values looked like: counts that merge over executions, from which roles are decided without rows.

/// Mergeable evidence about one column's values.
///
/// Merging is associative, commutative and, for one execution at a time, independent of row order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    // filled in by the rows room
}
