//! Rendering: the one place where results become a dashboard's datasets, charts and metrics.
//!
//! [`render`] is a pure function of the winning partials and the configuration. On its way
//! 1. `prepared` makes long tables wide and leaves out rows that sum up others; `columns` unifies the results' columns by label and decides their roles from the evidence taken together;
//! 2. `fields` names what is shown: time, dimensions, measures and how each is computed;
//! 3. `cube` aggregates every cell once by date and once by combination of dimension values, with integer codes;
//! 4. `datasets`, `series`, `metrics` and `chart` evaluate these aggregates; `standard`, `funnel`, `comparison` and
//!    `custom` say which of them a dashboard of their type has, and in what order (`content`).
//!
//! Invariants: sums are exact and so independent of order; quotients and means are divided from sums of the group at
//! hand, never averaged; what is missing is null or left out, never zero; all three texts are canonical JSON as written.

mod bad_cells;
mod changes;
mod chart;
mod chronicle;
mod claimed_sums;
mod columns;
mod comparison;
mod content;
mod counters;
mod coverage;
mod cube;
mod currency;
mod custom;
mod dataset;
mod datasets;
mod dictionary;
mod doubts;
mod experiment;
mod fields;
mod funnel;
mod grain;
mod identities;
mod json;
mod lone_rows;
mod long_table;
mod measures;
mod metrics;
mod mix;
mod names;
mod order;
mod other_dates;
mod prepared;
mod quality;
mod quotients;
mod ranking;
mod reading;
mod repeated;
mod replaced;
mod roles;
mod row_sums;
#[cfg(test)]
mod samples;
mod scales;
mod series;
mod sides;
mod sketches;
mod spread;
mod stage_values;
mod stages;
mod standard;
mod stocks;
mod subjects;
mod sums_of_others;
mod totals;
mod value;
mod view;
mod wide;

pub use names::snake_case;
pub use roles::{RoleReason, roles};
pub use view::{RenderError, render, render_with_chronicle};
