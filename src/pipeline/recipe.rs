//! The recipe: what happens to a batch of records, from bytes to the committed transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use deadpool_postgres::{Client, Pool, Transaction};

use super::prepare::{Prepared, Rejected, prepare};
use super::settlement::{self, Rules};
use super::{ApplyError, Batch, Effects, Outcome, Settled, Skip, dead_letter};
use crate::event::DashboardUpdate;
use crate::fold::{self, Fold, FoldError, Folded};
use crate::ids::{ExecutionId, WorkflowId};
use crate::objects::Objects;
use crate::rows::Limits;
use crate::store::executions::{self, Flag, Word};
use crate::store::outbox::{self, OutboxRow};
use crate::store::{self, GenericClient, Role, RoleNames, StoreError};
use crate::telemetry::clock;

/// How often a batch is formed anew because configurations change under it.
const MAX_RESHAPES: u32 = 5;

/// Everything the recipe needs.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Connections for applying.
    pub pool: Pool,
    /// The database's names for roles.
    pub roles: RoleNames,
    /// What folding needs.
    pub fold: Fold,
    /// The largest record that is read, in bytes.
    pub message_bytes: usize,
    /// Where results by reference are read from.
    pub objects: Arc<Objects>,
    /// Caps on results.
    pub limits: Limits,
    /// What settling goes by.
    pub rules: Rules,
    /// The topic on which views' new versions are announced.
    pub events_topic: String,
}

/// Applies a batch in one transaction: partials, views, flags, outbox and position, or nothing.
pub async fn apply(recipe: &Recipe, batch: &Batch) -> Result<Settled, ApplyError> {
    for _ in 0..MAX_RESHAPES {
        match attempt(recipe, batch).await? {
            Attempt::Settled(settled) => return Ok(settled),
            Attempt::ShapeMoved => {}
        }
    }
    let sentence = format!(
        "The configuration changed {MAX_RESHAPES} times while the result was being read; redrive it."
    );
    Err(ApplyError::Rejected {
        reason: "configuration_unsteady",
        sentence,
    })
}

enum Attempt {
    Settled(Settled),
    /// A configuration changed between looking it up and locking it.
    ShapeMoved,
}

async fn attempt(recipe: &Recipe, batch: &Batch) -> Result<Attempt, ApplyError> {
    let mut began = Instant::now();
    let (prepared, mut client) = prepare(recipe, &batch.messages, batch.origin.selection()).await?;
    let mut took = began.elapsed();
    let mut so_far = None;
    loop {
        began = Instant::now();
        let writing = write(recipe, &mut client, batch, &prepared, so_far);
        let written = store::answered(writing).await?;
        took = took.max(began.elapsed());
        match written {
            Written::Nothing => return Ok(Attempt::ShapeMoved),
            Written::Part(tx, folded) => {
                store::commit(tx).await.map_err(StoreError::from)?;
                so_far = Some(folded);
            }
            Written::All(tx, settled) => {
                let settled = Settled { took, ..settled };
                return match store::commit(tx).await {
                    Ok(()) => Ok(Attempt::Settled(settled)),
                    Err(error) => Err(ApplyError::uncommitted(error, settled)),
                };
            }
        }
    }
}

/// A transaction that lacks but its commit.
enum Written<'a> {
    /// A configuration asks another shape by now.
    Nothing,
    /// Views are left: there are more than one transaction may draw. The position moves with the last of them.
    Part(Transaction<'a>, Folded),
    /// The batch is settled.
    All(Transaction<'a>, Settled),
}

/// Everything of a transaction but its commit; `so_far` is what earlier ones did for the batch.
async fn write<'a>(
    recipe: &Recipe,
    client: &'a mut Client,
    batch: &Batch,
    prepared: &Prepared<'_>,
    so_far: Option<Folded>,
) -> Result<Written<'a>, ApplyError> {
    let tx = store::begin(client, &recipe.roles, Role::Ingest).await?;
    settlement::begin(&tx, batch).await?;
    let announced = so_far.as_ref().map_or(0, |folded| folded.updates.len());
    let folded = match so_far {
        None => match fold_in(&recipe.fold, &tx, prepared).await {
            Err(FoldError::ShapeMoved(_)) => return Ok(Written::Nothing),
            folded => folded.map_err(failure)?,
        },
        Some(folded) => {
            let rest = fold::catch_up(&tx, &recipe.fold, &workflows(prepared), now()).await;
            folded.and_then(rest.map_err(failure)?)
        }
    };
    outbox::insert(&tx, &announcements(recipe, &folded.updates[announced..])).await?;
    if folded.unfinished {
        return Ok(Written::Part(tx, folded));
    }
    outbox::insert(&tx, &dead_letters(recipe, batch, prepared)).await?;
    let outcomes = outcomes(prepared, &folded);
    let mut settled = settlement::finish(&tx, &recipe.rules, batch, &outcomes).await?;
    let (flags, is_replay) = (flags(prepared, &folded), batch.origin.selection().is_some());
    executions::flag(&tx, &recipe.fold.upstream, &flags, is_replay).await?;
    note_effects(&mut settled.effects, batch, &outcomes, prepared, &folded);
    Ok(Written::All(tx, settled))
}

/// The workflows that results have arrived for.
fn workflows(prepared: &Prepared<'_>) -> Vec<WorkflowId> {
    let arrivals = prepared.arrivals.iter();
    let mut workflows: Vec<WorkflowId> = arrivals.map(|arrival| arrival.execution.workflow_id).collect();
    workflows.sort_unstable();
    workflows.dedup();
    workflows
}

pub(super) async fn fold_in(
    fold: &Fold,
    tx: &impl GenericClient,
    prepared: &Prepared<'_>,
) -> Result<Folded, FoldError> {
    match prepared.arrivals.is_empty() {
        true => Ok(Folded::default()),
        false => fold::apply(tx, fold, &prepared.arrivals, now()).await,
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock::now_ms()).unwrap_or_default()
}

fn note_effects(
    effects: &mut Effects,
    batch: &Batch,
    outcomes: &[Outcome],
    prepared: &Prepared<'_>,
    folded: &Folded,
) {
    effects.views = folded.updates.len() as u64;
    match batch.origin.selection() {
        Some(selection) => outcomes.iter().for_each(|outcome| {
            if let Outcome::Parked(wait) = outcome {
                selection.note_wait(wait);
            }
        }),
        None => {
            let rejected = prepared.rejected.values();
            effects
                .dead_letters
                .extend(rejected.map(|rejected| rejected.reason));
        }
    }
    effects
        .skipped
        .extend(outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Skipped(why) => Some(*why),
            _ => None,
        }));
    folded.troubles.iter().for_each(fold::Trouble::tell);
}

/// What a failed fold means for the batch.
pub(super) fn failure(error: FoldError) -> ApplyError {
    match error {
        FoldError::Store(error) => ApplyError::Store(error),
        FoldError::TooMuch => ApplyError::TooMuch,
        error @ (FoldError::Encoding(_) | FoldError::ShapeMoved(_)) => ApplyError::Broken(error.to_string()),
    }
}

/// The outbox rows of views' new versions.
fn announcements(recipe: &Recipe, updates: &[DashboardUpdate]) -> Vec<OutboxRow> {
    let topic = &recipe.events_topic;
    updates
        .iter()
        .map(|update| fold::announcement(topic, update))
        .collect()
}

/// The outbox rows of the batch's dead letters (a replay's were sent when they were consumed).
fn dead_letters(recipe: &Recipe, batch: &Batch, prepared: &Prepared<'_>) -> Vec<OutboxRow> {
    let sent_before = batch.origin.selection().is_some();
    let rejected = prepared.rejected.values().filter(|_| !sent_before);
    let topic = &recipe.rules.dead_letter_topic;
    let letter = |rejected: &Rejected<'_>| {
        dead_letter(
            topic,
            &batch.partition,
            rejected.message,
            rejected.reason,
            &rejected.sentence,
        )
    };
    rejected.map(letter).collect()
}

/// How each record ended: what preparing settled, and for the arrivals what folding did.
pub(super) fn outcomes(prepared: &Prepared<'_>, folded: &Folded) -> Vec<Outcome> {
    let mut folded = folded.outcomes.iter();
    let arrival = |outcome: Option<&fold::Outcome>| match outcome {
        Some(fold::Outcome::Applied) => Outcome::Applied,
        Some(fold::Outcome::Superseded) => Outcome::Superseded,
        Some(fold::Outcome::Duplicate) => Outcome::Duplicate,
        Some(fold::Outcome::Skipped) | None => Outcome::Skipped(Skip::Disabled),
    };
    prepared
        .outcomes
        .iter()
        .map(|outcome| outcome.clone().unwrap_or_else(|| arrival(folded.next())))
        .collect()
}

/// What the executions' rows are told, as if each record had come alone: that a result was taken in if any was, else the
/// last refusal.
fn flags(prepared: &Prepared<'_>, folded: &Folded) -> Vec<Flag> {
    let mut told = Told::default();
    let mut arrivals = prepared.arrivals.iter().zip(&folded.outcomes);
    for (index, outcome) in prepared.outcomes.iter().enumerate() {
        if let Some(rejected) = prepared.rejected.get(&index) {
            if let Some(execution) = rejected.execution_id {
                told.refused(execution, &rejected.sentence);
            }
        } else if outcome.is_none()
            && let Some((arrival, outcome)) = arrivals.next()
            && *outcome != fold::Outcome::Skipped
        {
            let (workflow, execution) = arrival.key();
            told.taken_in(workflow, execution, folded.problem_of(workflow, execution));
        }
    }
    told.0.into_values().flatten().collect()
}

/// What the rows of a batch's executions are told, record by record: for each execution a flag for every workflow that
/// has a result of it, or one for whatever row there is.
#[derive(Debug, Default)]
struct Told(HashMap<ExecutionId, Vec<Flag>>);

impl Told {
    fn taken_in(&mut self, workflow: WorkflowId, execution_id: ExecutionId, problem: Option<&str>) {
        let flags = self.0.entry(execution_id).or_default();
        flags.retain(|flag| flag.workflow_id.is_some_and(|other| other != workflow));
        flags.push(Flag {
            workflow_id: Some(workflow),
            execution_id,
            word: problem.map_or(Word::Shown, |problem| Word::Hidden(problem.to_owned())),
        });
    }

    fn refused(&mut self, execution_id: ExecutionId, sentence: &str) {
        let flags = self.0.entry(execution_id).or_default();
        if flags.iter().all(|flag| flag.workflow_id.is_none()) {
            *flags = vec![Flag {
                workflow_id: None,
                execution_id,
                word: Word::Refused(sentence.to_owned()),
            }];
        }
    }
}
