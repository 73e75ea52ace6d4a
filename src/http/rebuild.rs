//! Rendering a report's dashboards anew on request.

use axum::Json;
use axum::extract::State;
use chrono::DateTime;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::api::Api;
use super::extract::Named;
use super::login::Caller;
use super::problem::{Problem, Refusal};
use super::reports::faults;
use crate::fold::{self, FoldError, Folded, Why};
use crate::ids::{ConfigurationId, WorkflowId};
use crate::store::configurations;
use crate::store::{self, Role, authoring, outbox};
use crate::telemetry::{clock, metrics};

/// What a rebuild did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rebuilt {
    /// The dashboards whose content was not what the stored results give; each has a new version and was announced.
    changed: Vec<RebuiltDashboard>,
    /// What keeps dashboards as they were, each in a sentence.
    troubles: Vec<String>,
}

/// A dashboard that a rebuild changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct RebuiltDashboard {
    /// The dashboard's id.
    id: Uuid,
    /// Its new version.
    version: u64,
}

/// Renders a report's dashboards anew from the stored results. What is right already stays untouched.
#[utoipa::path(
    post,
    path = "/reports/{id}/rebuild",
    operation_id = "rebuildReport",
    tag = "reports",
    params(("id" = Uuid, Path, description = "The report's id.")),
    responses(
        (status = 200, description = "Its dashboards are what its results give.", body = Rebuilt),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is switched off.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Its configuration is wrong; `errors` says what.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn rebuild(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
) -> Result<Json<Rebuilt>, Refusal> {
    let inner = api.clone();
    let work = async move { rebuilt(&inner, &caller, ConfigurationId(id)).await };
    Ok(Json(api.finish(work).await?))
}

async fn rebuilt(api: &Api, caller: &Caller, id: ConfigurationId) -> Result<Rebuilt, Refusal> {
    let workflow = reported(api, caller, id).await?;
    let mut rebuilt = Rebuilt {
        changed: Vec::new(),
        troubles: Vec::new(),
    };
    let mut is_first = true;
    loop {
        let folded = redraw(api, workflow, is_first).await?;
        is_first = false;
        let changed = folded.updates.iter().map(|update| RebuiltDashboard {
            id: update.view_id.0,
            version: update.view_version,
        });
        rebuilt.changed.extend(changed);
        let troubles = folded.troubles.into_iter().map(|trouble| trouble.sentence);
        rebuilt.troubles.extend(troubles);
        if !folded.unfinished {
            return Ok(rebuilt);
        }
    }
}

/// The workflow of a report that the caller may change, that is on and whose configuration is right.
async fn reported(api: &Api, caller: &Caller, id: ConfigurationId) -> Result<WorkflowId, Refusal> {
    let mut client = api.client().await?;
    let tx = store::begin_for(&mut client, &api.roles, &caller.access).await?;
    let workflow = authoring::workflow_of(&tx, id).await?;
    let workflow = workflow.ok_or(Refusal::NotFound("report"))?;
    store::assume(&tx, &api.roles, Role::Operator).await?;
    let reporting = configurations::read(&tx, api.upstream(), &[workflow]).await?;
    let active = reporting.first().and_then(|reporting| reporting.active());
    let active = active.ok_or(Refusal::Conflict("the report is switched off"))?;
    match faults(&active.visualization_config) {
        faults if faults.is_empty() => Ok(workflow),
        faults => Err(Refusal::Invalid(faults)),
    }
}

/// One transaction's part of the drawing; the first notes everything, the others go on.
async fn redraw(api: &Api, workflow: WorkflowId, is_first: bool) -> Result<Folded, Refusal> {
    let now = DateTime::from_timestamp_millis(clock::now_ms()).unwrap_or_default();
    let mut client = api.client().await?;
    let tx = store::begin(&mut client, &api.roles, Role::Ingest).await?;
    let folded = match is_first {
        true => fold::rerender(&tx, &api.fold, &[workflow], None, Why::Rebuild, now).await,
        false => fold::catch_up(&tx, &api.fold, &[workflow], now).await,
    };
    let folded = folded.map_err(failed)?;
    let rows: Vec<_> = folded
        .updates
        .iter()
        .map(|update| fold::announcement(&api.events_topic, update))
        .collect();
    outbox::insert(&tx, &rows).await?;
    store::commit(tx).await?;
    metrics::views_written(rows.len() as u64);
    api.wake_relay.notify_one();
    Ok(folded)
}

fn failed(error: FoldError) -> Refusal {
    match error {
        FoldError::Store(error) => error.into(),
        FoldError::TooMuch => Refusal::Unavailable(None),
        FoldError::Encoding(_) | FoldError::ShapeMoved(_) => Refusal::Internal(Box::new(error)),
    }
}
