//! The topics: what dashloom needs of them, making them, checking them.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::types::RDKafkaErrorCode;

use super::heard::{Heard, overhear};
use super::{KafkaError, client};
use crate::config::KafkaConfig;

/// How long the brokers may take for an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// What a dead letter needs above the record in it: headers, and the batch around it.
const ROOM: usize = 1 << 20;

const CLEANUP: &str = "cleanup.policy";
const MESSAGE_BYTES: &str = "max.message.bytes";

/// The topics as dashloom needs them.
#[derive(Debug, Clone)]
pub struct Topics {
    /// The topic that is consumed.
    pub input: String,
    /// Where dead letters go.
    pub dead_letters: String,
    /// Where `dashboard-updated` is published.
    pub events: String,
    /// The largest record that is read, in bytes.
    pub message_bytes: usize,
    /// Partitions of a topic that is made.
    pub partitions: i32,
    /// Replicas of a topic that is made; −1 means the brokers' default.
    pub replicas: i32,
}

impl Topics {
    /// As configured, with records of up to `message_bytes`.
    pub fn new(kafka: &KafkaConfig, message_bytes: usize) -> Self {
        Self {
            input: kafka.topic.clone(),
            dead_letters: kafka.dead_letter_topic.clone(),
            events: kafka.events_topic.clone(),
            message_bytes,
            partitions: kafka.create_partitions,
            replicas: kafka.create_replicas,
        }
    }

    /// What the producer and the dead letter topic must take: any record, and what is written beside it.
    pub fn outgoing_bytes(&self) -> usize {
        self.message_bytes + ROOM
    }

    /// Each topic with the least it must take.
    fn wanted(&self) -> [(&str, usize); 3] {
        [
            (&self.input, self.message_bytes),
            (&self.dead_letters, self.outgoing_bytes()),
            (&self.events, ROOM),
        ]
    }
}

/// What a look at the topics shows.
#[derive(Debug)]
pub struct Checked {
    /// How many partitions the topic has that is consumed.
    pub partitions: usize,
    /// What about the topics' configuration may lose records or hold them up: each a sentence with its remedy. The
    /// service runs all the same, because most clusters never meet the sizes in question.
    pub concerns: Vec<String>,
}

/// Makes the topics that are missing; those that exist stay as they are. Gives the names of those made.
///
/// # Errors
/// When the brokers do not answer, or refuse to make one.
pub async fn create_topics(kafka: &KafkaConfig, topics: &Topics) -> Result<Vec<String>, KafkaError> {
    let sizes = topics
        .wanted()
        .map(|(name, bytes)| (name, bytes.max(ROOM).to_string()));
    let new = sizes.each_ref().map(|(name, bytes)| {
        NewTopic::new(name, topics.partitions, TopicReplication::Fixed(topics.replicas))
            .set(CLEANUP, "delete")
            .set(MESSAGE_BYTES, bytes)
    });
    let results = admin(kafka)?
        .create_topics(&new, &options())
        .await
        .map_err(KafkaError::request("to make topics"))?;
    let (mut made, mut problems) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(name) => made.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => problems.push(format!("topic `{name}` could not be made: {code}")),
        }
    }
    if problems.is_empty() {
        Ok(made)
    } else {
        Err(KafkaError::Topics(problems))
    }
}

/// Checks that the topics exist and looks at their configuration.
///
/// # Errors
/// All missing topics at once; or that the brokers do not answer.
pub async fn check_topics(kafka: &KafkaConfig, topics: &Topics) -> Result<Checked, KafkaError> {
    let wanted = topics.wanted();
    let there = existing(kafka).await?;
    let resources = wanted.map(|(name, _)| ResourceSpecifier::Topic(name));
    let described = admin(kafka)?
        .describe_configs(&resources, &options())
        .await
        .map_err(KafkaError::request("for the topics' configuration"))?;
    let (mut problems, mut concerns) = (Vec::new(), Vec::new());
    for ((name, least), result) in wanted.into_iter().zip(described) {
        match result {
            _ if !there.contains_key(name) => problems.push(format!(
                "topic `{name}` does not exist or may not be seen; create it, or start with `--create-topics`"
            )),
            // Who may not describe a topic may still use it.
            Err(RDKafkaErrorCode::TopicAuthorizationFailed) => concerns.push(format!(
                "the configuration of topic `{name}` may not be read, so it is not checked; allow DescribeConfigs"
            )),
            Err(code) => problems.push(format!("topic `{name}` could not be looked at: {code}")),
            Ok(config) => concerns.extend(concerns_of(&config, name, least, name == topics.input)),
        }
    }
    if problems.is_empty() {
        Ok(Checked {
            partitions: there.get(&topics.input).copied().unwrap_or_default(),
            concerns,
        })
    } else {
        Err(KafkaError::Topics(problems))
    }
}

/// Whether a topic's records may be removed by compaction; not that it is known where the brokers do not tell.
pub async fn is_compacted(kafka: &KafkaConfig, topic: &str) -> bool {
    let Ok(admin) = admin(kafka) else {
        return false;
    };
    let described = admin
        .describe_configs(&[ResourceSpecifier::Topic(topic)], &options())
        .await;
    let configs = described.into_iter().flatten().flatten();
    let mut policies = configs.filter_map(|config| config.get(CLEANUP)?.value.clone());
    policies.any(|policy| policy.contains("compact"))
}

/// The topics that exist and may be seen, with their partitions' number; the client says nothing of a missing one when
/// it describes it.
async fn existing(kafka: &KafkaConfig) -> Result<BTreeMap<String, usize>, KafkaError> {
    let client: BaseConsumer<Heard> = client::reader(kafka)
        .create_with_context(Heard::default())
        .map_err(KafkaError::Configuration)?;
    let asking = tokio::task::spawn_blocking(move || {
        let metadata = client
            .fetch_metadata(None, ANSWER)
            .map_err(|error| KafkaError::request_of("for the list of topics", overhear(&client))(error))?;
        Ok(metadata
            .topics()
            .iter()
            .map(|topic| (topic.name().to_owned(), topic.partitions().len()))
            .collect())
    });
    asking.await.map_err(|_| KafkaError::Stopped)?
}

fn concerns_of(config: &ConfigResource, name: &str, least: usize, is_input: bool) -> Vec<String> {
    let value = |key: &str| config.get(key).and_then(|entry| entry.value.as_deref());
    let mut concerns = Vec::new();
    if let Some(policy) = value(CLEANUP).filter(|policy| *policy != "delete") {
        concerns.push(format!(
            "topic `{name}` has {CLEANUP}={policy}, which drops records; set {CLEANUP}=delete"
        ));
    }
    let Some(bytes) = value(MESSAGE_BYTES).and_then(|bytes| bytes.parse::<usize>().ok()) else {
        return concerns;
    };
    if is_input && bytes > least {
        concerns.push(format!(
            "topic `{name}` takes records of {bytes} bytes; those over {least} become dead letters; \
             set {MESSAGE_BYTES}={least}, or raise `limits.message`"
        ));
    }
    if !is_input && bytes < least {
        concerns.push(format!(
            "topic `{name}` takes records of {bytes} bytes only, too few for the largest; set {MESSAGE_BYTES}={least}"
        ));
    }
    concerns
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(ANSWER))
        .operation_timeout(Some(ANSWER))
}

fn admin(kafka: &KafkaConfig) -> Result<AdminClient<DefaultClientContext>, KafkaError> {
    client::base(kafka).create().map_err(KafkaError::Configuration)
}
