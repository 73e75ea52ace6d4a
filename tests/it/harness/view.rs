//! A dashboard as it stands in the database.

use chrono::NaiveDate;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

/// One row of `dashboard_views`.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub id: Uuid,
    pub period_key: String,
    pub version: i64,
    pub dates: (NaiveDate, NaiveDate),
    pub execution_ids: Vec<Uuid>,
    pub processed_data: Value,
    pub charts_config: Value,
    pub metrics_summary: Value,
    pub content_sha256: Vec<u8>,
    /// The three JSON columns as PostgreSQL prints them, to compare without any reading of numbers.
    pub json_text: [String; 3],
}

impl View {
    /// The view of a workflow under a period key, where there is one.
    pub async fn find(db: &Client, workflow: Uuid, period_key: &str) -> Option<Self> {
        Self::all(db, workflow)
            .await
            .into_iter()
            .find(|view| view.period_key == period_key)
    }

    /// All views of a workflow, by period key.
    pub async fn all(db: &Client, workflow: Uuid) -> Vec<Self> {
        let query = "select id, period_key, version, data_start_date, data_end_date, execution_ids, processed_data, \
                     charts_config, metrics_summary, content_sha256, processed_data::text, charts_config::text, metrics_summary::text from dashboard_views where workflow_id = $1 \
                     order by period_key";
        let rows = db.query(query, &[&workflow]).await.unwrap();
        let view = |row: &tokio_postgres::Row| Self {
            id: row.get(0),
            period_key: row.get(1),
            version: row.get(2),
            dates: (row.get(3), row.get(4)),
            execution_ids: row.get(5),
            processed_data: row.get(6),
            charts_config: row.get(7),
            metrics_summary: row.get(8),
            content_sha256: row.get(9),
            json_text: [row.get(10), row.get(11), row.get(12)],
        };
        rows.iter().map(view).collect()
    }

    /// The value of a metric as it is written; `None` where the view has no such metric or it is null.
    pub fn metric(&self, id: &str) -> Option<String> {
        let metrics = self.metrics_summary["metrics"].as_array()?;
        let metric = metrics.iter().find(|metric| metric["id"] == id)?;
        (!metric["value"].is_null()).then(|| metric["value"].to_string())
    }
}
