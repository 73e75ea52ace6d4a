//! Pending executions: succeeded, of a reported workflow, and in no dashboard yet.

use super::{Replay, ReplayError};
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::pending::{self, PendingExecution};
use crate::store::{self, Role, StoreError, executions};

/// The most flags set by one transaction.
const FLAGS: i64 = 1_000;

/// Pending executions, and which of them are still so after their events were replayed.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    /// Those that were looked for.
    pub wanted: Vec<PendingExecution>,
}

/// Reads the pending executions of these workflows, or of all where none is named. Rows of executions whose result has
/// been taken in already are no pending ones; they are flagged, but for a dry run.
///
/// # Errors
/// When the database fails.
pub async fn pending(
    replay: &Replay,
    workflows: &[WorkflowId],
    is_dry_run: bool,
) -> Result<Pending, ReplayError> {
    let (recipe, upstream) = (&replay.recipe, &replay.recipe.fold.upstream);
    let mut client = recipe.pool.get().await.map_err(StoreError::from)?;
    let mut is_flagged = is_dry_run;
    while !is_flagged {
        let tx = store::begin(&mut client, &recipe.roles, Role::Ingest).await?;
        let flagged = executions::flag_taken_in(&tx, upstream, FLAGS).await?;
        store::commit(tx).await.map_err(StoreError::from)?;
        is_flagged = flagged < FLAGS.unsigned_abs();
    }
    let tx = store::begin(&mut client, &recipe.roles, Role::Ingest).await?;
    let wanted = pending::all(&tx, upstream, workflows).await?;
    Ok(Pending { wanted })
}

impl Pending {
    /// The executions with their workflows.
    pub fn ids(&self) -> impl Iterator<Item = (WorkflowId, ExecutionId)> + '_ {
        self.wanted.iter().map(|one| (one.workflow_id, one.execution_id))
    }

    /// Reads which of them are pending still.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn left(&self, replay: &Replay) -> Result<Vec<PendingExecution>, ReplayError> {
        let recipe = &replay.recipe;
        let mut client = recipe.pool.get().await.map_err(StoreError::from)?;
        let tx = store::begin(&mut client, &recipe.roles, Role::Ingest).await?;
        let ids: Vec<ExecutionId> = self.ids().map(|(_, execution)| execution).collect();
        Ok(pending::still(&tx, &recipe.fold.upstream, &ids).await?)
    }
}
