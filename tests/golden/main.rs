//! Golden tests: each folder of `tests/fixtures` is a case (a configuration, executions, their rows) whose rendered views
//! are held by one snapshot; a new case adds no code. The specs of every case are drawn by the pinned Vega as well, what is
//! known of real tables must stand in their dashboards, and `dashloom preview` must print what rendering gives.
#![forbid(unsafe_code)]

mod cases;
mod drawn;
mod experiments;
mod exports;
mod facts;
mod histories;
mod hostile;
mod insights;
mod kinds;
mod missing;
mod numbers;
mod preview;
mod ratios;
mod sketches;
#[path = "../stage/skip.rs"]
mod skip;
mod snapshots;
mod typefaces;
mod vega;
mod wide;
