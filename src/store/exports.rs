//! What files are made of: a view with its workflow's name and its current insights.

use chrono::NaiveDate;

use super::reads::INSIGHT_ORDER;
use super::{GenericClient, StoreError, Upstream};
use crate::export::{Insight, ReportSource};
use crate::ids::ViewId;
use crate::window::Window;

/// A workflow's name, else its id: not every engine names its workflows.
const TITLE: &str = "coalesce(nullif(to_jsonb(w) ->> 'name', ''), 'Workflow ' || v.workflow_id)";

/// What tells one state of a view from every other, as far as files show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The workflow's name, else its id.
    pub title: String,
    /// Last covered date.
    pub end: NaiveDate,
    /// Whether its content is in cold storage.
    pub archived: bool,
    /// Its version, the hash of its content, and one over the rewordings of its insights.
    pub content: String,
}

/// Reads which state a view is in; `None` where there is none of that id, or none that the role may see.
pub async fn edition(
    db: &impl GenericClient,
    upstream: &Upstream,
    id: ViewId,
) -> Result<Option<Edition>, StoreError> {
    let sql = format!(
        "SELECT {TITLE}, v.data_end_date, v.archived_at IS NOT NULL, \
                concat_ws('/', v.version, encode(v.content_sha256, 'hex'), \
                    (SELECT md5(string_agg(i.id::text || i.narration, '' ORDER BY i.id)) FROM dashboard_insights i \
                     WHERE i.dashboard_view_id = v.id AND i.superseded_at IS NULL AND i.narration <> '')) \
         FROM dashboard_views v LEFT JOIN {} w ON w.id = v.workflow_id WHERE v.id = $1",
        upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    let row = db.query_opt(&statement, &[&id.0]).await?;
    row.map(|row| {
        Ok(Edition {
            title: row.try_get(0)?,
            end: row.try_get(1)?,
            archived: row.try_get(2)?,
            content: row.try_get(3)?,
        })
    })
    .transpose()
}

/// Reads a view with its insights; `None` where there is none of that id, or none that the role may see. In a transaction with one
/// snapshot both are of the same version.
pub async fn source(
    db: &impl GenericClient,
    upstream: &Upstream,
    id: ViewId,
) -> Result<Option<ReportSource>, StoreError> {
    let sql = format!(
        "SELECT {TITLE}, v.data_start_date, v.data_end_date, v.version, v.last_updated, v.processed_data::text, \
                v.charts_config::text, coalesce(v.metrics_summary, '{{}}')::text \
         FROM dashboard_views v LEFT JOIN {} w ON w.id = v.workflow_id WHERE v.id = $1",
        upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    let Some(row) = db.query_opt(&statement, &[&id.0]).await? else {
        return Ok(None);
    };
    Ok(Some(ReportSource {
        title: row.try_get(0)?,
        covered: Window::new(row.try_get(1)?, row.try_get(2)?),
        version: Some(row.try_get(3)?),
        updated_at: row.try_get(4)?,
        processed_data: row.try_get(5)?,
        charts_config: row.try_get(6)?,
        metrics_summary: row.try_get(7)?,
        insights: insights(db, id).await?,
    }))
}

/// A view's current insights in the order in which everybody shows them.
async fn insights(db: &impl GenericClient, id: ViewId) -> Result<Vec<Insight>, StoreError> {
    let sql = format!(
        "SELECT i.insight_type, coalesce(nullif(i.narration, ''), i.insight_text), i.confidence_score::text \
         FROM dashboard_insights i WHERE i.dashboard_view_id = $1 AND i.superseded_at IS NULL ORDER BY {INSIGHT_ORDER}"
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&id.0]).await?;
    rows.iter()
        .map(|row| {
            Ok(Insight {
                kind: row.try_get(0)?,
                text: row.try_get(1)?,
                confidence: row.try_get(2)?,
            })
        })
        .collect()
}
