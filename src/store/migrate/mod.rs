//! The schema and its migration: refinery's files in five phases, safe on a live system, re-runnable after any kill.
//!
//! 1. new tables without foreign keys · 2. columns on the engine's tables · 3. backfill of `report_enabled` ·
//! 4. indexes and foreign keys · 5. roles and row level security.
//!
//! Invariants:
//! - A file's version is its phase × 100 + n. refinery refuses a version below the newest applied one, so a change made
//!   after a release takes the next free number above all others (601, …), whatever it is about.
//! - Files are templates: the engine's tables and the roles stand as `{{name}}`. refinery hashes the template, so one
//!   release has the same checksums everywhere; the names a database was migrated with are kept in
//!   `dashloom.installation`, and a run under other names is refused.
//! - A file that begins with `-- dashloom: no-transaction` is run one statement a call and may be cut off anywhere: each
//!   of its statements can be repeated.
//! - No statement waits for a lock longer than [`MigrateOptions::lock_timeout`]: whoever queues behind it waits no longer.

#![allow(
    clippy::disallowed_methods,
    reason = "transactions begin in the store, and this is part of it"
)]

mod backfill;
mod compatible;
mod decide;
mod engine;
mod error;
mod facts;
mod options;
mod preflight;
mod report;
mod run;
mod runner;
mod session;
mod statements;
mod template;

pub use compatible::{Compatibility, schema_is_compatible};
pub use error::{MigrateError, RunError};
pub use options::{BackfillRule, MigrateOptions, OnProgress, Progress};
pub use report::{BackfillReport, MigrationFile, MigrationReport, Outcome, WorkflowDecision};
pub use run::{backfill, migrate};
