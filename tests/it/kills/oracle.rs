//! What the dashboards must say, by the rules alone: maps of dates, no merging, no order of arrival.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::traffic::{Event, Outcome};
use crate::harness::View;

/// A dashboard over all time.
#[derive(Debug, PartialEq)]
pub struct Expected {
    clicks: Option<String>,
    by_date: BTreeMap<String, String>,
    dates: (NaiveDate, NaiveDate),
    executions: Vec<Uuid>,
}

impl Expected {
    /// What a view says.
    pub fn of(view: &View) -> Self {
        let trend = view.processed_data["datasets"]["trend"].as_array();
        let shown = trend.into_iter().flatten().filter(|row| !row["clicks"].is_null());
        let text = |value: &serde_json::Value| value.to_string().trim_matches('"').to_owned();
        Self {
            clicks: view.metric("clicks"),
            by_date: shown
                .map(|row| (text(&row["date"]), text(&row["clicks"])))
                .collect(),
            dates: view.dates,
            executions: view.execution_ids.clone(),
        }
    }
}

/// The dashboard of each workflow that has a result.
pub fn fold(events: &[Event]) -> BTreeMap<Uuid, Expected> {
    let mut runs: BTreeMap<Uuid, BTreeMap<Uuid, &Outcome>> = BTreeMap::new();
    for event in events {
        let Some(result) = &event.result else {
            continue;
        };
        let best = runs
            .entry(event.workflow)
            .or_default()
            .entry(result.execution)
            .or_insert(result);
        if (result.run, result.finished_at) > (best.run, best.finished_at) {
            *best = result;
        }
    }
    runs.into_iter()
        .map(|(workflow, best)| (workflow, dashboard(best.into_values().collect())))
        .collect()
}

/// Each date is the newest result's that covers it.
fn dashboard(mut results: Vec<&Outcome>) -> Expected {
    results.sort_by_key(|result| std::cmp::Reverse((result.finished_at, result.execution)));
    let mut owners: BTreeMap<NaiveDate, &Outcome> = BTreeMap::new();
    for result in results {
        for date in result
            .window
            .0
            .iter_days()
            .take_while(|date| *date <= result.window.1)
        {
            owners.entry(date).or_insert(result);
        }
    }
    let mut by_date = BTreeMap::new();
    for (date, owner) in &owners {
        if let Some((_, clicks)) = owner.rows.iter().find(|(day, _)| day == date) {
            by_date.insert(date.to_string(), *clicks);
        }
    }
    let mut executions: Vec<Uuid> = owners.values().map(|owner| owner.execution).collect();
    executions.sort_unstable();
    executions.dedup();
    let (first, last) = (owners.keys().next().unwrap(), owners.keys().next_back().unwrap());
    Expected {
        clicks: (!by_date.is_empty()).then(|| by_date.values().sum::<i64>().to_string()),
        by_date: by_date
            .into_iter()
            .map(|(date, clicks)| (date, clicks.to_string()))
            .collect(),
        dates: (*first, *last),
        executions,
    }
}
