//! Dashboards: lists of them, and one of them whole.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::After;
use super::conditions::{Conditions, Direction};
use crate::ids::{ConfigurationId, ViewId, WorkflowId};
use crate::store::{GenericClient, StoreError};

/// What every reading of a dashboard begins with.
const HEAD: &str = "id, report_configuration_id, workflow_id, coalesce(period_key, ''), data_start_date, data_end_date, \
                    version, created_at, last_updated, archived_at";

/// Microseconds, which a page can begin behind.
const UPDATED: &str = "coalesce((extract(epoch FROM last_updated) * 1000000)::bigint, 0)";

/// A dashboard without its content.
#[derive(Debug, Clone)]
pub struct DashboardHead {
    /// Its id.
    pub id: ViewId,
    /// The report it belongs to.
    pub report_id: ConfigurationId,
    /// The workflow it reports on.
    pub workflow_id: WorkflowId,
    /// Its period key.
    pub period_key: String,
    /// First covered date.
    pub start: NaiveDate,
    /// Last covered date.
    pub end: NaiveDate,
    /// Its version, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it got this version.
    pub last_updated: Option<DateTime<Utc>>,
    /// When its content went to cold storage, where it did.
    pub archived_at: Option<DateTime<Utc>>,
    /// The value the list is sorted by; empty for a single one.
    pub key: String,
}

/// A dashboard with its content.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The rest of it.
    pub head: DashboardHead,
    /// The executions it shows.
    pub execution_ids: Vec<Uuid>,
    /// JSON.
    pub processed_data: String,
    /// JSON.
    pub charts_config: String,
    /// JSON.
    pub metrics_summary: String,
}

/// What tells one state of a dashboard's answer from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its version.
    pub version: i64,
    /// A hash over its content, when it came about and who wrote it last: a dashboard that was deleted and came again has the same id,
    /// and perhaps the same version, and whoever writes into the table by hand makes no new one.
    pub content: String,
    /// Whether its content is in cold storage.
    pub archived: bool,
    /// A hash over who wrote its insights last, as rewording one makes no new version; `None` without any.
    pub insights: Option<String>,
}

/// What a list of dashboards is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DashboardSort {
    /// Its last covered date.
    End,
    /// When it last changed.
    Updated,
}

/// Which dashboards, and where to begin.
#[derive(Debug, Clone)]
pub struct DashboardFilter {
    /// Only of this report.
    pub report: Option<Uuid>,
    /// Only of this workflow.
    pub workflow: Option<Uuid>,
    /// Only with this period key.
    pub period_key: Option<String>,
    /// Only those that cover a date from this one on.
    pub from: Option<NaiveDate>,
    /// Only those that cover a date up to this one.
    pub to: Option<NaiveDate>,
    /// The order.
    pub sort: DashboardSort,
    /// The other way round.
    pub descending: bool,
    /// Behind this row.
    pub after: Option<After>,
    /// At most so many.
    pub limit: i64,
}

/// Reads a page of the dashboards that the current role and claims let through.
pub async fn dashboards(
    db: &impl GenericClient,
    filter: &DashboardFilter,
) -> Result<Vec<DashboardHead>, StoreError> {
    let (order, key) = match filter.sort {
        DashboardSort::End => ("data_end_date", "data_end_date - date '2000-01-01'"),
        DashboardSort::Updated => (UPDATED, UPDATED),
    };
    let direction = Direction::of(filter.descending);
    let mut wanted = Conditions::default();
    wanted.when(filter.report.as_ref(), |report| {
        format!("report_configuration_id = {report}")
    });
    wanted.when(filter.workflow.as_ref(), |workflow| {
        format!("workflow_id = {workflow}")
    });
    wanted.when(filter.period_key.as_ref(), |period_key| {
        format!("period_key = {period_key}")
    });
    wanted.when(filter.from.as_ref(), |from| format!("data_end_date >= {from}"));
    wanted.when(filter.to.as_ref(), |to| format!("data_start_date <= {to}"));
    let are_few = filter.report.is_some() || filter.workflow.is_some();
    let among = wanted.among("dashboard_views", are_few);
    let place = |key: &str| match filter.sort {
        // A cursor that nobody was given may lead to no date.
        DashboardSort::End => {
            format!("date '2000-01-01' + greatest(-2400000, least(3000000, {key}::text::bigint))::int")
        }
        DashboardSort::Updated => format!("{key}::text::bigint"),
    };
    let begin = wanted.behind(filter.after.as_ref(), &format!("{order}, id"), direction, place);
    let sql = format!(
        "SELECT {HEAD}, ({key})::text FROM {among} v WHERE {begin} \
         ORDER BY {order} {direction}, id {direction} LIMIT {}",
        filter.limit
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, wanted.values()).await?;
    rows.iter()
        .map(|row| {
            Ok(DashboardHead {
                key: row.try_get(10)?,
                ..head(row)?
            })
        })
        .collect()
}

/// Which state a dashboard is in, if the current role and claims let it through.
pub async fn edition(db: &impl GenericClient, id: ViewId) -> Result<Option<Edition>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT version, md5(concat_ws('/', encode(content_sha256, 'hex'), extract(epoch FROM created_at), \
                                           extract(epoch FROM last_updated), xmin)), archived_at IS NOT NULL, \
                    (SELECT md5(string_agg(i.id::text || i.xmin::text, '' ORDER BY i.id)) FROM dashboard_insights i \
                     WHERE i.dashboard_view_id = v.id AND i.superseded_at IS NULL) \
             FROM dashboard_views v WHERE v.id = $1",
        )
        .await?;
    let row = db.query_opt(&statement, &[&id.0]).await?;
    row.map(|row| {
        Ok(Edition {
            version: row.try_get(0)?,
            content: row.try_get(1)?,
            archived: row.try_get(2)?,
            insights: row.try_get(3)?,
        })
    })
    .transpose()
}

/// Reads a dashboard whole, if the current role and claims let it through.
pub async fn find_dashboard(db: &impl GenericClient, id: ViewId) -> Result<Option<Dashboard>, StoreError> {
    let sql = format!(
        "SELECT {HEAD}, execution_ids, processed_data::text, charts_config::text, \
                coalesce(metrics_summary, '{{}}')::text FROM dashboard_views WHERE id = $1"
    );
    let statement = db.prepare_cached(&sql).await?;
    let row = db.query_opt(&statement, &[&id.0]).await?;
    row.map(|row| {
        Ok(Dashboard {
            head: head(&row)?,
            execution_ids: row.try_get(10)?,
            processed_data: row.try_get(11)?,
            charts_config: row.try_get(12)?,
            metrics_summary: row.try_get(13)?,
        })
    })
    .transpose()
}

fn head(row: &Row) -> Result<DashboardHead, StoreError> {
    Ok(DashboardHead {
        id: ViewId(row.try_get(0)?),
        report_id: ConfigurationId(row.try_get(1)?),
        workflow_id: WorkflowId(row.try_get(2)?),
        period_key: row.try_get(3)?,
        start: row.try_get(4)?,
        end: row.try_get(5)?,
        version: row.try_get(6)?,
        created_at: row.try_get(7)?,
        last_updated: row.try_get(8)?,
        archived_at: row.try_get(9)?,
        key: String::new(),
    })
}
