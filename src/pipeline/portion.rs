//! How many records the next batch takes.
//!
//! A large batch costs each of its records less: its statements are shared, and a view that several of them meet is drawn
//! once. But it keeps its workflows locked for longer, and one that is too much for a transaction was drawn in vain. So
//! batches grow while their transactions stay short of what they may take.

use std::time::Duration;

/// Records of the first batch.
const FIRST: usize = 500;
/// How few records a long transaction makes the next batch, where they were not too much for it: what takes long may be one
/// view, or a lock that another holds, and then fewer records take no less.
const LEAST: usize = 200;
/// How long a transaction is to take, of the second that [`Limits`](crate::fold::Limits) let it lock workflows for.
const AIM: Duration = Duration::from_millis(700);

/// How many records a lane takes at once.
#[derive(Debug)]
pub struct Portion {
    records: usize,
    most: usize,
}

impl Portion {
    /// A portion of never more than `most` records.
    pub fn new(most: usize) -> Self {
        Self {
            records: FIRST.min(most).max(1),
            most: most.max(1),
        }
    }

    /// The most records to take now, at least one.
    pub fn records(&self) -> usize {
        self.records
    }

    /// Notes how long so many records took, their reading or their transaction. Fewer than might have been taken say nothing
    /// about how many more would have been quick: much of their time is the same for any number.
    pub fn note(&mut self, records: usize, took: Duration) {
        if took <= AIM && records < self.records {
            return;
        }
        let fitting = records as f64 * (AIM.as_secs_f64() / took.as_secs_f64().max(0.001));
        let least = (self.records / 2).max(LEAST.min(self.records));
        self.take((fitting.round() as usize).clamp(least, records.max(self.records) * 2));
    }

    /// Notes that so many records were too much for one transaction, or may have been.
    pub fn halve(&mut self, records: usize) {
        self.take(records / 2);
    }

    fn take(&mut self, records: usize) {
        self.records = records.clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(records: usize, took_ms: u64) -> usize {
        let mut portion = Portion::new(2_000);
        portion.note(records, Duration::from_millis(took_ms));
        portion.records()
    }

    #[test]
    fn portions_grow_while_transactions_are_short_and_shrink_when_they_are_long() {
        assert_eq!(after(500, 10), 1_000, "twice as much at most");
        assert_eq!(after(500, 560), 625);
        assert_eq!(after(20, 10), 500, "a small batch says nothing");
        assert_eq!(after(500, 1_000), 350);
        assert_eq!(after(20, 1_400), 250, "half as much at least");
    }

    #[test]
    fn one_view_that_takes_long_does_not_make_batches_small() {
        let mut portion = Portion::new(2_000);
        for _ in 0..50 {
            let records = portion.records();
            portion.note(records, Duration::from_millis(1_500 + records as u64 / 10));
        }
        assert_eq!(portion.records(), LEAST);
        portion.halve(LEAST);
        portion.note(LEAST / 2, Duration::from_secs(1));
        assert_eq!(portion.records(), LEAST / 2, "what was too much stays halved");
    }

    #[test]
    fn portions_stay_under_their_cap_and_come_back_from_what_was_too_much() {
        let mut portion = Portion::new(600);
        portion.note(500, Duration::from_millis(1));
        assert_eq!(portion.records(), 600);
        portion.halve(600);
        assert_eq!(portion.records(), 300);
        portion.note(300, Duration::from_millis(1));
        assert_eq!(portion.records(), 600);
        assert_eq!(Portion::new(100).records(), 100);
    }
}
