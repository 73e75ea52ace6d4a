//! `dashloom.withdrawals`: executions whose results an operator took out, each up to a run.

use super::{GenericClient, StoreError};
use crate::ids::{ExecutionId, WorkflowId};

/// Notes that no run of the execution up to `run` counts.
pub async fn record(
    db: &impl GenericClient,
    workflow: WorkflowId,
    execution: ExecutionId,
    run: u32,
) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.withdrawals AS w (workflow_id, execution_id, run) VALUES ($1, $2, $3) \
             ON CONFLICT (workflow_id, execution_id) DO UPDATE \
             SET run = greatest(w.run, excluded.run), withdrawn_at = now()",
        )
        .await?;
    db.execute(&statement, &[&workflow.0, &execution.0, &i64::from(run)])
        .await?;
    Ok(())
}

/// Lets the execution's results count again.
pub async fn lift(
    db: &impl GenericClient,
    workflow: WorkflowId,
    execution: ExecutionId,
) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached("DELETE FROM dashloom.withdrawals WHERE workflow_id = $1 AND execution_id = $2")
        .await?;
    db.execute(&statement, &[&workflow.0, &execution.0]).await?;
    Ok(())
}
