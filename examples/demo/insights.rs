//! The insights of the demo's dashboards, each with its evidence in a line.

use anyhow::Result;
use serde_json::Value;
use tokio_postgres::Client;

use crate::account::Dashboard;
use crate::stage::engine::Workflow;

/// The most insights that are shown of a workflow.
const SHOWN: usize = 4;

/// An insight of a dashboard, as a reader of the database sees it.
struct Insight {
    text: String,
    confidence: f64,
    evidence: Value,
}

/// Prints the most important insights of each workflow's newest dashboard; gives how many insights all dashboards have.
pub async fn show(db: &Client, workflows: &[Workflow], dashboards: &[Dashboard]) -> Result<i64> {
    println!("\nInsights");
    let mut all = 0;
    for workflow in workflows {
        let own: Vec<&Dashboard> = dashboards
            .iter()
            .filter(|dashboard| dashboard.workflow_id == workflow.id)
            .collect();
        for dashboard in &own {
            let count = "select count(*) from dashboard_insights where dashboard_view_id = $1 and superseded_at is null";
            all += db.query_one(count, &[&dashboard.view_id]).await?.get::<_, i64>(0);
        }
        let Some(newest) = own.last() else { continue };
        println!("  {} {}", workflow.name, newest.period_key);
        for insight in read(db, newest).await? {
            println!("    {}", insight.text);
            println!(
                "      confidence {:.2}; {}",
                insight.confidence,
                evidence(&insight.evidence)
            );
        }
    }
    Ok(all)
}

async fn read(db: &Client, dashboard: &Dashboard) -> Result<Vec<Insight>> {
    let query = "select insight_text, confidence_score::float8, data_points from dashboard_insights \
                 where dashboard_view_id = $1 and superseded_at is null \
                 order by (data_points->'score'->>'rank')::float8 desc, id limit $2";
    let rows = db.query(query, &[&dashboard.view_id, &(SHOWN as i64)]).await?;
    let insight = |row: &tokio_postgres::Row| Insight {
        text: row.get(0),
        confidence: row.get(1),
        evidence: row.get(2),
    };
    Ok(rows.iter().map(insight).collect())
}

/// What a claim stands on, in a line.
fn evidence(evidence: &Value) -> String {
    let test = &evidence["test"];
    if test.is_null() {
        return "exact arithmetic".to_owned();
    }
    let number = |value: &Value| value.as_f64().unwrap_or_default();
    format!(
        "{} over {} values: p = {:.2e}, q = {:.2e} among {} tests, effect {:.3}",
        test["name"].as_str().unwrap_or_default(),
        test["n"],
        number(&test["p"]),
        number(&test["q"]),
        test["m"],
        number(&evidence["effect"]["v"]),
    )
}
