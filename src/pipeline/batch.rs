//! What is settled together, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::selection::Selection;
use crate::event::Message;
use crate::store::parked::Wait;
use crate::store::positions::{OutcomeCounts, PartitionKey};

/// Records of one partition that are settled by one transaction.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Their partition.
    pub partition: PartitionKey,
    /// Where they come from, which says what settles them.
    pub origin: Origin,
    /// The records, by offset ascending; never empty.
    pub messages: Vec<Message>,
}

impl Batch {
    /// The batch in two halves, the first to be settled before the second; of a single record there is no second.
    pub fn halves(mut self) -> (Self, Option<Self>) {
        let middle = self.messages.len().div_ceil(2);
        let later = self.messages.split_off(middle);
        if later.is_empty() {
            return (self, None);
        }
        let origin = match &mut self.origin {
            Origin::Log { token, next_offset } => Origin::Log {
                token: *token,
                next_offset: self
                    .messages
                    .last()
                    .map_or(*next_offset, |message| message.offset + 1),
            },
            Origin::Replay {
                token,
                next_offset,
                selection,
            } => Origin::Replay {
                token: *token,
                next_offset: self
                    .messages
                    .last()
                    .map_or(*next_offset, |message| message.offset + 1),
                selection: selection.clone(),
            },
            Origin::Parked(rows) => Origin::Parked(rows.split_off(middle)),
        };
        let second = Self {
            partition: self.partition.clone(),
            origin,
            messages: later,
        };
        (self, Some(second))
    }
}

/// Where a batch's records come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// From the log: settled by advancing the position.
    Log {
        /// The token of this assignment; the position's row must hold it.
        token: Uuid,
        /// The offset that the position's row must hold; offsets missing after it are gaps.
        next_offset: i64,
    },
    /// From the log once more, for a replay: settled by advancing the replay's own position. What is poison or of an
    /// unknown workflow is only counted, because it was dead-lettered or parked when it was consumed.
    Replay {
        /// The token of this claim; the position's row must hold it.
        token: Uuid,
        /// The offset that the position's row must hold; offsets missing after it are gaps.
        next_offset: i64,
        /// Which of the records are meant; the others are skipped.
        selection: Arc<Selection>,
    },
    /// From `dashloom.parked`, one row for each message: settled by removing the row.
    Parked(Vec<ParkedRow>),
}

impl Origin {
    /// The position that settles the records: the token and the offset its row must hold; `None` for parked ones.
    pub fn claim(&self) -> Option<(Uuid, i64)> {
        match self {
            Self::Log { token, next_offset }
            | Self::Replay {
                token, next_offset, ..
            } => Some((*token, *next_offset)),
            Self::Parked(_) => None,
        }
    }

    /// What a replay takes; `None` where the records are no replay's.
    pub fn selection(&self) -> Option<&Selection> {
        match self {
            Self::Replay { selection, .. } => Some(selection),
            Self::Log { .. } | Self::Parked(_) => None,
        }
    }
}

/// The parked row of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParkedRow {
    /// The row's id.
    pub id: i64,
    /// How often it had been tried when it was read: with the id it tells whether a transaction has settled it.
    pub attempts: i32,
    /// Whether its time has run out: what would be parked again is dead-lettered.
    pub expired: bool,
}

/// How one record ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds at least one date of a dashboard.
    Applied,
    /// Better results were known already.
    Superseded,
    /// Exactly this result was known already.
    Duplicate,
    /// It concerns nothing that is reported.
    Skipped(Skip),
    /// It waits; settling parks it.
    Parked(Wait),
    /// It cannot be applied; the caller has put its dead letter into the outbox.
    DeadLettered,
}

impl OutcomeCounts {
    /// Counts one record more.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Applied => self.applied += 1,
            Outcome::Superseded => self.superseded += 1,
            Outcome::Duplicate => self.duplicate += 1,
            Outcome::Skipped(_) => self.skipped += 1,
            Outcome::Parked(_) => self.parked += 1,
            Outcome::DeadLettered => self.dead_lettered += 1,
        }
    }
}

/// Why a record is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// It has no value.
    Tombstone,
    /// Its workflow is not reported.
    Disabled,
    /// A replay was not asked for it.
    Unselected,
}

impl Skip {
    /// The reason in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tombstone => "tombstone",
            Self::Disabled => "disabled",
            Self::Unselected => "unselected",
        }
    }
}

/// What a batch came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The position after it; the last offset + 1.
    pub next_offset: i64,
    /// How its records ended.
    pub counts: OutcomeCounts,
    /// How it ends for who watches for storms of poison.
    pub streak: Streak,
    /// Whether the partition has parked as much as it may, and none of it may be given up: take no more for now.
    pub is_full: bool,
    /// What else it did.
    pub effects: Effects,
    /// How long reading its results took, or the longest of its transactions, the commit aside, where that took longer.
    pub took: Duration,
}

/// Records in a row that could not be applied, at the end of a batch. Records that wait neither add to it nor end it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streak {
    /// How many went to the dead letters since the last one that did not.
    pub poison: u64,
    /// Whether a record before them in the batch was a good one.
    pub is_broken: bool,
}

impl Streak {
    /// The streak at the end of a batch with these outcomes.
    pub fn of(outcomes: &[Outcome]) -> Self {
        outcomes
            .iter()
            .fold(Self::default(), |streak, outcome| match outcome {
                Outcome::DeadLettered => Self {
                    poison: streak.poison + 1,
                    ..streak
                },
                Outcome::Parked(_) => streak,
                Outcome::Applied | Outcome::Superseded | Outcome::Duplicate | Outcome::Skipped(_) => Self {
                    poison: 0,
                    is_broken: true,
                },
            })
    }
}

/// What a settled batch did besides moving the position, for figures and reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// How many views got a new version.
    pub views: u64,
    /// Why each skipped record was.
    pub skipped: Vec<Skip>,
    /// Why each record was dead-lettered that was.
    pub dead_letters: Vec<&'static str>,
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn the_second_half_follows_the_first() {
        let batch = Batch {
            partition: PartitionKey {
                group: String::new(),
                topic: String::new(),
                partition: 0,
            },
            origin: Origin::Log {
                token: Uuid::nil(),
                next_offset: 3,
            },
            messages: [4, 6, 7].map(message).to_vec(),
        };
        let (first, second) = batch.halves();
        let second = second.unwrap();
        assert_eq!(first.messages.len(), 2);
        assert!(matches!(first.origin, Origin::Log { next_offset: 3, .. }));
        assert!(matches!(second.origin, Origin::Log { next_offset: 7, .. }));
        assert!(second.halves().1.is_none());
    }

    #[test]
    fn a_streak_is_what_comes_after_the_last_good_record() {
        let wait = Outcome::Parked(Wait {
            reason: "unknown_workflow",
            workflow_id: None,
            execution_id: None,
            sentence: None,
        });
        let dead = Outcome::DeadLettered;
        let streak = |outcomes: &[Outcome]| {
            let streak = Streak::of(outcomes);
            (streak.poison, streak.is_broken)
        };
        assert_eq!(streak(&[dead.clone(), wait.clone(), dead.clone()]), (2, false));
        assert_eq!(streak(&[dead.clone(), Outcome::Duplicate, dead]), (1, true));
        assert_eq!(streak(&[wait]), (0, false));
    }
}
