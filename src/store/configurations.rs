//! Who is reported and how: the engine's `workflows` and our `report_configurations`.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{GenericClient, StoreError, Upstream};
use crate::ids::{ConfigurationId, WorkflowId};

/// What the database says about a workflow, as far as reporting goes.
#[derive(Debug, Clone)]
pub struct Reporting {
    /// Which workflow.
    pub workflow_id: WorkflowId,
    /// `workflows.report_enabled`.
    pub report_enabled: bool,
    /// `workflows.report_config_id`.
    pub linked_to: Option<ConfigurationId>,
    /// Whether some of its views are to be drawn anew.
    pub has_redraws: bool,
    /// What runs that count no more have claimed, encoded.
    pub claims: Vec<u8>,
    /// Its row of `report_configurations`, where there is one.
    pub configuration: Option<Configuration>,
    /// What its template suggests, where there is no configuration yet.
    pub suggested: Suggestion,
}

/// A query template's defaults for dashboards, unchecked.
#[derive(Debug, Clone, Default)]
pub struct Suggestion {
    /// `query_templates.default_dashboard_type`.
    pub dashboard_type: Option<String>,
    /// `query_templates.default_visualization_config` as PostgreSQL prints it.
    pub visualization_config: Option<String>,
}

/// A row of `report_configurations`, as far as folding needs it.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Its id.
    pub id: ConfigurationId,
    /// Its own switch.
    pub enabled: bool,
    /// `standard`, `funnel`, `comparison` or `custom`.
    pub dashboard_type: String,
    /// The `visualization_config` as PostgreSQL prints it.
    pub visualization_config: String,
}

impl Reporting {
    /// The configuration by which the workflow is reported now, if it is.
    pub fn active(&self) -> Option<&Configuration> {
        self.configuration
            .as_ref()
            .filter(|configuration| self.report_enabled && configuration.enabled)
    }

    /// Whether the workflow points at its configuration.
    pub fn is_linked(&self) -> bool {
        self.linked_to == self.configuration.as_ref().map(|configuration| configuration.id)
    }

    /// Whether a configuration has to be made before the workflow can be reported.
    pub fn wants_configuration(&self) -> bool {
        self.report_enabled && self.configuration.is_none()
    }
}

/// Reads the reporting state of those workflows among `ids` that exist, in no particular order.
pub async fn read(
    db: &impl GenericClient,
    upstream: &Upstream,
    ids: &[WorkflowId],
) -> Result<Vec<Reporting>, StoreError> {
    let template = match upstream.has_template {
        true => "t.id = w.query_template_id AND c.id IS NULL AND w.report_enabled",
        false => "false",
    };
    let sql = format!(
        "SELECT w.id, coalesce(w.report_enabled, false), c.id, coalesce(c.enabled, false), c.dashboard_type, \
                coalesce(c.visualization_config, '{{}}')::text, t.default_dashboard_type, \
                t.default_visualization_config::text, w.report_config_id, coalesce(s.claims, ''), \
                EXISTS (SELECT FROM dashloom.redraws r WHERE r.workflow_id = w.id) \
         FROM {workflows} w LEFT JOIN report_configurations c ON c.workflow_id = w.id \
         LEFT JOIN dashloom.workflow_state s ON s.workflow_id = w.id \
         LEFT JOIN {templates} t ON {template} WHERE w.id = ANY($1)",
        workflows = upstream.workflows,
        templates = upstream.query_templates,
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&uuids(ids)]).await?;
    rows.iter().map(reporting).collect()
}

fn reporting(row: &Row) -> Result<Reporting, StoreError> {
    let configuration = match row.try_get::<_, Option<Uuid>>(2)? {
        None => None,
        Some(id) => Some(Configuration {
            id: ConfigurationId(id),
            enabled: row.try_get(3)?,
            dashboard_type: row.try_get(4)?,
            visualization_config: row.try_get(5)?,
        }),
    };
    let suggested = Suggestion {
        dashboard_type: row.try_get(6)?,
        visualization_config: row.try_get(7)?,
    };
    Ok(Reporting {
        workflow_id: WorkflowId(row.try_get(0)?),
        report_enabled: row.try_get(1)?,
        configuration,
        linked_to: row.try_get::<_, Option<Uuid>>(8)?.map(ConfigurationId),
        claims: row.try_get(9)?,
        has_redraws: row.try_get(10)?,
        suggested,
    })
}

/// A configuration to be made for a workflow that is to be reported but has none.
#[derive(Debug, Clone)]
pub struct NewConfiguration {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// One of the four types.
    pub dashboard_type: &'static str,
    /// A valid `visualization_config`.
    pub visualization_config: String,
}

/// Makes configurations, enabled and owned by their workflows' owners; those that exist by now are left alone.
pub async fn create(
    db: &impl GenericClient,
    upstream: &Upstream,
    new: &[NewConfiguration],
) -> Result<(), StoreError> {
    let owner = upstream
        .owner_column
        .map_or("NULL::uuid".to_owned(), |column| format!("w.{column}"));
    let template = if upstream.has_template {
        "w.query_template_id"
    } else {
        "NULL::uuid"
    };
    let sql = format!(
        "INSERT INTO report_configurations \
             (id, workflow_id, query_template_id, enabled, dashboard_type, visualization_config, created_by) \
         SELECT n.id, w.id, {template}, true, n.dashboard_type, n.visualization_config::jsonb, {owner} \
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) \
              n(id, workflow_id, dashboard_type, visualization_config) \
         JOIN {workflows} w ON w.id = n.workflow_id \
         ORDER BY n.id ON CONFLICT (workflow_id) DO NOTHING",
        workflows = upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    db.execute(
        &statement,
        &[
            &new.iter()
                .map(|one| ConfigurationId::of(one.workflow_id).0)
                .collect::<Vec<_>>(),
            &new.iter().map(|one| one.workflow_id.0).collect::<Vec<_>>(),
            &new.iter().map(|one| one.dashboard_type).collect::<Vec<_>>(),
            &new.iter()
                .map(|one| one.visualization_config.as_str())
                .collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}

/// Points each workflow at its configuration where the pointer is null or wrong; rows another session holds are left.
pub async fn link(
    db: &impl GenericClient,
    upstream: &Upstream,
    ids: &[WorkflowId],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "WITH wrong AS ( \
             SELECT w.id, c.id AS configuration_id FROM {workflows} w \
             JOIN report_configurations c ON c.workflow_id = w.id \
             WHERE w.id = ANY($1) AND w.report_config_id IS DISTINCT FROM c.id \
             ORDER BY w.id FOR UPDATE OF w SKIP LOCKED) \
         UPDATE {workflows} w SET report_config_id = wrong.configuration_id FROM wrong WHERE w.id = wrong.id",
        workflows = upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    db.execute(&statement, &[&uuids(ids)]).await?;
    Ok(())
}

/// Takes the workflows' locks: their configuration rows, `FOR NO KEY UPDATE`, in id order.
///
/// Whatever changes a workflow's partials, winners, views or insights holds this lock. What depends on it must be
/// read by later statements, which see what the former holder committed.
pub async fn lock(db: &impl GenericClient, ids: &[WorkflowId]) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT 1 FROM report_configurations WHERE workflow_id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        )
        .await?;
    db.query(&statement, &[&uuids(ids)]).await?;
    Ok(())
}

fn uuids(ids: &[WorkflowId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

/// Up to `limit` reported workflows whose pointer is null or wrong.
pub async fn astray(
    db: &impl GenericClient,
    upstream: &Upstream,
    limit: i64,
) -> Result<Vec<WorkflowId>, StoreError> {
    let sql = format!(
        "SELECT w.id FROM {workflows} w JOIN report_configurations c ON c.workflow_id = w.id AND c.enabled \
         WHERE w.report_enabled AND w.report_config_id IS DISTINCT FROM c.id ORDER BY w.id LIMIT $1",
        workflows = upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&limit]).await?;
    rows.iter().map(|row| Ok(WorkflowId(row.try_get(0)?))).collect()
}
