//! Withdrawing an execution's result, and letting it count again.

use super::persist::{Patience, Repair, RepairError, now};
use crate::event::DashboardUpdate;
use crate::fold::{self, Trouble, Withdrawal};
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::{self, Role, StoreError, partials};

/// What a withdrawal came to.
#[derive(Debug)]
pub struct Withdrawn {
    /// The execution's workflow.
    pub workflow_id: WorkflowId,
    /// How it ended.
    pub withdrawal: Withdrawal,
    /// The new versions of views.
    pub updates: Vec<DashboardUpdate>,
    /// What keeps views as they were.
    pub troubles: Vec<Trouble>,
}

/// Takes an execution's result out of its workflow's dashboards; with `undo` lets it count again. The workflow has to be
/// named only where several have a result under the same id.
///
/// # Errors
/// See [`RepairError`]; then nothing has changed.
pub async fn withdraw(
    repair: &Repair,
    execution: ExecutionId,
    workflow: Option<WorkflowId>,
    undo: bool,
) -> Result<Withdrawn, RepairError> {
    let workflow = match workflow {
        Some(workflow) => workflow,
        None => workflow_of(repair, execution).await?,
    };
    let mut patience = Patience::default();
    loop {
        let ended = once(repair, execution, workflow, undo).await;
        if !patience.has_for(&ended).await {
            return ended;
        }
    }
}

async fn workflow_of(repair: &Repair, execution: ExecutionId) -> Result<WorkflowId, RepairError> {
    let mut client = repair.pool.get().await.map_err(StoreError::from)?;
    let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
    let workflows = partials::workflows_of(&tx, execution).await?;
    match workflows[..] {
        [] => Err(RepairError::UnknownExecution(execution)),
        [workflow] => Ok(workflow),
        _ => Err(RepairError::SeveralWorkflows { execution, workflows }),
    }
}

async fn once(
    repair: &Repair,
    execution: ExecutionId,
    workflow_id: WorkflowId,
    undo: bool,
) -> Result<Withdrawn, RepairError> {
    let mut client = repair.pool.get().await.map_err(StoreError::from)?;
    let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
    let (withdrawal, folded) = fold::withdraw(&tx, &repair.fold, workflow_id, execution, undo, now()).await?;
    if withdrawal == Withdrawal::Unknown {
        return Err(RepairError::UnknownExecution(execution));
    }
    let folded = repair.close(tx, workflow_id, folded).await?;
    let folded = repair.draw_rest(workflow_id, folded).await?;
    Ok(Withdrawn {
        workflow_id,
        withdrawal,
        updates: folded.updates,
        troubles: folded.troubles,
    })
}
