//! The kinds of dashboard.

use std::fmt;
use std::str::FromStr;

/// The kind of dashboard a workflow has (`report_configurations.dashboard_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum DashboardType {
    /// Headline metrics, trend, breakdowns and a top table.
    #[default]
    Standard,
    /// Stages with their conversion.
    Funnel,
    /// One period or segment against another.
    Comparison,
    /// The configuration's own panels.
    Custom,
}

impl DashboardType {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Funnel => "funnel",
            Self::Comparison => "comparison",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for DashboardType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DashboardType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Standard, Self::Funnel, Self::Comparison, Self::Custom]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or(())
    }
}
