//! Before the transaction: records are decoded, looked up and aggregated, so that it holds its locks briefly.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use deadpool_postgres::Client;
use futures::future::{join_all, try_join3};
use tracing::Span;

use super::recipe::Recipe;
use super::settlement::{RESULT_UNREADABLE, UNKNOWN_WORKFLOW};
use super::{ApplyError, Outcome, Selection, Skip};
use crate::aggregate::{AggregateError, PartialSpec, aggregate};
use crate::dashboard::{RowDays, VisualizationConfig};
use crate::event::{self, Decoded, Execution, Message, ResultSource};
use crate::fold::{Arrival, Standing, is_spoken_for, standing, suggested};
use crate::ids::{ExecutionId, WorkflowId};
use crate::objects::{ObjectError, Objects, Spooled};
use crate::rows::{Delivered, Limits, RowsError};
use crate::store::configurations::{self, Reporting};
use crate::store::parked::Wait;
use crate::store::partials::{self, PartialHead};
use crate::store::{self, GenericClient, Role, StoreError, Upstream, executions};
use crate::telemetry::{current_traceparent, span_from_traceparent};

/// The most objects that are here at a time.
const FETCHED_AT_ONCE: usize = 4;

/// A batch's records on their way to the transaction.
#[derive(Debug, Default)]
pub struct Prepared<'a> {
    /// For each record how it ended already; `None` for those in `arrivals`, in the same order.
    pub outcomes: Vec<Option<Outcome>>,
    /// Results ready to be folded.
    pub arrivals: Vec<Arrival>,
    /// Records that can never be applied, by their place among the messages.
    pub rejected: BTreeMap<usize, Rejected<'a>>,
    /// The spans of traced records, open until their transaction has ended.
    pub spans: Vec<Span>,
}

/// A record that can never be applied.
#[derive(Debug)]
pub struct Rejected<'a> {
    /// The record.
    pub message: &'a Message,
    /// Why, in snake case.
    pub reason: &'static str,
    /// Why, in one plain sentence that names the field and the remedy.
    pub sentence: String,
    /// Its execution, where known.
    pub execution_id: Option<ExecutionId>,
}

impl<'a> Prepared<'a> {
    fn reject(&mut self, index: usize, rejected: Rejected<'a>) {
        self.outcomes[index] = Some(Outcome::DeadLettered);
        self.rejected.insert(index, rejected);
    }
}

/// A decoded record.
struct Candidate<'a> {
    index: usize,
    message: &'a Message,
    execution: Execution,
}

impl Candidate<'_> {
    fn is_inline(&self) -> bool {
        matches!(self.execution.result, ResultSource::Inline { .. })
    }
}

/// A record whose rows have to be read, and by what its partial is to be formed.
pub(super) struct Wanted<'a> {
    candidate: Candidate<'a>,
    asked: Arc<Asked>,
}

impl Wanted<'_> {
    /// The record's place among the messages.
    pub fn index(&self) -> usize {
        self.candidate.index
    }

    /// The record's workflow.
    pub fn workflow_id(&self) -> WorkflowId {
        self.candidate.execution.workflow_id
    }
}

/// Decodes, looks up and aggregates records; what can be settled without reading rows is. `replay` says which of them
/// a replay takes, where this is one. Gives a connection for the transaction that follows: the one it looked up with, or
/// where objects had to be fetched another one, because fetching may take minutes in which others can use the first.
pub async fn prepare<'a>(
    recipe: &Recipe,
    messages: &'a [Message],
    replay: Option<&Selection>,
) -> Result<(Prepared<'a>, Client), ApplyError> {
    let mut client = recipe.pool.get().await.map_err(StoreError::from)?;
    let (mut prepared, wanted) = look_up(recipe, &mut client, messages, replay).await?;
    if wanted.iter().all(|wanted| wanted.candidate.is_inline()) {
        form_all(recipe, wanted, &mut prepared).await?;
        return Ok((prepared, client));
    }
    drop(client);
    form_all(recipe, wanted, &mut prepared).await?;
    let client = recipe.pool.get().await.map_err(StoreError::from)?;
    Ok((prepared, client))
}

/// The part of [`prepare`] before any row is read: for each record how it ends, or that its rows are wanted.
pub(super) async fn look_up<'a>(
    recipe: &Recipe,
    client: &mut Client,
    messages: &'a [Message],
    replay: Option<&Selection>,
) -> Result<(Prepared<'a>, Vec<Wanted<'a>>), ApplyError> {
    let mut prepared = Prepared {
        outcomes: vec![None; messages.len()],
        ..Prepared::default()
    };
    let candidates = decode(messages, recipe.message_bytes, replay, &mut prepared);
    if candidates.is_empty() {
        return Ok((prepared, Vec::new()));
    }
    let known = store::answered(read_known(recipe, client, &candidates)).await?;
    let wanted = sort_out(candidates, &known, &mut prepared);
    Ok((prepared, wanted))
}

/// Looks up what is known, in a transaction of its own: roles and row level security hold inside transactions only.
async fn read_known(
    recipe: &Recipe,
    client: &mut Client,
    candidates: &[Candidate<'_>],
) -> Result<Known, StoreError> {
    let tx = store::begin(client, &recipe.roles, Role::Ingest).await?;
    let known = Known::read(&tx, &recipe.fold.upstream, candidates).await?;
    tx.commit().await?;
    Ok(known)
}

/// Reads and aggregates results, those by reference a few at a time.
async fn form_all<'a>(
    recipe: &Recipe,
    wanted: Vec<Wanted<'a>>,
    prepared: &mut Prepared<'a>,
) -> Result<(), ApplyError> {
    let mut wanted = wanted.into_iter().peekable();
    while wanted.peek().is_some() {
        let mut left = FETCHED_AT_ONCE;
        let mut some = Vec::new();
        while let Some(next) = wanted.next_if(|next| left > 0 || next.candidate.is_inline()) {
            left -= usize::from(!next.candidate.is_inline());
            some.push(next);
        }
        let sources = join_all(
            some.iter()
                .map(|one| source(&recipe.objects, &one.candidate.execution.result)),
        )
        .await;
        let sources = sources.into_iter().collect::<Result<Vec<_>, _>>()?;
        tokio::task::block_in_place(|| {
            for (wanted, source) in some.into_iter().zip(sources) {
                form_one(wanted, source, &recipe.limits, prepared);
            }
        });
    }
    Ok(())
}

/// A result's bytes, or how its record ends without them.
enum Source {
    Ready(Spooled),
    NotYet(String),
    Refused(&'static str, String),
}

async fn source(objects: &Objects, result: &ResultSource) -> Result<Source, ApplyError> {
    let location = match result {
        ResultSource::Inline { data, .. } => return Ok(Source::Ready(Spooled::Memory(data.clone()))),
        ResultSource::Location(location) => location,
    };
    match objects.fetch(location).await {
        Ok(spooled) => Ok(Source::Ready(spooled)),
        Err(error @ ObjectError::NotYet(_)) => Ok(Source::NotYet(error.to_string())),
        Err(error @ ObjectError::Refused(_)) => Ok(Source::Refused("location_refused", error.to_string())),
        Err(error @ ObjectError::TooLarge { .. }) => Ok(Source::Refused("oversized", error.to_string())),
        Err(error @ ObjectError::Unreachable(_)) => Err(ApplyError::Objects(error)),
    }
}

fn form_one<'a>(wanted: Wanted<'a>, source: Source, limits: &Limits, prepared: &mut Prepared<'a>) {
    let Wanted { candidate, asked } = wanted;
    let Candidate {
        index,
        message,
        execution,
    } = candidate;
    let (id, workflow_id) = (execution.id, execution.workflow_id);
    let span = execution
        .traceparent
        .as_deref()
        .map(|parent| span_from_traceparent("fold", Some(parent)));
    let formed = match source {
        Source::Ready(source) => form(execution, source, &asked.spec, limits),
        Source::NotYet(sentence) => Err(Unformed::NotYet(sentence)),
        Source::Refused(reason, sentence) => Err(Unformed::Rejected(reason, sentence)),
    };
    match formed {
        Ok(mut arrival) => {
            if let Some(span) = span {
                arrival.traceparent = span.in_scope(current_traceparent).or(arrival.traceparent);
                prepared.spans.push(span);
            }
            prepared.arrivals.push(arrival);
        }
        Err(Unformed::NotYet(sentence)) => {
            tracing::warn!(execution = %id, "{sentence}; it is tried again");
            prepared.outcomes[index] = Some(Outcome::Parked(Wait {
                reason: RESULT_UNREADABLE,
                workflow_id: Some(workflow_id),
                execution_id: Some(id),
                sentence: Some(sentence),
            }));
        }
        Err(Unformed::Rejected(reason, sentence)) => {
            let rejected = Rejected {
                message,
                reason,
                sentence,
                execution_id: Some(id),
            };
            prepared.reject(index, rejected);
        }
    }
}

fn decode<'a>(
    messages: &'a [Message],
    message_bytes: usize,
    replay: Option<&Selection>,
    prepared: &mut Prepared<'a>,
) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        if replay.is_some_and(|selection| !selection.may_want(message)) {
            prepared.outcomes[index] = Some(Outcome::Skipped(Skip::Unselected));
            continue;
        }
        match event::decode_within(message, message_bytes) {
            Ok(Decoded::Execution(execution))
                if replay.is_some_and(|selection| !selection.wants(&execution)) =>
            {
                prepared.outcomes[index] = Some(Outcome::Skipped(Skip::Unselected));
            }
            Ok(Decoded::Execution(mut execution)) => {
                execution.replay |= replay.is_some();
                candidates.push(Candidate {
                    index,
                    message,
                    execution: *execution,
                });
            }
            Ok(Decoded::Tombstone) => prepared.outcomes[index] = Some(Outcome::Skipped(Skip::Tombstone)),
            Err(error) => {
                let (reason, sentence, execution_id) =
                    (error.reason(), error.to_string(), error.execution_id());
                prepared.reject(
                    index,
                    Rejected {
                        message,
                        reason,
                        sentence,
                        execution_id,
                    },
                );
            }
        }
    }
    candidates
}

/// What the database knew about a batch before its transaction began.
struct Known {
    reporting: HashMap<WorkflowId, (Reporting, Arc<Asked>)>,
    rows: HashMap<ExecutionId, WorkflowId>,
    heads: HashMap<(WorkflowId, ExecutionId), PartialHead>,
}

impl Known {
    async fn read(
        db: &impl GenericClient,
        upstream: &Upstream,
        candidates: &[Candidate<'_>],
    ) -> Result<Self, StoreError> {
        let mut workflows: Vec<WorkflowId> = candidates.iter().map(|one| one.execution.workflow_id).collect();
        workflows.sort_unstable();
        workflows.dedup();
        let keys: Vec<(WorkflowId, ExecutionId)> = candidates
            .iter()
            .map(|one| (one.execution.workflow_id, one.execution.id))
            .collect();
        let ids: Vec<ExecutionId> = keys.iter().map(|(_, execution)| *execution).collect();
        let (reporting, rows, heads) = try_join3(
            configurations::read(db, upstream, &workflows),
            executions::workflows_of(db, upstream, &ids),
            partials::heads_of(db, &keys),
        )
        .await?;
        Ok(Self {
            reporting: asked(reporting),
            rows: rows.into_iter().collect(),
            heads: heads
                .into_iter()
                .map(|head| ((head.workflow_id, head.execution_id), head))
                .collect(),
        })
    }
}

impl Known {
    /// How an execution ends without its rows being read, or else what its partial is to be formed by.
    fn verdict(&self, execution: &Execution) -> Result<&Arc<Asked>, Outcome> {
        let Some((reporting, asked)) = self.reporting.get(&execution.workflow_id) else {
            return Err(Outcome::Parked(Wait {
                reason: UNKNOWN_WORKFLOW,
                workflow_id: Some(execution.workflow_id),
                execution_id: Some(execution.id),
                sentence: None,
            }));
        };
        if reporting.active().is_none() && !reporting.wants_configuration() {
            return Err(Outcome::Skipped(Skip::Disabled));
        }
        let stored = self.heads.get(&(execution.workflow_id, execution.id));
        let rank = (execution.run, execution.finished_at_ns, execution.content_hash);
        match stored.map(|stored| standing(stored, &rank, asked.shape.as_ref())) {
            // Views are left of an event that takes several transactions: it may be this one.
            Some(Standing::Same) if reporting.has_redraws => Ok(asked),
            Some(Standing::Same) => Err(Outcome::Duplicate),
            Some(Standing::Lesser) if stored.is_some_and(|held| is_spoken_for(held, execution.window)) => {
                Err(Outcome::Superseded)
            }
            None | Some(Standing::Better | Standing::Reshaped | Standing::Lesser) => Ok(asked),
        }
    }
}

/// What a configuration asks of partials, and the shape that follows: none where it is wrong, which lets partials be
/// formed by default.
#[derive(Debug, Default)]
struct Asked {
    spec: PartialSpec,
    shape: Option<[u8; 32]>,
}

impl Asked {
    fn by(json: &str) -> Self {
        match VisualizationConfig::parse(json) {
            Ok(config) => {
                let spec = config.partial_spec();
                let shape = Some(spec.shape());
                Self { spec, shape }
            }
            Err(_) => Self::default(),
        }
    }
}

/// What each workflow asks; workflows with the same configuration, which are most of them, share it. A configuration
/// that is still to be made is foreseen.
fn asked(reporting: Vec<Reporting>) -> HashMap<WorkflowId, (Reporting, Arc<Asked>)> {
    let mut read: HashMap<String, Arc<Asked>> = HashMap::new();
    let with_asked = |reporting: Reporting| {
        let json = match &reporting.configuration {
            Some(configuration) => configuration.visualization_config.clone(),
            None => suggested(&reporting).visualization_config,
        };
        let asked = read
            .entry(json)
            .or_insert_with_key(|json| Arc::new(Asked::by(json)));
        (reporting.workflow_id, (reporting, asked.clone()))
    };
    reporting.into_iter().map(with_asked).collect()
}

/// Settles what needs no reading of rows and gives the rest with what their partials are to be formed by.
fn sort_out<'a>(
    candidates: Vec<Candidate<'a>>,
    known: &Known,
    prepared: &mut Prepared<'a>,
) -> Vec<Wanted<'a>> {
    let mut wanted = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let execution = &candidate.execution;
        if let Some(owner) = known
            .rows
            .get(&execution.id)
            .filter(|owner| **owner != execution.workflow_id)
        {
            let sentence = format!(
                "workflow_id is {}, but execution {} belongs to workflow {owner}; send the execution's own workflow",
                execution.workflow_id, execution.id
            );
            let rejected = Rejected {
                message: candidate.message,
                reason: "contradictory",
                sentence,
                execution_id: Some(execution.id),
            };
            prepared.reject(candidate.index, rejected);
            continue;
        }
        match known.verdict(execution) {
            Err(outcome) => prepared.outcomes[candidate.index] = Some(outcome),
            Ok(asked) => {
                let asked = asked.clone();
                wanted.push(Wanted { candidate, asked });
            }
        }
    }
    wanted
}

/// Why a result gives no partial.
enum Unformed {
    /// Its bytes cannot be had just now.
    NotYet(String),
    /// It never will: the dead letter's reason and sentence.
    Rejected(&'static str, String),
}

/// Reads and aggregates a result.
fn form(
    execution: Execution,
    source: Spooled,
    spec: &PartialSpec,
    limits: &Limits,
) -> Result<Arrival, Unformed> {
    let (format, compression) = match &execution.result {
        ResultSource::Inline {
            format, compression, ..
        } => (*format, *compression),
        ResultSource::Location(location) => (location.format, location.compression),
    };
    let result = Delivered {
        source,
        format,
        compression,
        limits: limits.clone(),
    };
    let partial =
        aggregate(&result, execution.window, &execution.hints, spec).map_err(|error| match error {
            AggregateError::Rows(RowsError::Unavailable { .. }) => Unformed::NotYet(error.to_string()),
            other => Unformed::Rejected(other.reason(), other.to_string()),
        })?;
    Ok(Arrival {
        body: partial.encode(),
        row_days: RowDays::of(execution.window, partial.cells.dates.iter().copied()),
        shape: spec.shape(),
        replay: execution.replay,
        traceparent: execution.traceparent.clone(),
        partial,
        execution,
    })
}
