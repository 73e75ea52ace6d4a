//! `dashboard_views`: one row a dashboard instance.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{GenericClient, ROWS_AT_ONCE, StoreError, arrays};
use crate::ids::{ConfigurationId, ExecutionId, ViewId, WorkflowId};

/// What is stored of a view, as far as deciding on a new version needs it.
#[derive(Debug, Clone)]
pub struct StoredView {
    /// Which view.
    pub id: ViewId,
    /// Its version, from 1.
    pub version: i64,
    /// The hash of its content.
    pub content_sha256: Option<Vec<u8>>,
    /// The hash of what it shows, which is its content but for the insights.
    pub data_sha256: Option<Vec<u8>>,
    /// The hash of the configuration it was rendered by.
    pub config_sha256: Option<Vec<u8>>,
    /// The hash of its charts.
    pub charts_sha256: Option<Vec<u8>>,
    /// First covered date.
    pub start: NaiveDate,
    /// Last covered date.
    pub end: NaiveDate,
    /// Whether its payload is in cold storage.
    pub archived: bool,
    /// Its `metrics_summary` as PostgreSQL prints it.
    pub metrics_summary: String,
}

/// Reads those of the views that exist.
pub async fn read(db: &impl GenericClient, ids: &[ViewId]) -> Result<Vec<StoredView>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT id, version, content_sha256, config_sha256, data_start_date, data_end_date, \
                    archived_at IS NOT NULL, coalesce(metrics_summary, '{}')::text, charts_sha256, data_sha256 \
             FROM dashboard_views WHERE id = ANY($1)",
        )
        .await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = db.query(&statement, &[&ids]).await?;
    rows.iter()
        .map(|row| {
            Ok(StoredView {
                id: ViewId(row.try_get(0)?),
                version: row.try_get(1)?,
                content_sha256: row.try_get(2)?,
                config_sha256: row.try_get(3)?,
                start: row.try_get(4)?,
                end: row.try_get(5)?,
                archived: row.try_get(6)?,
                metrics_summary: row.try_get(7)?,
                charts_sha256: row.try_get(8)?,
                data_sha256: row.try_get(9)?,
            })
        })
        .collect()
}

/// A new version of a view.
#[derive(Debug, Clone)]
pub struct NewView {
    /// Which view.
    pub id: ViewId,
    /// The configuration it belongs to.
    pub configuration_id: ConfigurationId,
    /// The workflow it belongs to.
    pub workflow_id: WorkflowId,
    /// Its period key.
    pub period_key: String,
    /// Executions that hold at least one of its dates, sorted.
    pub execution_ids: Vec<ExecutionId>,
    /// First covered date.
    pub start: NaiveDate,
    /// Last covered date.
    pub end: NaiveDate,
    /// Canonical JSON.
    pub processed_data: String,
    /// Canonical JSON; `None` keeps what is stored, which spares the database rewriting it.
    pub charts_config: Option<String>,
    /// Canonical JSON.
    pub metrics_summary: String,
    /// The version it becomes.
    pub version: i64,
    /// The hash of its content.
    pub content_sha256: [u8; 32],
    /// The hash of what it shows.
    pub data_sha256: [u8; 32],
    /// The hash of the configuration it was rendered by.
    pub config_sha256: [u8; 32],
    /// The hash of its charts.
    pub charts_sha256: [u8; 32],
}

/// Writes new versions of views, creating those that do not exist. The caller holds the workflows' locks.
pub async fn save(
    db: &impl GenericClient,
    engine_version: &str,
    views: &[NewView],
) -> Result<(), StoreError> {
    if views.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "INSERT INTO dashboard_views AS v (id, report_configuration_id, workflow_id, period_key, execution_ids, \
                 data_start_date, data_end_date, processed_data, charts_config, metrics_summary, version, \
                 content_sha256, config_sha256, charts_sha256, data_sha256, engine_version) \
             SELECT id, configuration_id, workflow_id, period_key, executions::uuid[], start_date, end_date, \
                 processed::jsonb, coalesce(charts, '{}')::jsonb, metrics::jsonb, version, content, config, charts_hash, data_hash, $16 \
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::date[], \
                 $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bytea[], $13::bytea[], $14::bytea[], $15::bytea[]) \
                 u(id, configuration_id, workflow_id, period_key, executions, start_date, end_date, \
                   processed, charts, metrics, version, content, config, charts_hash, data_hash) \
             ON CONFLICT (id) DO UPDATE SET execution_ids = excluded.execution_ids, \
                 data_start_date = excluded.data_start_date, data_end_date = excluded.data_end_date, \
                 processed_data = excluded.processed_data, \
                 charts_config = CASE WHEN excluded.charts_config = '{}' THEN v.charts_config \
                                      ELSE excluded.charts_config END, \
                 metrics_summary = excluded.metrics_summary, version = excluded.version, \
                 content_sha256 = excluded.content_sha256, config_sha256 = excluded.config_sha256, charts_sha256 = excluded.charts_sha256, \
                 data_sha256 = excluded.data_sha256, \
                 engine_version = excluded.engine_version, last_updated = now(), \
                 archived_at = NULL, archive_uri = NULL",
        )
        .await?;
    for views in views.chunks(ROWS_AT_ONCE) {
        db.execute(
            &statement,
            &[
                &views.iter().map(|view| view.id.0).collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| view.configuration_id.0)
                    .collect::<Vec<_>>(),
                &views.iter().map(|view| view.workflow_id.0).collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| view.period_key.as_str())
                    .collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| arrays::uuids(&view.execution_ids))
                    .collect::<Vec<_>>(),
                &views.iter().map(|view| view.start).collect::<Vec<_>>(),
                &views.iter().map(|view| view.end).collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| view.processed_data.as_str())
                    .collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| view.charts_config.as_deref())
                    .collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| view.metrics_summary.as_str())
                    .collect::<Vec<_>>(),
                &views.iter().map(|view| view.version).collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| &view.content_sha256[..])
                    .collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| &view.config_sha256[..])
                    .collect::<Vec<_>>(),
                &views
                    .iter()
                    .map(|view| &view.charts_sha256[..])
                    .collect::<Vec<_>>(),
                &views.iter().map(|view| &view.data_sha256[..]).collect::<Vec<_>>(),
                &engine_version,
            ],
        )
        .await?;
    }
    Ok(())
}

/// Reads the period keys of the configurations' views.
pub async fn keys(
    db: &impl GenericClient,
    configurations: &[ConfigurationId],
) -> Result<Vec<(ConfigurationId, String)>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT report_configuration_id, period_key FROM dashboard_views \
             WHERE report_configuration_id = ANY($1) AND period_key IS NOT NULL",
        )
        .await?;
    let ids: Vec<Uuid> = configurations.iter().map(|id| id.0).collect();
    let rows = db.query(&statement, &[&ids]).await?;
    rows.iter()
        .map(|row| Ok((ConfigurationId(row.try_get(0)?), row.try_get(1)?)))
        .collect()
}

/// Notes for views whose bytes another configuration left as they were that they are up to date with it.
pub async fn confirm_configuration(
    db: &impl GenericClient,
    confirmed: &[(ViewId, [u8; 32])],
) -> Result<(), StoreError> {
    if confirmed.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "UPDATE dashboard_views v SET config_sha256 = u.config_sha256 \
             FROM unnest($1::uuid[], $2::bytea[]) u(id, config_sha256) WHERE v.id = u.id",
        )
        .await?;
    let ids: Vec<Uuid> = confirmed.iter().map(|(id, _)| id.0).collect();
    let hashes: Vec<&[u8]> = confirmed.iter().map(|(_, hash)| &hash[..]).collect();
    db.execute(&statement, &[&ids, &hashes]).await?;
    Ok(())
}
