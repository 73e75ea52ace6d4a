//! Integration tests: the real binary against a real PostgreSQL and a real Apache Kafka.
//!
//! One binary, a module a behaviour. Each test has a database and topics of its own (`World::new`), so all of them run
//! at once; the servers are started for the run unless `DATABASE_URL` and `KAFKA_BOOTSTRAP_SERVERS` name some.
#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod harness;
mod insights;
#[path = "../stage/mod.rs"]
mod stage;

// The demo's material: a year of flights and the executions an engine makes of it.
#[path = "../../examples/demo/flights.rs"]
mod flights;
#[path = "../../examples/demo/script.rs"]
mod script;

mod again;
mod announce;
mod beside;
mod by_reference;
mod consume;
mod contain;
mod converge;
mod crash;
mod export;
mod follow;
mod foreign;
mod http;
mod http_access;
mod http_exports;
mod http_live;
mod http_outage;
mod jwks;
mod kafka_tls;
mod kills;
mod log;
mod migrate;
mod narrate;
mod operate;
mod order;
mod outage;
mod page;
mod pending;
mod poison;
mod pooler;
mod portion;
mod rebuild;
mod relay;
mod repair;
mod replay;
mod reported;
mod rls;
mod rolling;
mod same_id;
mod servers;
mod thread;
mod tls;
mod withdraw;
