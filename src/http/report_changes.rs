//! Configuring reports: making, changing, switching on and off.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio_postgres::error::SqlState;
use utoipa::ToSchema;
use uuid::Uuid;

use super::api::Api;
use super::extract::{Body, Named};
use super::login::Caller;
use super::problem::{Problem, Refusal};
use super::reports::{Kind, Report, faults, seen};
use crate::ids::{ConfigurationId, WorkflowId};
use crate::store::authoring::{self, Amendment, Draft};
use crate::store::{self, Role, StoreError, reads};

/// A report to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReport {
    /// The workflow to report on; one of your own.
    workflow_id: Uuid,
    /// The kind of dashboard.
    #[serde(default)]
    #[schema(required = false)]
    dashboard_type: Kind,
    /// What to show and how; `{}` means all defaults.
    #[serde(default)]
    #[schema(value_type = Object, required = false)]
    visualization_config: Map<String, Value>,
    /// Whether it is on from the start.
    #[serde(default)]
    enabled: bool,
    /// The query template it is made from.
    query_template_id: Option<Uuid>,
}

/// What to change of a report; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportChange {
    /// The kind of dashboard.
    dashboard_type: Option<Kind>,
    /// What to show and how, as a whole.
    #[schema(value_type = Option<Object>)]
    visualization_config: Option<Map<String, Value>>,
    /// Its switch.
    enabled: Option<bool>,
}

/// A report after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    /// The report as it is now. Its dashboards follow within seconds.
    report: Report,
    /// What finished before it was switched on and is in no dashboard; null when nothing is missing.
    catch_up: Option<CatchUp>,
}

/// How dashboards catch up with what finished earlier.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatchUp {
    /// How many finished executions are in no dashboard.
    executions: i64,
    /// When the first of them was made.
    from: DateTime<Utc>,
    /// When the last of them was made.
    to: DateTime<Utc>,
    /// The command that takes them in.
    command: String,
}

/// Makes a report.
#[utoipa::path(
    post,
    path = "/reports",
    operation_id = "createReport",
    tag = "reports",
    request_body = NewReport,
    responses(
        (status = 201, description = "The report was made.", body = Changed, headers(("location" = String, description = "Where it is."))),
        (status = 400, description = "The body cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The workflow has a report already.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Values cannot be taken; `errors` says which and why.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<NewReport>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Changed>), Refusal> {
    let draft = Draft {
        workflow_id: WorkflowId(new.workflow_id),
        query_template_id: new.query_template_id,
        enabled: new.enabled,
        dashboard_type: new.dashboard_type.name(),
        visualization_config: checked(new.visualization_config)?,
        created_by: caller.user,
    };
    let inner = api.clone();
    let changed = api.finish(async move { made(&inner, &caller, &draft).await });
    let changed = changed.await?;
    let location = format!("/api/v1/reports/{}", changed.report.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(changed)))
}

/// Changes a report.
#[utoipa::path(
    patch,
    path = "/reports/{id}",
    operation_id = "changeReport",
    tag = "reports",
    params(("id" = Uuid, Path, description = "The report's id.")),
    request_body = ReportChange,
    responses(
        (status = 200, description = "The report was changed.", body = Changed),
        (status = 400, description = "The body cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Values cannot be taken; `errors` says which and why.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn amend(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
    Body(change): Body<ReportChange>,
) -> Result<Json<Changed>, Refusal> {
    let amendment = Amendment {
        enabled: change.enabled,
        dashboard_type: change.dashboard_type.map(Kind::name),
        visualization_config: change.visualization_config.map(checked).transpose()?,
    };
    amended(&api, caller, ConfigurationId(id), amendment).await
}

/// Switches a report on, and its workflow with it.
#[utoipa::path(
    post,
    path = "/reports/{id}/enable",
    operation_id = "enableReport",
    tag = "reports",
    params(("id" = Uuid, Path, description = "The report's id.")),
    responses(
        (status = 200, description = "It is on. `catch_up` says what a replay would take in.", body = Changed),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn enable(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
) -> Result<Json<Changed>, Refusal> {
    amended(&api, caller, ConfigurationId(id), switched(true)).await
}

/// Switches a report off. Its dashboards stay as they are.
#[utoipa::path(
    post,
    path = "/reports/{id}/disable",
    operation_id = "disableReport",
    tag = "reports",
    params(("id" = Uuid, Path, description = "The report's id.")),
    responses(
        (status = 200, description = "It is off.", body = Changed),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn disable(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
) -> Result<Json<Changed>, Refusal> {
    amended(&api, caller, ConfigurationId(id), switched(false)).await
}

fn switched(enabled: bool) -> Amendment {
    Amendment {
        enabled: Some(enabled),
        ..Amendment::default()
    }
}

async fn amended(
    api: &Api,
    caller: Caller,
    id: ConfigurationId,
    amendment: Amendment,
) -> Result<Json<Changed>, Refusal> {
    let inner = api.clone();
    let work = async move {
        let mut client = inner.client().await?;
        let tx = store::begin_for(&mut client, &inner.roles, &caller.access).await?;
        let workflow = authoring::amend(&tx, id, &amendment).await?;
        let workflow = workflow.ok_or(Refusal::NotFound("report"))?;
        let changed = settle(&inner, &tx, id, workflow, amendment.enabled == Some(true)).await?;
        store::commit(tx).await?;
        Ok(changed)
    };
    Ok(Json(api.finish(work).await?))
}

async fn made(api: &Api, caller: &Caller, draft: &Draft) -> Result<Changed, Refusal> {
    let mut client = api.client().await?;
    let tx = store::begin_for(&mut client, &api.roles, &caller.access).await?;
    let id = authoring::create(&tx, api.upstream(), draft)
        .await
        .map_err(refused)?;
    let changed = settle(api, &tx, id, draft.workflow_id, draft.enabled).await?;
    store::commit(tx).await?;
    Ok(changed)
}

/// Switches the workflow on where the report was, and looks at the result. The policies have let the caller's change through.
async fn settle(
    api: &Api,
    tx: &deadpool_postgres::Transaction<'_>,
    id: ConfigurationId,
    workflow: WorkflowId,
    switched_on: bool,
) -> Result<Changed, Refusal> {
    store::assume(tx, &api.roles, Role::Operator).await?;
    let mut catch_up = None;
    if switched_on {
        authoring::report_workflow(tx, api.upstream(), workflow, id).await?;
        let missing = reads::unprocessed(tx, api.upstream(), workflow).await?;
        catch_up = missing.map(|missing| CatchUp {
            executions: missing.executions,
            from: missing.first,
            to: missing.last,
            command: format!("dashloom replay --pending --workflow {workflow}"),
        });
    }
    let report = seen(tx, api, id).await?;
    Ok(Changed { report, catch_up })
}

/// A `visualization_config` as text, checked.
fn checked(config: Map<String, Value>) -> Result<String, Refusal> {
    let json = Value::Object(config).to_string();
    match faults(&json) {
        faults if faults.is_empty() => Ok(json),
        faults => Err(Refusal::Invalid(faults)),
    }
}

/// What the database's refusal of a new report means.
fn refused(error: StoreError) -> Refusal {
    let StoreError::Postgres(cause) = &error else {
        return error.into();
    };
    let constraint = cause.as_db_error().and_then(|error| error.constraint());
    let missing = |table: &str| constraint.is_some_and(|name| name.contains(table));
    match cause.code() {
        Some(&SqlState::UNIQUE_VIOLATION) => Refusal::Conflict("the workflow has a report already"),
        Some(&SqlState::FOREIGN_KEY_VIOLATION) if missing("template") => {
            Refusal::one("/query_template_id", "there is no such query template")
        }
        Some(&SqlState::FOREIGN_KEY_VIOLATION) if missing("created_by") => {
            Refusal::Forbidden("the token's sub is no user of the workflow engine")
        }
        Some(&SqlState::FOREIGN_KEY_VIOLATION | &SqlState::INSUFFICIENT_PRIVILEGE) => {
            Refusal::one("/workflow_id", "there is no such workflow, or it is not yours")
        }
        _ => error.into(),
    }
}
