//! What liveness and readiness look at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::kafka::Pulse;
use crate::telemetry::metrics;

/// What liveness and readiness look at: whether the polling thread goes round, whether the group was joined, and which
/// partitions are halted. Nothing in it depends on the database, a broker or the lag.
#[derive(Debug, Default)]
pub struct Health {
    pulse: Arc<Pulse>,
    halted: Mutex<BTreeMap<i32, String>>,
}

impl Health {
    /// The polling thread's signs of life.
    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }

    /// The halted partitions, each with what is wrong and the remedy.
    pub fn halted(&self) -> BTreeMap<i32, String> {
        self.lock().clone()
    }

    /// Notes that a partition is halted; `true` when that is news.
    pub(super) fn halt(&self, partition: i32, hint: &str) -> bool {
        let mut halted = self.lock();
        let is_news = halted.insert(partition, hint.to_owned()).as_deref() != Some(hint);
        metrics::halted_partitions(halted.len());
        is_news
    }

    /// Notes that a partition goes on, or is another's.
    pub(super) fn release(&self, partition: i32) {
        let mut halted = self.lock();
        if halted.remove(&partition).is_some() {
            metrics::halted_partitions(halted.len());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<i32, String>> {
        self.halted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
