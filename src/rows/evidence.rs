//! What a column's values looked like: counts that merge over executions, from which roles are decided without rows.

/// What all of a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Values {
    /// There are none.
    Empty,
    /// Numbers (also with separators, currency or percent signs).
    Numbers,
    /// Dates or timestamps.
    Times,
    /// Booleans in words.
    Booleans,
    /// Anything else.
    Texts,
}

/// Mergeable evidence about one column's values.
///
/// Merging is associative, commutative and, for one execution at a time, independent of row order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub(super) cells: u64,
}

impl Evidence {
    /// Takes in another result's evidence about the same column.
    pub fn merge(&mut self, other: &Self) {
        self.cells += other.cells;
    }

    /// What the values are, taken together.
    pub fn values(&self) -> Values {
        Values::Empty
    }

    /// The currency signs seen, in a fixed order; never add numbers up when there are two.
    pub fn currencies(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Appends the compact encoding.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let _ = out;
        todo!()
    }

    /// Reads one encoding from the front of `bytes` and moves past it; `None` when it is not one.
    pub fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let _ = bytes;
        todo!()
    }
}
