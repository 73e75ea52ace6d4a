//! How long whoever failed is left alone.

use std::time::Duration;

/// The longest pause that was not asked for.
const LONGEST: Duration = Duration::from_secs(60);

/// A pause that grows with each failure in a row.
#[derive(Debug, Default)]
pub struct Pause {
    failures: u32,
    asked: Option<Duration>,
}

impl Pause {
    /// Notes a failure; `wait` is how long the other side wants to be left alone, where it says so.
    pub fn failed(&mut self, wait: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        self.asked = wait;
    }

    /// Notes a success.
    pub fn over(&mut self) {
        *self = Self::default();
    }

    /// How many failures there were in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// How long to wait now: 1 s, 2 s, 4 s, … up to a minute, or as long as was asked; `None` after a success.
    pub fn length(&self) -> Option<Duration> {
        let doubled = 1_u64
            .checked_shl(self.failures.checked_sub(1)?)
            .unwrap_or(u64::MAX);
        Some(self.asked.unwrap_or(Duration::from_secs(doubled).min(LONGEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_something_succeeds() {
        let mut pause = Pause::default();
        assert_eq!(pause.length(), None);
        let mut lengths = Vec::new();
        for _ in 0..70 {
            pause.failed(None);
            lengths.extend(pause.length().map(|length| length.as_secs()));
        }
        assert_eq!(lengths[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(lengths[69], 60);
        pause.failed(Some(Duration::from_secs(7)));
        assert_eq!(pause.length(), Some(Duration::from_secs(7)));
        pause.over();
        assert_eq!((pause.length(), pause.failures()), (None, 0));
    }
}
