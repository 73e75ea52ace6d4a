//! How often somebody may ask: a bucket of requests that fills up again at a steady rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many askers are remembered before those with full buckets are forgotten.
const REMEMBERED: usize = 10_000;

/// The buckets of everybody who asked lately.
#[derive(Debug)]
pub struct Rates {
    /// The time that one request costs.
    cost: Duration,
    /// The time that a full bucket is worth.
    depth: Duration,
    /// When each asker's bucket is full again.
    full_at: Mutex<HashMap<String, Instant>>,
}

impl Rates {
    /// Buckets of `burst` requests that gain `per_second` a second.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let cost = Duration::from_secs(1) / per_second.max(1);
        Self {
            cost,
            depth: cost * burst.max(1),
            full_at: Mutex::default(),
        }
    }

    /// Takes one request out of an asker's bucket.
    ///
    /// # Errors
    /// How long to wait until there is one in it.
    pub fn take(&self, asker: &str, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= REMEMBERED {
            full_at.retain(|_, full| *full > now);
        }
        let full = full_at.get(asker).copied().filter(|full| *full > now);
        let after = full.unwrap_or(now) + self.cost;
        let empty = now + self.depth;
        if after > empty {
            return Err(after - empty);
        }
        full_at.insert(asker.to_owned(), after);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_counts_for_each_asker() {
        let rates = Rates::new(10, 3);
        let now = Instant::now();
        for _ in 0..3 {
            assert_eq!(rates.take("ann", now), Ok(()));
        }
        let wait = rates.take("ann", now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(rates.take("bob", now), Ok(()));
        assert_eq!(rates.take("ann", now + wait), Ok(()));
        assert!(rates.take("ann", now + wait).is_err());
    }
}
