//! What rebuilding goes through.

use uuid::Uuid;

use super::{GenericClient, StoreError, Upstream};
use crate::ids::{ViewId, WorkflowId};

/// Reads the reported workflows in order of their ids.
pub async fn reported(db: &impl GenericClient, upstream: &Upstream) -> Result<Vec<WorkflowId>, StoreError> {
    let sql = format!(
        "SELECT c.workflow_id FROM report_configurations c JOIN {} w ON w.id = c.workflow_id \
         WHERE c.enabled AND w.report_enabled ORDER BY c.workflow_id",
        upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[]).await?;
    rows.iter().map(|row| Ok(WorkflowId(row.try_get(0)?))).collect()
}

/// Reads a view's workflow and period key; `None` when there is no such view.
pub async fn key_of(
    db: &impl GenericClient,
    view: ViewId,
) -> Result<Option<(WorkflowId, String)>, StoreError> {
    let statement = db
        .prepare_cached("SELECT workflow_id, coalesce(period_key, '') FROM dashboard_views WHERE id = $1")
        .await?;
    let row = db.query_opt(&statement, &[&view.0]).await?;
    row.map(|row| Ok((WorkflowId(row.try_get::<_, Uuid>(0)?), row.try_get(1)?)))
        .transpose()
}
