//! Settling: the first and the last statements of the transaction that applies a batch.
//!
//! [`begin`] makes sure that the records are still this process's to settle, and [`finish`] writes down how each of them
//! ended: the position for records from the log, the parked rows for parked ones. Between the two come the workflows'
//! locks; the position's row is always locked first.

use std::time::Duration;

use super::batch::{Batch, Effects, Origin, Outcome, ParkedRow, Settled, Streak};
use super::dead_letter::{dead_letter, fingerprint};
use super::failure::ApplyError;
use crate::event::Message;
use crate::store::outbox::{self, OutboxRow};
use crate::store::parked::{self, Wait};
use crate::store::positions::{self, Advance, OutcomeCounts, PartitionKey};
use crate::store::{GenericClient, StoreError};

/// How long after being parked a record is tried again for the first time.
const FIRST_ATTEMPT_IN: Duration = Duration::from_secs(1);

/// What settling goes by.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Where dead letters go.
    pub dead_letter_topic: String,
    /// How long a record may stay parked for its workflow.
    pub grace: Duration,
    /// How long a record may stay parked for its result.
    pub result_grace: Duration,
    /// The most records a partition may have parked.
    pub parked_records: i64,
    /// The most bytes a partition may have parked.
    pub parked_bytes: i64,
}

impl Rules {
    /// The most a partition may have parked.
    pub(super) fn parked(&self) -> parked::Load {
        parked::Load {
            records: self.parked_records,
            bytes: self.parked_bytes,
        }
    }
}

/// Locks what settles the batch and makes sure that it is still ours: the position with our token and offset, or the
/// parked rows.
pub async fn begin(db: &impl GenericClient, batch: &Batch) -> Result<(), ApplyError> {
    let position = positions::lock(db, &batch.partition).await?;
    match &batch.origin {
        Origin::Log { token, next_offset }
        | Origin::Replay {
            token, next_offset, ..
        } => match position {
            Some(position) if position.owner_token == Some(*token) => {
                if position.next_offset == *next_offset {
                    Ok(())
                } else {
                    Err(ApplyError::PositionMoved {
                        actual: position.next_offset,
                    })
                }
            }
            Some(_) | None => Err(ApplyError::Fenced),
        },
        Origin::Parked(rows) => {
            let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
            if parked::lock(db, &ids).await?.len() == ids.len() {
                Ok(())
            } else {
                Err(ApplyError::Fenced)
            }
        }
    }
}

/// Writes down how the batch's records ended, one outcome for each message in their order.
///
/// Records that wait are parked here, and dead-lettered where they may not wait any longer; for outcomes that are
/// [`Outcome::DeadLettered`] already the caller has inserted the outbox row.
pub async fn finish(
    db: &impl GenericClient,
    rules: &Rules,
    batch: &Batch,
    outcomes: &[Outcome],
) -> Result<Settled, ApplyError> {
    if outcomes.len() != batch.messages.len() {
        return Err(ApplyError::Broken(
            "a batch has not one outcome for each record".to_owned(),
        ));
    }
    match &batch.origin {
        Origin::Log { token, next_offset }
        | Origin::Replay {
            token, next_offset, ..
        } => {
            let waiting = waiting(batch, outcomes);
            let crowding = match waiting.is_empty() || batch.origin.selection().is_some() {
                true => Crowding::default(),
                false => park(db, rules, &batch.partition, &waiting).await?,
            };
            let step = step(batch, *next_offset, outcomes)?;
            if !positions::advance(db, &batch.partition, *token, *next_offset, &step).await? {
                return Err(ApplyError::Fenced);
            }
            Ok(Settled {
                next_offset: step.next_offset,
                counts: step.counts,
                streak: Streak::of(outcomes),
                is_full: crowding.is_full,
                effects: Effects {
                    dead_letters: vec![UNKNOWN_WORKFLOW; crowding.given_up],
                    ..Effects::default()
                },
                took: Duration::ZERO,
            })
        }
        Origin::Parked(rows) => unpark(db, rules, batch, rows, outcomes).await,
    }
}

fn waiting<'a>(batch: &'a Batch, outcomes: &'a [Outcome]) -> Vec<(&'a Message, &'a Wait)> {
    let pairs = batch.messages.iter().zip(outcomes);
    pairs
        .filter_map(|(message, outcome)| match outcome {
            Outcome::Parked(wait) => Some((message, wait)),
            _ => None,
        })
        .collect()
}

/// The position's step over the batch, gaps between its offsets included.
fn step(batch: &Batch, from_offset: i64, outcomes: &[Outcome]) -> Result<Advance, ApplyError> {
    let Some(last) = batch.messages.last() else {
        return Err(ApplyError::Broken("a batch is empty".to_owned()));
    };
    let mut counts = OutcomeCounts::default();
    for outcome in outcomes {
        counts.count(outcome);
    }
    counts.gap = last.offset + 1 - from_offset - batch.messages.len() as i64;
    if counts.gap < 0 {
        return Err(ApplyError::Broken(format!(
            "a batch that ends at offset {} does not follow offset {from_offset}",
            last.offset
        )));
    }
    Ok(Advance {
        next_offset: last.offset + 1,
        last_offset: last.offset,
        last_timestamp_ms: last.timestamp_ms,
        fingerprint: fingerprint(last),
        counts,
    })
}

/// What parking records brought about.
#[derive(Debug, Default)]
struct Crowding {
    /// How many records were given up to make room.
    given_up: usize,
    /// Whether the partition has parked more than it may all the same.
    is_full: bool,
}

/// Parks records; where the partition then has more parked than it may, the oldest that wait for their workflow go to
/// the dead letter topic at once. A record whose result cannot be read yet is never given up for want of room.
async fn park(
    db: &impl GenericClient,
    rules: &Rules,
    partition: &PartitionKey,
    records: &[(&Message, &Wait)],
) -> Result<Crowding, StoreError> {
    let (results, workflows): (Vec<_>, Vec<_>) =
        (records.iter().copied()).partition(|(_, wait)| wait.reason == RESULT_UNREADABLE);
    parked::insert(db, partition, &workflows, FIRST_ATTEMPT_IN, rules.grace).await?;
    parked::insert(db, partition, &results, FIRST_ATTEMPT_IN, rules.result_grace).await?;
    let excess = parked::load(db, partition).await?.above(&rules.parked());
    if excess.is_nothing() {
        return Ok(Crowding::default());
    }
    let taken = parked::take_excess(db, partition, UNKNOWN_WORKFLOW, excess).await?;
    let sentence = "The workflow is unknown, and too many records wait for theirs.";
    let topic = &rules.dead_letter_topic;
    let letters: Vec<OutboxRow> = taken
        .iter()
        .map(|parked| dead_letter(topic, partition, &parked.message, &parked.reason, sentence))
        .collect();
    outbox::insert(db, &letters).await?;
    let counts = OutcomeCounts {
        dead_lettered: letters.len() as i64,
        ..OutcomeCounts::default()
    };
    positions::count_settled(db, partition, &counts).await?;
    let room = parked::Load::of(taken.iter().map(|parked| &parked.message));
    Ok(Crowding {
        given_up: taken.len(),
        is_full: !excess.above(&room).is_nothing(),
    })
}

/// The reason under which records wait for a workflow that is not in the database.
pub(super) const UNKNOWN_WORKFLOW: &str = "unknown_workflow";
/// The reason under which records wait for a result that cannot be read yet.
pub(super) const RESULT_UNREADABLE: &str = "result_unreadable";

/// Settles parked rows: those that still wait are put off, or dead-lettered once their time has run out.
async fn unpark(
    db: &impl GenericClient,
    rules: &Rules,
    batch: &Batch,
    rows: &[ParkedRow],
    outcomes: &[Outcome],
) -> Result<Settled, ApplyError> {
    let mut counts = OutcomeCounts::default();
    let (mut settled, mut postponed, mut letters) = (Vec::new(), Vec::new(), Vec::new());
    let mut effects = Effects::default();
    for ((message, row), outcome) in batch.messages.iter().zip(rows).zip(outcomes) {
        match outcome {
            Outcome::Parked(wait) if row.expired => {
                let sentence = expiry_sentence(wait);
                let topic = &rules.dead_letter_topic;
                letters.push(dead_letter(
                    topic,
                    &batch.partition,
                    message,
                    wait.reason,
                    &sentence,
                ));
                settled.push(row.id);
                counts.dead_lettered += 1;
                effects.dead_letters.push(wait.reason);
            }
            Outcome::Parked(_) => {
                postponed.push(row.id);
                counts.parked += 1;
            }
            other => {
                settled.push(row.id);
                counts.count(other);
            }
        }
    }
    outbox::insert(db, &letters).await?;
    parked::remove(db, &settled).await?;
    parked::postpone(db, &postponed).await?;
    positions::count_settled(db, &batch.partition, &counts).await?;
    let next_offset = batch.messages.last().map_or(0, |message| message.offset + 1);
    Ok(Settled {
        next_offset,
        counts,
        streak: Streak::default(),
        is_full: false,
        effects,
        took: Duration::ZERO,
    })
}

fn expiry_sentence(wait: &Wait) -> String {
    match (&wait.sentence, wait.workflow_id) {
        (Some(sentence), _) => format!("{sentence}; mend that, then redrive."),
        (None, Some(workflow)) if wait.reason == UNKNOWN_WORKFLOW => {
            format!("Workflow {workflow} is still not in the database; check the workflow_id, then redrive.")
        }
        _ => format!(
            "It was still {} when its time ran out; repair that, then redrive.",
            wait.reason
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Skip;
    use super::*;
    use uuid::Uuid;

    fn batch(offsets: &[i64]) -> Batch {
        let message = |&offset: &i64| Message {
            offset,
            timestamp_ms: None,
            key: None,
            payload: None,
            headers: Vec::new(),
        };
        Batch {
            partition: PartitionKey {
                group: String::new(),
                topic: String::new(),
                partition: 0,
            },
            origin: Origin::Log {
                token: Uuid::nil(),
                next_offset: 5,
            },
            messages: offsets.iter().map(message).collect(),
        }
    }

    #[test]
    fn a_step_counts_missing_offsets_as_gap() {
        let outcomes = [Outcome::Applied, Outcome::Skipped(Skip::Disabled)];
        let step = step(&batch(&[7, 9]), 5, &outcomes).unwrap();
        assert_eq!((step.next_offset, step.last_offset), (10, 9));
        let counts = step.counts;
        assert_eq!((counts.applied, counts.skipped, counts.gap), (1, 1, 3));
    }

    #[test]
    fn a_step_never_goes_back() {
        assert!(step(&batch(&[3]), 5, &[Outcome::Applied]).is_err());
    }
}
