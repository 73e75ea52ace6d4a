//! `dashboard_insights`: a row for each insight a view has or had.

use uuid::Uuid;

use super::{GenericClient, ROWS_AT_ONCE, StoreError};
use crate::ids::{InsightId, ViewId};

/// An insight as it should stand.
#[derive(Debug, Clone)]
pub struct NewInsight {
    /// Which insight.
    pub id: InsightId,
    /// Its type.
    pub insight_type: &'static str,
    /// Its sentence.
    pub text: String,
    /// Hundredths of its confidence.
    pub confidence: u8,
    /// Its evidence, JSON.
    pub data_points: String,
}

/// Makes the views' insights those that they have now: what is unchanged stays untouched, what is gone is stamped
/// `superseded_at`, what comes back loses the stamp. What says something else loses its narration. The caller holds the workflows'
/// locks, and the views exist.
pub async fn replace(
    db: &impl GenericClient,
    model_version: &str,
    views: &[(ViewId, Vec<NewInsight>)],
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
    for views in views.chunks(ROWS_AT_ONCE) {
        let held = || {
            views
                .iter()
                .flat_map(|(view, insights)| insights.iter().map(move |insight| (view.0, insight)))
        };
        db.execute(
            &statement,
            &[
                &views.iter().map(|(view, _)| view.0).collect::<Vec<Uuid>>(),
                &held().map(|(_, insight)| insight.id.0).collect::<Vec<_>>(),
                &held().map(|(view, _)| view).collect::<Vec<_>>(),
                &held()
                    .map(|(_, insight)| insight.insight_type)
                    .collect::<Vec<_>>(),
                &held()
                    .map(|(_, insight)| insight.text.as_str())
                    .collect::<Vec<_>>(),
                &held()
                    .map(|(_, insight)| i32::from(insight.confidence))
                    .collect::<Vec<_>>(),
                &held()
                    .map(|(_, insight)| insight.data_points.as_str())
                    .collect::<Vec<_>>(),
                &model_version,
            ],
        )
        .await?;
    }
    Ok(())
}
