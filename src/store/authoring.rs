//! What users change: report configurations, and the engine's switch that goes with them.

use uuid::Uuid;

use super::{GenericClient, StoreError, Upstream};
use crate::ids::{ConfigurationId, WorkflowId};

/// A configuration that a user makes.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The workflow to report on.
    pub workflow_id: WorkflowId,
    /// The query template it is made from.
    pub query_template_id: Option<Uuid>,
    /// Its switch.
    pub enabled: bool,
    /// One of the four types.
    pub dashboard_type: &'static str,
    /// A valid `visualization_config`.
    pub visualization_config: String,
    /// The user; `None` takes the workflow's owner.
    pub created_by: Option<Uuid>,
}

/// What a user changes of a configuration; `None` leaves things as they are.
#[derive(Debug, Clone, Default)]
pub struct Amendment {
    /// Its switch.
    pub enabled: Option<bool>,
    /// One of the four types.
    pub dashboard_type: Option<&'static str>,
    /// A valid `visualization_config`.
    pub visualization_config: Option<String>,
}

/// Makes a configuration as the current role and claims allow.
///
/// # Errors
/// SQLSTATE 42501 where they do not, 23503 where there is no such workflow, template or user, 23505 where the workflow
/// has a configuration already.
pub async fn create(
    db: &impl GenericClient,
    upstream: &Upstream,
    draft: &Draft,
) -> Result<ConfigurationId, StoreError> {
    let owner = match (draft.created_by, upstream.owner_column) {
        (None, Some(column)) => format!(
            "(SELECT w.{column} FROM {} w WHERE w.id = $2)",
            upstream.workflows
        ),
        _ => "NULL::uuid".to_owned(),
    };
    let sql = format!(
        "INSERT INTO report_configurations \
             (id, workflow_id, query_template_id, enabled, dashboard_type, visualization_config, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, coalesce($7, {owner}))"
    );
    let statement = db.prepare_cached(&sql).await?;
    let id = ConfigurationId::of(draft.workflow_id);
    db.execute(
        &statement,
        &[
            &id.0,
            &draft.workflow_id.0,
            &draft.query_template_id,
            &draft.enabled,
            &draft.dashboard_type,
            &draft.visualization_config,
            &draft.created_by,
        ],
    )
    .await?;
    Ok(id)
}

/// Changes a configuration and gives its workflow; `None` where the current role and claims let no such row through.
pub async fn amend(
    db: &impl GenericClient,
    id: ConfigurationId,
    amendment: &Amendment,
) -> Result<Option<WorkflowId>, StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE report_configurations SET enabled = coalesce($2, enabled), \
                 dashboard_type = coalesce($3, dashboard_type), \
                 visualization_config = coalesce($4::text::jsonb, visualization_config), updated_at = now() \
             WHERE id = $1 RETURNING workflow_id",
        )
        .await?;
    let row = db
        .query_opt(
            &statement,
            &[
                &id.0,
                &amendment.enabled,
                &amendment.dashboard_type,
                &amendment.visualization_config,
            ],
        )
        .await?;
    row.map(|row| Ok(WorkflowId(row.try_get(0)?))).transpose()
}

/// The workflow of a configuration, if the current role and claims let it through.
pub async fn workflow_of(
    db: &impl GenericClient,
    id: ConfigurationId,
) -> Result<Option<WorkflowId>, StoreError> {
    let statement = db
        .prepare_cached("SELECT workflow_id FROM report_configurations WHERE id = $1")
        .await?;
    let row = db.query_opt(&statement, &[&id.0]).await?;
    row.map(|row| Ok(WorkflowId(row.try_get(0)?))).transpose()
}

/// Switches a workflow's reporting on and points it at its configuration; the engine's row, which comes last.
pub async fn report_workflow(
    db: &impl GenericClient,
    upstream: &Upstream,
    workflow: WorkflowId,
    configuration: ConfigurationId,
) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE {} SET report_enabled = true, report_config_id = $2 \
         WHERE id = $1 AND (report_enabled IS NOT TRUE OR report_config_id IS DISTINCT FROM $2)",
        upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    db.execute(&statement, &[&workflow.0, &configuration.0]).await?;
    Ok(())
}
