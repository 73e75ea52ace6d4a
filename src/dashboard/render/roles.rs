//! Why each column of a view was taken as it was.

use super::columns::Columns;
use super::sums_of_others::SumsOfOthers;
use crate::dashboard::ViewInput;
use crate::event::ColumnRole;

/// What a column means, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleReason {
    /// The column's label.
    pub column: String,
    /// Its role.
    pub role: ColumnRole,
    /// Why, in one sentence for an analyst.
    pub reason: String,
}

impl RoleReason {
    /// The role's name in hints and configurations.
    pub fn role_name(&self) -> &'static str {
        match self.role {
            ColumnRole::Time => "time",
            ColumnRole::Dimension => "dimension",
            ColumnRole::Measure => "measure",
            ColumnRole::Ratio => "ratio",
            ColumnRole::Id => "id",
            ColumnRole::Stage => "stage",
            ColumnRole::Ignore => "ignore",
        }
    }
}

/// The roles of a view's columns, decided from the evidence of all its results, in column order.
pub fn roles(input: &ViewInput<'_>) -> Vec<RoleReason> {
    let sums = SumsOfOthers::of(&input.contributions, input.config);
    let shorter = sums.as_ref().map(|sums| sums.contributions(&input.contributions));
    let mut columns = Columns::of(shorter.as_ref().unwrap_or(&input.contributions), input.config);
    if let Some(sums) = &sums {
        columns.explain(sums);
    }
    let decided = columns.list.iter().zip(columns.decisions);
    decided
        .map(|(column, decision)| RoleReason {
            column: column.label.to_owned(),
            role: decision.role,
            reason: decision.reason,
        })
        .collect()
}
