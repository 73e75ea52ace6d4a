//! Reading a stretch of one partition from its first offset to its end, apart from any group.
//!
//! A thread of its own polls and waits for whoever takes the records: without a group nobody minds how long it waits,
//! so nothing is paused, and what the client fetches ahead is bounded by its queue.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::Message as _;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::polling::message_of;
use super::{KafkaError, client};
use crate::config::KafkaConfig;
use crate::event::Message;

/// How long a poll waits before it looks whether anybody still reads.
const POLL: Duration = Duration::from_millis(100);
/// The most records handed on at once.
const CHUNK_MESSAGES: usize = 500;
/// The most bytes of values handed on at once, but for a single larger record.
const CHUNK_BYTES: usize = 4 << 20;
/// How many chunks wait to be taken.
const CHUNKS: usize = 3;

/// The records of `[from, end)` of one partition, in order.
#[derive(Debug)]
pub struct Stretch(Receiver<Result<Vec<Message>, KafkaError>>);

impl Stretch {
    /// Begins to read; `end` must not be past the partition's end, see [`super::Log::range`].
    ///
    /// # Errors
    /// When the client's properties are wrong or there is no thread to be had.
    pub fn read(
        kafka: &KafkaConfig,
        topic: &str,
        partition: i32,
        from: i64,
        end: i64,
    ) -> Result<Self, KafkaError> {
        let (hand_on, taken) = channel(CHUNKS);
        if from >= end {
            return Ok(Self(taken));
        }
        let client: BaseConsumer = client::reader(kafka)
            .create()
            .map_err(KafkaError::Configuration)?;
        let mut assignment = TopicPartitionList::new();
        assignment
            .add_partition_offset(topic, partition, Offset::Offset(from))
            .and_then(|()| client.assign(&assignment))
            .map_err(KafkaError::Configuration)?;
        let reading = Reading { client, hand_on, end };
        std::thread::Builder::new()
            .name(format!("kafka-read-{partition}"))
            .spawn(move || reading.run())
            .map_err(KafkaError::Thread)?;
        Ok(Self(taken))
    }

    /// The next records, at least one; `None` when all have been read.
    ///
    /// # Errors
    /// When the log does not hold the stretch any more, or the client has failed for good.
    pub async fn next(&mut self) -> Option<Result<Vec<Message>, KafkaError>> {
        self.0.recv().await
    }

    /// The next records, if they are here already.
    pub fn next_now(&mut self) -> Option<Result<Vec<Message>, KafkaError>> {
        self.0.try_recv().ok()
    }
}

/// The reading thread's own.
struct Reading {
    client: BaseConsumer,
    hand_on: Sender<Result<Vec<Message>, KafkaError>>,
    end: i64,
}

impl Reading {
    /// Reads until the end, or until nobody takes the records any more.
    fn run(self) {
        let mut chunk = Vec::new();
        let mut bytes = 0;
        while !self.hand_on.is_closed() {
            let wait = if chunk.is_empty() { POLL } else { Duration::ZERO };
            let is_last = match self.client.poll(wait) {
                None if chunk.is_empty() => continue,
                None => false,
                Some(Ok(record)) if record.offset() >= self.end => true,
                Some(Ok(record)) => {
                    let message = message_of(&record);
                    let is_last = message.offset + 1 >= self.end;
                    bytes += message.payload.as_ref().map_or(0, bytes::Bytes::len);
                    chunk.push(message);
                    if !is_last && chunk.len() < CHUNK_MESSAGES && bytes < CHUNK_BYTES {
                        continue;
                    }
                    is_last
                }
                // The end was within what can be read when the stretch was chosen, so there is nothing more below it.
                Some(Err(ClientError::PartitionEOF(_))) => true,
                Some(Err(error)) => match fatal(&error) {
                    Some(failure) => {
                        let _ = self.hand_on.blocking_send(Err(failure));
                        return;
                    }
                    None => {
                        tracing::warn!(%error, "Kafka reports a problem; reading goes on");
                        continue;
                    }
                },
            };
            bytes = 0;
            let full = std::mem::take(&mut chunk);
            if !full.is_empty() && self.hand_on.blocking_send(Ok(full)).is_err() || is_last {
                return;
            }
        }
    }
}

/// What ends the reading; brokers that are away come back.
fn fatal(error: &ClientError) -> Option<KafkaError> {
    match error {
        ClientError::MessageConsumptionFatal(code) => Some(KafkaError::Fatal(code.to_string())),
        ClientError::MessageConsumption(
            code @ (RDKafkaErrorCode::AutoOffsetReset
            | RDKafkaErrorCode::OffsetOutOfRange
            | RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownPartition
            | RDKafkaErrorCode::TopicAuthorizationFailed),
        ) => Some(KafkaError::Gone(code.to_string())),
        _ => None,
    }
}
