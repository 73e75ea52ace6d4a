//! The room as its callers see it; here the events and records its tests start from.

mod accepted;
mod hash;
mod outgoing;
mod properties;
mod refused;

use bytes::Bytes;
use prost::Message as _;

use super::wire::workflow_execution_succeeded::Result as WireResult;
use super::wire::{self, WorkflowExecutionSucceeded};
use super::{DecodeError, Decoded, Execution, Header, Message, decode};

pub(super) const EXECUTION: &str = "11111111-1111-4111-8111-111111111111";
pub(super) const WORKFLOW: &str = "22222222-2222-4222-8222-222222222222";
pub(super) const ROWS: &[u8] = br#"[{"date":"2026-11-01","spend":"12.50"}]"#;

/// A complete event: a week in November 2026 that finished on the morning after.
pub(super) fn event() -> WorkflowExecutionSucceeded {
    WorkflowExecutionSucceeded {
        execution_id: EXECUTION.to_owned(),
        workflow_id: WORKFLOW.to_owned(),
        query_template_id: None,
        run: 0,
        started_at: None,
        finished_at: Some(pbjson_types::Timestamp {
            seconds: 1_794_204_000,
            nanos: 5,
        }),
        data_start_date: "2026-11-02".to_owned(),
        data_end_date: "2026-11-08".to_owned(),
        requested_by: None,
        columns: vec![wire::ColumnHint {
            name: "spend".to_owned(),
            role: wire::ColumnRole::Measure.into(),
            r#type: "decimal(12,2)".to_owned(),
            unit: "EUR".to_owned(),
        }],
        result: Some(inline(ROWS)),
    }
}

fn inline(data: &'static [u8]) -> WireResult {
    WireResult::Inline(wire::InlineResult {
        format: wire::ResultFormat::JsonRows.into(),
        data: Bytes::from_static(data),
        compression: 0,
    })
}

pub(super) fn location() -> wire::ResultLocation {
    wire::ResultLocation {
        uri: "s3://results/week.parquet".to_owned(),
        format: wire::ResultFormat::Parquet.into(),
        compression: 0,
        size_bytes: 7,
        sha256: Bytes::from_static(&[7; 32]),
    }
}

/// A record without key and headers.
pub(super) fn record(payload: impl Into<Bytes>) -> Message {
    Message {
        offset: 0,
        timestamp_ms: None,
        key: None,
        payload: Some(payload.into()),
        headers: Vec::new(),
    }
}

/// A record with one header.
pub(super) fn with_header(mut message: Message, name: &str, value: &str) -> Message {
    message.headers.push(Header {
        name: name.to_owned(),
        value: Some(value.to_owned().into()),
    });
    message
}

/// The execution a record must decode to.
pub(super) fn accepted(message: &Message) -> Execution {
    match decode(message) {
        Ok(Decoded::Execution(execution)) => *execution,
        other => panic!("expected an execution, got {other:?}"),
    }
}

/// The refusal a record must meet.
pub(super) fn refused(message: &Message) -> DecodeError {
    match decode(message) {
        Err(error) => error,
        Ok(decoded) => panic!("expected a refusal, got {decoded:?}"),
    }
}

/// The refusal of the complete event after one change to it.
pub(super) fn refused_after(change: impl FnOnce(&mut WorkflowExecutionSucceeded)) -> DecodeError {
    let mut changed = event();
    change(&mut changed);
    refused(&record(changed.encode_to_vec()))
}

pub(super) fn set_inline(event: &mut WorkflowExecutionSucceeded, change: fn(&mut wire::InlineResult)) {
    if let Some(WireResult::Inline(inline)) = &mut event.result {
        change(inline);
    }
}

pub(super) fn set_location(event: &mut WorkflowExecutionSucceeded, change: fn(&mut wire::ResultLocation)) {
    let mut location = location();
    change(&mut location);
    event.result = Some(WireResult::Location(location));
}
