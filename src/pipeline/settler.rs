//! Settling a batch, whatever it takes: retries, verification after a broken commit, halving, dead letters.

use std::sync::Arc;

use deadpool_postgres::{Client, Pool, Transaction};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use super::batch::{Batch, Origin, Outcome, Settled};
use super::failure::{self, Action, ApplyError, decide};
use super::portion::Portion;
use super::recipe::{self, Recipe};
use super::{PartitionKey, dead_letter, settlement};
use crate::event::{self, Decoded, Message};
use crate::objects::ObjectError;
use crate::store::executions::{self, Flag, Word};
use crate::store::{self, Role, StoreError, outbox, parked, positions};
use crate::telemetry;
use crate::telemetry::metrics::{self, RecordResult};

/// Settles batches by the recipe.
#[derive(Debug, Clone)]
pub struct Settler {
    /// How a batch is applied.
    pub recipe: Arc<Recipe>,
    /// Connections for claims and for looking after parked records: never short because batches are being applied.
    pub control: Pool,
    /// Where the tasks run that hold transactions: they are never cancelled.
    pub tasks: TaskTracker,
}

/// How settling a batch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every record of it is settled.
    Settled,
    /// The records are another owner's.
    Fenced,
    /// The position stands elsewhere; read on from where it stands.
    Moved,
    /// An operator has to look; what is wrong and the remedy.
    Halted(String),
    /// The service stops, or the partition went away, before all of it was settled.
    Stopped,
}

impl Settler {
    /// Settles a batch; `on_settled` hears of each part of it that was settled by a transaction, and `portion` of what
    /// each cost.
    pub async fn settle(
        &self,
        batch: Batch,
        portion: &mut Portion,
        stop: &CancellationToken,
        mut on_settled: impl FnMut(&Batch, &Settled),
    ) -> End {
        let mut waiting = vec![batch];
        let mut attempt = 0;
        while let Some(batch) = waiting.pop() {
            let batch = Arc::new(batch);
            let (error, action) = match self.attempt(&batch, attempt).await {
                Ok(settled) => {
                    note(&settled);
                    portion.note(batch.messages.len(), settled.took);
                    on_settled(&batch, &settled);
                    attempt = 0;
                    continue;
                }
                Err(failed) => failed,
            };
            match action {
                Action::DeadLetter { .. } => {
                    waiting.extend(halves(batch));
                    attempt = 0;
                }
                Action::Halve => {
                    portion.halve(batch.messages.len());
                    waiting.extend(halves(batch));
                    attempt = 0;
                }
                Action::Retry(pause) | Action::Lighten(pause) => {
                    attempt += 1;
                    log_retry(&error, attempt);
                    tokio::select! {
                        () = stop.cancelled() => return End::Stopped,
                        () = tokio::time::sleep(pause) => {}
                    }
                    match action {
                        Action::Lighten(_) => {
                            portion.halve(batch.messages.len());
                            waiting.extend(halves(batch));
                        }
                        _ => waiting.push(Arc::unwrap_or_clone(batch)),
                    }
                }
                Action::Verify => match self.verify(&batch, stop).await {
                    Some(Verdict::Committed) => {
                        if let ApplyError::OutcomeUnknown { settled, .. } = error {
                            note(&settled);
                            on_settled(&batch, &settled);
                        }
                        attempt = 0;
                    }
                    Some(Verdict::RolledBack) => waiting.push(Arc::unwrap_or_clone(batch)),
                    Some(Verdict::Fenced) => return fenced(),
                    Some(Verdict::Moved) => return End::Moved,
                    None => return End::Stopped,
                },
                Action::Continue(offset) => {
                    tracing::warn!(offset, "the position was moved; reading on from there");
                    return End::Moved;
                }
                Action::Yield => return fenced(),
                Action::Halt(hint) => return End::Halted(hint),
            }
        }
        End::Settled
    }

    /// Applies a batch, or condemns it where it is one record that can never be applied; else what failed, and what is
    /// to be done about it.
    async fn attempt(&self, batch: &Arc<Batch>, attempt: u32) -> Result<Settled, (ApplyError, Action)> {
        let error = match self.apply(batch).await {
            Ok(settled) => return Ok(settled),
            Err(error) => error,
        };
        match decide(&error, attempt) {
            Action::DeadLetter { reason, sentence } if batch.messages.len() == 1 => {
                match self.condemn(batch, reason, &sentence).await {
                    Ok(settled) => Ok(settled),
                    Err(error) => {
                        let action = match decide(&error, attempt) {
                            Action::DeadLetter { sentence, .. } => {
                                Action::Halt(format!("a dead letter cannot be written: {sentence}"))
                            }
                            action => action,
                        };
                        Err((error, action))
                    }
                }
            }
            action => Err((error, action)),
        }
    }

    /// A connection for claims.
    pub async fn client(&self) -> Result<Client, StoreError> {
        Ok(self.control.get().await?)
    }

    /// Moves a position over offsets that hold no record; `false` when it is another's by now, or stands elsewhere.
    pub async fn pass_by(
        &self,
        partition: &PartitionKey,
        token: Uuid,
        from: i64,
        to: i64,
    ) -> Result<bool, StoreError> {
        let mut client = self.client().await?;
        let tx = store::begin(&mut client, &self.recipe.roles, Role::Ingest).await?;
        let moved = positions::pass_by(&tx, partition, token, from, to);
        let has_moved = store::answered(moved).await?;
        store::commit(tx).await?;
        Ok(has_moved)
    }

    /// Whether a partition has as much parked as it may.
    pub async fn is_crowded(&self, partition: &PartitionKey) -> Result<bool, StoreError> {
        let mut client = self.client().await?;
        let tx = store::begin(&mut client, &self.recipe.roles, Role::Ingest).await?;
        let (load, most) = (parked::load(&tx, partition).await?, self.recipe.rules.parked());
        Ok(load.records >= most.records || load.bytes >= most.bytes)
    }

    /// Applies a batch in a task of its own, so that nothing cancels its transaction and a panic is its own only.
    async fn apply(&self, batch: &Arc<Batch>) -> Result<Settled, ApplyError> {
        let parents = batch.messages.iter().map(traceparent);
        let span = telemetry::consumer_span(&batch.partition.topic, parents);
        let (recipe, batch) = (self.recipe.clone(), batch.clone());
        let applying = async move { recipe::apply(&recipe, &batch).await };
        match self.tasks.spawn(applying.instrument(span)).await {
            Ok(result) => result,
            Err(failed) => Err(ApplyError::Panicked(panic_text(failed))),
        }
    }

    /// Puts the batch's only record into the dead letter topic, in the transaction that settles it.
    async fn condemn(
        &self,
        batch: &Arc<Batch>,
        reason: &'static str,
        sentence: &str,
    ) -> Result<Settled, ApplyError> {
        let (settler, batch, sentence) = (self.clone(), batch.clone(), sentence.to_owned());
        let condemning = async move { condemn(&settler.recipe, &batch, reason, &sentence).await };
        match self.tasks.spawn(condemning).await {
            Ok(result) => result,
            Err(failed) => Err(ApplyError::Broken(format!(
                "a dead letter could not be written: {}",
                panic_text(failed)
            ))),
        }
    }

    /// Finds out whether a transaction was committed whose answer was lost: locking the position waits until the
    /// doubtful session has ended, so what it shows is final. `None` when the service stops first.
    async fn verify(&self, batch: &Batch, stop: &CancellationToken) -> Option<Verdict> {
        let mut attempt = 0;
        loop {
            match store::answered(self.look(batch)).await {
                Ok(verdict) => return Some(verdict),
                Err(error) => {
                    attempt += 1;
                    log_outage(&error, attempt);
                    tokio::select! {
                        () = stop.cancelled() => return None,
                        () = tokio::time::sleep(failure::backoff(attempt)) => {}
                    }
                }
            }
        }
    }

    async fn look(&self, batch: &Batch) -> Result<Verdict, StoreError> {
        let mut client = self.client().await?;
        let tx = store::begin(&mut client, &self.recipe.roles, Role::Ingest).await?;
        let position = positions::lock(&tx, &batch.partition).await?;
        match &batch.origin {
            Origin::Log { token, next_offset }
            | Origin::Replay {
                token, next_offset, ..
            } => {
                let after = batch.messages.last().map(|message| message.offset + 1);
                Ok(match position {
                    Some(position) if position.owner_token == Some(*token) => match position.next_offset {
                        offset if offset == *next_offset => Verdict::RolledBack,
                        offset if Some(offset) == after => Verdict::Committed,
                        _ => Verdict::Moved,
                    },
                    Some(_) | None => Verdict::Fenced,
                })
            }
            Origin::Parked(rows) => {
                let mut held: Vec<(i64, i32)> = rows.iter().map(|row| (row.id, row.attempts)).collect();
                held.sort_unstable();
                let ids: Vec<i64> = held.iter().map(|(id, _)| *id).collect();
                // Settling removes a row or counts an attempt.
                Ok(match parked::attempts(&tx, &ids).await? == held {
                    true => Verdict::RolledBack,
                    false => Verdict::Committed,
                })
            }
        }
    }
}

/// What became of a transaction whose answer was lost.
enum Verdict {
    Committed,
    RolledBack,
    Fenced,
    Moved,
}

/// Counts what a settled batch came to.
fn note(settled: &Settled) {
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
    let effects = &settled.effects;
    metrics::views_written(effects.views);
    effects
        .skipped
        .iter()
        .for_each(|skip| metrics::skipped(skip.name()));
    effects
        .dead_letters
        .iter()
        .for_each(|reason| metrics::dead_letter(reason));
}

/// A batch in halves, to be popped in order; a single record stays as it is.
fn halves(batch: Arc<Batch>) -> impl Iterator<Item = Batch> {
    let (first, second) = Arc::unwrap_or_clone(batch).halves();
    second.into_iter().chain([first])
}

fn fenced() -> End {
    metrics::fenced();
    End::Fenced
}

async fn condemn(
    recipe: &Recipe,
    batch: &Batch,
    reason: &'static str,
    sentence: &str,
) -> Result<Settled, ApplyError> {
    let mut client = recipe.pool.get().await.map_err(StoreError::from)?;
    let writing = write_dead_letters(recipe, &mut client, batch, reason, sentence);
    let (tx, settled) = store::answered(writing).await?;
    let offset = settled.next_offset - 1;
    if let Err(error) = store::commit(tx).await {
        return Err(ApplyError::uncommitted(error, settled));
    }
    let partition = batch.partition.partition;
    tracing::warn!(
        reason,
        sentence,
        partition,
        offset,
        "a record went to the dead letter topic"
    );
    Ok(settled)
}

/// Everything of the transaction but its commit.
async fn write_dead_letters<'a>(
    recipe: &Recipe,
    client: &'a mut Client,
    batch: &Batch,
    reason: &'static str,
    sentence: &str,
) -> Result<(Transaction<'a>, Settled), ApplyError> {
    let tx = store::begin(client, &recipe.roles, Role::Ingest).await?;
    settlement::begin(&tx, batch).await?;
    if batch.origin.selection().is_none() {
        let topic = &recipe.rules.dead_letter_topic;
        let letter = |message| dead_letter(topic, &batch.partition, message, reason, sentence);
        let letters: Vec<_> = batch.messages.iter().map(letter).collect();
        outbox::insert(&tx, &letters).await?;
    }
    let outcomes = vec![Outcome::DeadLettered; batch.messages.len()];
    let mut settled = settlement::finish(&tx, &recipe.rules, batch, &outcomes).await?;
    if batch.origin.selection().is_none() {
        settled.effects.dead_letters.push(reason);
    }
    let flags = batch.messages.iter();
    let flags: Vec<Flag> = flags
        .filter_map(|message| flag(message, reason, sentence))
        .collect();
    let is_replay = batch.origin.selection().is_some();
    executions::flag(&tx, &recipe.fold.upstream, &flags, is_replay).await?;
    Ok((tx, settled))
}

/// What the execution's row is told, where the execution is known. A record that crashes is not decoded once more.
fn flag(message: &Message, reason: &str, sentence: &str) -> Option<Flag> {
    if reason == failure::CRASHED {
        return None;
    }
    match event::decode(message) {
        Ok(Decoded::Execution(execution)) => Some(Flag {
            workflow_id: Some(execution.workflow_id),
            execution_id: execution.id,
            word: Word::Refused(sentence.to_owned()),
        }),
        Ok(Decoded::Tombstone) | Err(_) => None,
    }
}

fn traceparent(message: &Message) -> Option<&str> {
    let header = message
        .headers
        .iter()
        .find(|header| header.name == "traceparent")?;
    std::str::from_utf8(header.value.as_deref()?).ok()
}

fn panic_text(failed: tokio::task::JoinError) -> String {
    match failed.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            text.or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no message".to_owned())
        }
        Err(failed) => failed.to_string(),
    }
}

fn log_retry(error: &ApplyError, attempt: u32) {
    match error {
        ApplyError::Store(error) => log_outage(error, attempt),
        ApplyError::Objects(error) => log_object_retry(error, attempt),
        _ => {}
    }
}

/// The same for what is not the database's fault.
fn log_object_retry(error: &ObjectError, attempt: u32) {
    metrics::retry("objects");
    if attempt % 30 == 1 {
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(%error, source, attempt, "a batch waits for its results; it is tried again");
    }
}

/// The first failure of a row is told, then every 30th: an outage is one story.
fn log_outage(error: &StoreError, attempt: u32) {
    let cause = failure::cause(error);
    metrics::retry(cause);
    if attempt % 30 == 1 {
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(%error, source, cause, attempt, "the database does not take a batch; it is tried again");
    }
}
