//! How much the benchmark does; each size can be set from the environment for a quick run.

use std::str::FromStr;

use anyhow::{Result, anyhow};

/// The sizes of a run.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Executions that are preloaded and measured (`BENCH_EXECUTIONS`).
    pub executions: usize,
    /// Workflows they are drawn from (`BENCH_WORKFLOWS`).
    pub workflows: usize,
    /// Partitions of the input topic (`BENCH_PARTITIONS`).
    pub partitions: i32,
    /// Days of history in the long run (`BENCH_HISTORY_DAYS`).
    pub history_days: u64,
    /// How long events are sent at half load (`BENCH_LATENCY_SECONDS`).
    pub latency_seconds: f64,
    /// Unchanged events that are replayed at least (`BENCH_REPLAY_EVENTS`): the topic once or more often.
    pub replay_events: u64,
}

impl Sizes {
    /// The published sizes, or what the environment says.
    pub fn from_environment() -> Result<Self> {
        Ok(Self {
            executions: read("BENCH_EXECUTIONS", 60_000)?,
            workflows: read("BENCH_WORKFLOWS", 10_000)?,
            partitions: read("BENCH_PARTITIONS", 8)?,
            history_days: read("BENCH_HISTORY_DAYS", 364)?,
            latency_seconds: read("BENCH_LATENCY_SECONDS", 15.0)?,
            replay_events: read("BENCH_REPLAY_EVENTS", 200_000)?,
        })
    }
}

/// A size that the environment may say.
pub fn read<T: FromStr>(name: &str, default: T) -> Result<T> {
    match std::env::var(name) {
        Ok(text) => text.parse().map_err(|_| anyhow!("{name}={text} is not a number")),
        Err(_) => Ok(default),
    }
}
