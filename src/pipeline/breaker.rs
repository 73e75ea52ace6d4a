//! The breaker against storms of poison: thousands of records that can never be applied are a producer's fault, and
//! running through them at full speed would only make the same number of dead letters.

use std::time::Duration;

use super::batch::Streak;

/// How many dead letters in a row make a storm.
const STORM: u64 = 1_000;
/// How long a partition waits between two probes of a storm.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(5);
/// The most records that a probe settles.
const PROBE: usize = 100;

/// One partition's breaker.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    in_a_row: u64,
}

/// What a batch did to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// A storm has begun: probe from now on.
    Tripped,
    /// The first good record has come: full speed again.
    Cleared,
}

impl Breaker {
    /// Whether there is a storm.
    pub fn is_open(&self) -> bool {
        self.in_a_row >= STORM
    }

    /// The most records to settle next, of so many at least one: a few in a storm, and no more before it than would make one, so
    /// that none begins and ends in the middle of a batch.
    pub fn most(&self, records: usize) -> usize {
        let before_storm = usize::try_from(STORM.saturating_sub(self.in_a_row)).unwrap_or(usize::MAX);
        match self.is_open() {
            true => records.min(PROBE),
            false => records.min(before_storm),
        }
    }

    /// Takes in how a settled batch ended.
    pub fn note(&mut self, streak: Streak) -> Option<Turn> {
        let was_open = self.is_open();
        self.in_a_row = match streak.is_broken {
            true => streak.poison,
            false => self.in_a_row + streak.poison,
        };
        match (was_open, self.is_open()) {
            (false, true) => Some(Turn::Tripped),
            (true, false) => Some(Turn::Cleared),
            (false, false) | (true, true) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poison(count: u64) -> Streak {
        Streak {
            poison: count,
            is_broken: false,
        }
    }

    #[test]
    fn a_thousand_dead_letters_in_a_row_trip_it_and_one_good_record_clears_it() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.most(500), 500);
        assert_eq!(breaker.most(2_000), 1_000);
        assert_eq!(breaker.note(poison(999)), None);
        assert_eq!(
            breaker.note(poison(0)),
            None,
            "what waits neither counts nor clears"
        );
        assert_eq!(breaker.most(2_000), 1);
        assert_eq!(breaker.note(poison(1)), Some(Turn::Tripped));
        assert_eq!(breaker.most(2_000), PROBE);
        assert_eq!(breaker.note(poison(100)), None);
        let good = Streak {
            poison: 99,
            is_broken: true,
        };
        assert_eq!(breaker.note(good), Some(Turn::Cleared));
        assert_eq!(breaker.note(poison(900)), None, "99 and 900 are not a thousand");
        assert_eq!(breaker.note(poison(1)), Some(Turn::Tripped));
    }
}
