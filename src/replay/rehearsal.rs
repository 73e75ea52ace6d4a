//! The dry run: what a replay would change, with nothing written.
//!
//! Records that would change nothing are told apart first, without locks. The rest is kept until the end of the stretch
//! and rehearsed workflow by workflow, so that what is told is the difference to what stands in the database now. No
//! workflow is locked for longer than by a live batch.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures::stream::{self, TryStreamExt};
use tokio_util::sync::CancellationToken;

use super::plan::plan;
use super::{Asked, Replay, ReplayError, Span, Step};
use crate::event::{DashboardUpdate, Message};
use crate::ids::WorkflowId;
use crate::kafka::{Log, Stretch};
use crate::pipeline::{self, ApplyError, OutcomeCounts, Rehearsal, Sifted};

/// The most bytes of results that are kept to be rehearsed.
const KEPT_BYTES: usize = 256 << 20;
/// The most records of a workflow that are rehearsed; they are taken in by one transaction.
const TOGETHER: usize = 1_000;

/// What a replay would change.
#[derive(Debug, Default)]
pub struct Preview {
    /// How the records would end.
    pub counts: OutcomeCounts,
    /// The new versions of views there would be, by workflow.
    pub updates: Vec<DashboardUpdate>,
    /// How many records cannot be applied, by reason; those that were not read to their rows count as `unreadable`.
    pub rejected: BTreeMap<&'static str, u64>,
    /// How many records would be taken in but are too many to be rehearsed: what they change is not shown.
    pub unshown: u64,
    /// How many records were read.
    pub read: u64,
    /// Whether it was stopped before its end.
    pub was_stopped: bool,
    /// Parts of what was asked for that the log does not hold any more, a sentence each.
    pub notes: Vec<String>,
}

/// Finds out what a replay would change.
///
/// # Errors
/// See [`ReplayError`].
pub async fn rehearse(
    replay: &Replay,
    asked: &Asked,
    on_step: &(dyn Fn(Step) + Sync),
    stop: &CancellationToken,
) -> Result<Preview, ReplayError> {
    let log = Log::open(&replay.kafka, &replay.kafka.topic)?;
    let mut notes = Vec::new();
    let spans = plan(&log, asked, &mut notes).await?;
    let offsets = spans.iter().map(Span::offsets).sum();
    on_step(Step::Planned { offsets });
    let sieve = Sieve {
        replay,
        asked,
        on_step,
        stop,
        kept: Mutex::default(),
    };
    stream::iter(spans.into_iter().map(Ok))
        .try_for_each_concurrent(replay.lanes.max(1), |span| sieve.sift(span))
        .await?;
    let kept = sieve.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut preview = Preview {
        notes,
        was_stopped: stop.is_cancelled(),
        ..kept.preview
    };
    for (workflow, mut messages) in kept.wanted {
        if stop.is_cancelled() {
            preview.was_stopped = true;
            break;
        }
        preview.unshown += messages.len().saturating_sub(TOGETHER) as u64;
        messages.truncate(TOGETHER);
        match pipeline::rehearse(&replay.recipe, &messages, &asked.selection).await {
            Ok(rehearsed) => preview.take(workflow, rehearsed),
            Err(ApplyError::Store(error)) if error.is_contention() => {
                preview.unshown += messages.len() as u64;
                preview.notes.push(format!(
                    "workflow {workflow} was busy all the time: what changes in it is not shown; try again"
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    preview
        .updates
        .sort_by_key(|update| (update.workflow_id, update.data_start_date, update.view_id));
    Ok(preview)
}

impl Preview {
    fn take(&mut self, workflow: WorkflowId, rehearsed: Rehearsal) {
        for outcome in &rehearsed.outcomes {
            self.counts.count(outcome);
        }
        self.updates.extend(rehearsed.updates);
        for (reason, count) in rehearsed.rejected {
            *self.rejected.entry(reason).or_default() += count;
        }
        if rehearsed.is_part {
            self.notes.push(format!(
                "workflow {workflow}: more views would change than a dry run draws; those shown are a part"
            ));
        }
    }
}

struct Sieve<'a> {
    replay: &'a Replay,
    asked: &'a Asked,
    on_step: &'a (dyn Fn(Step) + Sync),
    stop: &'a CancellationToken,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    preview: Preview,
    wanted: BTreeMap<WorkflowId, Vec<Message>>,
    bytes: usize,
}

impl Sieve<'_> {
    async fn sift(&self, span: Span) -> Result<(), ReplayError> {
        let kafka = &self.replay.kafka;
        let mut stretch = Stretch::read(kafka, &kafka.topic, span.partition, span.from, span.end)?;
        let mut next_offset = span.from;
        loop {
            let chunk = tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                chunk = stretch.next() => chunk,
            };
            let Some(messages) = chunk.transpose()? else {
                let offsets = u64::try_from(span.end - next_offset).unwrap_or_default();
                (self.on_step)(Step::Settled { offsets });
                return Ok(());
            };
            let sifted = pipeline::sift(&self.replay.recipe, &messages, &self.asked.selection).await?;
            let reached = messages.last().map_or(next_offset, |message| message.offset + 1);
            self.kept
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(messages, sifted);
            let offsets = u64::try_from(reached - next_offset).unwrap_or_default();
            next_offset = reached;
            (self.on_step)(Step::Settled { offsets });
        }
    }
}

impl Kept {
    fn take(&mut self, messages: Vec<Message>, sifted: Vec<Sifted>) {
        self.preview.read += messages.len() as u64;
        for (message, sifted) in messages.into_iter().zip(sifted) {
            match sifted {
                Sifted::Settled(outcome) => {
                    if outcome == pipeline::Outcome::DeadLettered {
                        *self.preview.rejected.entry("unreadable").or_default() += 1;
                    }
                    self.preview.counts.count(&outcome);
                }
                Sifted::Wanted(workflow) => {
                    let bytes = message.payload.as_ref().map_or(0, bytes::Bytes::len);
                    if self.bytes + bytes > KEPT_BYTES {
                        self.preview.unshown += 1;
                    } else {
                        self.bytes += bytes;
                        self.wanted.entry(workflow).or_default().push(message);
                    }
                }
            }
        }
    }
}
