//! The producer: idempotent, in order, and waited for as a whole.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{DeliveryResult, Header as ClientHeader, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, PurgeConfig, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use tokio::sync::Notify;

use super::{KafkaError, client, heard};
use crate::config::KafkaConfig;
use crate::event::Header;

/// How long to wait for the client's queue to empty a little.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(2);

/// A record to publish.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The topic it goes to.
    pub topic: &'a str,
    /// Its key, which decides the partition.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub payload: Option<&'a [u8]>,
    /// Its headers in their order.
    pub headers: &'a [Header],
    /// Its timestamp in milliseconds since 1970; now where `None`.
    pub timestamp_ms: Option<i64>,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Every replica in sync has it.
    Delivered,
    /// It will never be taken: too large, or invalid. The reason, in Kafka's words.
    Refused(String),
    /// It was not acknowledged, but may be there all the same. The reason, in Kafka's words.
    Failed(String),
}

/// An idempotent producer; one call of [`Producer::publish`] at a time.
pub struct Producer(ThreadedProducer<Receipts>);

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Producer")
    }
}

impl Producer {
    /// A producer that takes records of up to `message_bytes`.
    ///
    /// # Errors
    /// When the client's properties are wrong.
    pub fn new(kafka: &KafkaConfig, message_bytes: usize) -> Result<Self, KafkaError> {
        client::producer(kafka, message_bytes)
            .create_with_context(Receipts::default())
            .map(Self)
            .map_err(KafkaError::Configuration)
    }

    /// Publishes records, those of one key in the given order, and waits until it is known what became of each.
    ///
    /// Takes as long as the delivery timeout at most. When the future is dropped the records are on their way all the
    /// same; [`Producer::abandon`] stops them.
    pub async fn publish(&self, records: &[Outgoing<'_>]) -> Vec<Delivery> {
        let receipts = self.0.client().context().clone();
        let round = receipts.open(records.len());
        for (index, record) in records.iter().enumerate() {
            if let Err(error) = self.send(record, round, index).await {
                receipts.note(round, index, verdict(&error));
            }
        }
        receipts.complete().await
    }

    /// Whether the client has given up for good and must be replaced.
    pub fn is_broken(&self) -> bool {
        self.0.client().fatal_error().is_some()
    }

    /// Drops whatever has not reached a broker yet.
    pub fn abandon(&self) {
        self.0.purge(PurgeConfig::default().queue().inflight());
    }

    async fn send(&self, record: &Outgoing<'_>, round: u32, index: usize) -> Result<(), ClientError> {
        let mut next = BaseRecord::<[u8], [u8], usize>::with_opaque_to(record.topic, opaque(round, index))
            .headers(headers(record.headers));
        next.key = record.key;
        next.payload = record.payload;
        next.timestamp = record.timestamp_ms;
        loop {
            match self.0.send(next) {
                Ok(()) => return Ok(()),
                Err((ClientError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    next = back;
                    tokio::time::sleep(QUEUE_FULL_PAUSE).await;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }
}

fn headers(headers: &[Header]) -> OwnedHeaders {
    headers
        .iter()
        .fold(OwnedHeaders::new_with_capacity(headers.len()), |all, header| {
            all.insert(ClientHeader {
                key: &header.name,
                value: header.value.as_deref(),
            })
        })
}

/// What an error says about a record. Whatever may pass by itself is a failure and not a refusal.
fn verdict(error: &ClientError) -> Delivery {
    match error {
        ClientError::MessageProduction(
            code @ (RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidMessageSize
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::InvalidTimestamp
            | RDKafkaErrorCode::PolicyViolation),
        ) => Delivery::Refused(code.to_string()),
        other => Delivery::Failed(other.to_string()),
    }
}

/// Round and index in one word, so that a late report of an earlier round is known as such.
fn opaque(round: u32, index: usize) -> usize {
    (round as usize) << 32 | index
}

/// Collects the delivery reports of one round.
#[derive(Debug, Default)]
struct Receipts {
    round: Mutex<Round>,
    completed: Notify,
}

#[derive(Debug, Default)]
struct Round {
    number: u32,
    deliveries: Vec<Option<Delivery>>,
    open: usize,
}

impl Receipts {
    fn open(&self, count: usize) -> u32 {
        let mut round = self.lock();
        let number = round.number.wrapping_add(1);
        *round = Round {
            number,
            deliveries: vec![None; count],
            open: count,
        };
        number
    }

    fn note(&self, number: u32, index: usize, delivery: Delivery) {
        let mut round = self.lock();
        if round.number != number {
            return;
        }
        if let Some(slot @ None) = round.deliveries.get_mut(index) {
            *slot = Some(delivery);
            round.open -= 1;
        }
        if round.open == 0 {
            self.completed.notify_one();
        }
    }

    /// Waits for the last report.
    async fn complete(&self) -> Vec<Delivery> {
        loop {
            {
                let mut round = self.lock();
                if round.open == 0 {
                    return std::mem::take(&mut round.deliveries)
                        .into_iter()
                        .flatten()
                        .collect();
                }
            }
            self.completed.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Receipts {
    fn error(&self, error: ClientError, reason: &str) {
        heard::tell(&error, reason);
    }
}

impl ProducerContext for Receipts {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        let delivery = match result {
            Ok(_) => Delivery::Delivered,
            Err((error, _)) => verdict(error),
        };
        let number = u32::try_from(opaque >> 32).unwrap_or_default();
        self.note(number, opaque & 0xffff_ffff, delivery);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_is_complete_with_its_last_report_and_ignores_earlier_rounds() {
        let receipts = Receipts::default();
        let first = receipts.open(1);
        let second = receipts.open(2);
        receipts.note(first, 0, Delivery::Failed("late".to_owned()));
        receipts.note(second, 1, Delivery::Refused("too large".to_owned()));
        receipts.note(second, 0, Delivery::Delivered);
        let deliveries = receipts.complete().await;
        assert_eq!(
            deliveries,
            [Delivery::Delivered, Delivery::Refused("too large".to_owned())]
        );
    }

    #[tokio::test]
    async fn an_empty_round_is_complete() {
        let receipts = Receipts::default();
        receipts.open(0);
        assert!(receipts.complete().await.is_empty());
    }

    #[test]
    fn an_outage_refuses_nothing() {
        let of = |code| verdict(&ClientError::MessageProduction(code));
        assert!(matches!(
            of(RDKafkaErrorCode::MessageTimedOut),
            Delivery::Failed(_)
        ));
        assert!(matches!(of(RDKafkaErrorCode::UnknownTopic), Delivery::Failed(_)));
        assert!(matches!(
            of(RDKafkaErrorCode::MessageSizeTooLarge),
            Delivery::Refused(_)
        ));
    }
}
