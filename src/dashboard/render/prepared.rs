//! The results of a view as they are drawn: long tables made wide, rows that sum up others left out.

use super::columns::Columns;
use super::long_table::LongTable;
use super::sums_of_others::SumsOfOthers;
use crate::dashboard::{Contribution, VisualizationConfig};

/// What is done to results before they are drawn.
#[derive(Debug)]
pub struct Prepared {
    /// What made their table long.
    pub long: Option<LongTable>,
    sums: Option<SumsOfOthers>,
}

impl Prepared {
    /// What is to be done to these.
    pub fn of(contributions: &[Contribution<'_>], config: &VisualizationConfig) -> Self {
        let long = LongTable::of(contributions, config);
        let wide = long.as_ref().map(|long| long.wide.contributions(contributions));
        let sums = SumsOfOthers::of(wide.as_deref().unwrap_or(contributions), config);
        Self { long, sums }
    }

    /// The contributions as they are drawn, unless that is as they are.
    pub fn contributions<'s>(&'s self, all: &[Contribution<'_>]) -> Option<Vec<Contribution<'s>>> {
        let shorter = self.sums.as_ref().map(|sums| &sums.shorter);
        let replaced = shorter.or(self.long.as_ref().map(|long| &long.wide))?;
        Some(replaced.contributions(all))
    }

    /// Says of the columns what was done.
    pub fn explain(&self, columns: &mut Columns<'_>) {
        if let Some(long) = &self.long {
            long.explain(columns);
        }
        if let Some(sums) = &self.sums {
            sums.explain(columns);
        }
    }
}
