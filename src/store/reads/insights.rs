//! Insights: those of one dashboard, and lists over many.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::After;
use super::conditions::{Conditions, Direction};
use crate::ids::{InsightId, ViewId};
use crate::store::{GenericClient, StoreError};

const COLUMNS: &str = "i.id, i.dashboard_view_id, i.insight_type, i.insight_text, i.narration, i.confidence_score::text, \
                       i.data_points::text, i.generated_at, i.model_version, i.superseded_at";
/// Hundredths, so that equal scores are equal keys.
const KEY: &str = "coalesce((i.confidence_score * 100)::bigint, -1)";

/// A dashboard's insights, the most telling first; what somebody wrote into `data_points` may be no number.
pub const ORDER: &str = "CASE jsonb_typeof(i.data_points #> '{score,rank}') \
                              WHEN 'number' THEN (i.data_points #> '{score,rank}')::numeric END DESC NULLS LAST, \
                         i.confidence_score DESC NULLS LAST, i.id";

/// A statement about a dashboard.
#[derive(Debug, Clone)]
pub struct Insight {
    /// Its id.
    pub id: InsightId,
    /// The dashboard it is about.
    pub view_id: ViewId,
    /// Its type (`trend`, `level_shift`, …).
    pub insight_type: String,
    /// What it says.
    pub text: String,
    /// The same in a language model's words, where there are some.
    pub narration: Option<String>,
    /// The probability that it holds, a decimal from 0 to 1.
    pub confidence: Option<String>,
    /// Its evidence, JSON.
    pub data_points: Option<String>,
    /// When it was found.
    pub generated_at: Option<DateTime<Utc>>,
    /// What found it.
    pub model_version: Option<String>,
    /// When it ceased to hold, where it did.
    pub superseded_at: Option<DateTime<Utc>>,
    /// The value the list is sorted by.
    pub key: String,
}

/// Which insights, and where to begin.
#[derive(Debug, Clone)]
pub struct InsightFilter {
    /// Only about this dashboard.
    pub dashboard: Option<Uuid>,
    /// Only about dashboards of this report.
    pub report: Option<Uuid>,
    /// Only of these types.
    pub types: Option<Vec<String>>,
    /// Only of at least this confidence, in hundredths.
    pub min_confidence: Option<i64>,
    /// Also those that hold no more.
    pub superseded: bool,
    /// Behind this row.
    pub after: Option<After>,
    /// At most so many.
    pub limit: i64,
}

/// Reads a page of the insights that the current role and claims let through, the surest first.
pub async fn insights(db: &impl GenericClient, filter: &InsightFilter) -> Result<Vec<Insight>, StoreError> {
    let mut wanted = Conditions::default();
    if !filter.superseded {
        wanted.always("i.superseded_at IS NULL");
    }
    wanted.when(filter.dashboard.as_ref(), |view| {
        format!("i.dashboard_view_id = {view}")
    });
    wanted.when(filter.report.as_ref(), |report| {
        format!("i.dashboard_view_id IN (SELECT v.id FROM dashboard_views v WHERE v.report_configuration_id = {report})")
    });
    wanted.when(filter.types.as_ref(), |types| {
        format!("i.insight_type = ANY({types})")
    });
    wanted.when(filter.min_confidence.as_ref(), |least| {
        format!("{KEY} >= {least}")
    });
    let are_few = filter.dashboard.is_some() || filter.report.is_some();
    let among = wanted.among("dashboard_insights i", are_few);
    let begin = wanted.behind(
        filter.after.as_ref(),
        &format!("{KEY}, i.id"),
        Direction::Down,
        |key| format!("{key}::text::bigint"),
    );
    // The page first and its columns after it: evidence is only read of what is shown.
    let sql = format!(
        "WITH page AS MATERIALIZED ( \
             SELECT i.id, {KEY} AS key FROM {among} i WHERE {begin} ORDER BY {KEY} DESC, i.id DESC LIMIT {}) \
         SELECT {COLUMNS}, page.key::text FROM page JOIN dashboard_insights i USING (id) \
         ORDER BY page.key DESC, i.id DESC",
        filter.limit
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, wanted.values()).await?;
    rows.iter().map(insight).collect()
}

/// Reads the insights that hold about a dashboard, the most telling first.
pub async fn insights_of(db: &impl GenericClient, view: ViewId) -> Result<Vec<Insight>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, '' FROM dashboard_insights i \
         WHERE i.dashboard_view_id = $1 AND i.superseded_at IS NULL ORDER BY {ORDER}"
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&view.0]).await?;
    rows.iter().map(insight).collect()
}

fn insight(row: &Row) -> Result<Insight, StoreError> {
    Ok(Insight {
        id: InsightId(row.try_get(0)?),
        view_id: ViewId(row.try_get(1)?),
        insight_type: row.try_get(2)?,
        text: row.try_get(3)?,
        narration: row.try_get(4)?,
        confidence: row.try_get(5)?,
        data_points: row.try_get(6)?,
        generated_at: row.try_get(7)?,
        model_version: row.try_get(8)?,
        superseded_at: row.try_get(9)?,
        key: row.try_get(10)?,
    })
}
