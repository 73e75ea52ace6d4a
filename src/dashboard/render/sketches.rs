//! Sketches by group: merged, never averaged.

use crate::aggregate::{DistinctSketch, QuantileSketch, Sketch, SketchCells, SketchValues};
use crate::decimal::Decimal;

/// What a result has of a sketch.
#[derive(Debug, Clone, Copy)]
pub enum Sketched<'a> {
    /// The result has no such column, and so no values.
    NoColumn,
    /// The column is there but was not sketched: what its rows hold is not known.
    Lacking,
    /// One sketch a cell.
    Cells(&'a SketchCells),
}

/// One sketch a group.
#[derive(Debug, Clone)]
pub struct Merged {
    values: Values,
    /// Whether a result that lacks the sketch has rows in the group.
    is_lacking: Vec<bool>,
}

#[derive(Debug, Clone)]
enum Values {
    Distinct(Vec<DistinctSketch>),
    Quantile(Vec<QuantileSketch>),
}

impl Merged {
    /// No groups yet.
    pub fn new(kind: Sketch) -> Self {
        let values = match kind {
            Sketch::Distinct => Values::Distinct(Vec::new()),
            Sketch::Quantile => Values::Quantile(Vec::new()),
        };
        Self {
            values,
            is_lacking: Vec::new(),
        }
    }

    /// No groups yet, of the same kind.
    pub fn like(other: &Self) -> Self {
        Self::new(match other.values {
            Values::Distinct(_) => Sketch::Distinct,
            Values::Quantile(_) => Sketch::Quantile,
        })
    }

    /// Makes room for so many groups.
    pub fn resize(&mut self, groups: usize) {
        self.is_lacking.resize(groups, false);
        match &mut self.values {
            Values::Distinct(values) => values.resize_with(groups, DistinctSketch::default),
            Values::Quantile(values) => values.resize_with(groups, QuantileSketch::default),
        }
    }

    /// Adds cells, the first of which is the `first`-th of the partial, to their groups.
    pub fn add_cells(&mut self, groups: &[u32], first: usize, source: Sketched<'_>) {
        let groups = groups.iter().map(|group| *group as usize);
        match source {
            Sketched::NoColumn => {}
            Sketched::Lacking => groups.for_each(|group| self.is_lacking[group] = true),
            Sketched::Cells(cells) => match (&mut self.values, &cells.values) {
                (Values::Distinct(merged), SketchValues::Distinct(cells)) => {
                    groups
                        .zip(&cells[first..])
                        .for_each(|(group, cell)| merged[group].merge(cell));
                }
                (Values::Quantile(merged), SketchValues::Quantile(cells)) => {
                    groups
                        .zip(&cells[first..])
                        .for_each(|(group, cell)| merged[group].merge(cell));
                }
                (Values::Distinct(_) | Values::Quantile(_), _) => {
                    groups.for_each(|group| self.is_lacking[group] = true);
                }
            },
        }
    }

    /// Adds a group of another one of the same kind.
    pub fn add_group(&mut self, to: usize, other: &Self, from: usize) {
        self.is_lacking[to] |= other.is_lacking[from];
        match (&mut self.values, &other.values) {
            (Values::Distinct(merged), Values::Distinct(other)) => merged[to].merge(&other[from]),
            (Values::Quantile(merged), Values::Quantile(other)) => merged[to].merge(&other[from]),
            (Values::Distinct(_) | Values::Quantile(_), _) => self.is_lacking[to] = true,
        }
    }

    /// About how many different values a group has.
    pub fn distinct(&self, group: usize) -> Option<Decimal> {
        match &self.values {
            Values::Distinct(values) if !self.is_lacking[group] => {
                Some(Decimal::from_count(values[group].estimate()))
            }
            Values::Distinct(_) | Values::Quantile(_) => None,
        }
    }

    /// About the value at or below which a share of a group's values lies; none where it has no values.
    pub fn quantile(&self, group: usize, q: Decimal) -> Option<Decimal> {
        match &self.values {
            Values::Quantile(values) if !self.is_lacking[group] => values[group].quantile(q),
            Values::Distinct(_) | Values::Quantile(_) => None,
        }
    }
}
