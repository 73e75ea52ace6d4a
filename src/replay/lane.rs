//! One partition's stretch, from its claim to its end.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::pace::Pace;
use super::{Asked, Replay, ReplayError, Span, Step};
use crate::event::Message;
use crate::kafka::{KafkaError, Log, Stretch};
use crate::pipeline::{Batch, End, Origin, PartitionKey, Portion, Settler};
use crate::store::{self, Role, StoreError, positions, replays};

/// How long a claim waits for the transaction of a process that was cut off.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// The most records of a batch.
const BATCH: usize = 2_000;
/// The most bytes of values in a batch.
const BATCH_BYTES: usize = 16 << 20;

/// What the lanes of a replay share.
pub(super) struct Lane<'a> {
    pub replay: &'a Replay,
    pub asked: &'a Asked,
    pub log: &'a Log,
    pub group: &'a str,
    pub settler: &'a Settler,
    pub pace: &'a Pace,
    pub laps: &'a Laps,
    pub on_step: &'a (dyn Fn(Step) + Sync),
    pub stop: &'a CancellationToken,
}

/// What the lanes have done so far.
#[derive(Debug, Default)]
pub(super) struct Laps {
    records: AtomicU64,
    views: AtomicU64,
    notes: Mutex<Vec<String>>,
}

impl Laps {
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    pub fn views(&self) -> u64 {
        self.views.load(Ordering::Relaxed)
    }

    /// What has to be told of in the end.
    pub fn into_notes(self) -> Vec<String> {
        self.notes.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, sentence: String) {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sentence);
    }
}

/// Settles a partition's stretch from where its position stands.
pub(super) async fn run(lane: &Lane<'_>, span: Span) -> Result<(), ReplayError> {
    let key = PartitionKey {
        group: lane.group.to_owned(),
        topic: lane.replay.kafka.topic.clone(),
        partition: span.partition,
    };
    let mut missed_at = None;
    loop {
        if lane.stop.is_cancelled() {
            return Ok(());
        }
        let token = fresh_token();
        let next_offset = claim(lane, &key, token).await?;
        let from = pass_by_gone(lane, &key, token, next_offset, span.end).await?;
        let rest = Span { from, ..span };
        match settle_records(lane, &key, token, rest).await {
            Ok(End::Settled) => return close(lane, &key, token, span.end).await,
            Ok(End::Stopped) => return Ok(()),
            Ok(End::Moved) => {}
            Ok(End::Fenced) => return Err(ReplayError::TakenOver(lane.asked.id.clone())),
            Ok(End::Halted(hint)) => return Err(ReplayError::Halted(hint)),
            // Retention was faster than the reading; twice at the same offset it was something else.
            Err(ReplayError::Kafka(KafkaError::Gone(_))) if missed_at.replace(from) != Some(from) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Moves the position past what retention has taken since the stretch was chosen; gives the offset it stands at.
async fn pass_by_gone(
    lane: &Lane<'_>,
    key: &PartitionKey,
    token: Uuid,
    next_offset: i64,
    end: i64,
) -> Result<i64, ReplayError> {
    let (low, _) = lane.log.range(key.partition).await?;
    let reached = low.min(end);
    if reached <= next_offset {
        return Ok(next_offset);
    }
    close(lane, key, token, reached).await?;
    let gone = reached - next_offset;
    lane.laps.note(format!(
        "partition {}: retention took {gone} offsets from {next_offset} on before they were replayed; they count as gap",
        key.partition
    ));
    let offsets = gone.unsigned_abs();
    (lane.on_step)(Step::Settled { offsets });
    Ok(reached)
}

/// A process that was cut off may still think the position its own; with another token it settles nothing more.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes owners' tokens for replays"
)]
fn fresh_token() -> Uuid {
    Uuid::new_v4()
}

/// Takes the position over; gives the offset it stands at.
async fn claim(lane: &Lane<'_>, key: &PartitionKey, token: Uuid) -> Result<i64, ReplayError> {
    let mut client = lane.settler.client().await?;
    let tx = store::begin(&mut client, &lane.settler.recipe.roles, Role::Ingest).await?;
    let position = positions::claim(&tx, key, token, None, LOCK_TIMEOUT).await?;
    store::commit(tx).await.map_err(StoreError::from)?;
    // Another process has started the replay over, and has no such partition.
    let position = position.ok_or_else(|| ReplayError::TakenOver(lane.asked.id.clone()))?;
    Ok(position.next_offset)
}

async fn settle_records(
    lane: &Lane<'_>,
    key: &PartitionKey,
    token: Uuid,
    span: Span,
) -> Result<End, ReplayError> {
    let kafka = &lane.replay.kafka;
    let mut stretch = Stretch::read(kafka, &kafka.topic, span.partition, span.from, span.end)?;
    let mut waiting = VecDeque::new();
    let mut next_offset = span.from;
    let mut portion = Portion::new(BATCH);
    loop {
        let most = portion.records().min(lane.pace.at_once());
        let messages = tokio::select! {
            biased;
            () = lane.stop.cancelled() => return Ok(End::Stopped),
            messages = gather(&mut stretch, &mut waiting, most) => messages?,
        };
        if messages.is_empty() {
            return Ok(End::Settled);
        }
        let count = messages.len();
        let batch = Batch {
            partition: key.clone(),
            origin: Origin::Replay {
                token,
                next_offset,
                selection: lane.asked.selection.clone(),
            },
            messages,
        };
        let settling = lane
            .settler
            .settle(batch, &mut portion, lane.stop, |batch, settled| {
                let offsets = u64::try_from(settled.next_offset - next_offset).unwrap_or_default();
                next_offset = settled.next_offset;
                lane.laps
                    .records
                    .fetch_add(batch.messages.len() as u64, Ordering::Relaxed);
                lane.laps
                    .views
                    .fetch_add(settled.effects.views, Ordering::Relaxed);
                (lane.on_step)(Step::Settled { offsets });
            });
        match settling.await {
            End::Settled => {}
            other => return Ok(other),
        }
        lane.pace.keep(count).await;
    }
}

/// Takes what has arrived, at least one record and at most `most`; none when the stretch is read to its end.
async fn gather(
    stretch: &mut Stretch,
    waiting: &mut VecDeque<Message>,
    most: usize,
) -> Result<Vec<Message>, KafkaError> {
    if waiting.is_empty()
        && let Some(chunk) = stretch.next().await
    {
        waiting.extend(chunk?);
    }
    while waiting.len() < most
        && let Some(chunk) = stretch.next_now()
    {
        waiting.extend(chunk?);
    }
    let mut bytes = 0;
    let mut messages = Vec::new();
    while messages.len() < most
        && let Some(message) = waiting.pop_front()
    {
        bytes += message.payload.as_ref().map_or(0, bytes::Bytes::len);
        messages.push(message);
        if bytes >= BATCH_BYTES {
            break;
        }
    }
    Ok(messages)
}

/// Moves the position past offsets that hold no record, as at the end of the stretch.
async fn close(lane: &Lane<'_>, key: &PartitionKey, token: Uuid, reached: i64) -> Result<(), ReplayError> {
    let mut client = lane.settler.client().await?;
    let tx = store::begin(&mut client, &lane.settler.recipe.roles, Role::Ingest).await?;
    let is_ours = replays::pass_by(&tx, key, token, reached).await?;
    store::commit(tx).await.map_err(StoreError::from)?;
    if is_ours {
        Ok(())
    } else {
        Err(ReplayError::TakenOver(lane.asked.id.clone()))
    }
}
