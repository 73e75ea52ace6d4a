//! What goes out.

use chrono::NaiveDate;
use prost::Message as _;

use super::*;
use crate::event::*;
use crate::ids::{ConfigurationId, EventId, ExecutionId, ViewId, WorkflowId};

fn update() -> DashboardUpdate {
    let workflow_id: WorkflowId = WORKFLOW.parse().unwrap();
    let configuration_id = ConfigurationId::of(workflow_id);
    let view_id = ViewId::of(configuration_id, "rolling");
    let high: ExecutionId = WORKFLOW.parse().unwrap();
    let low: ExecutionId = EXECUTION.parse().unwrap();
    let metric = |id: usize| MetricChange {
        id: format!("metric_{id}"),
        before: None,
        after: Some("1234.5".to_owned()),
        unit: "EUR".to_owned(),
    };
    DashboardUpdate {
        event_id: EventId::of(view_id, 1, &[9; 32]),
        view_id,
        workflow_id,
        configuration_id,
        view_version: 1,
        data_start_date: NaiveDate::from_ymd_opt(2026, 11, 2).unwrap(),
        data_end_date: NaiveDate::from_ymd_opt(2026, 11, 8).unwrap(),
        execution_ids: vec![high, low, high],
        changes: vec![Change::Data, Change::Created],
        metrics: (0..9).map(metric).collect(),
        insight_count: 0,
        reason: Reason::Live,
        occurred_at_ns: 1_794_204_000_250_000_000,
        view_url: String::new(),
        traceparent: None,
    }
}

fn header_text<'a>(event: &'a OutgoingEvent, name: &str) -> Option<&'a str> {
    headers::text(&event.headers, name)
}

#[test]
fn an_update_is_a_binary_mode_cloud_event_keyed_by_its_view() {
    let update = update();
    let event = update.encode();
    assert_eq!(event.key, update.view_id.to_string().into_bytes());
    assert_eq!(header_text(&event, "ce_specversion"), Some("1.0"));
    assert_eq!(
        header_text(&event, "ce_id"),
        Some(update.event_id.to_string().as_str())
    );
    assert_eq!(header_text(&event, "ce_source"), Some("/dashloom"));
    assert_eq!(
        header_text(&event, "ce_type"),
        Some("dashloom.v1.DashboardUpdated")
    );
    assert_eq!(header_text(&event, "ce_time"), Some("2026-11-09T06:00:00.250Z"));
    assert_eq!(header_text(&event, "content-type"), Some("application/protobuf"));
    assert_eq!(event.headers.len(), 6);
    let message = wire::DashboardUpdated::decode(&event.payload[..]).unwrap();
    assert_eq!((message.view_version, message.previous_version), (1, 0));
    assert_eq!(message.execution_ids, [EXECUTION, WORKFLOW]);
    assert_eq!(
        message.changes().collect::<Vec<_>>(),
        [wire::Change::Created, wire::Change::Data]
    );
    assert_eq!(message.metrics.len(), 6);
    assert_eq!(message.metrics[0].after.as_deref(), Some("1234.5"));
    assert_eq!(message.metrics[0].before, None);
    assert_eq!(message.occurred_at.unwrap().nanos, 250_000_000);
}

#[test]
fn replays_and_traces_show_in_the_headers() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let event = DashboardUpdate {
        reason: Reason::Replay,
        traceparent: Some(traceparent.to_owned()),
        ..update()
    }
    .encode();
    assert_eq!(header_text(&event, "replay"), Some("true"));
    assert_eq!(header_text(&event, "traceparent"), Some(traceparent));
}

#[test]
fn what_was_told_can_be_read_back() {
    let update = update();
    let read = DashboardUpdate::from_payload(&update.encode().payload).unwrap();
    assert_eq!(read.encode().payload, update.encode().payload);
    assert_eq!(read.changes, [Change::Created, Change::Data]);
    assert!(DashboardUpdate::from_payload(b"\xff").is_none());
    assert!(DashboardUpdate::from_payload(b"").is_none());
}
