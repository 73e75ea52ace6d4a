//! One partition, from being assigned to being revoked.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::breaker::{self, Breaker, Turn};
use super::claim::{Claim, ClaimError, Witness, claim, estranged};
use super::consume::Shared;
use super::failure::{self, Action, ApplyError, decide};
use super::settler::End;
use super::{Batch, Origin, PartitionKey, Portion, Streak, fingerprint};
use crate::kafka::{self, Inbox, Taken};
use crate::store;
use crate::telemetry::clock;
use crate::telemetry::metrics::{self, RecordResult, Stage};

/// How long a halted partition waits before it looks whether an operator has helped.
const HALT: Duration = Duration::from_secs(5);
/// How long a fenced partition waits before it is claimed again, if it is still assigned.
const FENCED: Duration = Duration::from_millis(500);
/// How often a partition looks whether fewer records are parked.
const CROWDED: Duration = Duration::from_secs(2);
/// Bytes of records of a partition in memory before it is paused.
const INBOX_BYTES: usize = 16 << 20;

/// Claims a partition and settles its records until `gone`: revoked, or the service stops.
pub(super) async fn run(shared: Arc<Shared>, key: PartitionKey, epoch: u64, gone: CancellationToken) {
    let mut failures = 0;
    let mut breaker = Breaker::default();
    while !gone.is_cancelled() {
        let claiming = claim(&shared.settler, &shared.consumer, shared.config.start, &key);
        let pause = match claiming.await {
            Ok(claim) => {
                failures = 0;
                let mut lane = Lane {
                    shared: &shared,
                    key: &key,
                    epoch,
                    claim,
                    breaker: &mut breaker,
                    gone: &gone,
                };
                match lane.settle_records().await {
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
        ClaimError::Estranged(hint) => halt(shared, key, &hint),
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

/// A claimed partition.
struct Lane<'a> {
    shared: &'a Shared,
    key: &'a PartitionKey,
    epoch: u64,
    claim: Claim,
    breaker: &'a mut Breaker,
    gone: &'a CancellationToken,
}

impl Lane<'_> {
    /// Settles whatever arrives: while one batch commits, the next collects.
    async fn settle_records(&mut self) -> End {
        let inbox = Arc::new(Inbox::new(self.shared.config.queue_messages, INBOX_BYTES));
        if !self.deliver(self.claim.read_from(), &inbox) {
            return End::Stopped;
        }
        if let Some(witness) = self.claim.witness.take()
            && let Err(end) = self.recognise(&witness, &inbox).await
        {
            return end;
        }
        let mut next_offset = self.claim.next_offset;
        let mut portion = Portion::new(self.shared.config.batch_messages);
        self.shared
            .consumer
            .settled(self.key.partition, self.epoch, next_offset);
        tracing::info!(
            topic = self.key.topic,
            partition = self.key.partition,
            offset = next_offset,
            "partition claimed"
        );
        loop {
            let messages = match self.next(&inbox, portion.records()).await {
                None => return End::Stopped,
                Some(Taken::Records(messages)) => messages,
                Some(Taken::Void(end)) => match self.pass_by(next_offset, end).await {
                    End::Settled => {
                        next_offset = next_offset.max(end);
                        continue;
                    }
                    other => return other,
                },
            };
            let origin = Origin::Log {
                token: self.claim.token,
                next_offset,
            };
            let batch = Batch {
                partition: self.key.clone(),
                origin,
                messages,
            };
            let mut is_full = false;
            let (shared, key, epoch, gone) = (self.shared, self.key, self.epoch, self.gone);
            let settling = shared
                .settler
                .settle(batch, &mut portion, gone, |batch, settled| {
                    note(batch, &inbox);
                    self.note_gap(next_offset, settled.next_offset, settled.counts.gap);
                    self.note_streak(settled.streak);
                    next_offset = settled.next_offset;
                    is_full = settled.is_full;
                    shared.consumer.settled(key.partition, epoch, next_offset);
                    shared.wake_relay.notify_one();
                });
            match settling.await {
                End::Settled => shared.health.release(key.partition),
                other => return other,
            }
            if is_full && !self.room_for_parked().await {
                return End::Stopped;
            }
        }
    }

    /// Has the partition's records handed on from an offset; `false` when the consumer has stopped.
    fn deliver(&self, from: i64, inbox: &Arc<Inbox>) -> bool {
        let consumer = &self.shared.consumer;
        consumer
            .deliver(self.key.partition, self.epoch, from, inbox.clone())
            .is_ok()
    }

    /// Looks whether the log still holds the record that was settled last: then it is the log that the position stands
    /// in. In a compacted topic the record may be gone, and nothing can be told.
    async fn recognise(&self, witness: &Witness, inbox: &Arc<Inbox>) -> Result<(), End> {
        let taken = tokio::select! {
            biased;
            () = self.gone.cancelled() => None,
            taken = inbox.take(1, usize::MAX) => taken,
        };
        let offset = witness.offset;
        let found = match taken {
            None => return Err(End::Stopped),
            Some(Taken::Records(messages)) => messages.into_iter().find(|message| message.offset == offset),
            Some(Taken::Void(_)) => None,
        };
        if let Some(message) = found {
            if fingerprint(&message)[..] == witness.fingerprint {
                return Ok(());
            }
            let cause = format!(
                "offset {offset} holds another record than the one that was processed, so the topic was recreated"
            );
            return Err(End::Halted(estranged(self.key, &cause)));
        }
        if kafka::is_compacted(&self.shared.kafka, &self.key.topic).await {
            tracing::warn!(
                partition = self.key.partition,
                offset,
                "the topic is compacted and the last processed record is gone; reading on"
            );
            return match self.deliver(self.claim.next_offset, inbox) {
                true => Ok(()),
                false => Err(End::Stopped),
            };
        }
        let cause =
            format!("the record at offset {offset} that was processed is gone, so the topic was recreated");
        Err(End::Halted(estranged(self.key, &cause)))
    }

    /// The next records; in a storm of poison a few, now and then. `None` when the partition is not ours any more.
    async fn next(&self, inbox: &Inbox, most: usize) -> Option<Taken> {
        if self.breaker.is_open() {
            tokio::select! {
                () = self.gone.cancelled() => return None,
                () = tokio::time::sleep(breaker::PROBE_EVERY) => {}
            }
        }
        let (most, most_bytes) = (self.breaker.most(most), self.shared.config.batch_bytes);
        tokio::select! {
            biased;
            () = self.gone.cancelled() => None,
            taken = inbox.take(most, most_bytes) => taken,
        }
    }

    /// Moves the position to where the log's end is, where no record is left before it: else retention would seem to
    /// overtake us once it takes the markers.
    async fn pass_by(&mut self, from: i64, to: i64) -> End {
        if to <= from {
            return End::Settled;
        }
        let (settler, token) = (&self.shared.settler, self.claim.token);
        let mut failures = 0;
        loop {
            match settler.pass_by(self.key, token, from, to).await {
                Ok(true) => break,
                Ok(false) => return End::Moved,
                Err(error) => {
                    failures += 1;
                    if failures % 30 == 1 {
                        tracing::warn!(partition = self.key.partition, %error, "the position cannot be moved yet");
                    }
                }
            }
            tokio::select! {
                () = self.gone.cancelled() => return End::Stopped,
                () = tokio::time::sleep(failure::backoff(failures)) => {}
            }
        }
        let missing = to - from;
        metrics::records(RecordResult::Gap, missing.unsigned_abs());
        self.note_gap(from, to, missing);
        self.shared.consumer.settled(self.key.partition, self.epoch, to);
        End::Settled
    }

    /// Tells of the first offsets that hold no record; the position counts all of them.
    fn note_gap(&mut self, from: i64, to: i64, missing: i64) {
        if missing == 0 || std::mem::replace(&mut self.claim.has_told_gap, true) {
            return;
        }
        tracing::warn!(
            partition = self.key.partition,
            from,
            to,
            missing,
            "offsets hold no record: they are markers of transactions, aborted or compacted; later ones are only counted"
        );
    }

    fn note_streak(&mut self, streak: Streak) {
        let partition = self.key.partition;
        let Some(turn) = self.breaker.note(streak) else {
            return;
        };
        // Before the words: who reads them may look at the gauge next.
        metrics::poison_storm(partition, self.breaker.is_open());
        match turn {
            Turn::Tripped => tracing::error!(
                partition,
                "a storm of records that cannot be applied; a few are tried every 5 s until a good one comes"
            ),
            Turn::Cleared => tracing::info!(partition, "the storm is over; full speed again"),
        }
    }

    /// Waits until fewer records are parked; `false` when the partition is not ours any more.
    async fn room_for_parked(&self) -> bool {
        let partition = self.key.partition;
        // Before the words: who reads them may look at the gauge next.
        metrics::parked_full(partition, true);
        tracing::error!(
            partition,
            "the partition waits: as many results as may be parked cannot be read; look whether their storage is there"
        );
        loop {
            tokio::select! {
                () = self.gone.cancelled() => return false,
                () = tokio::time::sleep(CROWDED) => {}
            }
            match store::answered(self.shared.settler.is_crowded(self.key)).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => tracing::debug!(%error, "what is parked cannot be counted yet"),
            }
        }
        metrics::parked_full(partition, false);
        tracing::info!(partition, "fewer records are parked; the partition goes on");
        true
    }
}

/// Records how old what was settled is.
fn note(batch: &Batch, inbox: &Inbox) {
    metrics::batch(batch.messages.len());
    let messages = batch.messages.iter();
    let newest_ms = messages.filter_map(|message| message.timestamp_ms).max();
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
