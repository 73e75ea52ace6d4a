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

/// A view as rebuilding asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildableView {
    /// Its workflow.
    pub workflow_id: WorkflowId,
    /// Its period; empty where dashloom did not make it.
    pub period_key: String,
    /// Whether its bytes are no longer in the database.
    pub is_archived: bool,
}

/// Reads a view; `None` when there is no such view.
pub async fn find_view(db: &impl GenericClient, view: ViewId) -> Result<Option<RebuildableView>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT workflow_id, coalesce(period_key, ''), archived_at IS NOT NULL FROM dashboard_views WHERE id = $1",
        )
        .await?;
    let row = db.query_opt(&statement, &[&view.0]).await?;
    row.map(|row| {
        Ok(RebuildableView {
            workflow_id: WorkflowId(row.try_get::<_, Uuid>(0)?),
            period_key: row.try_get(1)?,
            is_archived: row.try_get(2)?,
        })
    })
    .transpose()
}
