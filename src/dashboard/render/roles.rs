//! Why each column of a view was taken as it was.

use super::columns::Columns;
use super::prepared::Prepared;
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
    let prepared = Prepared::of(&input.contributions, input.config);
    let replaced = prepared.contributions(&input.contributions);
    let contributions = replaced.as_ref().unwrap_or(&input.contributions);
    let mut columns = Columns::of(contributions, input.config);
    prepared.explain(&mut columns);
    let made_long = |label: &str| prepared.long.as_ref().and_then(|long| long.role(label));
    let decided = columns.list.iter().zip(columns.decisions);
    decided
        .map(|(column, decision)| RoleReason {
            column: column.label.to_owned(),
            role: made_long(column.label).unwrap_or(decision.role),
            reason: decision.reason,
        })
        .collect()
}
