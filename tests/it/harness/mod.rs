//! What the integration tests are written with: verbs over a world of one test's own.
//!
//! Nothing here uses the crate's inside: a world is the service's environment, seen as the engine, a notifier and an
//! operator see it (topics, SQL, the admin port, the process). Waiting is on signals: a notification from PostgreSQL,
//! a record from Kafka, a line from the process; never on the clock.
#![allow(
    dead_code,
    unused_imports,
    reason = "verbs are for every module; none uses all of them"
)]

mod broker;
mod database;
mod servers;
mod service;
mod world;

pub use broker::{Reader, Record, Writer};
pub use database::Database;
pub use servers::{Servers, servers};
pub use service::Service;
pub use world::World;

/// How long any wait for a signal may take before the test fails, saying what it waited for.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
