//! The outgoing event: a dashboard view has a new version.

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use pbjson_types::Timestamp;
use prost::Message as _;

use super::{Header, headers, wire};
use crate::ids::{ConfigurationId, EventId, ExecutionId, ViewId, WorkflowId};

/// The CloudEvents type of the event.
const TYPE: &str = "dashloom.v1.DashboardUpdated";
/// The CloudEvents source: this service, whichever instance.
const SOURCE: &str = "/dashloom";
/// The most metrics an event carries.
const MAX_METRICS: usize = 6;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// A dashboard view has a new version.
#[derive(Debug, Clone)]
pub struct DashboardUpdate {
    /// Identifies the change, see [`EventId::of`].
    pub event_id: EventId,
    /// The view that changed.
    pub view_id: ViewId,
    /// The workflow it reports on.
    pub workflow_id: WorkflowId,
    /// The configuration it belongs to.
    pub configuration_id: ConfigurationId,
    /// Its version after the change, from 1 on.
    pub view_version: u64,
    /// Its first covered date.
    pub data_start_date: NaiveDate,
    /// Its last covered date.
    pub data_end_date: NaiveDate,
    /// The executions that gained or lost dates of the view; sent sorted, each once.
    pub execution_ids: Vec<ExecutionId>,
    /// What kinds of change this is; sent in the order of [`Change`], each once.
    pub changes: Vec<Change>,
    /// The headline metrics in the dashboard's order; the first six are sent.
    pub metrics: Vec<MetricChange>,
    /// How many current insights the view has.
    pub insight_count: u32,
    /// Why the view changed.
    pub reason: Reason,
    /// When it changed, in nanoseconds since 1970.
    pub occurred_at_ns: i64,
    /// Where the view can be read; empty when unknown.
    pub view_url: String,
    /// The W3C `traceparent` to continue, where there is one.
    pub traceparent: Option<String>,
}

/// One headline metric before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricChange {
    /// The metric's id.
    pub id: String,
    /// Its value before, with the digits of the view's `metrics_summary`; `None` when there was none.
    pub before: Option<String>,
    /// Its value after, with the digits of the view's `metrics_summary`; `None` when there is none.
    pub after: Option<String>,
    /// Its unit; empty when it has none.
    pub unit: String,
}

/// A kind of change to a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The view is new.
    Created,
    /// Its numbers changed.
    Data,
    /// Its insights changed.
    Insights,
    /// A result that counted before was replaced by another.
    Superseded,
    /// Its configuration changed.
    Configuration,
}

/// Why a view changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A stretch of history was replayed.
    Replay,
    /// Dates that counted before were replaced, or a configuration, rebuild or withdrawal caused it.
    Correction,
    /// A new result arrived in the ordinary course.
    Live,
}

/// An event ready for the outbox.
#[derive(Debug, Clone)]
pub struct OutgoingEvent {
    /// The event's id.
    pub id: EventId,
    /// The record's key.
    pub key: Vec<u8>,
    /// The record's value.
    pub payload: Vec<u8>,
    /// The record's headers.
    pub headers: Vec<Header>,
}

impl DashboardUpdate {
    /// The record that announces the change: protobuf in CloudEvents binary mode, keyed by the view's id.
    pub fn encode(&self) -> OutgoingEvent {
        OutgoingEvent {
            id: self.event_id,
            key: self.view_id.to_string().into_bytes(),
            payload: self.message().encode_to_vec(),
            headers: self.headers(),
        }
    }

    fn message(&self) -> wire::DashboardUpdated {
        let mut execution_ids = self.execution_ids.clone();
        execution_ids.sort_unstable();
        execution_ids.dedup();
        let mut changes = self.changes.clone();
        changes.sort_unstable();
        changes.dedup();
        wire::DashboardUpdated {
            event_id: self.event_id.to_string(),
            dashboard_view_id: self.view_id.to_string(),
            workflow_id: self.workflow_id.to_string(),
            report_configuration_id: self.configuration_id.to_string(),
            view_version: self.view_version,
            previous_version: self.view_version.saturating_sub(1),
            data_start_date: self.data_start_date.to_string(),
            data_end_date: self.data_end_date.to_string(),
            execution_ids: execution_ids.iter().map(ToString::to_string).collect(),
            changes: changes
                .into_iter()
                .map(|change| wire::Change::from(change).into())
                .collect(),
            metrics: self
                .metrics
                .iter()
                .take(MAX_METRICS)
                .map(MetricChange::message)
                .collect(),
            insight_count: self.insight_count,
            reason: wire::Reason::from(self.reason).into(),
            occurred_at: Some(Timestamp {
                seconds: self.occurred_at_ns.div_euclid(NANOS_PER_SECOND),
                nanos: self.occurred_at_ns.rem_euclid(NANOS_PER_SECOND) as i32,
            }),
            view_url: self.view_url.clone(),
        }
    }

    fn headers(&self) -> Vec<Header> {
        let time = DateTime::<Utc>::from_timestamp_nanos(self.occurred_at_ns);
        let mut headers = vec![
            constant("ce_specversion", "1.0"),
            header("ce_id", self.event_id.to_string()),
            constant("ce_source", SOURCE),
            constant("ce_type", TYPE),
            header("ce_time", time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            constant("content-type", "application/protobuf"),
        ];
        if let Some(traceparent) = &self.traceparent {
            headers.push(header(headers::TRACEPARENT, traceparent.clone()));
        }
        if self.reason == Reason::Replay {
            headers.push(constant(headers::REPLAY, "true"));
        }
        headers
    }
}

impl MetricChange {
    fn message(&self) -> wire::MetricChange {
        wire::MetricChange {
            id: self.id.clone(),
            before: self.before.clone(),
            after: self.after.clone(),
            unit: self.unit.clone(),
        }
    }
}

impl From<Change> for wire::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::Created => Self::Created,
            Change::Data => Self::Data,
            Change::Insights => Self::Insights,
            Change::Superseded => Self::Superseded,
            Change::Configuration => Self::Configuration,
        }
    }
}

impl From<Reason> for wire::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Replay => Self::Replay,
            Reason::Correction => Self::Correction,
            Reason::Live => Self::Live,
        }
    }
}

fn header(name: &str, value: String) -> Header {
    Header {
        name: name.to_owned(),
        value: Some(value.into()),
    }
}

fn constant(name: &str, value: &'static str) -> Header {
    Header {
        name: name.to_owned(),
        value: Some(Bytes::from_static(value.as_bytes())),
    }
}
