//! Withdrawing an execution's result, and letting it count again.

use super::persist::{Repair, RepairError, Task};
use crate::event::DashboardUpdate;
use crate::fold::{Trouble, Withdrawal};
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
    /// Whether a dry run shows a part of the versions only.
    pub is_part: bool,
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
    let task = Task::Withdraw { execution, undo };
    let done = repair.carry_out(workflow, task).await?;
    let withdrawal = done.withdrawal.unwrap_or(Withdrawal::Unknown);
    if withdrawal == Withdrawal::Unknown {
        return Err(RepairError::UnknownExecution(execution));
    }
    Ok(Withdrawn {
        workflow_id: workflow,
        withdrawal,
        is_part: done.folded.unfinished,
        updates: done.folded.updates,
        troubles: done.folded.troubles,
    })
}

async fn workflow_of(repair: &Repair, execution: ExecutionId) -> Result<WorkflowId, RepairError> {
    let reading = async {
        let mut client = repair.pool.get().await.map_err(StoreError::from)?;
        let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
        partials::workflows_of(&tx, execution).await
    };
    let workflows = store::answered(reading).await?;
    match workflows[..] {
        [] => Err(RepairError::UnknownExecution(execution)),
        [workflow] => Ok(workflow),
        _ => Err(RepairError::SeveralWorkflows { execution, workflows }),
    }
}
