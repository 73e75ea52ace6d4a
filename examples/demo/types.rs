//! One dashboard of each type: the charts it draws, and the numbers that only its type has.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;
use tokio_postgres::Client;

use crate::account::Dashboard;
use crate::show::{text, thousands};
use crate::stage::engine::Workflow;

/// The most titles and bridges that are shown of a dashboard.
const SHOWN: usize = 4;

/// Prints the newest dashboard of each workflow by its type; gives how many types there are.
pub async fn show(db: &Client, workflows: &[Workflow], dashboards: &[Dashboard]) -> Result<usize> {
    println!("\nOne dashboard of each type");
    let mut types = BTreeSet::new();
    for workflow in workflows {
        let mut own = dashboards.iter().rev();
        let Some(newest) = own.find(|dashboard| dashboard.workflow_id == workflow.id) else {
            continue;
        };
        let query = "select processed_data, charts_config from dashboard_views where id = $1";
        let row = db.query_one(query, &[&newest.view_id]).await?;
        let (data, config): (Value, Value) = (row.get(0), row.get(1));
        let titles: Vec<String> = list(&config["charts"])
            .map(|chart| text(&chart["title"]))
            .collect();
        println!(
            "  {:<11} {} {}: {} charts",
            newest.dashboard_type,
            workflow.name,
            newest.period_key,
            titles.len()
        );
        for line in special(&data) {
            println!("    {line}");
        }
        for title in titles.iter().take(SHOWN) {
            println!("    chart: {title}");
        }
        if titles.len() > SHOWN {
            println!("    and {} more", titles.len() - SHOWN);
        }
        types.insert(&newest.dashboard_type);
    }
    Ok(types.len())
}

/// What only this type of dashboard says: the stages of a funnel with its counting mode, the bridges of a comparison.
fn special(data: &Value) -> Vec<String> {
    if !data["funnel"].is_null() {
        let stages = list(&data["datasets"]["stages"]);
        let stage = |row: &Value| format!("{}: {}", text(&row["stage"]), text(&row["label"]));
        return stages
            .map(stage)
            .chain([text(&data["funnel"]["counting_text"])])
            .collect();
    }
    let sides = &data["comparison"]["sides"];
    let bridge = |fact: &Value| {
        format!(
            "{} {} ({}) to {} ({}), bridged by {}: {}",
            text(&fact["measure"]),
            number(&fact["from"]),
            text(&sides[0]),
            number(&fact["to"]),
            text(&sides[1]),
            text(&fact["dimension"]),
            steps(&data["datasets"][text(&fact["dataset"])])
        )
    };
    list(&data["comparison"]["bridges"])
        .take(SHOWN)
        .map(bridge)
        .collect()
}

/// `EWR −12, JFK +3`: what each segment adds to the difference.
fn steps(bridge: &Value) -> String {
    let segments = list(bridge).filter(|row| row["kind"] != "total");
    let steps: Vec<String> = segments
        .map(|row| format!("{} {}", text(&row["step"]), text(&row["label"])))
        .collect();
    steps.join(", ")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn number(value: &Value) -> String {
    value.as_i64().map_or_else(|| value.to_string(), thousands)
}
