//! Reading our own events back, for a dashboard's history.

use prost::Message as _;

use super::wire;
use super::{Change, DashboardUpdate, MetricChange, Reason};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl DashboardUpdate {
    /// What [`DashboardUpdate::encode`] wrote as the payload, but for the trace; `None` where these are no such bytes.
    pub fn from_payload(payload: &[u8]) -> Option<Self> {
        let told = wire::DashboardUpdated::decode(payload).ok()?;
        let occurred_at = told.occurred_at.unwrap_or_default();
        let ids = told.execution_ids.iter().map(|id| id.parse().ok());
        let changes = told.changes.iter().map(|change| change_of(*change));
        Some(Self {
            event_id: crate::ids::EventId(told.event_id.parse().ok()?),
            view_id: told.dashboard_view_id.parse().ok()?,
            workflow_id: told.workflow_id.parse().ok()?,
            configuration_id: told.report_configuration_id.parse().ok()?,
            view_version: told.view_version,
            data_start_date: told.data_start_date.parse().ok()?,
            data_end_date: told.data_end_date.parse().ok()?,
            execution_ids: ids.collect::<Option<_>>()?,
            changes: changes.collect::<Option<_>>()?,
            metrics: told.metrics.into_iter().map(metric_of).collect(),
            insight_count: told.insight_count,
            reason: reason_of(told.reason)?,
            occurred_at_ns: occurred_at
                .seconds
                .checked_mul(NANOS_PER_SECOND)?
                .checked_add(occurred_at.nanos.into())?,
            view_url: told.view_url,
            traceparent: None,
        })
    }
}

fn metric_of(told: wire::MetricChange) -> MetricChange {
    MetricChange {
        id: told.id,
        before: told.before,
        after: told.after,
        unit: told.unit,
    }
}

fn change_of(told: i32) -> Option<Change> {
    match wire::Change::try_from(told).ok()? {
        wire::Change::Unspecified => None,
        wire::Change::Created => Some(Change::Created),
        wire::Change::Data => Some(Change::Data),
        wire::Change::Insights => Some(Change::Insights),
        wire::Change::Superseded => Some(Change::Superseded),
        wire::Change::Configuration => Some(Change::Configuration),
    }
}

fn reason_of(told: i32) -> Option<Reason> {
    match wire::Reason::try_from(told).ok()? {
        wire::Reason::Unspecified => None,
        wire::Reason::Replay => Some(Reason::Replay),
        wire::Reason::Correction => Some(Reason::Correction),
        wire::Reason::Live => Some(Reason::Live),
    }
}
