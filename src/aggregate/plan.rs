//! What is kept of which column, and how each is read.

use super::cells::Dimension;
use super::partial::{Column, Lost, PartialSpec, Sketch};
use crate::event::{ColumnHint, ColumnRole};
use crate::rows::reader::Reading;
use crate::rows::roles::{self, ColumnFacts, Decision, may_be_dimension};
use crate::rows::{Observation, Values};

/// What is kept of which column, each as an index into the result's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub time: Option<usize>,
    pub dimensions: Vec<Dimension>,
    /// Columns whose numbers are kept.
    pub measures: Vec<usize>,
    pub sketches: Vec<(usize, Sketch)>,
    pub readings: Vec<Reading>,
}

impl Plan {
    /// Keeps every column that some view might need as a dimension, and the sums of every numeric one whatever its
    /// role, so that views can decide roles from all their executions, and configurations change them, without rows.
    pub(super) fn new(columns: &[Column], readings: Vec<Reading>, spec: &PartialSpec) -> Self {
        let mut plan = Self {
            time: None,
            dimensions: Vec::new(),
            measures: Vec::new(),
            sketches: Vec::new(),
            readings,
        };
        for (index, (column, decision)) in columns.iter().zip(decide(columns, spec)).enumerate() {
            let counted = spec.sketches.contains(&(column.label.clone(), Sketch::Distinct))
                && spec.declared_role(&column.label) != Some(ColumnRole::Dimension);
            plan.add(index, column, decision.role, counted);
            let asked = |kind: &Sketch| spec.sketches.contains(&(column.label.clone(), *kind));
            let kinds = [Sketch::Distinct, Sketch::Quantile].into_iter().filter(asked);
            plan.sketches.extend(kinds.map(|kind| (index, kind)));
        }
        plan
    }

    /// `counted` says that only the number of different values is asked for, as with an id.
    fn add(&mut self, column: usize, of: &Column, role: ColumnRole, counted: bool) {
        let is_dimension = match role {
            ColumnRole::Time => {
                self.time = Some(column);
                return;
            }
            ColumnRole::Dimension | ColumnRole::Stage => true,
            ColumnRole::Measure | ColumnRole::Ratio | ColumnRole::Id => {
                may_be_dimension(&of.label, &of.evidence)
            }
            ColumnRole::Ignore => false,
        };
        if is_dimension {
            // By values that a view breaks down by it has to be said that some were folded.
            let is_shown = matches!(role, ColumnRole::Dimension | ColumnRole::Stage);
            let is_id = role == ColumnRole::Id || counted && !is_shown;
            self.dimensions.push(Dimension { column, is_id });
        }
        let is_number = of.evidence.values() == Values::Numbers || of.evidence.may_be_numbers();
        if is_number || matches!(role, ColumnRole::Measure | ColumnRole::Ratio) {
            self.measures.push(column);
        }
    }
}

/// The result's columns as observed so far, with their hints.
pub(super) fn columns(observation: &Observation, hints: &[ColumnHint]) -> Vec<Column> {
    (observation.labels().iter().zip(observation.evidence()))
        .map(|(label, evidence)| Column {
            label: label.clone(),
            evidence,
            hint: hints.iter().rfind(|hint| hint.name == *label).cloned(),
            lost: Lost::default(),
        })
        .collect()
}

/// What each column of the result means by itself.
pub(super) fn decide(columns: &[Column], spec: &PartialSpec) -> Vec<Decision> {
    let facts: Vec<ColumnFacts<'_>> = (columns.iter().enumerate())
        .map(|(position, column)| ColumnFacts {
            label: &column.label,
            position,
            evidence: &column.evidence,
            hint: column.hint.as_ref(),
            declared: spec.declared_role(&column.label),
        })
        .collect();
    roles::decide(&facts)
}
