//! The properties of the clients.

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use crate::config::KafkaConfig;

/// What every client has: the servers, its name, and whatever the operator passes through.
pub(super) fn base(kafka: &KafkaConfig) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (name, value) in &kafka.properties {
        config.set(name, value.expose());
    }
    config
        .set("bootstrap.servers", &kafka.bootstrap_servers)
        .set("client.id", &kafka.client_id)
        .set("allow.auto.create.topics", "false")
        .set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// The consumer: positions are ours, so nothing is committed or reset by the client.
///
/// The queue is bounded because partitions are paused only after their own queue is full.
pub(super) fn consumer(kafka: &KafkaConfig, member: &str) -> ClientConfig {
    let mut config = reading(kafka);
    config
        .set("group.instance.id", member)
        // Only in what it says for debugging does the client tell that a topic was made anew, see `Listener::log`.
        .set("debug", debugged(kafka))
        .set_log_level(RDKafkaLogLevel::Debug)
        // So it is known of offsets at a log's end that they hold no record, see `Polling::reach_end`.
        .set("enable.partition.eof", "true")
        // They say whether a join is under way, see `Polling::leave`.
        .set("statistics.interval.ms", "250");
    config
}

/// What the operator debugs, and topics.
fn debugged(kafka: &KafkaConfig) -> String {
    let given = kafka.properties.iter().find(|(name, _)| name == "debug");
    given.map_or_else(
        || "topic".to_owned(),
        |(_, given)| format!("{},topic", given.expose()),
    )
}

fn reading(kafka: &KafkaConfig) -> ClientConfig {
    let mut config = base(kafka);
    let defaults = [
        ("queued.max.messages.kbytes", "32768"),
        ("fetch.wait.max.ms", "100"),
        ("fetch.error.backoff.ms", "200"),
        ("reconnect.backoff.max.ms", "1000"),
        ("topic.metadata.refresh.interval.ms", "30000"),
    ];
    for (name, value) in defaults {
        if config.get(name).is_none() {
            config.set(name, value);
        }
    }
    config
        .set("group.id", &kafka.group)
        .set(
            "session.timeout.ms",
            kafka.session_timeout.as_millis().to_string(),
        )
        .set(
            "heartbeat.interval.ms",
            kafka.heartbeat_interval.as_millis().to_string(),
        )
        .set(
            "max.poll.interval.ms",
            kafka.max_poll_interval.as_millis().to_string(),
        )
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed")
        .set("check.crcs", "true");
    config
}

/// A reader apart from the group: it is assigned what it reads, is told where a partition ends, and may wait as long as
/// it likes between two polls.
pub(super) fn reader(kafka: &KafkaConfig) -> ClientConfig {
    let mut config = reading(kafka);
    if !kafka
        .properties
        .iter()
        .any(|(name, _)| name == "queued.max.messages.kbytes")
    {
        config.set("queued.max.messages.kbytes", "16384");
    }
    config
        .set("max.poll.interval.ms", "86400000")
        .set("enable.partition.eof", "true");
    config
}

/// A group of its own whose place Kafka keeps. It may be busy for long between two polls.
pub(super) fn follower(kafka: &KafkaConfig, suffix: &str) -> ClientConfig {
    let mut config = reading(kafka);
    config
        .set("group.id", format!("{}-{suffix}", kafka.group))
        .set("client.id", format!("{}-{suffix}", kafka.client_id))
        .set("max.poll.interval.ms", "3600000")
        .set("auto.offset.reset", "earliest");
    config
}

/// The producer: idempotent, every replica in sync has each record, keys keep their order.
///
/// `murmur2_random` puts a key where every other Kafka client puts it.
pub(super) fn producer(kafka: &KafkaConfig, message_bytes: usize) -> ClientConfig {
    let mut config = base(kafka);
    let defaults = [
        ("linger.ms", "2"),
        ("compression.type", "lz4"),
        ("reconnect.backoff.max.ms", "1000"),
        ("retry.backoff.max.ms", "1000"),
        ("queue.buffering.max.messages", "100000"),
        ("topic.metadata.propagation.max.ms", "10000"),
    ];
    for (name, value) in defaults {
        if config.get(name).is_none() {
            config.set(name, value);
        }
    }
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        .set("message.max.bytes", message_bytes.to_string())
        .set(
            "message.timeout.ms",
            kafka.delivery_timeout.as_millis().to_string(),
        );
    config
}
