//! The rules, first match wins.

use crate::decimal::Decimal;
use crate::event::{ColumnHint, ColumnRole};
use crate::rows::Evidence;

/// What is known of one column.
#[derive(Debug, Clone, Copy)]
pub struct ColumnFacts<'a> {
    /// Its label as delivered, duplicates told apart.
    pub label: &'a str,
    /// Its place in the result, from 0.
    pub position: usize,
    /// What its values look like, merged over the executions that count.
    pub evidence: &'a Evidence,
    /// The latest execution's hint for it.
    pub hint: Option<&'a ColumnHint>,
    /// The role its configuration declares.
    pub declared: Option<ColumnRole>,
}

/// How a measure is aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Agg {
    /// Added up.
    Sum,
    /// Averaged over its values, by keeping sum and count.
    Mean,
}

/// What a column means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its role.
    pub role: ColumnRole,
    /// How its numbers are aggregated, where it is a measure.
    pub agg: Agg,
    /// Why, in one sentence for an analyst.
    pub reason: String,
    /// For a ratio the numerator and denominator as indices into the facts, and the factor of their quotient; `None`
    /// marks it non-additive.
    pub binding: Option<(usize, usize, Decimal)>,
}

/// Decides every column's role, in the order of `columns`. At most one column is the time.
pub fn decide(columns: &[ColumnFacts<'_>]) -> Vec<Decision> {
    let _ = columns;
    todo!()
}

/// Whether some view might take this column as a dimension, so that a partial has to keep its values: false only for
/// numbers that stay measures, ratios or ids whatever other executions bring.
pub fn may_be_dimension(label: &str, evidence: &Evidence) -> bool {
    let _ = (label, evidence);
    todo!()
}
