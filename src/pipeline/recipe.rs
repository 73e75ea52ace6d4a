//! The recipe: what happens to a batch of records, from bytes to the committed transaction.

use std::collections::HashMap;
use std::sync::Arc;

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
use crate::store::executions::{self, Flag};
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
    let mut client = recipe.pool.get().await.map_err(StoreError::from)?;
    let prepared = prepare(recipe, &mut client, &batch.messages, batch.origin.selection()).await?;
    let mut so_far = None;
    loop {
        let writing = write(recipe, &mut client, batch, &prepared, so_far);
        match store::answered(writing).await? {
            Written::Nothing => return Ok(Attempt::ShapeMoved),
            Written::Part(tx, folded) => {
                store::commit(tx).await.map_err(StoreError::from)?;
                so_far = Some(folded);
            }
            Written::All(tx, settled) => {
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
    executions::flag(&tx, &recipe.fold.upstream, &flags(prepared, &folded)).await?;
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
    if batch.origin.selection().is_none() {
        let rejected = prepared.rejected.iter();
        effects
            .dead_letters
            .extend(rejected.map(|rejected| rejected.reason));
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
    let rejected = prepared.rejected.iter().filter(|_| !sent_before);
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

/// What the executions' rows are told; of several records of one execution in a batch the last stands, and a result
/// that was taken in before one that was refused.
fn flags(prepared: &Prepared<'_>, folded: &Folded) -> Vec<Flag> {
    let mut flags: HashMap<(WorkflowId, ExecutionId), Flag> = HashMap::new();
    for (arrival, outcome) in prepared.arrivals.iter().zip(&folded.outcomes) {
        if *outcome == fold::Outcome::Skipped {
            continue;
        }
        let (workflow, execution_id) = arrival.key();
        let error = folded.problem_of(workflow, execution_id).map(str::to_owned);
        let flag = Flag {
            workflow_id: Some(workflow),
            execution_id,
            processed: error.is_none(),
            error,
        };
        flags.insert((workflow, execution_id), flag);
    }
    let mut told: HashMap<ExecutionId, Flag> = HashMap::new();
    for rejected in &prepared.rejected {
        if let Some(execution_id) = rejected.execution_id {
            let flag = Flag {
                workflow_id: None,
                execution_id,
                processed: false,
                error: Some(rejected.sentence.clone()),
            };
            told.insert(execution_id, flag);
        }
    }
    for (_, execution) in flags.keys() {
        told.remove(execution);
    }
    flags.into_values().chain(told.into_values()).collect()
}
