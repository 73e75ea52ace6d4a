//! What files are made of: a view with its workflow's name and its current insights.

use chrono::{DateTime, NaiveDate, Utc};

use super::{GenericClient, StoreError, Upstream};
use crate::ids::ViewId;

/// A view as a file shows it.
#[derive(Debug, Clone)]
pub struct ShownView {
    /// The workflow's name, else its id.
    pub title: String,
    /// First covered date.
    pub start: NaiveDate,
    /// Last covered date.
    pub end: NaiveDate,
    /// Its version.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether its payload is in cold storage.
    pub archived: bool,
    /// The column as PostgreSQL prints it.
    pub processed_data: String,
    /// The column as PostgreSQL prints it.
    pub charts_config: String,
    /// The column as PostgreSQL prints it.
    pub metrics_summary: String,
}

/// An insight as a file shows it.
#[derive(Debug, Clone)]
pub struct ShownInsight {
    /// Its type.
    pub kind: String,
    /// Its narration, else its text.
    pub text: String,
    /// Its confidence, `0.93`.
    pub confidence: Option<String>,
}

/// Reads a view; `None` where there is none of that id, or none that the role may see.
pub async fn view(
    db: &impl GenericClient,
    upstream: &Upstream,
    id: ViewId,
) -> Result<Option<ShownView>, StoreError> {
    // Not every engine names its workflows.
    let statement = format!(
        "SELECT coalesce(nullif(to_jsonb(w) ->> 'name', ''), 'Workflow ' || v.workflow_id), v.data_start_date, \
                v.data_end_date, v.version, v.last_updated, v.archived_at IS NOT NULL, v.processed_data::text, \
                v.charts_config::text, coalesce(v.metrics_summary, '{{}}')::text \
         FROM dashboard_views v LEFT JOIN {} w ON w.id = v.workflow_id WHERE v.id = $1",
        upstream.workflows
    );
    let Some(row) = db.query_opt(&statement, &[&id.0]).await? else {
        return Ok(None);
    };
    Ok(Some(ShownView {
        title: row.try_get(0)?,
        start: row.try_get(1)?,
        end: row.try_get(2)?,
        version: row.try_get(3)?,
        updated_at: row.try_get(4)?,
        archived: row.try_get(5)?,
        processed_data: row.try_get(6)?,
        charts_config: row.try_get(7)?,
        metrics_summary: row.try_get(8)?,
    }))
}

/// Reads a view's current insights, those of the highest rank first.
pub async fn insights(db: &impl GenericClient, id: ViewId) -> Result<Vec<ShownInsight>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT insight_type, coalesce(nullif(narration, ''), insight_text), confidence_score::text \
             FROM dashboard_insights WHERE dashboard_view_id = $1 AND superseded_at IS NULL \
             ORDER BY (data_points #>> '{score,rank}')::float8 DESC NULLS LAST, id",
        )
        .await?;
    let rows = db.query(&statement, &[&id.0]).await?;
    rows.iter()
        .map(|row| {
            Ok(ShownInsight {
                kind: row.try_get(0)?,
                text: row.try_get(1)?,
                confidence: row.try_get(2)?,
            })
        })
        .collect()
}
