//! The recipe: what happens to a batch of records, from bytes to the committed transaction.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::{Client, Pool, Transaction};

use super::prepare::{Prepared, prepare};
use super::settlement::{self, Rules};
use super::{ApplyError, Batch, Effects, Outcome, Settled, Skip, dead_letter};
use crate::aggregate::EncodingError;
use crate::fold::{self, DrawError, Fold, FoldError, Folded};
use crate::ids::{ExecutionId, WorkflowId};
use crate::objects::Objects;
use crate::rows::Limits;
use crate::store::executions::{self, Flag};
use crate::store::outbox::{self, OutboxRow};
use crate::store::{self, GenericClient, Role, RoleNames, StoreError};
use crate::telemetry::{clock, metrics};

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
    let begun = store::answered(write(recipe, &mut client, batch, &prepared)).await?;
    let Some((tx, settled)) = begun else {
        return Ok(Attempt::ShapeMoved);
    };
    match store::commit(tx).await {
        Ok(()) => Ok(Attempt::Settled(settled)),
        Err(error) => Err(ApplyError::uncommitted(error, settled)),
    }
}

/// Everything of the transaction but its commit; `None` when a configuration asks another shape by now.
async fn write<'a>(
    recipe: &Recipe,
    client: &'a mut Client,
    batch: &Batch,
    prepared: &Prepared<'_>,
) -> Result<Option<(Transaction<'a>, Settled)>, ApplyError> {
    let tx = store::begin(client, &recipe.roles, Role::Ingest).await?;
    settlement::begin(&tx, batch).await?;
    let folded = match fold_in(recipe, &tx, prepared).await {
        Err(FoldError::ShapeMoved(_)) => return Ok(None),
        folded => folded.map_err(failure)?,
    };
    outbox::insert(&tx, &outgoing(recipe, batch, prepared, &folded)).await?;
    let outcomes = outcomes(prepared, &folded);
    let mut settled = settlement::finish(&tx, &recipe.rules, batch, &outcomes).await?;
    executions::flag(&tx, &recipe.fold.upstream, &flags(prepared, &folded)).await?;
    note_effects(&mut settled.effects, batch, &outcomes, prepared, &folded);
    Ok(Some((tx, settled)))
}

pub(super) async fn fold_in(
    recipe: &Recipe,
    tx: &impl GenericClient,
    prepared: &Prepared<'_>,
) -> Result<Folded, FoldError> {
    match prepared.arrivals.is_empty() {
        true => Ok(Folded::default()),
        false => fold::apply(tx, &recipe.fold, &prepared.arrivals, now()).await,
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
    for (workflow, error) in &folded.misconfigured {
        metrics::configuration_error();
        tracing::warn!(%workflow, %error, "the dashboard stays as it is until its configuration is mended");
    }
}

/// What a failed fold means for the batch.
pub(super) fn failure(error: FoldError) -> ApplyError {
    match error {
        FoldError::Store(error) | FoldError::Draw(DrawError::Store(error)) => ApplyError::Store(error),
        FoldError::Encoding(error) | FoldError::Draw(DrawError::Encoding(error)) => encoding_failure(error),
        FoldError::Draw(error @ DrawError::Missing(_)) => ApplyError::Broken(error.to_string()),
        FoldError::Draw(DrawError::Render(error)) => ApplyError::Rejected {
            reason: "unrenderable",
            sentence: error.to_string(),
        },
        FoldError::ShapeMoved(_) => ApplyError::Broken(error.to_string()),
    }
}

fn encoding_failure(error: EncodingError) -> ApplyError {
    ApplyError::Broken(error.to_string())
}

/// The batch's outbox rows: new versions of views, then dead letters (a replay's were sent when they were consumed).
fn outgoing(recipe: &Recipe, batch: &Batch, prepared: &Prepared<'_>, folded: &Folded) -> Vec<OutboxRow> {
    let updates = folded
        .updates
        .iter()
        .map(|update| fold::announcement(&recipe.events_topic, update));
    let sent_before = batch.origin.selection().is_some();
    let rejected = prepared.rejected.iter().filter(|_| !sent_before);
    let letters = rejected.map(|rejected| {
        let topic = &recipe.rules.dead_letter_topic;
        dead_letter(
            topic,
            &batch.partition,
            rejected.message,
            rejected.reason,
            &rejected.sentence,
        )
    });
    updates.chain(letters).collect()
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
        let problem = folded.misconfigured.iter().find(|(id, _)| *id == workflow);
        let error = problem.map(|(_, error)| error.to_string());
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
