//! Rendering: the one place where results become a dashboard's datasets, charts and metrics.
//!
//! [`render`] is a pure function of the winning partials and the configuration. On its way
//! 1. `columns` unifies the results' columns by label and decides their roles from the evidence taken together;
//! 2. `fields` names what is shown: time, dimensions, measures and how each is computed;
//! 3. `cube` aggregates every cell once by date and once by combination of dimension values, with integer codes;
//! 4. `datasets`, `metrics` and `chart` evaluate these aggregates; `standard` says which of them a dashboard has.
//!
//! Invariants: sums are exact and so independent of order; quotients and means are divided from sums of the group at
//! hand, never averaged; what is missing is null or left out, never zero; all three texts are canonical JSON as written.
//! A dashboard of another type than `standard` is rendered as a standard one as long as its type has no rules of its own.

mod chart;
mod columns;
mod coverage;
mod cube;
mod dataset;
mod datasets;
mod dictionary;
mod fields;
mod grain;
mod json;
mod measures;
mod metrics;
mod names;
mod quality;
mod ranking;
mod standard;
mod totals;
mod value;
mod view;

pub use names::snake_case;
pub use view::{RenderError, render};
