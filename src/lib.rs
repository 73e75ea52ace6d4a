//! dashloom folds finished workflow executions into dashboards: Kafka in, one PostgreSQL transaction, Kafka out.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod aggregate;
pub mod app;
pub mod cli;
pub mod config;
pub mod dashboard;
pub mod decimal;
pub mod event;
pub mod fold;
pub mod http;
pub mod ids;
pub mod kafka;
pub mod pipeline;
pub mod relay;
pub mod rows;
pub mod store;
pub mod sweep;
pub mod telemetry;
pub mod window;
