//! Dashboards: the configuration, which result counts on which date, which views exist, and what each one shows.
//!
//! Everything here is a pure function of the set of results and the configuration: no clock, no randomness, no I/O, and
//! the order in which results arrived changes nothing.
//!
//! * [`config`] reads `visualization_config`.
//! * [`mod@winners`] decides which execution holds each date.
//! * [`plan`] decides which views exist, what each covers and compares with, and which must be rendered again.
//! * [`render`](mod@render) makes datasets, charts and metrics of a view.
//! * [`theme`] is what charts are drawn on.
//! * [`mod@chronicle`] is what insights are found in.
//! * [`canonical`] writes and hashes JSON so that equal content has equal bytes.

pub mod cadence;
pub mod canonical;
pub mod changes;
pub mod chronicle;
pub mod claims;
pub mod compare;
pub mod config;
pub mod period;
pub mod plan;
#[cfg(test)]
mod plan_tests;
pub mod render;
pub mod row_days;
#[cfg(test)]
mod samples;
pub mod theme;
mod uncovered;
pub mod view;
pub mod winners;
pub mod words;

pub use cadence::{Cadence, cadence};
pub use canonical::{canonical_json, content_sha256, with_insights};
pub use changes::{Change, changed_dates};
pub use chronicle::Chronicle;
pub use claims::Claims;
pub use compare::{Compare, NoCompare};
pub use config::{ConfigError, DashboardType, VisualizationConfig};
pub use period::{Period, PeriodKey};
pub use plan::{History, ViewPlan, dirty, plan_views};
pub use render::{RenderError, RoleReason, render, render_with_chronicle, roles};
pub use row_days::RowDays;
pub use theme::Theme;
pub use view::{Contribution, Dashboard, Headline, ViewInput};
pub use winners::{Candidate, Holding, Winners, winners};
