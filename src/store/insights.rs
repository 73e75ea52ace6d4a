//! `dashboard_insights`: a row for each insight a view has or had.

use uuid::Uuid;

use super::{GenericClient, StoreError};
use crate::ids::{InsightId, ViewId};

/// An insight as it should stand.
#[derive(Debug, Clone)]
pub struct NewInsight {
    /// Which insight.
    pub id: InsightId,
    /// Its view.
    pub view_id: ViewId,
    /// Its type.
    pub insight_type: &'static str,
    /// Its sentence.
    pub text: String,
    /// Hundredths of its confidence.
    pub confidence: u8,
    /// Its evidence, JSON.
    pub data_points: String,
}

/// Makes the insights those that the views have now: what is unchanged stays untouched, what is gone is stamped
/// `superseded_at`, what comes back loses the stamp. What says something else loses its narration. The caller holds the workflows'
/// locks, and the views exist.
pub async fn replace(
    db: &impl GenericClient,
    model_version: &str,
    views: &[ViewId],
    insights: &[NewInsight],
) -> Result<(), StoreError> {
    if views.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "WITH now_held AS ( \
                 SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::text[]) \
                     u(id, view_id, insight_type, insight_text, hundredths, data_points)), \
             gone AS ( \
                 UPDATE dashboard_insights i SET superseded_at = now() \
                 WHERE i.dashboard_view_id = ANY($1::uuid[]) AND i.superseded_at IS NULL \
                   AND NOT EXISTS (SELECT FROM now_held n WHERE n.id = i.id)) \
             INSERT INTO dashboard_insights AS i (id, dashboard_view_id, insight_type, insight_text, confidence_score, \
                 data_points, model_version) \
             SELECT id, view_id, insight_type, insight_text, hundredths::numeric / 100, data_points::jsonb, $8 \
             FROM now_held \
             ON CONFLICT (id) DO UPDATE SET insight_text = excluded.insight_text, \
                 confidence_score = excluded.confidence_score, data_points = excluded.data_points, \
                 model_version = excluded.model_version, superseded_at = NULL, \
                 narration = CASE WHEN (i.insight_text, i.data_points) = (excluded.insight_text, excluded.data_points) \
                     THEN i.narration END, \
                 generated_at = CASE WHEN i.data_points = excluded.data_points THEN i.generated_at ELSE now() END \
             WHERE i.superseded_at IS NOT NULL \
                OR (i.insight_text, i.confidence_score, i.data_points) \
                   IS DISTINCT FROM (excluded.insight_text, excluded.confidence_score, excluded.data_points)",
        )
        .await?;
    let views: Vec<Uuid> = views.iter().map(|view| view.0).collect();
    let ids: Vec<Uuid> = insights.iter().map(|insight| insight.id.0).collect();
    let view_ids: Vec<Uuid> = insights.iter().map(|insight| insight.view_id.0).collect();
    let types: Vec<&str> = insights.iter().map(|insight| insight.insight_type).collect();
    let texts: Vec<&str> = insights.iter().map(|insight| insight.text.as_str()).collect();
    let hundredths: Vec<i32> = insights
        .iter()
        .map(|insight| i32::from(insight.confidence))
        .collect();
    let evidence: Vec<&str> = insights
        .iter()
        .map(|insight| insight.data_points.as_str())
        .collect();
    db.execute(
        &statement,
        &[
            &views,
            &ids,
            &view_ids,
            &types,
            &texts,
            &hundredths,
            &evidence,
            &model_version,
        ],
    )
    .await?;
    Ok(())
}
