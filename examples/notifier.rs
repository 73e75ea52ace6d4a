//! A small notifier: reads `dashboard-updated` and says what changed, as a mail or chat bot would.
//!
//! `cargo run --example notifier [-- --json] [--since MILLISECONDS]`, with `KAFKA_BOOTSTRAP_SERVERS` and, where it has
//! another name, `DASHLOOM_KAFKA__EVENTS_TOPIC`. It knows the contract in `proto/` and nothing else of dashloom.
//! Events come at least once; their `event_id` tells a repeated one.
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

use std::collections::HashSet;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use dashloom::event::wire::{Change, DashboardUpdated, Reason};
use prost::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const WAIT: Duration = Duration::from_secs(10);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let since = arguments.iter().position(|argument| argument == "--since");
    let since = since
        .and_then(|at| arguments.get(at + 1))
        .map(|text| text.parse::<i64>())
        .transpose()?;
    let topic =
        std::env::var("DASHLOOM_KAFKA__EVENTS_TOPIC").unwrap_or_else(|_| "dashboard-updated".to_owned());
    let consumer = subscribe(&topic, since)?;
    let mut seen = HashSet::new();
    loop {
        let Some(message) = consumer.poll(WAIT) else {
            continue;
        };
        let message = message?;
        if is_replay(&message) {
            continue;
        }
        let event = DashboardUpdated::decode(message.payload().unwrap_or_default())?;
        if seen.insert(event.event_id.clone()) {
            let line = if json {
                serde_json::to_string(&event)?
            } else {
                sentence(&event)
            };
            let mut out = std::io::stdout().lock();
            writeln!(out, "{line}")?;
            out.flush()?;
        }
    }
}

/// Reads every partition from a time on, or from now on; a real notifier would keep its place in a consumer group.
fn subscribe(topic: &str, since: Option<i64>) -> Result<BaseConsumer> {
    let servers = std::env::var("KAFKA_BOOTSTRAP_SERVERS").context("KAFKA_BOOTSTRAP_SERVERS is not set")?;
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "notifier")
        .set("enable.auto.commit", "false")
        .set("isolation.level", "read_committed")
        .create()?;
    let metadata = consumer.fetch_metadata(Some(topic), WAIT)?;
    let partitions = metadata.topics().first().context("no such topic")?.partitions();
    let mut start = TopicPartitionList::new();
    for partition in partitions {
        start.add_partition_offset(topic, partition.id(), since.map_or(Offset::End, Offset::Offset))?;
    }
    if since.is_some() {
        start = consumer.offsets_for_times(start, WAIT)?;
    }
    consumer.assign(&start)?;
    Ok(consumer)
}

/// Whether a header marks the event as the echo of a replay, which nobody wants to be told again.
fn is_replay(message: &impl Message) -> bool {
    message
        .headers()
        .is_some_and(|headers| headers.iter().any(|header| header.key == "replay"))
}

fn sentence(event: &DashboardUpdated) -> String {
    let created = event.changes().any(|change| change == Change::Created);
    let what = match (created, event.reason()) {
        (true, _) => "is new",
        (false, Reason::Correction) => "was corrected",
        (false, _) => "was updated",
    };
    let numbers: Vec<String> = event
        .metrics
        .iter()
        .take(3)
        .map(|metric| match (&metric.before, &metric.after) {
            (Some(before), Some(after)) => format!("{} {before} -> {after}", metric.id),
            (_, after) => format!("{} {}", metric.id, after.as_deref().unwrap_or("unknown")),
        })
        .collect();
    format!(
        "dashboard {} {what}: version {}, {} to {}; {}",
        event.dashboard_view_id,
        event.view_version,
        event.data_start_date,
        event.data_end_date,
        numbers.join(", ")
    )
}
