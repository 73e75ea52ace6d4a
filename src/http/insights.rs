//! Insights: statements about dashboards, with their evidence.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::api::Api;
use super::extract::Asked;
use super::login::Caller;
use super::paging::{Page, Slice};
use super::problem::{Problem, Refusal};
use super::raw::Raw;
use crate::store;
use crate::store::reads::{self, InsightFilter};

/// The order of the list, as its cursors name it.
const ORDER: &str = "-confidence";

/// A tested, evidenced statement about a dashboard.
#[derive(Debug, Serialize, ToSchema)]
pub struct Insight {
    /// The insight's id; it stays the same while the subject does.
    id: Uuid,
    /// The dashboard it is about.
    dashboard_id: Uuid,
    /// What kind of statement it is (`trend`, `level_shift`, …).
    #[serde(rename = "type")]
    kind: String,
    /// What it says.
    text: String,
    /// The same in a language model's words, checked against the evidence; null without one.
    narration: Option<String>,
    /// The probability that it holds, 0 to 1; 1 only for exact arithmetic.
    #[schema(value_type = Option<f64>)]
    confidence: Option<Raw>,
    /// The values, the test and its result.
    #[schema(value_type = Option<Object>)]
    evidence: Option<Raw>,
    /// When it was found.
    generated_at: Option<DateTime<Utc>>,
    /// What found it.
    model_version: Option<String>,
    /// When it ceased to hold; null while it holds.
    superseded_at: Option<DateTime<Utc>>,
}

/// What is asked about insights.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only about this dashboard.
    dashboard_id: Option<Uuid>,
    /// Only about dashboards of this report.
    report_id: Option<Uuid>,
    /// Only of these types, separated by commas.
    #[serde(rename = "type")]
    #[param(example = "trend,level_shift")]
    kinds: Option<String>,
    /// Only those at least this sure, 0 to 1.
    #[param(minimum = 0, maximum = 1)]
    min_confidence: Option<f64>,
    /// Also those that hold no more.
    #[serde(default)]
    #[param(required = false)]
    superseded: bool,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

/// Insights over all dashboards, the surest first.
#[utoipa::path(
    get,
    path = "/insights",
    operation_id = "listInsights",
    tag = "insights",
    params(Query),
    responses(
        (status = 200, description = "A page of insights.", body = Page<Insight>),
        (status = 400, description = "The query cannot be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(query): Asked<Query>,
) -> Result<Json<Page<Insight>>, Refusal> {
    let slice = Slice::asked(query.limit, query.cursor.as_deref(), ORDER, true)?;
    let filter = InsightFilter {
        dashboard: query.dashboard_id,
        report: query.report_id,
        types: query.kinds.as_deref().map(words).transpose()?,
        min_confidence: query.min_confidence.map(hundredths).transpose()?,
        superseded: query.superseded,
        limit: slice.rows(),
        after: slice.after.clone(),
    };
    let db = api.client().await?;
    let rows = store::read_for(&db, &api.roles, &caller.access, reads::insights(&db, &filter)).await?;
    let Page { items, next } = slice.page(rows, |row| (row.key.clone(), row.id.0), shown);
    let items = items.into_iter().collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next }))
}

/// An insight as it is sent.
///
/// # Errors
/// When the database holds something that is no JSON.
pub fn shown(row: reads::Insight) -> Result<Insight, Refusal> {
    Ok(Insight {
        id: row.id.0,
        dashboard_id: row.view_id.0,
        kind: row.insight_type,
        text: row.text,
        narration: row.narration.filter(|text| !text.is_empty()),
        confidence: row.confidence.map(Raw::new).transpose()?,
        evidence: row.data_points.map(Raw::new).transpose()?,
        generated_at: row.generated_at,
        model_version: row.model_version,
        superseded_at: row.superseded_at,
    })
}

fn words(text: &str) -> Result<Vec<String>, Refusal> {
    if text.contains('\0') {
        return Err(Refusal::Malformed("type holds a NUL character".to_owned()));
    }
    Ok(text.split(',').map(|word| word.trim().to_owned()).collect())
}

/// Scores are kept in hundredths: at least .801 means at least .81.
fn hundredths(score: f64) -> Result<i64, Refusal> {
    if !(0.0..=1.0).contains(&score) {
        return Err(Refusal::Malformed("min_confidence is not from 0 to 1".to_owned()));
    }
    // Within 0 and 100; the slack undoes what binary fractions add to .07 × 100.
    Ok((score * 100.0 - 1e-9).ceil() as i64)
}
