//! `dashboard_insights.narration` and `dashloom.narration_budgets`: insights in a language model's words, and what they cost.
//!
//! A narration is null until the narrator has tried, empty where the sentence stands, and null again once its evidence
//! changes. It belongs neither to the view's content nor to its version, so the workflow's lock is not taken for it: it is
//! written only while the evidence it was made from is there.

use super::reads::INSIGHT_ORDER;
use super::{GenericClient, StoreError};
use crate::ids::{InsightId, ViewId};

/// An insight that nobody has tried to reword yet.
#[derive(Debug, Clone)]
pub struct Untold {
    /// Which insight.
    pub id: InsightId,
    /// Its sentence.
    pub text: String,
    /// Its evidence, as PostgreSQL prints it.
    pub data_points: String,
}

/// What an hour may cost.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Requests.
    pub requests: i64,
    /// Tokens.
    pub tokens: i64,
}

/// The current insights of a view that have no narration and were not tried, those of the highest rank first; none of an
/// archived view.
pub async fn untold(db: &impl GenericClient, view: ViewId) -> Result<Vec<Untold>, StoreError> {
    let sql = format!(
        "SELECT i.id, i.insight_text, i.data_points::text FROM dashboard_insights i \
         JOIN dashboard_views v ON v.id = i.dashboard_view_id AND v.archived_at IS NULL \
         WHERE i.dashboard_view_id = $1 AND i.superseded_at IS NULL AND i.narration IS NULL \
           AND i.data_points IS NOT NULL ORDER BY {INSIGHT_ORDER}"
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&view.0]).await?;
    rows.iter()
        .map(|row| {
            Ok(Untold {
                id: InsightId(row.try_get(0)?),
                text: row.try_get(1)?,
                data_points: row.try_get(2)?,
            })
        })
        .collect()
}

/// Stores what an insight became in other words, nothing where its sentence stands. Gives whether it was stored: not where
/// the insight is gone or says something else by now.
pub async fn tell(db: &impl GenericClient, insight: &Untold, narration: &str) -> Result<bool, StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashboard_insights SET narration = $4 \
             WHERE id = $1 AND insight_text = $2 AND data_points = $3::text::jsonb AND superseded_at IS NULL \
               AND narration IS NULL",
        )
        .await?;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&insight.id.0, &insight.text, &insight.data_points, &narration];
    Ok(db.execute(&statement, &parameters).await? > 0)
}

/// Takes a request and so many tokens out of the current hour's budget; gives whether there was enough left.
pub async fn spend(
    db: &impl GenericClient,
    group: &str,
    budget: Budget,
    tokens: i64,
) -> Result<bool, StoreError> {
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.narration_budgets AS b (consumer_group, hour, requests, tokens) \
             SELECT $1, date_trunc('hour', now()), 1, $2::bigint WHERE $2::bigint <= $4::bigint \
             ON CONFLICT (consumer_group) DO UPDATE SET hour = excluded.hour, \
                 requests = CASE WHEN b.hour = excluded.hour THEN b.requests ELSE 0 END + 1, \
                 tokens = CASE WHEN b.hour = excluded.hour THEN b.tokens ELSE 0 END + excluded.tokens \
             WHERE b.hour <> excluded.hour OR (b.requests < $3::bigint AND b.tokens + excluded.tokens <= $4::bigint)",
        )
        .await?;
    let spent = db
        .execute(&statement, &[&group, &tokens, &budget.requests, &budget.tokens])
        .await?;
    Ok(spent > 0)
}

/// Puts right what a request cost: `more` tokens than were taken out for it, less where negative.
pub async fn settle(db: &impl GenericClient, group: &str, more: i64) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.narration_budgets SET tokens = greatest(tokens + $2::bigint, 0) \
             WHERE consumer_group = $1 AND hour = date_trunc('hour', now())",
        )
        .await?;
    db.execute(&statement, &[&group, &more]).await?;
    Ok(())
}
