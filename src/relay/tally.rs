//! Which sequence numbers are published: pure bookkeeping.

use crate::store::relay_positions::RelayPosition;

/// What is published, and from when on a missing number is known to be lost.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    position: RelayPosition,
    /// Each: once every transaction below this id has ended, what is missing up to that number stays missing.
    horizons: Vec<(i64, i64)>,
}

impl Tally {
    /// Goes on from a stored position. Whatever is missing in it may still come.
    pub fn new(position: RelayPosition) -> Self {
        Self {
            position,
            horizons: Vec::new(),
        }
    }

    pub fn position(&self) -> &RelayPosition {
        &self.position
    }

    /// Takes in that rows were published, numbers ascending, when every transaction below `oldest_running` had ended
    /// before they were read. `true` when the position has changed.
    pub fn pass(&mut self, published: &[i64], oldest_running: i64) -> bool {
        let lost_up_to = self.lost_up_to(oldest_running);
        let is_published = |seq: &i64| published.binary_search(seq).is_ok();
        let before = (self.position.high, self.position.gaps.len());
        self.position
            .gaps
            .retain(|seq| *seq > lost_up_to && !is_published(seq));
        let high = self.position.high;
        let highest = published.last().copied().unwrap_or(high).max(high);
        self.position
            .gaps
            .extend((high + 1..=highest).filter(|seq| !is_published(seq)));
        self.position.high = highest;
        before != (self.position.high, self.position.gaps.len())
    }

    /// Notes the id of a transaction that began after what is missing now was seen to be missing.
    pub fn note_horizon(&mut self, transaction: i64) {
        let high = self.position.high;
        if self.position.gaps.is_empty() {
            self.horizons.clear();
        } else if self.horizons.last().is_none_or(|(_, up_to)| *up_to < high) {
            self.horizons.push((transaction, high));
        }
    }

    /// Whether numbers are missing of which it is not known when they are lost.
    pub fn wants_horizon(&self) -> bool {
        let newest = self.position.gaps.last();
        newest.is_some_and(|seq| self.horizons.last().is_none_or(|(_, up_to)| up_to < seq))
    }

    fn lost_up_to(&mut self, oldest_running: i64) -> i64 {
        let passed = self
            .horizons
            .iter()
            .take_while(|(transaction, _)| *transaction <= oldest_running)
            .count();
        let up_to = self.horizons.drain(..passed).next_back();
        up_to.map_or(i64::MIN, |(_, up_to)| up_to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally() -> Tally {
        Tally::new(RelayPosition {
            high: 10,
            gaps: vec![],
        })
    }

    fn gaps(tally: &Tally) -> &[i64] {
        &tally.position().gaps
    }

    #[test]
    fn missing_numbers_are_remembered_and_forgotten_once_published() {
        let mut tally = tally();
        assert!(tally.pass(&[11, 14], 100));
        assert_eq!((tally.position().high, gaps(&tally)), (14, &[12, 13][..]));
        assert!(tally.pass(&[12], 100));
        assert_eq!(gaps(&tally), [13]);
        assert!(!tally.pass(&[], 100));
    }

    #[test]
    fn a_missing_number_is_lost_once_all_that_could_fill_it_have_ended() {
        let mut tally = tally();
        tally.pass(&[12], 100);
        assert!(tally.wants_horizon());
        tally.note_horizon(105);
        assert!(!tally.wants_horizon());
        tally.pass(&[], 104);
        assert_eq!(gaps(&tally), [11], "transaction 104 may still fill it");
        tally.pass(&[14], 105);
        assert_eq!(gaps(&tally), [13], "the later one may still be filled");
        assert!(tally.wants_horizon());
    }

    #[test]
    fn a_number_published_in_the_step_that_ends_its_time_is_not_lost() {
        let mut tally = tally();
        tally.pass(&[12], 100);
        tally.note_horizon(105);
        assert!(tally.pass(&[11], 200));
        assert!(gaps(&tally).is_empty());
        assert_eq!(tally.position().high, 12);
    }

    #[test]
    fn horizons_of_later_gaps_do_not_delay_earlier_ones() {
        let mut tally = tally();
        for step in 0..5 {
            let next = tally.position().high + 2;
            tally.pass(&[next], 100);
            tally.note_horizon(200 + step);
        }
        tally.pass(&[], 202);
        assert_eq!(gaps(&tally), [17, 19]);
    }
}
