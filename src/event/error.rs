//! Why a record cannot be used.

use chrono::NaiveDate;
use thiserror::Error;

use crate::ids::{ExecutionId, WorkflowId};

/// How many characters of a refused value a sentence quotes.
const EXCERPT_CHARS: usize = 48;

/// A record that cannot be used, why, and whatever can still be said about whose it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct DecodeError {
    problem: Problem,
    identity: Identity,
}

/// Which execution and workflow a refused record names, as far as that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Identity {
    pub execution_id: Option<ExecutionId>,
    pub workflow_id: Option<WorkflowId>,
}

impl DecodeError {
    pub(super) fn new(problem: Problem, identity: Identity) -> Self {
        Self { problem, identity }
    }

    /// The dead letter's reason: `undecodable`, `contradictory` or `oversized`.
    pub fn reason(&self) -> &'static str {
        self.problem.reason()
    }

    /// The execution the record speaks of, where its bytes still tell.
    pub fn execution_id(&self) -> Option<ExecutionId> {
        self.identity.execution_id
    }

    /// The workflow the record speaks of, where its bytes or its key still tell.
    pub fn workflow_id(&self) -> Option<WorkflowId> {
        self.identity.workflow_id
    }
}

/// What is wrong with a record; each sentence names the field and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Problem {
    #[error(
        "the record's value has {size_bytes} bytes, more than the {max_payload_bytes} allowed; \
         put the result in an object store and send its location"
    )]
    Oversized {
        size_bytes: usize,
        max_payload_bytes: usize,
    },
    #[error(
        "the value is framed for a schema registry, but {detail}; frame the first message of \
         workflow_execution_succeeded.proto as magic byte 0, a 4-byte schema id and message index 0"
    )]
    Frame { detail: String },
    #[error(
        "the content-type is {content_type}, CloudEvents structured mode; send binary mode, with the attributes in \
         ce_ headers and the event alone as value"
    )]
    StructuredMode { content_type: String },
    #[error(
        "the value is no WorkflowExecutionSucceeded in protobuf: {detail}; encode it with the published proto files \
         or set content-type: application/json for protobuf-JSON"
    )]
    Protobuf { detail: String },
    #[error(
        "the value is no WorkflowExecutionSucceeded in protobuf-JSON: {detail}; compare the named field with the \
         published proto files"
    )]
    Json { detail: String },
    #[error("{field} is missing; set it to {expected}")]
    Missing {
        field: &'static str,
        expected: &'static str,
    },
    #[error("{field} is {value}, no UUID; write it like 2f1d7a52-6f3e-4d7b-9d8e-0c3a5b1e7f42")]
    Uuid { field: &'static str, value: String },
    #[error("{field} is {value}, no calendar date; write it as YYYY-MM-DD")]
    Date { field: &'static str, value: String },
    #[error(
        "finished_at is {seconds} s and {nanos} ns since 1970, out of range; send a time between 1677-09-21 and \
         2262-04-11 with nanos from 0 to 999,999,999"
    )]
    FinishedAt { seconds: i64, nanos: i32 },
    #[error(
        "{field} is {value}, no known result format; set it to JSON_ROWS, NDJSON, CSV, ARROW_STREAM or PARQUET"
    )]
    Format { field: &'static str, value: i32 },
    #[error("{field} is {value}, no known compression; set it to NONE, GZIP or ZSTD, or leave it out")]
    Compression { field: &'static str, value: i32 },
    #[error("location.uri is {value}, no usable URI; write it like s3://bucket/path/result.parquet")]
    Uri { value: String },
    #[error("location.sha256 has {size_bytes} bytes; set it to the 32 bytes of the object's SHA-256")]
    Sha256 { size_bytes: usize },
    #[error(
        "the record's key is {key}, but workflow_id is {workflow_id}; use the workflow_id as key, or no key at all"
    )]
    Key { key: String, workflow_id: WorkflowId },
    #[error("data_end_date {end} lies before data_start_date {start}; put the earlier date first")]
    WindowReversed { start: NaiveDate, end: NaiveDate },
    #[error(
        "the window from data_start_date {start} to data_end_date {end} has {days} days; send at most 36,600 days"
    )]
    WindowTooLong {
        start: NaiveDate,
        end: NaiveDate,
        days: i64,
    },
    #[error(
        "data_end_date {end} lies more than one day after finished_at ({finished} in UTC); a result cannot speak \
         for days still to come, so correct one of the two"
    )]
    WindowBeyondFinish { end: NaiveDate, finished: NaiveDate },
}

impl Problem {
    fn reason(&self) -> &'static str {
        match self {
            Self::Oversized { .. } => "oversized",
            Self::Frame { .. }
            | Self::StructuredMode { .. }
            | Self::Protobuf { .. }
            | Self::Json { .. }
            | Self::Missing { .. }
            | Self::Uuid { .. }
            | Self::Date { .. }
            | Self::FinishedAt { .. }
            | Self::Format { .. }
            | Self::Compression { .. }
            | Self::Uri { .. }
            | Self::Sha256 { .. } => "undecodable",
            Self::Key { .. }
            | Self::WindowReversed { .. }
            | Self::WindowTooLong { .. }
            | Self::WindowBeyondFinish { .. } => "contradictory",
        }
    }
}

/// A refused value as a sentence may quote it: short, in quotes, control characters escaped.
pub(super) fn excerpt(value: &str) -> String {
    let mut chars = value.chars();
    let head: String = chars.by_ref().take(EXCERPT_CHARS).collect();
    let ellipsis = if chars.next().is_some() { "…" } else { "" };
    format!("{head:?}{ellipsis}")
}
