//! Dashboards: lists, and one whole with its insights.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use futures::future::try_join;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::api::Api;
use super::etag::{is_known, not_modified, value};
use super::extract::{Asked, Named};
use super::insights::{Insight, shown as shown_insight};
use super::login::Caller;
use super::paging::{Page, Slice, comparable, storable};
use super::problem::{Problem, Refusal};
use super::raw::Raw;
use crate::ids::ViewId;
use crate::store;
use crate::store::reads::{self, DashboardFilter, DashboardSort, Edition};

/// A dashboard without its content.
#[derive(Debug, Serialize, ToSchema)]
pub struct DashboardHead {
    /// The dashboard's id, the key of its events.
    id: Uuid,
    /// The report it belongs to.
    report_id: Uuid,
    /// The workflow it reports on.
    workflow_id: Uuid,
    /// Which period it shows (`rolling`, `2026-W45`, …).
    period_key: String,
    /// First covered date.
    data_start_date: NaiveDate,
    /// Last covered date.
    data_end_date: NaiveDate,
    /// Its version, from 1, one more with each change.
    version: i64,
    /// When it was made.
    created_at: Option<DateTime<Utc>>,
    /// When it got this version.
    last_updated: Option<DateTime<Utc>>,
    /// When its content went to cold storage; null while it is here.
    archived_at: Option<DateTime<Utc>>,
}

/// A dashboard with its content. Everything in it is of one version.
#[derive(Debug, Serialize, ToSchema)]
pub struct Dashboard {
    /// The rest of it.
    #[serde(flatten)]
    head: DashboardHead,
    /// The executions it shows.
    execution_ids: Vec<Uuid>,
    /// Datasets and their columns (`dashloom.processed/1`); empty when archived.
    #[schema(value_type = Object)]
    processed_data: Raw,
    /// Vega-Lite charts over the datasets, and their layout (`dashloom.charts/1`).
    #[schema(value_type = Object)]
    charts_config: Raw,
    /// Metrics with their comparison (`dashloom.metrics/1`).
    #[schema(value_type = Object)]
    metrics_summary: Raw,
    /// The insights that hold, the most telling first.
    insights: Vec<Insight>,
}

/// Orders of the list; `-` turns one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum Order {
    /// The earliest data first.
    #[serde(rename = "end")]
    End,
    /// The latest data first.
    #[default]
    #[serde(rename = "-end")]
    EndDown,
    /// The longest unchanged first.
    #[serde(rename = "updated")]
    Updated,
    /// The latest changed first.
    #[serde(rename = "-updated")]
    UpdatedDown,
}

/// What is asked about dashboards.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only of this report.
    report_id: Option<Uuid>,
    /// Only of this workflow.
    workflow_id: Option<Uuid>,
    /// Only of this period (`rolling`, `2026-W45`, …).
    period_key: Option<String>,
    /// Only those that cover a date from this one on.
    from: Option<NaiveDate>,
    /// Only those that cover a date up to this one.
    to: Option<NaiveDate>,
    /// The order; the latest data first where nothing is said.
    #[serde(default)]
    #[param(inline, required = false)]
    sort: Order,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

/// Dashboards without their content.
#[utoipa::path(
    get,
    path = "/dashboards",
    operation_id = "listDashboards",
    tag = "dashboards",
    params(Query),
    responses(
        (status = 200, description = "A page of dashboards.", body = Page<DashboardHead>),
        (status = 400, description = "The query cannot be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(query): Asked<Query>,
) -> Result<Json<Page<DashboardHead>>, Refusal> {
    let (sort, descending, order) = query.sort.parts();
    let slice = Slice::asked(query.limit, query.cursor.as_deref(), order, true)?;
    let filter = DashboardFilter {
        report: query.report_id,
        workflow: query.workflow_id,
        period_key: comparable("period_key", query.period_key)?,
        from: query.from.map(storable),
        to: query.to.map(storable),
        sort,
        descending,
        limit: slice.rows(),
        after: slice.after.clone(),
    };
    let db = api.client().await?;
    let rows = store::read_for(&db, &api.roles, &caller.access, reads::dashboards(&db, &filter)).await?;
    Ok(Json(slice.page(rows, |row| (row.key.clone(), row.id.0), shown)))
}

/// One dashboard whole. Its `etag` is that of its content: send it back as `if-none-match` and nothing is sent twice.
#[utoipa::path(
    get,
    path = "/dashboards/{id}",
    operation_id = "getDashboard",
    tag = "dashboards",
    params(
        ("id" = Uuid, Path, description = "The dashboard's id."),
        ("if-none-match" = Option<String>, Header, description = "The `etag` of the answer you have."),
    ),
    responses(
        (status = 200, description = "The dashboard.", body = Dashboard, headers(("etag" = String, description = "Its version and content; strong."))),
        (status = 304, description = "You have it."),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = ViewId(id);
    let db = api.client().await?;
    let work = async {
        let edition = reads::edition(&db, id).await?;
        let etag = etag(&edition.ok_or(Refusal::NotFound("dashboard"))?);
        if is_known(&headers, &etag) {
            return Ok((etag, Found::Known));
        }
        let found = match api.answers.find(id, &etag) {
            Some(body) => Found::Kept(body),
            None => {
                let (dashboard, insights) =
                    try_join(reads::find_dashboard(&db, id), reads::insights_of(&db, id)).await?;
                let dashboard = dashboard.ok_or(Refusal::NotFound("dashboard"))?;
                Found::Read(Box::new(dashboard), insights)
            }
        };
        Ok::<_, Refusal>((etag, found))
    };
    let (etag, found) = store::read_for(&db, &api.roles, &caller.access, work).await?;
    drop(db);
    let tag = value(&etag)?;
    let body = match found {
        Found::Known => return Ok(not_modified(tag)),
        Found::Kept(body) => body,
        Found::Read(dashboard, insights) => {
            let body = Bytes::from(whole(*dashboard, insights)?);
            api.answers.keep(id, etag, body.clone());
            body
        }
    };
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::ETAG, tag), (header::CONTENT_TYPE, json)], body).into_response())
}

/// Where the answer to a request for a dashboard is.
enum Found {
    /// The caller has it.
    Known,
    /// It was made before.
    Kept(Bytes),
    /// It is made of these.
    Read(Box<reads::Dashboard>, Vec<reads::Insight>),
}

/// The answer as JSON.
fn whole(dashboard: reads::Dashboard, insights: Vec<reads::Insight>) -> Result<Vec<u8>, Refusal> {
    let whole = Dashboard {
        head: shown(dashboard.head),
        execution_ids: dashboard.execution_ids,
        processed_data: Raw::new(dashboard.processed_data)?,
        charts_config: Raw::new(dashboard.charts_config)?,
        metrics_summary: Raw::new(dashboard.metrics_summary)?,
        insights: insights
            .into_iter()
            .map(shown_insight)
            .collect::<Result<_, _>>()?,
    };
    serde_json::to_vec(&whole).map_err(|error| Refusal::Internal(Box::new(error)))
}

/// The strong validator of a dashboard's answer: its version and content, and what changes the answer without making a version.
fn etag(edition: &Edition) -> String {
    let archived = if edition.archived { "-archived" } else { "" };
    let insights = edition.insights.as_deref().map(|hash| format!("-{hash}"));
    let Edition { version, content, .. } = edition;
    format!(
        "\"{version}-{content}{archived}{}\"",
        insights.unwrap_or_default()
    )
}

fn shown(row: reads::DashboardHead) -> DashboardHead {
    DashboardHead {
        id: row.id.0,
        report_id: row.report_id.0,
        workflow_id: row.workflow_id.0,
        period_key: row.period_key,
        data_start_date: row.start,
        data_end_date: row.end,
        version: row.version,
        created_at: row.created_at,
        last_updated: row.last_updated,
        archived_at: row.archived_at,
    }
}

impl Order {
    fn parts(self) -> (DashboardSort, bool, &'static str) {
        match self {
            Self::End => (DashboardSort::End, false, "end"),
            Self::EndDown => (DashboardSort::End, true, "-end"),
            Self::Updated => (DashboardSort::Updated, false, "updated"),
            Self::UpdatedDown => (DashboardSort::Updated, true, "-updated"),
        }
    }
}
