//! The incoming event once it is decoded and validated, and the raw Kafka message it came from.

use bytes::Bytes;

use crate::ids::{ExecutionId, TemplateId, WorkflowId};
use crate::window::Window;

/// A Kafka record, free of any client library's types.
#[derive(Debug, Clone)]
pub struct Message {
    /// The record's offset in its partition.
    pub offset: i64,
    /// The record's timestamp in milliseconds since 1970, where it has one.
    pub timestamp_ms: Option<i64>,
    /// The record's key as delivered.
    pub key: Option<Bytes>,
    /// The record's value as delivered; `None` is a tombstone.
    pub payload: Option<Bytes>,
    /// The record's headers in their order; names may repeat.
    pub headers: Vec<Header>,
}

/// One header of a Kafka record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The header's name.
    pub name: String,
    /// The header's value as delivered.
    pub value: Option<Bytes>,
}

/// A finished execution as the engine announced it, validated.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Which execution.
    pub id: ExecutionId,
    /// The workflow it ran.
    pub workflow_id: WorkflowId,
    /// The query template it used, where the engine names one.
    pub template_id: Option<TemplateId>,
    /// 0 for the first run of this execution id, 1 for its first re-run, …
    pub run: u32,
    /// When it finished, in nanoseconds since 1970.
    pub finished_at_ns: i64,
    /// The dates its result speaks for.
    pub window: Window,
    /// What the engine says about columns, in its order.
    pub hints: Vec<ColumnHint>,
    /// Where the result is.
    pub result: ResultSource,
    /// SHA-256 over workflow, window, hints, format, compression and the result's bytes as delivered.
    pub content_hash: [u8; 32],
    /// The W3C `traceparent` of the event, where it has a well-formed one.
    pub traceparent: Option<String>,
    /// Whether the event carries the `replay` header.
    pub replay: bool,
}

/// What the engine says about one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnHint {
    /// The column's label in the result.
    pub name: String,
    /// Its role, where the engine gives one.
    pub role: Option<ColumnRole>,
    /// Its type in the engine's words; empty when unset.
    pub type_name: String,
    /// Its unit (`EUR`, `ms`, …); empty when unset.
    pub unit: String,
}

/// What a column means to a dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnRole {
    /// The date or timestamp that places a row in time.
    Time,
    /// A category to break numbers down by.
    Dimension,
    /// A number that adds up (or averages).
    Measure,
    /// A quotient of two measures; never summed.
    Ratio,
    /// An identifier; never summed.
    Id,
    /// The step of a funnel.
    Stage,
    /// Left out.
    Ignore,
}

/// Where an execution's result is.
#[derive(Debug, Clone)]
pub enum ResultSource {
    /// In the event itself.
    Inline {
        /// How the bytes are laid out.
        format: ResultFormat,
        /// How they are compressed.
        compression: Compression,
        /// The bytes as delivered.
        data: Bytes,
    },
    /// In an object store.
    Location(ResultLocation),
}

/// A result in an object store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultLocation {
    /// The object's URI (`s3://…`, `gs://…`, `az://…`, `file://…`).
    pub uri: String,
    /// How its bytes are laid out.
    pub format: ResultFormat,
    /// How they are compressed.
    pub compression: Compression,
    /// The object's size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the object's bytes.
    pub sha256: [u8; 32],
}

/// How a result's bytes are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResultFormat {
    /// A JSON array of objects.
    JsonRows,
    /// One JSON object a line.
    Ndjson,
    /// Comma separated values with a header line.
    Csv,
    /// An Arrow IPC stream.
    ArrowStream,
    /// A Parquet file.
    Parquet,
}

/// How a result's bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}
