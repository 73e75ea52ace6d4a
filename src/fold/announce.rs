//! What a new version of a view tells the world.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::apply::Fold;
use super::cause::Cause;
use super::change::Change;
use super::draw::Drawn;
use crate::dashboard::{Headline, canonical_json};
use crate::event::{self, DashboardUpdate, MetricChange};
use crate::ids::EventId;
use crate::store::outbox::OutboxRow;

/// How many metrics a headline has.
const HEADLINE_METRICS: usize = 6;

/// The outbox row of a view's new version.
pub fn announcement(topic: &str, update: &DashboardUpdate) -> OutboxRow {
    let event = update.encode();
    OutboxRow {
        id: event.id.0,
        aggregatetype: "dashboard_view",
        aggregateid: update.view_id.to_string(),
        type_name: "dashloom.v1.DashboardUpdated",
        payload: Some(event.payload.into()),
        topic: topic.to_owned(),
        key: Some(event.key.into()),
        headers: event.headers,
        timestamp_ms: None,
        view_version: i64::try_from(update.view_version).ok(),
    }
}

/// The event for a drawn view.
pub fn update(fold: &Fold, change: &Change, drawn: &Drawn, now: DateTime<Utc>) -> DashboardUpdate {
    let mut cause = change.dirty[drawn.place.1].cause.clone();
    if drawn.has_other_configuration(&change.settings.sha256) {
        cause.add(Cause::configuration());
    }
    let version = drawn.version();
    DashboardUpdate {
        event_id: EventId::of(drawn.id, version, &drawn.content_sha256),
        view_id: drawn.id,
        workflow_id: change.workflow_id,
        configuration_id: change.settings.id,
        view_version: version.unsigned_abs(),
        data_start_date: drawn.start,
        data_end_date: drawn.end,
        changes: kinds(&cause, drawn),
        metrics: metric_changes(headline_before(drawn), &drawn.dashboard.headline),
        insight_count: u32::try_from(drawn.insights.len()).unwrap_or(u32::MAX),
        reason: cause.reason(),
        occurred_at_ns: now.timestamp_nanos_opt().unwrap_or_default(),
        view_url: view_url(fold, drawn),
        execution_ids: cause.execution_ids,
        traceparent: cause.traceparent,
    }
}

/// The kinds of change: as the cause says, but data only where it shows other ones, and insights where these differ.
fn kinds(cause: &Cause, drawn: &Drawn) -> Vec<event::Change> {
    use event::Change::{Created, Data, Insights};
    let mut kinds = cause.kinds(drawn.stored.is_none());
    if !drawn.changes_data() {
        kinds.retain(|kind| *kind != Data);
    }
    if drawn.changes_insights() {
        let place = kinds.iter().filter(|kind| matches!(kind, Created | Data)).count();
        kinds.insert(place, Insights);
    }
    kinds
}

fn headline_before(drawn: &Drawn) -> Vec<Headline> {
    drawn
        .stored
        .as_ref()
        .map_or_else(Vec::new, |stored| stored_headline(&stored.metrics_summary))
}

fn metric_changes(before: Vec<Headline>, after: &[Headline]) -> Vec<MetricChange> {
    after
        .iter()
        .map(|metric| MetricChange {
            id: metric.id.clone(),
            before: before
                .iter()
                .find(|old| old.id == metric.id)
                .and_then(|old| old.value.clone()),
            after: metric.value.clone(),
            unit: metric.unit.clone(),
        })
        .collect()
}

fn view_url(fold: &Fold, drawn: &Drawn) -> String {
    if fold.view_url.is_empty() {
        return String::new();
    }
    format!("{}{}", fold.view_url, drawn.id)
}

/// The headline of a stored `metrics_summary`: its first six metrics. Empty when the text is none.
fn stored_headline(metrics_summary: &str) -> Vec<Headline> {
    let Ok(summary) = serde_json::from_str::<StoredSummary<'_>>(metrics_summary) else {
        return Vec::new();
    };
    let headline = summary.metrics.into_iter().take(HEADLINE_METRICS);
    headline
        .map(|metric| Headline {
            id: metric.id,
            value: metric.value.and_then(|value| canonical_json(value.get()).ok()),
            unit: metric.unit.unwrap_or_default(),
        })
        .collect()
}

/// The part of `metrics_summary` that events tell of.
#[derive(Deserialize)]
struct StoredSummary<'a> {
    #[serde(borrow, default)]
    metrics: Vec<StoredMetric<'a>>,
}

#[derive(Deserialize)]
struct StoredMetric<'a> {
    id: String,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    unit: Option<String>,
}
