//! Kafka: servers, names, timeouts, and the client's own properties.

use std::time::Duration;

use super::reader::Reader;
use super::secret::Secret;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        path: "kafka.bootstrap_servers",
        kind: Kind::Text,
        default: "",
        doc: "Where the brokers are: `host:port`, several separated by commas. `serve` needs it.",
        alias: Some("KAFKA_BOOTSTRAP_SERVERS"),
    },
    setting(
        "kafka.group",
        Kind::Text,
        "dashloom",
        "The consumer group; its positions in the database carry this name.",
    ),
    setting(
        "kafka.topic",
        Kind::Text,
        "workflow-execution-succeeded",
        "The topic that is consumed.",
    ),
    setting(
        "kafka.dead_letter_topic",
        Kind::Text,
        "",
        "Where messages go that can never be applied; unset means `kafka.topic` with `.dlq` behind it.",
    ),
    setting(
        "kafka.events_topic",
        Kind::Text,
        "dashboard-updated",
        "Where `dashboard-updated` events are published.",
    ),
    setting(
        "kafka.client_id",
        Kind::Text,
        "dashloom",
        "The name under which brokers see this client.",
    ),
    setting(
        "kafka.instance_id",
        Kind::Text,
        "",
        "A name that survives restarts (static membership, `group.instance.id`): its partitions wait for it for as long as \
         `kafka.session_timeout`. Unset means a member that leaves the group when it stops.",
    ),
    setting(
        "kafka.session_timeout",
        Kind::Duration,
        "10s",
        "After how long without a heartbeat the group drops a member.",
    ),
    setting(
        "kafka.heartbeat_interval",
        Kind::Duration,
        "2s",
        "How often a member sends heartbeats.",
    ),
    setting(
        "kafka.max_poll_interval",
        Kind::Duration,
        "5m",
        "After how long without a poll a member leaves the group; the polling thread never waits for the database.",
    ),
    setting(
        "kafka.delivery_timeout",
        Kind::Duration,
        "30s",
        "How long the producer tries to deliver one message.",
    ),
    setting(
        "kafka.create_partitions",
        Kind::Integer,
        "8",
        "How many partitions a topic gets that `--create-topics` creates.",
    ),
    setting(
        "kafka.create_replicas",
        Kind::Integer,
        "-1",
        "How many replicas a topic gets that `--create-topics` creates; -1 means the broker's default.",
    ),
];

const OURS: &str = "positions, order and delivery depend on it";

/// Client properties that dashloom sets itself, and what to do instead of setting them.
const OWNED: &[(&str, &str)] = &[
    ("bootstrap.servers", "set `kafka.bootstrap_servers`"),
    ("metadata.broker.list", "set `kafka.bootstrap_servers`"),
    ("group.id", "set `kafka.group`"),
    ("group.instance.id", "set `kafka.instance_id`"),
    ("client.id", "set `kafka.client_id`"),
    ("session.timeout.ms", "set `kafka.session_timeout`"),
    ("heartbeat.interval.ms", "set `kafka.heartbeat_interval`"),
    ("max.poll.interval.ms", "set `kafka.max_poll_interval`"),
    ("delivery.timeout.ms", "set `kafka.delivery_timeout`"),
    ("message.timeout.ms", "set `kafka.delivery_timeout`"),
    ("message.max.bytes", "set `limits.message`"),
    ("auto.offset.reset", "set `consumer.start`"),
    ("group.protocol", OURS),
    ("partition.assignment.strategy", OURS),
    ("enable.auto.commit", OURS),
    ("enable.auto.offset.store", OURS),
    ("enable.partition.eof", OURS),
    ("isolation.level", OURS),
    ("statistics.interval.ms", OURS),
    ("check.crcs", OURS),
    ("enable.idempotence", OURS),
    ("acks", OURS),
    ("request.required.acks", OURS),
    ("max.in.flight", OURS),
    ("max.in.flight.requests.per.connection", OURS),
    ("transactional.id", OURS),
    ("partitioner", OURS),
    ("allow.auto.create.topics", OURS),
];

/// Kafka: servers, names, timeouts, and the client's own properties.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port`, several separated by commas; empty when unset (see [`super::Config::require_kafka`]).
    pub bootstrap_servers: String,
    /// The consumer group.
    pub group: String,
    /// The topic that is consumed.
    pub topic: String,
    /// Where messages go that can never be applied.
    pub dead_letter_topic: String,
    /// Where `dashboard-updated` is published.
    pub events_topic: String,
    /// The name under which brokers see this client.
    pub client_id: String,
    /// The static member's name, where one is wanted.
    pub instance_id: Option<String>,
    /// After how long without a heartbeat the group drops a member.
    pub session_timeout: Duration,
    /// How often a member sends heartbeats.
    pub heartbeat_interval: Duration,
    /// After how long without a poll a member leaves the group.
    pub max_poll_interval: Duration,
    /// How long the producer tries to deliver one message.
    pub delivery_timeout: Duration,
    /// Partitions of a topic that is created.
    pub create_partitions: i32,
    /// Replicas of a topic that is created; −1 means the broker's default.
    pub create_replicas: i32,
    /// The client's own properties by name; any may be a secret. Apply them before ours.
    pub properties: Vec<(String, Secret)>,
}

impl KafkaConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let topic = reader.text("kafka.topic");
        let config = Self {
            bootstrap_servers: reader.text("kafka.bootstrap_servers"),
            group: reader.text("kafka.group"),
            dead_letter_topic: reader
                .optional_text("kafka.dead_letter_topic")
                .unwrap_or_else(|| format!("{topic}.dlq")),
            topic,
            events_topic: reader.text("kafka.events_topic"),
            client_id: reader.text("kafka.client_id"),
            instance_id: reader.optional_text("kafka.instance_id"),
            session_timeout: reader.duration("kafka.session_timeout"),
            heartbeat_interval: reader.duration("kafka.heartbeat_interval"),
            max_poll_interval: reader.duration("kafka.max_poll_interval"),
            delivery_timeout: reader.duration("kafka.delivery_timeout"),
            create_partitions: reader.integer("kafka.create_partitions", 1, 10_000),
            create_replicas: reader.integer("kafka.create_replicas", -1, 100),
            properties: reader.properties(OWNED),
        };
        config.check(reader);
        config
    }

    fn check(&self, reader: &mut Reader) {
        let names = [
            ("kafka.group", &self.group),
            ("kafka.topic", &self.topic),
            ("kafka.events_topic", &self.events_topic),
        ];
        for (path, _) in names.iter().filter(|(_, name)| name.is_empty()) {
            reader.reject(path, "must not be empty");
        }
        let topics = [
            ("kafka.topic", &self.topic),
            ("kafka.dead_letter_topic", &self.dead_letter_topic),
            ("kafka.events_topic", &self.events_topic),
        ];
        // The topic of dead letters is named after `kafka.topic` where it has no name of its own.
        let derived = format!("{}.dlq", self.topic);
        for (path, name) in topics {
            let is_derived = path == "kafka.dead_letter_topic" && *name == derived;
            if !name.is_empty() && !is_derived && !is_topic(name) {
                reader.reject(
                    path,
                    format_args!(
                        "`{name}` is no topic's name: letters, digits, `.`, `_` and `-`, at most 249"
                    ),
                );
            }
        }
        if [&self.events_topic, &self.dead_letter_topic].contains(&&self.topic) {
            reader.reject("kafka.topic", "is also written to; the three topics must differ");
        }
        if self.heartbeat_interval * 3 > self.session_timeout {
            reader.reject(
                "kafka.heartbeat_interval",
                "must be at most a third of `kafka.session_timeout`",
            );
        }
    }
}

/// Whether the brokers take it as a topic's name.
fn is_topic(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    name.len() <= 249 && name.bytes().all(is_usual) && name != "." && name != ".."
}
