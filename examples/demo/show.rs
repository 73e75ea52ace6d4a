//! What the demo prints.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use dashloom::event::wire::{DashboardUpdated, Reason};
use serde_json::Value;

use crate::account::Dashboard;
use crate::flights::Flight;
use crate::stage::engine::Workflow;

/// A table of every dashboard.
pub fn dashboards(workflows: &[Workflow], dashboards: &[Dashboard]) {
    println!("\nDashboards");
    println!(
        "  {:<14} {:<11} {:<8} {:<24} {:>10} {:>8} {:>9} {:>9}",
        "workflow", "type", "period", "dates", "executions", "version", "flights", "cancelled"
    );
    for dashboard in dashboards {
        let whole = |id| dashboard.whole(id).map_or_else(|| "-".to_owned(), thousands);
        println!(
            "  {:<14} {:<11} {:<8} {} to {} {:>10} {:>8} {:>9} {:>9}",
            name(workflows, dashboard),
            dashboard.dashboard_type,
            dashboard.period_key,
            dashboard.dates.0,
            dashboard.dates.1,
            dashboard.executions,
            dashboard.version,
            whole("flights"),
            whole("cancelled"),
        );
    }
    println!("  An execution whose dates lie in two periods is counted in both, its numbers by their dates.");
}

/// A few numbers, held against the table's own sums; gives how many differ.
pub fn numbers(workflows: &[Workflow], dashboards: &[Dashboard], table: &[Flight]) -> usize {
    println!("\nNumbers");
    let mut wrong = 0;
    for workflow in workflows {
        let own: Vec<&Dashboard> = dashboards
            .iter()
            .filter(|d| d.workflow_id == workflow.id)
            .collect();
        for (id, sum) in [
            ("flights", table.iter().map(|flight| flight.flights).sum::<i64>()),
            ("cancelled", table.iter().map(|flight| flight.cancelled).sum()),
        ] {
            let total: i64 = own.iter().filter_map(|dashboard| dashboard.whole(id)).sum();
            let verdict = if total == sum {
                "as in the table".to_owned()
            } else {
                format!("the table has {}", thousands(sum))
            };
            wrong += usize::from(total != sum);
            println!(
                "  {:<14} {id:<10} {:>9}  {verdict}",
                workflow.name,
                thousands(total)
            );
        }
    }
    let rate = |dashboard: &&Dashboard| {
        dashboard
            .metric("cancellation_rate")
            .and_then(|metric| metric["value"].as_f64())
    };
    let worst = dashboards
        .iter()
        .filter(|d| rate(d).is_some())
        .max_by(|a, b| rate(a).partial_cmp(&rate(b)).unwrap_or(std::cmp::Ordering::Equal));
    if let Some(worst) = worst {
        let percent = rate(&worst).unwrap_or_default() * 100.0;
        println!(
            "  the worst month was {}: {percent:.2} % of its flights were cancelled",
            worst.period_key
        );
    }
    if let Some(change) = dashboards
        .iter()
        .find_map(|d| d.metric("flights")?.get("compare"))
        .filter(|c| !c.is_null())
    {
        println!(
            "  flights {} to {}: {}, in the period before: {}",
            text(&change["window"][0]),
            text(&change["window"][1]),
            whole(&change["value"]),
            whole(&change["previous"])
        );
    }
    wrong
}

/// The last events that the notifier received.
pub fn events(workflows: &[Workflow], dashboards: &[Dashboard], events: &[DashboardUpdated]) {
    println!(
        "\nThe notifier received {} events; the last of them",
        events.len()
    );
    for event in events.iter().rev().take(5).rev() {
        let dashboard = dashboards
            .iter()
            .find(|d| d.view_id.to_string() == event.dashboard_view_id);
        let name = dashboard.map_or("unknown", |dashboard| name(workflows, dashboard));
        let period = dashboard.map_or("", |dashboard| dashboard.period_key.as_str());
        let metrics: Vec<String> = event
            .metrics
            .iter()
            .take(2)
            .map(|metric| {
                let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
                match &metric.before {
                    Some(before) => format!("{} {before} -> {}", metric.id, side(&metric.after)),
                    None => format!("{} {} (new)", metric.id, side(&metric.after)),
                }
            })
            .collect();
        println!(
            "  {name} {period}: version {} ({}), {}",
            event.view_version,
            reason(event.reason()),
            metrics.join(", ")
        );
    }
}

/// Where everything can be looked at while the demo keeps running, and what remains of it.
pub fn where_to_look(running: Option<Running<'_>>, files: &[PathBuf], log: &Path, report: &Path) {
    println!("\nWhere to look");
    if let Some(running) = running {
        let query = "select workflow_id, period_key, metrics_summary from dashboard_views";
        println!("  dashboards   psql {} -c '{query}'", running.database_url);
        println!("  events       topic dashboard-updated on {}", running.bootstrap);
        println!(
            "  positions    DATABASE_URL={} KAFKA_BOOTSTRAP_SERVERS={} cargo run -- position show --set kafka.group={}",
            running.database_url, running.bootstrap, running.group
        );
        println!("  metrics      http://{}/metrics", running.admin);
    }
    for file in files {
        println!("  exported     {}", file.display());
    }
    println!("  service log  {}", log.display());
    println!("  report       {}", report.display());
    if running.is_none() {
        println!(
            "  In a terminal the demo keeps running until Ctrl-C, to look at the page, into the database and the topics."
        );
    }
    if let Some(running) = running {
        println!("\n  The page is at http://{}/", running.page);
    }
    println!();
}

/// Addresses of what still runs.
#[derive(Clone, Copy)]
pub struct Running<'a> {
    pub database_url: &'a str,
    pub bootstrap: &'a str,
    pub group: &'a str,
    pub page: SocketAddr,
    pub admin: SocketAddr,
}

fn name<'a>(workflows: &'a [Workflow], dashboard: &Dashboard) -> &'a str {
    workflows
        .iter()
        .find(|workflow| workflow.id == dashboard.workflow_id)
        .map_or("unknown", |workflow| &workflow.name)
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Live => "live",
        Reason::Correction => "correction",
        Reason::Replay => "replay",
        Reason::Unspecified => "unspecified",
    }
}

/// A JSON string without its quotes, any other value as JSON.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn whole(value: &Value) -> String {
    value.as_i64().map_or_else(|| text(value), thousands)
}

/// `336776` as `336,776`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}
