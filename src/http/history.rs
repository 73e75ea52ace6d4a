//! A dashboard's history of changes, as its events told it.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::api::Api;
use super::extract::{Asked, Named};
use super::login::Caller;
use super::paging::{Page, Slice};
use super::problem::{Problem, Refusal};
use crate::event::{Change, DashboardUpdate, Reason};
use crate::ids::ViewId;
use crate::store::reads;
use crate::store::view_events::{self, ViewEvent};
use crate::store::{self, Role, StoreError};

/// The order of the list, as its cursors name it.
const ORDER: &str = "-version";

/// One change of a dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// The event's id, as `dashboard-updated` carried it.
    event_id: Uuid,
    /// The version that the dashboard got.
    version: u64,
    /// What kinds of change it was.
    changes: Vec<ChangeKind>,
    /// Why it came about.
    reason: Cause,
    /// When.
    occurred_at: DateTime<Utc>,
    /// First covered date after the change.
    data_start_date: NaiveDate,
    /// Last covered date after the change.
    data_end_date: NaiveDate,
    /// The executions that gained or lost dates.
    execution_ids: Vec<Uuid>,
    /// The headline metrics before and after.
    metrics: Vec<MetricChange>,
    /// How many insights held after the change.
    insight_count: u32,
}

/// A headline metric before and after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricChange {
    /// The metric's id.
    id: String,
    /// Its value before, an exact decimal; null when there was none.
    before: Option<String>,
    /// Its value after, an exact decimal; null when there is none.
    after: Option<String>,
    /// Its unit; empty when it has none.
    unit: String,
}

/// Kinds of change.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The dashboard is new.
    Created,
    /// Its numbers changed.
    Data,
    /// Its insights changed.
    Insights,
    /// A result that counted was replaced by another.
    Superseded,
    /// Its configuration changed.
    Configuration,
}

/// Why a dashboard changed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A stretch of history was replayed.
    Replay,
    /// Dates that counted were replaced, or a configuration, rebuild or withdrawal caused it.
    Correction,
    /// A new result arrived.
    Live,
}

/// What is asked of a history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

/// A dashboard's changes, the newest first.
#[utoipa::path(
    get,
    path = "/dashboards/{id}/history",
    operation_id = "listChanges",
    tag = "dashboards",
    params(("id" = Uuid, Path, description = "The dashboard's id."), Query),
    responses(
        (status = 200, description = "A page of changes.", body = Page<Entry>),
        (status = 400, description = "The query cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
    Asked(query): Asked<Query>,
) -> Result<Json<Page<Entry>>, Refusal> {
    let id = ViewId(id);
    let slice = Slice::asked(query.limit, query.cursor.as_deref(), ORDER, true)?;
    let place = slice.after.as_ref();
    let below = place.and_then(|place| place.key.parse().ok()).unwrap_or(i64::MAX);
    let db = api.client().await?;
    let work = async {
        if reads::edition(&db, id).await?.is_none() {
            return Err(Refusal::NotFound("dashboard"));
        }
        let events = view_events::of_view(&db, id, below, slice.rows());
        Ok(store::assuming(&db, &api.roles, Role::Operator, events).await?)
    };
    let events = store::read_for(&db, &api.roles, &caller.access, work).await?;
    let key = |event: &ViewEvent| (event.version.to_string(), event.view_id.0);
    let Page { items, next } = slice.page(events, key, |event| told(&event));
    let items = items.into_iter().collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next }))
}

/// The event of a version.
///
/// # Errors
/// When what is stored is none.
pub fn read(event: &ViewEvent) -> Result<DashboardUpdate, Refusal> {
    let update = DashboardUpdate::from_payload(&event.payload);
    Ok(update.ok_or(StoreError::Corrupt {
        what: "a dashboard's event",
    })?)
}

fn told(event: &ViewEvent) -> Result<Entry, Refusal> {
    let update = read(event)?;
    let metrics = update.metrics.into_iter().map(|metric| MetricChange {
        id: metric.id,
        before: metric.before,
        after: metric.after,
        unit: metric.unit,
    });
    Ok(Entry {
        event_id: update.event_id.0,
        version: update.view_version,
        changes: update.changes.into_iter().map(ChangeKind::from).collect(),
        reason: update.reason.into(),
        occurred_at: DateTime::from_timestamp_nanos(update.occurred_at_ns),
        data_start_date: update.data_start_date,
        data_end_date: update.data_end_date,
        execution_ids: update.execution_ids.iter().map(|id| id.0).collect(),
        metrics: metrics.collect(),
        insight_count: update.insight_count,
    })
}

impl From<Change> for ChangeKind {
    fn from(change: Change) -> Self {
        match change {
            Change::Created => Self::Created,
            Change::Data => Self::Data,
            Change::Insights => Self::Insights,
            Change::Superseded => Self::Superseded,
            Change::Configuration => Self::Configuration,
        }
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Replay => Self::Replay,
            Reason::Correction => Self::Correction,
            Reason::Live => Self::Live,
        }
    }
}
