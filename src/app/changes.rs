//! New versions of views in words and as JSON: what commands show of what they did or would do.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::event::{DashboardUpdate, MetricChange};

/// The most views that are told of in words; the JSON report has all.
const MOST_TOLD: usize = 50;

/// Tells of each view what changes, metrics before and after.
pub fn tell_all(text: &mut String, updates: &[DashboardUpdate]) {
    for update in updates.iter().take(MOST_TOLD) {
        tell_update(text, update);
    }
    let more = updates.len().saturating_sub(MOST_TOLD);
    if more > 0 {
        line(text, &format!("… and {more} views more; --json has them all."));
    }
}

/// One view's change.
fn tell_update(text: &mut String, update: &DashboardUpdate) {
    let kinds: Vec<String> = update
        .changes
        .iter()
        .map(|kind| format!("{kind:?}").to_lowercase())
        .collect();
    let version = match update.view_version {
        1 => "new".to_owned(),
        version => format!("version {} → {version}", version - 1),
    };
    line(
        text,
        &format!(
            "view {} of workflow {}, {} to {}: {version} ({})",
            update.view_id,
            update.workflow_id,
            update.data_start_date,
            update.data_end_date,
            kinds.join(", ")
        ),
    );
    let width = update
        .metrics
        .iter()
        .map(|metric| metric.id.chars().count())
        .max();
    for metric in &update.metrics {
        let (before, after) = (value(metric.before.as_ref()), value(metric.after.as_ref()));
        let arrow = if before == after { "=" } else { "→" };
        let unit = if metric.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", metric.unit)
        };
        let id = &metric.id;
        line(
            text,
            &format!(
                "  {id:width$}  {before} {arrow} {after}{unit}",
                width = width.unwrap_or(0)
            ),
        );
    }
}

/// A value as the dashboard writes it.
fn value(value: Option<&String>) -> &str {
    value.map_or("–", String::as_str)
}

/// A view's change for the JSON report.
pub fn update_json(update: &DashboardUpdate) -> Value {
    let metric = |metric: &MetricChange| {
        json!({
            "id": metric.id,
            "before": metric.before,
            "after": metric.after,
            "unit": metric.unit,
        })
    };
    json!({
        "dashboard_view_id": update.view_id,
        "workflow_id": update.workflow_id,
        "view_version": update.view_version,
        "data_start_date": update.data_start_date.to_string(),
        "data_end_date": update.data_end_date.to_string(),
        "execution_ids": update.execution_ids,
        "metrics": update.metrics.iter().map(metric).collect::<Vec<_>>(),
    })
}

/// Adds a line.
pub fn line(text: &mut String, line: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{line}");
}
