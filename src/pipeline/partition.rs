//! One partition, from being assigned to being revoked.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::claim::{Claim, ClaimError, claim};
use super::consume::Shared;
use super::failure::{self, Action, ApplyError, decide};
use super::settler::End;
use super::{Batch, Origin, PartitionKey, Settled};
use crate::kafka::Inbox;
use crate::telemetry::clock;
use crate::telemetry::metrics::{self, RecordResult, Stage};

/// How long a halted partition waits before it looks whether an operator has helped.
const HALT: Duration = Duration::from_secs(5);
/// How long a fenced partition waits before it is claimed again, if it is still assigned.
const FENCED: Duration = Duration::from_millis(500);
/// Bytes of records of a partition in memory before it is paused.
const INBOX_BYTES: usize = 16 << 20;

/// Claims a partition and settles its records until `gone`: revoked, or the service stops.
pub(super) async fn run(shared: Arc<Shared>, key: PartitionKey, epoch: u64, gone: CancellationToken) {
    let mut failures = 0;
    while !gone.is_cancelled() {
        let pause = match claim(&shared.settler, &shared.consumer, shared.config.start, &key).await {
            Ok(claim) => {
                failures = 0;
                match settle_records(&shared, &key, epoch, &claim, &gone).await {
                    End::Settled | End::Stopped => break,
                    End::Moved => Duration::ZERO,
                    End::Fenced => FENCED,
                    End::Halted(hint) => halt(&shared, &key, &hint),
                }
            }
            Err(error) => {
                failures += 1;
                unclaimed(&shared, &key, error, failures)
            }
        };
        tokio::select! {
            () = gone.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    shared.health.release(key.partition);
    metrics::partition_gone(key.partition);
}

/// How long to wait after a claim that failed.
fn unclaimed(shared: &Shared, key: &PartitionKey, error: ClaimError, failures: u32) -> Duration {
    match error {
        ClaimError::OutOfRange(hint) => halt(shared, key, &hint),
        ClaimError::Store(error) => {
            if failures % 30 == 1 {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(partition = key.partition, %error, cause, "the partition cannot be claimed yet");
            }
            match decide(&ApplyError::Store(error), failures) {
                Action::Halt(hint) => halt(shared, key, &hint),
                _ => failure::backoff(failures),
            }
        }
        ClaimError::Kafka(error) => {
            tracing::warn!(partition = key.partition, %error, "the partition's range is not known yet");
            failure::backoff(failures)
        }
    }
}

fn halt(shared: &Shared, key: &PartitionKey, hint: &str) -> Duration {
    if shared.health.halt(key.partition, hint) {
        tracing::error!(
            topic = key.topic,
            partition = key.partition,
            "the partition is halted: {hint}"
        );
    }
    HALT
}

/// Settles whatever arrives: while one batch commits, the next collects.
async fn settle_records(
    shared: &Shared,
    key: &PartitionKey,
    epoch: u64,
    claim: &Claim,
    gone: &CancellationToken,
) -> End {
    let inbox = Arc::new(Inbox::new(shared.config.queue_messages, INBOX_BYTES));
    let from = claim.next_offset;
    if shared
        .consumer
        .deliver(key.partition, epoch, from, inbox.clone())
        .is_err()
    {
        return End::Stopped;
    }
    tracing::info!(
        topic = key.topic,
        partition = key.partition,
        offset = from,
        "partition claimed"
    );
    let mut next_offset = from;
    loop {
        let taken = tokio::select! {
            biased;
            () = gone.cancelled() => None,
            taken = inbox.take(shared.config.batch_messages, shared.config.batch_bytes) => taken,
        };
        let Some(messages) = taken else {
            return End::Stopped;
        };
        let origin = Origin::Log {
            token: claim.token,
            next_offset,
        };
        let batch = Batch {
            partition: key.clone(),
            origin,
            messages,
        };
        let end = shared
            .settler
            .settle(batch, gone, |batch, settled| {
                next_offset = settled.next_offset;
                note(batch, settled, &inbox);
                shared.consumer.settled(key.partition, epoch, settled.next_offset);
                shared.wake_relay.notify_one();
            })
            .await;
        match end {
            End::Settled => shared.health.release(key.partition),
            other => return other,
        }
    }
}

/// Records what a settled batch came to.
fn note(batch: &Batch, settled: &Settled, inbox: &Inbox) {
    count(settled);
    metrics::batch(batch.messages.len());
    let newest_ms = batch
        .messages
        .iter()
        .filter_map(|message| message.timestamp_ms)
        .max();
    let age = newest_ms.map(|newest_ms| {
        Duration::from_millis(u64::try_from(clock::now_ms() - newest_ms).unwrap_or_default())
    });
    if let Some(age) = age {
        metrics::latency(Stage::Applied, age);
        let is_behind = !inbox.is_empty();
        metrics::freshness(
            batch.partition.partition,
            if is_behind { age } else { Duration::ZERO },
        );
    }
}

/// Counts the records of a settled batch by how they ended.
pub(super) fn count(settled: &Settled) {
    let counts = &settled.counts;
    for (result, count) in [
        (RecordResult::Applied, counts.applied),
        (RecordResult::Superseded, counts.superseded),
        (RecordResult::Duplicate, counts.duplicate),
        (RecordResult::Skipped, counts.skipped),
        (RecordResult::Parked, counts.parked),
        (RecordResult::DeadLettered, counts.dead_lettered),
        (RecordResult::Gap, counts.gap),
    ] {
        if let Ok(count @ 1..) = u64::try_from(count) {
            metrics::records(result, count);
        }
    }
}
