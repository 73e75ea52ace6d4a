//! The reports library: reading.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::api::Api;
use super::extract::{Asked, Named};
use super::login::Caller;
use super::paging::{Page, Slice, comparable};
use super::problem::{Fault, Problem, Refusal};
use super::raw::Raw;
use crate::dashboard::VisualizationConfig;
use crate::ids::ConfigurationId;
use crate::store::reads::{self, ReportFilter, ReportSort};
use crate::store::{self, Access, GenericClient, Role, authoring};

/// A report: a workflow's configuration, how it stands, and its newest dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// The report's id.
    pub id: Uuid,
    /// The workflow it reports on.
    pub workflow_id: Uuid,
    /// The workflow's name, where the engine keeps names.
    pub name: Option<String>,
    /// How it stands.
    pub status: Status,
    /// Its own switch.
    pub enabled: bool,
    /// The workflow's switch; a report is on when both are.
    pub workflow_enabled: bool,
    /// The kind of dashboard.
    pub dashboard_type: Kind,
    /// What to show and how; see the published JSON Schema.
    #[schema(value_type = Object)]
    pub visualization_config: Raw,
    /// What is wrong with `visualization_config`; its dashboards stay as they are until it is mended.
    pub configuration_errors: Vec<Fault>,
    /// The query template it was made from.
    pub query_template_id: Option<Uuid>,
    /// The user who made it.
    pub created_by: Option<Uuid>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When its configuration was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// How many dashboards it has.
    pub dashboards: i64,
    /// When one of them last changed.
    pub last_updated: Option<DateTime<Utc>>,
    /// The dashboard whose data reaches furthest.
    pub newest: Option<Newest>,
    /// Finished executions that are not in its dashboards, counted up to 1,000.
    pub pending_executions: i64,
    /// Why the newest of these is not.
    pub error: Option<String>,
}

/// The dashboard of a report whose data reaches furthest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Newest {
    /// The dashboard's id.
    pub id: Uuid,
    /// Which period it shows (`rolling`, `2026-W45`, …).
    pub period_key: String,
    /// First covered date.
    pub data_start_date: NaiveDate,
    /// Last covered date.
    pub data_end_date: NaiveDate,
    /// Its version.
    pub version: i64,
    /// Its first four metrics, as in `metrics_summary`.
    #[schema(value_type = Vec<Object>)]
    pub headline: Raw,
}

/// How a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Switched off, here or on its workflow.
    Disabled,
    /// A result could not be taken in, or the configuration is wrong.
    Failed,
    /// On, and without a dashboard yet.
    Waiting,
    /// Some finished executions are not in its dashboards.
    Behind,
    /// Everything finished is in its dashboards.
    Current,
}

/// The kinds of dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Headline metrics, trend, breakdowns and a top table.
    #[default]
    Standard,
    /// Stages with their conversion.
    Funnel,
    /// One period or segment against another.
    Comparison,
    /// The configuration's own panels.
    Custom,
}

/// Orders of the library; `-` turns one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub enum Order {
    /// By name, from A.
    #[serde(rename = "name")]
    Name,
    /// By name, from Z.
    #[serde(rename = "-name")]
    NameDown,
    /// The longest unchanged first.
    #[serde(rename = "updated")]
    Updated,
    /// The latest changed first.
    #[default]
    #[serde(rename = "-updated")]
    UpdatedDown,
    /// The oldest first.
    #[serde(rename = "created")]
    Created,
    /// The newest first.
    #[serde(rename = "-created")]
    CreatedDown,
}

/// What is asked of the library.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only reports whose name or id contains this.
    q: Option<String>,
    /// Only reports that stand so.
    status: Option<Status>,
    /// Only reports of this kind.
    dashboard_type: Option<Kind>,
    /// Only the report of this workflow.
    workflow_id: Option<Uuid>,
    /// The order; the latest changed first where nothing is said.
    #[serde(default)]
    #[param(inline, required = false)]
    sort: Order,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

/// The reports library.
#[utoipa::path(
    get,
    path = "/reports",
    operation_id = "listReports",
    tag = "reports",
    params(Query),
    responses(
        (status = 200, description = "A page of reports.", body = Page<Report>),
        (status = 400, description = "The query cannot be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(query): Asked<Query>,
) -> Result<Json<Page<Report>>, Refusal> {
    let (sort, descending, order) = query.sort.parts();
    let slice = Slice::asked(
        query.limit,
        query.cursor.as_deref(),
        order,
        sort != ReportSort::Name,
    )?;
    let search = comparable("q", query.q)?;
    let mut filter = ReportFilter {
        wrong: Vec::new(),
        among: None,
        workflow: query.workflow_id,
        dashboard_type: query.dashboard_type.map(|kind| kind.name().to_owned()),
        search: search.filter(|text| !text.is_empty()),
        status: query.status.map(Status::stored),
        sort,
        descending,
        limit: slice.rows(),
        after: slice.after.clone(),
    };
    let (db, upstream) = (api.client().await?, api.upstream());
    let work = async {
        if filter.asks_engine() {
            filter.among = visible(&db, &caller).await?;
            // What is asked about how they stand depends on it; what is shown of them is judged row by row.
            if filter.status.is_some() {
                let among = filter.among.as_deref();
                filter.wrong = reads::wrong(&db, among, |config| !faults(config).is_empty()).await?;
            }
            store::assume(&db, &api.roles, Role::Operator).await?;
        } else if filter.sort == ReportSort::Updated {
            filter.among = reads::few_visible_configurations(&db).await?;
        }
        let chosen = reads::choose(&db, upstream, &filter).await?;
        let rows = reads::reports(&db, upstream, &chosen);
        Ok::<_, Refusal>(store::assuming(&db, &api.roles, Role::Operator, rows).await?)
    };
    let rows = store::read_for(&db, &api.roles, &caller.access, work).await?;
    let Page { items, next } = slice.page(rows, |row| (row.key.clone(), row.id.0), shown);
    let items = items.into_iter().collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next }))
}

/// One report.
#[utoipa::path(
    get,
    path = "/reports/{id}",
    operation_id = "getReport",
    tag = "reports",
    params(("id" = Uuid, Path, description = "The report's id.")),
    responses(
        (status = 200, description = "The report.", body = Report),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
) -> Result<Json<Report>, Refusal> {
    let id = ConfigurationId(id);
    let db = api.client().await?;
    let work = async {
        if authoring::workflow_of(&db, id).await?.is_none() {
            return Err(Refusal::NotFound("report"));
        }
        store::assuming(&db, &api.roles, Role::Operator, seen(&db, &api, id)).await
    };
    Ok(Json(
        store::read_for(&db, &api.roles, &caller.access, work).await?,
    ))
}

/// A report that the caller has been found to see, in a transaction that may read the engine's tables.
///
/// # Errors
/// When it has gone meanwhile.
pub async fn seen(db: &impl GenericClient, api: &Api, id: ConfigurationId) -> Result<Report, Refusal> {
    let report = reads::find_report(db, api.upstream(), id).await?;
    shown(report.ok_or(Refusal::NotFound("report"))?)
}

/// What the policies let through, for questions that go beyond our own tables; `None` for the operator, who sees all.
async fn visible(db: &impl GenericClient, caller: &Caller) -> Result<Option<Vec<Uuid>>, Refusal> {
    match caller.access {
        Access::Operator => Ok(None),
        Access::User { .. } => Ok(Some(reads::visible_configurations(db).await?)),
    }
}

fn shown(row: reads::Report) -> Result<Report, Refusal> {
    let configuration_errors = faults(&row.visualization_config);
    let status = match row.status {
        reads::ReportStatus::Disabled => Status::Disabled,
        _ if !configuration_errors.is_empty() => Status::Failed,
        reads::ReportStatus::Failed => Status::Failed,
        reads::ReportStatus::Waiting => Status::Waiting,
        reads::ReportStatus::Behind => Status::Behind,
        reads::ReportStatus::Current => Status::Current,
    };
    let newest = match row.newest {
        None => None,
        Some(newest) => Some(Newest {
            id: newest.id.0,
            period_key: newest.period_key,
            data_start_date: newest.start,
            data_end_date: newest.end,
            version: newest.version,
            headline: Raw::new(newest.headline)?,
        }),
    };
    Ok(Report {
        id: row.id.0,
        workflow_id: row.workflow_id.0,
        name: row.name,
        status,
        enabled: row.enabled,
        workflow_enabled: row.workflow_enabled,
        dashboard_type: Kind::of(&row.dashboard_type),
        visualization_config: Raw::new(row.visualization_config)?,
        configuration_errors,
        query_template_id: row.query_template_id,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
        dashboards: row.dashboards,
        last_updated: row.last_updated,
        newest,
        pending_executions: row.pending,
        error: row.error,
    })
}

/// Everything that is wrong with a `visualization_config`.
pub fn faults(json: &str) -> Vec<Fault> {
    let Err(error) = VisualizationConfig::parse(json) else {
        return Vec::new();
    };
    let fault = |problem: crate::dashboard::config::Problem| Fault {
        path: format!("/visualization_config{}", problem.path),
        message: problem.message,
        hint: problem.hint,
    };
    error.problems.into_iter().map(fault).collect()
}

impl Order {
    fn parts(self) -> (ReportSort, bool, &'static str) {
        match self {
            Self::Name => (ReportSort::Name, false, "name"),
            Self::NameDown => (ReportSort::Name, true, "-name"),
            Self::Updated => (ReportSort::Updated, false, "updated"),
            Self::UpdatedDown => (ReportSort::Updated, true, "-updated"),
            Self::Created => (ReportSort::Created, false, "created"),
            Self::CreatedDown => (ReportSort::Created, true, "-created"),
        }
    }
}

impl Status {
    fn stored(self) -> reads::ReportStatus {
        match self {
            Self::Disabled => reads::ReportStatus::Disabled,
            Self::Failed => reads::ReportStatus::Failed,
            Self::Waiting => reads::ReportStatus::Waiting,
            Self::Behind => reads::ReportStatus::Behind,
            Self::Current => reads::ReportStatus::Current,
        }
    }
}

impl Kind {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Funnel => "funnel",
            Self::Comparison => "comparison",
            Self::Custom => "custom",
        }
    }

    /// The kind with a name; the table's own check leaves no others.
    fn of(name: &str) -> Self {
        let kinds = [Self::Standard, Self::Funnel, Self::Comparison, Self::Custom];
        kinds
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap_or_default()
    }
}
