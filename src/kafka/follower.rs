//! A group that follows a topic for its keys: what changed, once it is committed that it was seen.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};

use super::{KafkaError, client};
use crate::config::KafkaConfig;

/// How long is waited for the first record.
const WAIT: Duration = Duration::from_millis(250);

/// A member of a group of its own, whose place is kept by Kafka: what a follower does twice must not matter.
pub struct Follower {
    client: Arc<BaseConsumer>,
}

/// Records' keys, and where the group stands once they are dealt with.
#[derive(Debug, Default)]
pub struct Followed {
    /// The keys in the order of their partitions, each once; records without a key have none.
    pub keys: Vec<Vec<u8>>,
    places: TopicPartitionList,
}

impl Follower {
    /// Joins the group `<kafka.group>-<suffix>`, which begins at the topic's start.
    ///
    /// # Errors
    /// When the client's properties are wrong.
    pub fn join(kafka: &KafkaConfig, topic: &str, suffix: &str) -> Result<Self, KafkaError> {
        let client: BaseConsumer = client::follower(kafka, suffix)
            .create()
            .map_err(KafkaError::Configuration)?;
        client
            .subscribe(&[topic])
            .map_err(KafkaError::request("to follow the topic"))?;
        Ok(Self {
            client: Arc::new(client),
        })
    }

    /// The next records, at most so many; none where nothing came within a moment.
    ///
    /// # Errors
    /// When Kafka answers with a failure. The client goes on by itself: ask again.
    pub async fn next(&self, most: usize) -> Result<Followed, KafkaError> {
        self.ask("with what changed", move |client| {
            let mut followed = Followed::default();
            let mut wait = WAIT;
            for _ in 0..most {
                let Some(record) = client.poll(wait) else { break };
                let record = record?;
                followed.note(record.topic(), record.partition(), record.offset(), record.key())?;
                wait = Duration::ZERO;
            }
            Ok(followed)
        })
        .await
    }

    /// Keeps that these records are dealt with.
    ///
    /// # Errors
    /// When Kafka does not take it; the records come again to whoever follows next.
    pub async fn seen(&self, followed: Followed) -> Result<(), KafkaError> {
        if followed.places.count() == 0 {
            return Ok(());
        }
        self.ask("to keep the group's place", move |client| {
            client.commit(&followed.places, CommitMode::Sync)
        })
        .await
    }

    /// Leaves the group.
    pub async fn leave(self) {
        // Leaving waits for the group's coordinator.
        let leaving = tokio::task::spawn_blocking(move || drop(self));
        let _ = leaving.await;
    }

    /// Asks Kafka something that blocks, off the async threads.
    async fn ask<T: Send + 'static>(
        &self,
        request: &'static str,
        question: impl FnOnce(&BaseConsumer) -> Result<T, ClientError> + Send + 'static,
    ) -> Result<T, KafkaError> {
        let client = self.client.clone();
        let asking =
            tokio::task::spawn_blocking(move || question(&client).map_err(KafkaError::request(request)));
        asking.await.unwrap_or(Err(KafkaError::Stopped))
    }
}

impl Followed {
    fn note(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
        key: Option<&[u8]>,
    ) -> Result<(), ClientError> {
        let next = Offset::Offset(offset + 1);
        match self.places.find_partition(topic, partition) {
            Some(_) => self.places.set_partition_offset(topic, partition, next)?,
            None => self.places.add_partition_offset(topic, partition, next)?,
        }
        let key = key.map(<[u8]>::to_vec);
        self.keys.extend(key.filter(|key| !self.keys.contains(key)));
        Ok(())
    }
}
