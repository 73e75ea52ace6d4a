//! What the integration tests, the demo and the benchmark share: the servers, the service as a process, the closing report.
#![allow(dead_code, reason = "each of them uses a part")]

pub mod broker;
pub mod engine;
pub mod report;
pub mod servers;
pub mod service;
pub mod skip;
