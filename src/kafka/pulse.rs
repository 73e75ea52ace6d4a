//! Signs of life of the polling thread, for liveness and readiness.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Signs of life of the polling thread.
#[derive(Debug)]
pub struct Pulse {
    born: Instant,
    ticked_ms: AtomicU64,
    assigned: AtomicBool,
    partitions: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            born: Instant::now(),
            ticked_ms: AtomicU64::new(0),
            assigned: AtomicBool::new(false),
            partitions: AtomicU64::new(0),
        }
    }
}

impl Pulse {
    /// How long ago the polling thread last went round.
    pub fn since_tick(&self) -> Duration {
        self.born
            .elapsed()
            .saturating_sub(Duration::from_millis(self.ticked_ms.load(Ordering::Relaxed)))
    }

    /// Whether the group has been joined and the first assignment was seen, be it empty.
    pub fn joined(&self) -> bool {
        self.assigned.load(Ordering::Relaxed)
    }

    /// How many partitions are assigned now.
    pub fn partitions(&self) -> u64 {
        self.partitions.load(Ordering::Relaxed)
    }

    pub(super) fn tick(&self) {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.ticked_ms.store(now, Ordering::Relaxed);
    }

    pub(super) fn assigned(&self, partitions: usize) {
        self.partitions.store(partitions as u64, Ordering::Relaxed);
        self.assigned.store(true, Ordering::Relaxed);
    }
}
