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

mod api;
mod authority;
mod command;
mod counts;
mod database;
mod day;
mod kitchen;
mod load;
mod model;
mod objects;
mod own_server;
mod proxy;
mod servers;
mod service;
mod slow_disk;
mod view;
mod watch;
mod world;

pub use crate::stage::broker::{Broker, Outgoing, PATIENCE, Reader, Record, Writer};
pub use crate::stage::engine::{Finished, Workflow};
pub use api::{Answer, Api, claims_of, ready, token};
pub use authority::Authority;
pub use command::{Ran, Running};
pub use database::Database;
pub use day::day;
pub use kitchen::{Kitchen, finished};
pub use load::Load;
pub use model::{Asked, Model, Reply};
pub use objects::ObjectStore;
pub use own_server::OwnServer;
pub use proxy::{Cut, Proxy, Weather};
pub use servers::{Servers, servers};
pub use service::Service;
pub use slow_disk::SlowDisk;
pub use view::View;
pub use watch::{Watch, positions};
pub use world::{OWNER, World};
