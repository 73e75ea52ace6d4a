//! A limit on records a second, shared by all lanes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Keeps all lanes together under a rate.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: Option<u32>,
    /// When the next record is due.
    due: Mutex<Instant>,
}

impl Pace {
    pub fn new(per_second: Option<u32>) -> Self {
        Self {
            per_second,
            due: Mutex::new(Instant::now()),
        }
    }

    /// Waits as long as `records` that were just settled take at the rate.
    pub async fn keep(&self, records: usize) {
        if let Some(until) = self.due_after(records, Instant::now()) {
            tokio::time::sleep_until(until).await;
        }
    }

    /// When the next record is due after `records` more; `None` where there is no limit.
    fn due_after(&self, records: usize, now: Instant) -> Option<Instant> {
        let per_second = self.per_second?;
        let takes = Duration::from_secs_f64(records as f64 / f64::from(per_second.max(1)));
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(now) + takes;
        Some(*due)
    }

    /// The most records to settle at once, so that the rate holds over a second too.
    pub fn at_once(&self) -> usize {
        self.per_second
            .map_or(usize::MAX, |rate| (rate as usize / 2).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_share_the_rate() {
        let pace = Pace::new(Some(100));
        let now = Instant::now();
        pace.due_after(50, now);
        pace.due_after(50, now);
        let until = pace.due_after(100, now).unwrap();
        assert_eq!(until.duration_since(now).as_millis() / 10, 200);
        assert_eq!(pace.at_once(), 50);
        assert_eq!(Pace::new(None).due_after(1_000_000, now), None);
    }
}
