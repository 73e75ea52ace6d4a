//! The partitions that are assigned to this process, each with the place its records go to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::inbox::Inbox;
use crate::event::Message;

/// One assigned partition.
#[derive(Debug)]
pub(super) struct Lane {
    /// Counts assignments, so that what belongs to an earlier one is known.
    pub epoch: u64,
    /// Where records go; `None` until the partition has been claimed.
    pub inbox: Option<Arc<Inbox>>,
    /// The offset of the next record to hand on.
    pub expected: i64,
    /// Whether fetching is paused because the inbox is full.
    pub paused: bool,
    /// Whether a record has been handed on since the partition was last assigned to an offset.
    pub flowing: bool,
    /// The offset at which a gap has been looked at by assigning anew.
    pub gap_checked_at: Option<i64>,
    /// The log's end up to which it is looked whether records follow.
    pub probed_to: Option<i64>,
    /// The offset from which it was handed on first: nothing below it is this assignment's.
    pub claimed: i64,
    /// The offset up to which records are settled, for the group's advisory commit.
    pub settled: Option<i64>,
}

impl Lane {
    /// The first offset that may be another record's: everything below it is handed on or settled.
    pub fn next(&self) -> i64 {
        self.expected.max(self.settled.unwrap_or(self.claimed))
    }
}

/// What is to be done with a record that has been fetched.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reception {
    /// It was handed on.
    Taken,
    /// It was handed on and the inbox is full: pause.
    Full,
    /// It belongs to an earlier assignment, or was handed on before.
    Stale,
    /// Offsets are missing before it: fetch once more from the given offset.
    Refetch(i64),
}

/// All assigned partitions, by number.
#[derive(Debug, Default)]
pub(super) struct Lanes(Mutex<Assigned>);

#[derive(Debug, Default)]
pub(super) struct Assigned {
    pub lanes: BTreeMap<i32, Lane>,
    epochs: u64,
}

impl Lanes {
    pub fn lock(&self) -> MutexGuard<'_, Assigned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Assigned {
    /// Adds a partition that nobody has claimed yet; gives the epoch of the assignment.
    pub fn add(&mut self, partition: i32) -> u64 {
        self.epochs += 1;
        let lane = Lane {
            epoch: self.epochs,
            inbox: None,
            expected: 0,
            claimed: 0,
            paused: false,
            flowing: false,
            gap_checked_at: None,
            probed_to: None,
            settled: None,
        };
        if let Some(Lane {
            inbox: Some(inbox), ..
        }) = self.lanes.insert(partition, lane)
        {
            inbox.close();
        }
        self.epochs
    }

    /// Removes a partition and closes its inbox; gives the epoch of the assignment that ends.
    pub fn remove(&mut self, partition: i32) -> Option<u64> {
        let lane = self.lanes.remove(&partition)?;
        if let Some(inbox) = lane.inbox {
            inbox.close();
        }
        Some(lane.epoch)
    }

    /// The partition's lane, if it is still assigned as it was in `epoch`.
    pub fn current(&mut self, partition: i32, epoch: u64) -> Option<&mut Lane> {
        self.lanes.get_mut(&partition).filter(|lane| lane.epoch == epoch)
    }

    /// Takes note that every record of a partition has been fetched. Where it is looked whether records follow up to an
    /// end that the log had before, none does.
    pub fn reach_end(&mut self, partition: i32) {
        let Some(lane) = self.lanes.get_mut(&partition) else {
            return;
        };
        if let (Some(end), Some(inbox)) = (lane.probed_to.take(), &lane.inbox)
            && lane.expected < end
        {
            lane.expected = end;
            inbox.push_void(end);
        }
    }

    /// Hands a fetched record on; `message` is only formed for one that is wanted.
    pub fn receive(&mut self, partition: i32, offset: i64, message: impl FnOnce() -> Message) -> Reception {
        let Some(lane) = self.lanes.get_mut(&partition) else {
            return Reception::Stale;
        };
        let Some(inbox) = &lane.inbox else {
            return Reception::Stale;
        };
        if offset < lane.expected {
            return Reception::Stale;
        }
        if offset > lane.expected && !lane.flowing && lane.gap_checked_at != Some(lane.expected) {
            lane.gap_checked_at = Some(lane.expected);
            return Reception::Refetch(lane.expected);
        }
        lane.flowing = true;
        lane.expected = offset + 1;
        if inbox.push(message()) {
            lane.paused = true;
            return Reception::Full;
        }
        Reception::Taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::inbox::Taken;
    use super::*;

    fn message(offset: i64) -> Message {
        Message {
            offset,
            timestamp_ms: None,
            key: None,
            payload: None,
            headers: Vec::new(),
        }
    }

    fn claimed(assigned: &mut Assigned, expected: i64) -> Arc<Inbox> {
        let epoch = assigned.add(0);
        let inbox = Arc::new(Inbox::new(3, 1000));
        let lane = assigned.current(0, epoch).unwrap();
        lane.inbox = Some(inbox.clone());
        lane.expected = expected;
        inbox
    }

    fn receive(assigned: &mut Assigned, offset: i64) -> Reception {
        assigned.receive(0, offset, || message(offset))
    }

    #[test]
    fn records_of_an_unclaimed_or_foreign_partition_are_stale() {
        let mut assigned = Assigned::default();
        assert_eq!(receive(&mut assigned, 0), Reception::Stale);
        assigned.add(0);
        assert_eq!(receive(&mut assigned, 0), Reception::Stale);
    }

    #[test]
    fn a_gap_at_the_start_is_fetched_once_more_and_then_taken() {
        let mut assigned = Assigned::default();
        claimed(&mut assigned, 5);
        assert_eq!(receive(&mut assigned, 4), Reception::Stale);
        assert_eq!(receive(&mut assigned, 7), Reception::Refetch(5));
        assert_eq!(receive(&mut assigned, 7), Reception::Taken);
        assert_eq!(
            receive(&mut assigned, 9),
            Reception::Taken,
            "later gaps are markers in the log"
        );
        assert_eq!(receive(&mut assigned, 9), Reception::Stale);
        assert_eq!(receive(&mut assigned, 10), Reception::Full);
    }

    #[tokio::test]
    async fn at_the_end_no_record_follows_only_where_that_is_looked_for() {
        let mut assigned = Assigned::default();
        let inbox = claimed(&mut assigned, 5);
        assigned.reach_end(0);
        assert!(inbox.is_empty(), "what the log's end is nobody has asked");
        assigned.lanes.get_mut(&0).unwrap().probed_to = Some(7);
        assigned.reach_end(0);
        assert!(matches!(inbox.take(1, 1).await, Some(Taken::Void(7))));
        assert_eq!(receive(&mut assigned, 6), Reception::Stale);
        assert_eq!(receive(&mut assigned, 7), Reception::Taken);
    }

    #[tokio::test]
    async fn a_new_assignment_closes_the_inbox_of_the_old_one() {
        let mut assigned = Assigned::default();
        let inbox = claimed(&mut assigned, 0);
        let epoch = assigned.add(0);
        assert!(inbox.take(1, 1).await.is_none());
        assert!(assigned.current(0, epoch - 1).is_none());
        assert_eq!(assigned.remove(0), Some(epoch));
    }
}
