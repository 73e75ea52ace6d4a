//! What the API reads: one file for each thing it shows. Nothing here locks or writes.
//!
//! Lists go by keyset: a page ends with a key and an id, and the next one begins behind them.

mod conditions;
mod dashboards;
mod insights;
mod library;
mod reports;

pub use dashboards::{
    Dashboard, DashboardFilter, DashboardHead, DashboardSort, Edition, dashboards, edition, find_dashboard,
};
pub use insights::{Insight, InsightFilter, ORDER as INSIGHT_ORDER, insights, insights_of};
pub use library::{
    Chosen, ReportFilter, ReportSort, choose, few_visible_configurations, visible_configurations, wrong,
};
pub use reports::{Newest, Report, ReportStatus, Unprocessed, find_report, reports, unprocessed};

/// Where a page begins: behind the row with this key and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The value that the list is sorted by, as text.
    pub key: String,
    /// The id that decides among equals.
    pub id: uuid::Uuid,
}
