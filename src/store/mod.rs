//! PostgreSQL: the only room with SQL. One file a table; one function a statement; binds only.
//!
//! Functions take an executor and finished values, and never call the core or another room.

mod arrays;
mod connect;
mod error;
mod tx;
mod upstream;

pub mod accounts;
pub mod authoring;
pub mod configurations;
pub mod executions;
pub mod exports;
pub mod insights;
pub mod migrate;
pub mod narrations;
pub mod outbox;
pub mod parked;
pub mod partials;
pub mod pending;
pub mod position_changes;
pub mod positions;
pub mod reads;
pub mod rebuilds;
pub mod redraws;
pub mod refused;
pub mod relay_positions;
pub mod replays;
pub mod report_exports;
pub mod unflagged;
pub mod view_events;
pub mod views;
pub mod withdrawals;
pub mod workflow_state;

/// Rows that one statement writes: a few hundred KB of documents, however large a batch is.
const ROWS_AT_ONCE: usize = 64;

pub use crate::config::RoleNames;
pub use connect::{APPLICATION_NAME, ConnectError, Database};
pub use deadpool_postgres::GenericClient;
pub use error::StoreError;
pub use tx::{
    Access, CommitError, PATIENCE, Role, answered, assume, assuming, begin, begin_for, begin_snapshot,
    commit, read_for,
};
pub use upstream::Upstream;
