//! Consuming: where to start, how much at once, how long to wait for what is missing.

use std::time::Duration;

use chrono::DateTime;

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "consumer.start",
        Kind::Text,
        "earliest",
        "Where a partition begins that this group has never held when the service first runs: `earliest`, `latest`, or a time such \
         as `2026-11-01T00:00:00Z`. Partitions added later always begin at 0.",
    ),
    setting(
        "consumer.batch_messages",
        Kind::Integer,
        "1000",
        "The most messages that one transaction applies; fewer where so many would lock their workflows for long.",
    ),
    setting(
        "consumer.batch_size",
        Kind::Size,
        "16MiB",
        "The most message bytes that one transaction applies.",
    ),
    setting(
        "consumer.queue_messages",
        Kind::Integer,
        "2000",
        "How many messages of a partition wait in memory before the partition is paused.",
    ),
    setting(
        "consumer.unknown_workflow_grace",
        Kind::Duration,
        "15m",
        "How long a message waits for its workflow to appear before it is dead-lettered as `unknown_workflow`.",
    ),
    setting(
        "consumer.parked_messages",
        Kind::Integer,
        "10000",
        "The most parked messages of a partition; at the cap the oldest with an unknown workflow are dead-lettered.",
    ),
    setting(
        "consumer.parked_size",
        Kind::Size,
        "256MiB",
        "The most parked bytes of a partition.",
    ),
    setting(
        "consumer.recall_size",
        Kind::Size,
        "96MiB",
        "The most memory for what dashboards of many results were drawn from, so that one more event does not read a year again; `0` \
         keeps nothing. `dashloom_recalled_results_total` says how often it helps.",
    ),
    setting(
        "consumer.stall_timeout",
        Kind::Duration,
        "2m",
        "After how long without progress a partition with messages waiting is reported as stalled.",
    ),
];

/// Where a partition begins that the group has never held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the log's start.
    Earliest,
    /// At the log's end.
    Latest,
    /// At the first record of this time or later, in milliseconds since 1970.
    Timestamp(i64),
}

/// Consuming: where to start, how much at once, how long to wait for what is missing.
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// Where a partition begins that the group has never held.
    pub start: Start,
    /// The most messages of a batch.
    pub batch_messages: usize,
    /// The most message bytes of a batch.
    pub batch_bytes: usize,
    /// Messages of a partition in memory before it is paused.
    pub queue_messages: usize,
    /// How long a message waits for its workflow.
    pub unknown_workflow_grace: Duration,
    /// The most parked messages of a partition.
    pub parked_messages: i64,
    /// The most parked bytes of a partition.
    pub parked_bytes: i64,
    /// The most bytes of what views of many results were drawn from.
    pub recall_bytes: usize,
    /// After how long without progress a partition counts as stalled.
    pub stall_timeout: Duration,
}

impl ConsumerConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            start: read_start(reader),
            batch_messages: reader.integer("consumer.batch_messages", 1, 100_000),
            batch_bytes: usize::try_from(reader.size("consumer.batch_size")).unwrap_or(usize::MAX),
            queue_messages: reader.integer("consumer.queue_messages", 1, 1_000_000),
            unknown_workflow_grace: reader.duration("consumer.unknown_workflow_grace"),
            parked_messages: reader.integer("consumer.parked_messages", 1, 10_000_000),
            parked_bytes: i64::try_from(reader.size("consumer.parked_size")).unwrap_or(i64::MAX),
            recall_bytes: usize::try_from(reader.size("consumer.recall_size")).unwrap_or(usize::MAX),
            stall_timeout: reader.duration("consumer.stall_timeout"),
        }
    }
}

fn read_start(reader: &mut Reader) -> Start {
    let text = reader.text("consumer.start");
    match text.as_str() {
        "earliest" => Start::Earliest,
        "latest" => Start::Latest,
        other => match DateTime::parse_from_rfc3339(other) {
            Ok(time) => Start::Timestamp(time.timestamp_millis()),
            Err(_) => {
                let wanted = "`earliest`, `latest` or a time such as `2026-11-01T00:00:00Z`";
                reader.reject("consumer.start", format_args!("`{other}` is not {wanted}"));
                Start::Earliest
            }
        },
    }
}
