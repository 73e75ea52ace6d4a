//! How much this benchmark does; each size can be set from the environment for a quick run.

use anyhow::Result;

use crate::sizes::{Sizes, read};

/// The sizes of a run.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Workflows, each with a report over a year, partitions, days of history.
    pub spine: Sizes,
    /// Requests a second beside the load (`BENCH_READS_PER_S`).
    pub reads_per_s: f64,
    /// For how long (`BENCH_READS_SECONDS`).
    pub reads_seconds: f64,
    /// Executions a second that land meanwhile (`BENCH_READS_LOAD_PER_S`).
    pub load_per_s: f64,
    /// How many pages are read alone (`BENCH_READS_ROUNDS`).
    pub rounds: usize,
    /// Clients that follow live updates (`BENCH_LIVE_CLIENTS`).
    pub clients: usize,
}

impl Scale {
    /// The published sizes, or what the environment says; there are 2,000 workflows unless `BENCH_WORKFLOWS` says otherwise.
    pub fn from_environment() -> Result<Self> {
        Ok(Self {
            spine: Sizes {
                workflows: read("BENCH_WORKFLOWS", 2_000)?,
                ..Sizes::from_environment()?
            },
            reads_per_s: read("BENCH_READS_PER_S", 500.0)?,
            reads_seconds: read("BENCH_READS_SECONDS", 20.0)?,
            load_per_s: read("BENCH_READS_LOAD_PER_S", 50.0)?,
            rounds: read("BENCH_READS_ROUNDS", 200)?,
            clients: read("BENCH_LIVE_CLIENTS", 1_000)?,
        })
    }
}
