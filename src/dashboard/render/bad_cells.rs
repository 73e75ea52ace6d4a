//! Cells of numbers that hold none, or one that is too large: which column has them, and what stands there.

use super::columns::Column;
use crate::dashboard::{Contribution, words};
use crate::event::ColumnRole;
use crate::rows::roles::{Decision, strays};

/// A sentence on each column with such cells; `results` are the places of the results among the contributions, each once, and `layout`
/// has the place of each column in a contribution's result.
pub fn notes<'l>(
    list: &[Column<'_>],
    decisions: &[Decision],
    contributions: &[Contribution<'_>],
    results: &[usize],
    layout: impl Fn(usize) -> &'l [Option<usize>],
) -> Vec<String> {
    let mut notes = Vec::new();
    for (index, (column, decision)) in list.iter().zip(decisions).enumerate() {
        if decision.role == ColumnRole::Time {
            continue;
        }
        if let Some(told) = strays(&column.evidence, decision.role) {
            notes.push(format!("\"{}\": {}", column.label, told.trim_end_matches('.')));
        }
        let lost = results.iter().filter_map(|read| {
            let place = layout(*read)[index]?;
            Some(contributions[*read].partial.columns[place].lost.out_of_range)
        });
        let lost: u64 = lost.sum();
        let is_measured = matches!(decision.role, ColumnRole::Measure | ColumnRole::Ratio);
        let large = lost.saturating_sub(column.evidence.strays());
        if is_measured && large > 0 {
            let values = words::count(large, "value is", "values are");
            notes.push(format!(
                "\"{}\": {values} not finite or beyond 15 digits before the point, and no number",
                column.label
            ));
        }
    }
    notes
}
