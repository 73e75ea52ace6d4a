//! `visualization_config`: a small closed language, read from JSON.
//!
//! `language` says what may be written and is the only place that does: the checker, the JSON Schema and its
//! documentation follow from it. A refusal lists every problem at once, each with its JSON pointer and a hint.
//! `{}` means all defaults. There are no expressions and no URLs.

mod check;
mod dashboard_type;
mod language;
mod model;
mod problem;
mod read;
mod references;
mod schema;
mod shape;
#[cfg(test)]
mod tests;

pub use dashboard_type::DashboardType;
pub use model::{
    Aggregation, CompareWith, Comparison, Counting, Dimension, Format, Good, Mark, Measure, MeasureSource,
    Panel, PanelCompare, StageColumn, Top, VisualizationConfig,
};
pub use problem::{ConfigError, Problem, did_you_mean};
pub use read::config_sha256;
pub use schema::json_schema;
