//! The engine's `workflow_executions`: the flags that say what was reported.

use uuid::Uuid;

use super::{GenericClient, StoreError, Upstream};
use crate::ids::{ExecutionId, WorkflowId};

/// What is to be written on an execution's row.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The workflow the execution has to belong to; `None` where the row is meant whatever its workflow.
    pub workflow_id: Option<WorkflowId>,
    /// Which execution.
    pub execution_id: ExecutionId,
    /// Whether its result has been taken in.
    pub processed: bool,
    /// Why not, in one plain sentence.
    pub error: Option<String>,
}

/// Reads which workflow each execution's row belongs to, where there is a row.
pub async fn workflows_of(
    db: &impl GenericClient,
    upstream: &Upstream,
    ids: &[ExecutionId],
) -> Result<Vec<(ExecutionId, WorkflowId)>, StoreError> {
    let sql = format!(
        "SELECT id, workflow_id FROM {} WHERE id = ANY($1)",
        upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = db.query(&statement, &[&ids]).await?;
    rows.iter()
        .map(|row| Ok((ExecutionId(row.try_get(0)?), WorkflowId(row.try_get(1)?))))
        .collect()
}

/// Writes flags where they differ. Rows that the engine holds are skipped, for the sweep to set later.
pub async fn flag(db: &impl GenericClient, upstream: &Upstream, flags: &[Flag]) -> Result<u64, StoreError> {
    if flags.is_empty() {
        return Ok(0);
    }
    let sql = format!(
        "WITH wanted AS ( \
             SELECT e.id, f.processed, f.error \
             FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[]) f(workflow_id, id, processed, error) \
             JOIN {executions} e ON e.id = f.id AND (f.workflow_id IS NULL OR f.workflow_id = e.workflow_id) \
             WHERE (e.dashboard_processed IS DISTINCT FROM (f.processed OR e.dashboard_processed) \
                OR e.dashboard_processing_error IS DISTINCT FROM f.error) \
             ORDER BY e.id FOR UPDATE OF e SKIP LOCKED) \
         UPDATE {executions} e \
         SET dashboard_processed = wanted.processed OR coalesce(e.dashboard_processed, false), \
             dashboard_processing_error = wanted.error \
         FROM wanted WHERE e.id = wanted.id",
        executions = upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    let written = db
        .execute(
            &statement,
            &[
                &flags
                    .iter()
                    .map(|flag| flag.workflow_id.map(|id| id.0))
                    .collect::<Vec<_>>(),
                &flags.iter().map(|flag| flag.execution_id.0).collect::<Vec<_>>(),
                &flags.iter().map(|flag| flag.processed).collect::<Vec<_>>(),
                &flags.iter().map(|flag| flag.error.as_deref()).collect::<Vec<_>>(),
            ],
        )
        .await?;
    Ok(written)
}

/// Flags up to `limit` executions whose result has been taken in but whose row was not there or was held then.
pub async fn flag_taken_in(
    db: &impl GenericClient,
    upstream: &Upstream,
    limit: i64,
) -> Result<u64, StoreError> {
    let sql = format!(
        "WITH missed AS ( \
             SELECT e.id FROM {executions} e \
             JOIN dashloom.partials p ON p.workflow_id = e.workflow_id AND p.execution_id = e.id \
             WHERE e.dashboard_processed = false AND e.status = 'SUCCEEDED' \
                 AND e.dashboard_processing_error IS NULL \
             ORDER BY e.id LIMIT $1 FOR UPDATE OF e SKIP LOCKED) \
         UPDATE {executions} e SET dashboard_processed = true FROM missed WHERE e.id = missed.id",
        executions = upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.execute(&statement, &[&limit]).await?)
}

/// Clears what a wrong configuration had written on a workflow's executions, and flags them: `prefix` is what such
/// errors begin with.
pub async fn forgive(
    db: &impl GenericClient,
    upstream: &Upstream,
    workflow: WorkflowId,
    prefix: &str,
) -> Result<u64, StoreError> {
    let sql = format!(
        "WITH blamed AS ( \
             SELECT e.id FROM {executions} e \
             WHERE e.workflow_id = $1 AND starts_with(e.dashboard_processing_error, $2) \
             ORDER BY e.id FOR UPDATE OF e SKIP LOCKED) \
         UPDATE {executions} e SET dashboard_processed = true, dashboard_processing_error = NULL \
         FROM blamed WHERE e.id = blamed.id",
        executions = upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.execute(&statement, &[&workflow.0, &prefix]).await?)
}
