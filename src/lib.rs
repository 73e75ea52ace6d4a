//! dashloom folds finished workflow executions into dashboards: Kafka in, one PostgreSQL transaction, Kafka out.
//!
//! | room | what it is |
//! |---|---|
//! | [`event`], [`rows`], [`aggregate`], [`dashboard`], [`insight`], [`export`] | the core: pure functions from bytes to bytes |
//! | [`kafka`], [`objects`], [`store`], [`render`], [`language_model`] | the adapters: one outside system each |
//! | [`fold`] | the one way a dashboard changes |
//! | [`pipeline`], [`relay`], [`sweep`], [`http`], [`narrate`] | the shells around it: consume, publish, follow up, tell, reword |
//! | [`replay`], [`repair`] | what an operator does: a stretch of the topic once more, through the same recipe; repairs |
//! | [`app`], [`cli`], [`config`], [`telemetry`] | what starts, configures and observes them |
//! | [`ids`], [`decimal`], [`window`] | plain values that every room may use |
//!
//! One event's way:
//! 1. `kafka::polling` hands a record to its partition's inbox,
//! 2. `pipeline::partition` takes what has arrived and `pipeline::recipe` applies it:
//! 3. `event::decode` reads and validates it,
//! 4. `rows::Delivered` reads its result and `aggregate::aggregate` makes a partial of it,
//! 5. `fold` decides in one transaction what counts, renders what changed and writes views, outbox and position,
//! 6. `relay` publishes the outbox.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod aggregate;
pub mod app;
pub mod cli;
pub mod config;
pub mod dashboard;
pub mod decimal;
pub mod event;
pub mod export;
pub mod fold;
pub mod http;
pub mod ids;
pub mod insight;
pub mod kafka;
pub mod language_model;
pub mod narrate;
pub mod objects;
pub mod pipeline;
pub mod relay;
pub mod render;
pub mod repair;
pub mod replay;
pub mod rows;
pub mod store;
pub mod sweep;
pub mod telemetry;
pub mod window;
