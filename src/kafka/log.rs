//! A topic's log as it can be asked about, apart from any group.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::{Offset, TopicPartitionList};

use super::heard::{Heard, overhear};
use super::{KafkaError, client};
use crate::config::KafkaConfig;

/// How long a broker may take for an answer.
const ANSWER: Duration = Duration::from_secs(10);

/// A topic whose partitions and offsets can be asked for; joins no group.
#[derive(Clone)]
pub struct Log {
    client: Arc<BaseConsumer<Heard>>,
    topic: Arc<str>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("topic", &self.topic).finish()
    }
}

impl Log {
    /// The log of a topic; connects to nothing yet.
    ///
    /// # Errors
    /// When the client's properties are wrong.
    pub fn open(kafka: &KafkaConfig, topic: &str) -> Result<Self, KafkaError> {
        let client = client::reader(kafka)
            .create_with_context(Heard::default())
            .map_err(KafkaError::Configuration)?;
        Ok(Self {
            client: Arc::new(client),
            topic: topic.into(),
        })
    }

    /// How many partitions the topic has.
    ///
    /// # Errors
    /// When Kafka does not answer, or there is no such topic.
    pub async fn partition_count(&self) -> Result<i32, KafkaError> {
        let count = self
            .ask("for the topic's partitions", |client, topic| {
                let metadata = client.fetch_metadata(Some(topic), ANSWER)?;
                let count = metadata
                    .topics()
                    .first()
                    .map_or(0, |topic| topic.partitions().len());
                Ok(i32::try_from(count).unwrap_or(i32::MAX))
            })
            .await?;
        if count == 0 {
            let problem = format!(
                "topic `{}` does not exist or may not be seen; check its name and the client's rights",
                self.topic
            );
            return Err(KafkaError::Topics(vec![problem]));
        }
        Ok(count)
    }

    /// A partition's first offset and its end: the offset up to which committed records can be read.
    ///
    /// # Errors
    /// When Kafka does not answer.
    pub async fn range(&self, partition: i32) -> Result<(i64, i64), KafkaError> {
        self.ask("for a partition's range", move |client, topic| {
            client.fetch_watermarks(topic, partition, ANSWER)
        })
        .await
    }

    /// The offset of a partition's first record at or after a time in milliseconds since 1970; `None` past its end.
    ///
    /// # Errors
    /// When Kafka does not answer.
    pub async fn offset_at(&self, partition: i32, timestamp_ms: i64) -> Result<Option<i64>, KafkaError> {
        self.ask("for an offset by time", move |client, topic| {
            offset_at(client, topic, partition, timestamp_ms)
        })
        .await
    }

    /// Asks Kafka something that blocks, off the async threads.
    async fn ask<T: Send + 'static>(
        &self,
        request: &'static str,
        question: impl FnOnce(&BaseConsumer<Heard>, &str) -> Result<T, ClientError> + Send + 'static,
    ) -> Result<T, KafkaError> {
        let (client, topic) = (self.client.clone(), self.topic.clone());
        let asking = tokio::task::spawn_blocking(move || {
            question(&client, &topic)
                .map_err(|error| KafkaError::request_of(request, overhear(&client))(error))
        });
        asking.await.unwrap_or(Err(KafkaError::Stopped))
    }
}

/// The offset of a partition's first record at or after a time; `None` past its end.
pub(super) fn offset_at<C: ConsumerContext>(
    client: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
    timestamp_ms: i64,
) -> Result<Option<i64>, ClientError> {
    let mut times = TopicPartitionList::new();
    times.add_partition_offset(topic, partition, Offset::Offset(timestamp_ms))?;
    let found = client.offsets_for_times(times, ANSWER)?;
    let element = found.find_partition(topic, partition);
    Ok(element.and_then(|element| match element.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    }))
}
