//! Reports: configurations with their workflow, their newest dashboard and how they stand.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::library::Chosen;
use crate::ids::{ConfigurationId, ViewId, WorkflowId};
use crate::store::{GenericClient, StoreError, Upstream};

/// How a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStatus {
    /// It is switched off, here or on its workflow.
    Disabled,
    /// The newest result that is not in its dashboards could not be taken in, or its configuration is wrong.
    Failed,
    /// It is switched on and has no dashboard yet.
    Waiting,
    /// Some of its workflow's finished executions are not in its dashboards.
    Behind,
    /// Everything finished is in its dashboards.
    Current,
}

impl ReportStatus {
    const ALL: [(Self, &str); 5] = [
        (Self::Disabled, "disabled"),
        (Self::Failed, "failed"),
        (Self::Waiting, "waiting"),
        (Self::Behind, "behind"),
        (Self::Current, "current"),
    ];

    pub(super) fn name(self) -> &'static str {
        let known = Self::ALL.iter().find(|(status, _)| *status == self);
        known.map_or("current", |(_, name)| name)
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(status, _)| *status)
    }
}

/// One report.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its configuration's id.
    pub id: ConfigurationId,
    /// The workflow it reports on.
    pub workflow_id: WorkflowId,
    /// The workflow's name, where the engine keeps names.
    pub name: Option<String>,
    /// The query template it was made from.
    pub query_template_id: Option<Uuid>,
    /// Its own switch.
    pub enabled: bool,
    /// The workflow's switch.
    pub workflow_enabled: bool,
    /// `standard`, `funnel`, `comparison` or `custom`.
    pub dashboard_type: String,
    /// JSON.
    pub visualization_config: String,
    /// The user who made it.
    pub created_by: Option<Uuid>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// How many dashboards it has.
    pub dashboards: i64,
    /// When one of them last changed.
    pub last_updated: Option<DateTime<Utc>>,
    /// The dashboard whose data reaches furthest.
    pub newest: Option<Newest>,
    /// Finished executions that are not in the dashboards, counted up to 1,000.
    pub pending: i64,
    /// Why the newest of them is not.
    pub error: Option<String>,
    /// How it stands.
    pub status: ReportStatus,
    /// The value the list is sorted by.
    pub key: String,
}

/// The dashboard whose data reaches furthest.
#[derive(Debug, Clone)]
pub struct Newest {
    /// Which one.
    pub id: ViewId,
    /// Its period key.
    pub period_key: String,
    /// First covered date.
    pub start: NaiveDate,
    /// Last covered date.
    pub end: NaiveDate,
    /// Its version.
    pub version: i64,
    /// Its first four metrics, JSON.
    pub headline: String,
}

/// Reads reports, in the order of `chosen`. The caller has made sure that they may be seen, may read the engine's tables, and judges
/// the configurations.
pub async fn reports(
    db: &impl GenericClient,
    upstream: &Upstream,
    chosen: &[Chosen],
) -> Result<Vec<Report>, StoreError> {
    let (ids, keys): (Vec<Uuid>, Vec<&str>) = chosen.iter().map(|one| (one.id, one.key.as_str())).unzip();
    let template = include_str!("reports.sql").lines();
    let template = template.filter(|line| !line.trim_start().starts_with("--"));
    let sql = template.collect::<Vec<_>>().join("\n");
    let sql = filled(upstream, sql.replace("{standing}", STANDING), "false");
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&ids, &keys]).await?;
    rows.iter().map(report).collect()
}

/// Reads one report, as [`reports`] does.
pub async fn find_report(
    db: &impl GenericClient,
    upstream: &Upstream,
    id: ConfigurationId,
) -> Result<Option<Report>, StoreError> {
    let chosen = Chosen {
        id: id.0,
        key: String::new(),
    };
    Ok(reports(db, upstream, &[chosen]).await?.into_iter().next())
}

/// Finished executions of a workflow that are in no dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unprocessed {
    /// How many.
    pub executions: i64,
    /// When the first of them was made.
    pub first: DateTime<Utc>,
    /// When the last of them was made.
    pub last: DateTime<Utc>,
}

/// What a replay would have to cover for a workflow's dashboards to catch up; `None` when nothing.
pub async fn unprocessed(
    db: &impl GenericClient,
    upstream: &Upstream,
    workflow: WorkflowId,
) -> Result<Option<Unprocessed>, StoreError> {
    let sql = format!(
        "SELECT count(*), min(created_at), max(created_at) FROM {} \
         WHERE workflow_id = $1 AND dashboard_processed = false AND status = 'SUCCEEDED'",
        upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    let row = db.query_one(&statement, &[&workflow.0]).await?;
    let (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = (row.try_get(1)?, row.try_get(2)?);
    let executions = row.try_get(0)?;
    Ok(first.zip(last).map(|(first, last)| Unprocessed {
        executions,
        first,
        last,
    }))
}

/// How many dashboards a configuration `c` has, and when one last changed.
const VIEWS: &str = "SELECT count(*) AS dashboards, max(last_updated) AS last_updated \
                     FROM dashboard_views WHERE report_configuration_id = c.id";
/// What of the workflow of a configuration `c` is in no dashboard.
const PENDING: &str = "SELECT count(*) AS pending, \
                              (array_agg(dashboard_processing_error ORDER BY created_at DESC) \
                                FILTER (WHERE dashboard_processing_error IS NOT NULL))[1] AS error \
                       FROM (SELECT created_at, dashboard_processing_error FROM {executions} \
                             WHERE workflow_id = c.workflow_id AND dashboard_processed = false AND status = 'SUCCEEDED' \
                             ORDER BY created_at DESC LIMIT 1000) e";
/// How a configuration `c` of a workflow `w` stands, by its dashboards `n` and what is pending, `p`.
pub(super) const STANDING: &str = "CASE WHEN NOT (coalesce(c.enabled, false) AND coalesce(w.report_enabled, false)) THEN 'disabled' \
                             WHEN p.error IS NOT NULL OR {is_wrong} THEN 'failed' \
                             WHEN coalesce(n.dashboards, 0) = 0 THEN 'waiting' \
                             WHEN p.pending > 0 THEN 'behind' \
                             ELSE 'current' END";

/// A statement over configurations `c` of workflows `w` with the engine's tables and the parts named above in their places.
pub(super) fn filled(upstream: &Upstream, sql: String, is_wrong: &str) -> String {
    let name = if upstream.has_name { "w.name" } else { "NULL::text" };
    let parts = [
        ("{views}", VIEWS),
        ("{pending}", PENDING),
        ("{is_wrong}", is_wrong),
        ("{workflows}", &upstream.workflows),
        ("{executions}", &upstream.workflow_executions),
        ("{name}", name),
    ];
    (parts.iter()).fold(sql, |sql, (place, text)| sql.replace(place, text))
}

fn report(row: &Row) -> Result<Report, StoreError> {
    let newest = match row.try_get::<_, Option<Uuid>>(13)? {
        None => None,
        Some(id) => Some(Newest {
            id: ViewId(id),
            period_key: row.try_get::<_, Option<String>>(14)?.unwrap_or_default(),
            start: row.try_get(15)?,
            end: row.try_get(16)?,
            version: row.try_get(17)?,
            headline: row
                .try_get::<_, Option<String>>(18)?
                .unwrap_or_else(|| "[]".to_owned()),
        }),
    };
    let status: String = row.try_get(21)?;
    Ok(Report {
        id: ConfigurationId(row.try_get(0)?),
        workflow_id: WorkflowId(row.try_get(1)?),
        name: row.try_get(2)?,
        query_template_id: row.try_get(3)?,
        enabled: row.try_get(4)?,
        workflow_enabled: row.try_get(5)?,
        dashboard_type: row.try_get(6)?,
        visualization_config: row.try_get(7)?,
        created_by: row.try_get(8)?,
        created_at: row.try_get(9)?,
        updated_at: row.try_get(10)?,
        dashboards: row.try_get(11)?,
        last_updated: row.try_get(12)?,
        newest,
        pending: row.try_get(19)?,
        error: row.try_get(20)?,
        status: ReportStatus::of(&status).ok_or(StoreError::Corrupt {
            what: "a report's status",
        })?,
        key: row.try_get(22)?,
    })
}
