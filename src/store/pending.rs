//! Executions of reported workflows that have succeeded and are not in any dashboard yet.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::{GenericClient, StoreError, Upstream};
use crate::ids::{ExecutionId, WorkflowId};

/// A succeeded execution whose result has not been taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingExecution {
    /// Which execution.
    pub execution_id: ExecutionId,
    /// Its workflow.
    pub workflow_id: WorkflowId,
    /// When the engine made it.
    pub created_at: Option<DateTime<Utc>>,
    /// What was wrong with it, where something was.
    pub error: Option<String>,
}

const CONDITION: &str = "e.dashboard_processed = false AND e.status = 'SUCCEEDED'";

/// Reads the pending executions of these workflows, or of all where none is named, by workflow and id; finds them by
/// `idx_executions_dashboard_pending`. Not those whose result was taken in while their row could not be written.
pub async fn all(
    db: &impl GenericClient,
    upstream: &Upstream,
    workflows: &[WorkflowId],
) -> Result<Vec<PendingExecution>, StoreError> {
    let sql = format!(
        "SELECT e.id, e.workflow_id, e.created_at::timestamptz, e.dashboard_processing_error FROM {executions} e \
         JOIN {workflows} w ON w.id = e.workflow_id AND w.report_enabled \
         LEFT JOIN report_configurations c ON c.workflow_id = w.id \
         WHERE {CONDITION} AND (c.id IS NULL OR c.enabled) AND ($1::uuid[] = '{{}}' OR e.workflow_id = ANY($1)) \
             AND NOT (e.dashboard_processing_error IS NULL AND EXISTS ( \
                 SELECT FROM dashloom.partials p WHERE p.workflow_id = e.workflow_id AND p.execution_id = e.id)) \
         ORDER BY e.workflow_id, e.id",
        executions = upstream.workflow_executions,
        workflows = upstream.workflows,
    );
    let statement = db.prepare_cached(&sql).await?;
    let workflows: Vec<uuid::Uuid> = workflows.iter().map(|id| id.0).collect();
    let rows = db.query(&statement, &[&workflows]).await?;
    rows.iter().map(pending).collect()
}

/// Reads those of the executions that are still pending.
pub async fn still(
    db: &impl GenericClient,
    upstream: &Upstream,
    ids: &[ExecutionId],
) -> Result<Vec<PendingExecution>, StoreError> {
    let sql = format!(
        "SELECT e.id, e.workflow_id, e.created_at::timestamptz, e.dashboard_processing_error FROM {executions} e \
         WHERE {CONDITION} AND e.id = ANY($1) ORDER BY e.workflow_id, e.id",
        executions = upstream.workflow_executions,
    );
    let statement = db.prepare_cached(&sql).await?;
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = db.query(&statement, &[&ids]).await?;
    rows.iter().map(pending).collect()
}

fn pending(row: &Row) -> Result<PendingExecution, StoreError> {
    Ok(PendingExecution {
        execution_id: ExecutionId(row.try_get(0)?),
        workflow_id: WorkflowId(row.try_get(1)?),
        created_at: row.try_get(2)?,
        error: row.try_get(3)?,
    })
}
