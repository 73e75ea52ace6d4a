//! What a view reads of its results, made once for all rules that say what its columns mean.

use std::ops::Range;

use super::columns::Column;
use crate::aggregate::{DimensionCells, MeasureCells};
use crate::dashboard::Contribution;
use crate::window::Window;

/// The columns of a view, and the cells of its results that count.
#[derive(Debug)]
pub struct Reading<'r, 'a> {
    /// The columns.
    pub list: &'r [Column<'a>],
    /// The results in the order of their dates, whatever order they were given in.
    pub stretches: Vec<Stretch<'r, 'a>>,
    /// Of each column whether somebody else than the rules says what it is.
    is_told: Vec<bool>,
}

/// One result over the dates it holds.
#[derive(Debug)]
pub struct Stretch<'r, 'a> {
    /// The result.
    pub contribution: Contribution<'a>,
    /// Its cells of these dates, by their places.
    pub cells: Range<usize>,
    /// For each column of the view its place in the result.
    layout: &'r [Option<usize>],
}

impl<'r, 'a> Reading<'r, 'a> {
    /// Of columns of which somebody else decides where `is_told` says so; `layout` has the place of each column in a
    /// contribution's result.
    pub fn of(
        list: &'r [Column<'a>],
        contributions: &[Contribution<'a>],
        is_told: impl Fn(&Column<'a>) -> bool,
        layout: impl Fn(usize) -> &'r [Option<usize>],
    ) -> Self {
        let stretch = |(read, contribution): (usize, &Contribution<'a>)| {
            let dates = Window::new(contribution.from, contribution.to);
            Stretch {
                contribution: *contribution,
                cells: dates.map_or(0..0, |dates| contribution.partial.cells.between(dates)),
                layout: layout(read),
            }
        };
        let mut stretches: Vec<_> = contributions.iter().enumerate().map(stretch).collect();
        stretches.sort_unstable_by_key(|stretch| {
            let contribution = &stretch.contribution;
            (
                contribution.from,
                contribution.finished_at_ns,
                contribution.execution_id,
            )
        });
        Self {
            list,
            stretches,
            is_told: list.iter().map(is_told).collect(),
        }
    }

    /// Whether somebody else than the rules says what a column is.
    pub fn is_told(&self, column: usize) -> bool {
        self.is_told[column]
    }
}

impl<'a> Stretch<'_, 'a> {
    /// The place of a column of the view in the result.
    pub fn place(&self, column: usize) -> Option<usize> {
        self.layout[column]
    }

    /// The numbers of a column of the view.
    pub fn numbers(&self, column: usize) -> Option<&'a MeasureCells> {
        let place = self.place(column)?;
        let kept = &self.contribution.partial.cells.measures;
        kept.iter().find(|kept| kept.column == place)
    }

    /// The values of a column of the view as a dimension.
    pub fn values(&self, column: usize) -> Option<&'a DimensionCells> {
        let place = self.place(column)?;
        let kept = &self.contribution.partial.cells.dimensions;
        kept.iter().find(|kept| kept.column == place)
    }

    /// What all dimensions say in a cell, but those of some columns of the view.
    pub fn values_beside(&self, cell: usize, columns: &[usize]) -> Vec<Option<&'a str>> {
        let is_beside = |kept: &&DimensionCells| {
            let is_it = |column: &usize| self.place(*column) == Some(kept.column);
            !columns.iter().any(is_it)
        };
        let kept = self.contribution.partial.cells.dimensions.iter();
        kept.filter(is_beside).map(|kept| kept.value(cell)).collect()
    }
}
