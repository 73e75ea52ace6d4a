//! Publishing rows: until each is with a broker, or refused for good and kept aside.

use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Relay, RelayError};
use crate::event::{Header, Message};
use crate::kafka::{Delivery, KafkaError, Outgoing, Producer};
use crate::store::outbox::{OutboxRow, Queued};
use crate::store::parked::{self, Wait};
use crate::store::positions::PartitionKey;
use crate::store::{self, CommitError, Role, StoreError};
use crate::telemetry::clock;
use crate::telemetry::metrics::{self, Stage};

/// Why a row's body is kept aside.
const REFUSED: &str = "refused_by_broker";
/// The consumer group under which such bodies are parked: nobody tries them again by himself.
const ASIDE: &str = "dashloom/relay";
/// For how long: until an operator decides.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 86_400);
/// The longest pause between two attempts at an outage.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// The producer and what it needs to be made anew.
pub(super) struct Publisher {
    relay: Relay,
    producer: Producer,
}

impl Publisher {
    pub fn new(relay: &Relay) -> Result<Self, KafkaError> {
        let producer = Producer::new(&relay.kafka, relay.message_bytes)?;
        Ok(Self {
            relay: relay.clone(),
            producer,
        })
    }

    /// Drops whatever is on its way and starts with a new producer.
    pub fn replace(&mut self) {
        self.producer.abandon();
        match Producer::new(&self.relay.kafka, self.relay.message_bytes) {
            Ok(producer) => self.producer = producer,
            Err(error) => tracing::error!(%error, "the producer could not be made anew"),
        }
    }

    /// Publishes rows in order and waits until every one is acknowledged, however long Kafka is away. Gives the dead
    /// letters of those that are refused for good; their bodies are parked.
    ///
    /// # Errors
    /// When `stop` is cancelled before, or the database does not take a refused body.
    pub async fn publish(
        &mut self,
        rows: &[Queued],
        stop: &CancellationToken,
    ) -> Result<Vec<OutboxRow>, RelayError> {
        let mut letters = Vec::new();
        let mut open: Vec<usize> = (0..rows.len()).collect();
        let mut failures: u32 = 0;
        while !open.is_empty() {
            let deliveries = self.send(rows, &open).await;
            for (index, delivery) in open.iter().zip(&deliveries) {
                if let Delivery::Refused(cause) = delivery {
                    let row = &rows[*index];
                    self.keep_aside(row).await?;
                    letters.extend(self.dead_letter(row, cause));
                }
            }
            let failure = deliveries.iter().find_map(|delivery| match delivery {
                Delivery::Failed(cause) => Some(cause.clone()),
                Delivery::Delivered | Delivery::Refused(_) => None,
            });
            open = undelivered(rows, &open, &deliveries);
            let Some(cause) = failure else {
                continue;
            };
            if stop.is_cancelled() {
                return Err(RelayError::Undelivered(cause));
            }
            if failures.is_multiple_of(30) {
                tracing::warn!(
                    cause,
                    rows = open.len(),
                    "Kafka does not take the outbox's rows; they wait"
                );
            }
            failures += 1;
            if self.producer.is_broken() {
                self.replace();
            }
            tokio::time::sleep(Duration::from_millis(50 << failures.min(5)).min(MAX_PAUSE)).await;
        }
        note(rows);
        Ok(letters)
    }

    async fn send(&self, rows: &[Queued], open: &[usize]) -> Vec<Delivery> {
        let spans: Vec<_> = open.iter().filter_map(|index| span(&rows[*index])).collect();
        let outgoing: Vec<Outgoing<'_>> = open.iter().map(|index| outgoing(&rows[*index])).collect();
        let deliveries = self.producer.publish(&outgoing).await;
        drop(spans);
        deliveries
    }

    /// Keeps a refused row's body in the database.
    async fn keep_aside(&self, row: &Queued) -> Result<(), StoreError> {
        let partition = PartitionKey {
            group: ASIDE.to_owned(),
            topic: row.topic.clone(),
            partition: -1,
        };
        let bytes = |part: &Option<Vec<u8>>| part.clone().map(Bytes::from);
        let message = Message {
            offset: row.seq,
            timestamp_ms: row.timestamp_ms,
            key: bytes(&row.key),
            payload: bytes(&row.payload),
            headers: row.headers.clone(),
        };
        let wait = Wait {
            reason: REFUSED,
            workflow_id: None,
            execution_id: None,
            sentence: None,
        };
        let mut client = self.relay.pool.get().await?;
        let tx = store::begin(&mut client, &self.relay.roles, Role::Ingest).await?;
        parked::insert(&tx, &partition, &[(&message, &wait)], FOREVER, FOREVER).await?;
        store::commit(tx).await.map_err(|error| match error {
            CommitError::RolledBack(error) | CommitError::Unknown(error) => StoreError::Postgres(error),
        })
    }

    /// A dead letter without the body; none for a dead letter's own: its body is parked, and that is the end of it.
    fn dead_letter(&self, row: &Queued, cause: &str) -> Option<OutboxRow> {
        metrics::dead_letter(REFUSED);
        tracing::error!(id = %row.id, topic = row.topic, cause, "a broker refuses a record for good; its body is parked");
        row.payload.as_ref()?;
        let mut headers = row.headers.clone();
        let added = [
            ("topic", row.topic.clone()),
            ("connector.name", "dashloom".to_owned()),
            ("stage", "TASK_PUT".to_owned()),
            ("exception.class.name", REFUSED.to_owned()),
            (
                "exception.message",
                format!(
                    "The broker refused the record: {cause}. Its body is parked as {}.",
                    row.seq
                ),
            ),
        ];
        headers.extend(added.map(|(name, value)| Header {
            name: format!("__connect.errors.{name}"),
            value: Some(Bytes::from(value)),
        }));
        Some(OutboxRow {
            id: Uuid::new_v5(&row.id, REFUSED.as_bytes()),
            aggregatetype: "dead_letter",
            aggregateid: row.id.to_string(),
            type_name: "dashloom.v1.DeadLetter",
            payload: None,
            topic: self.relay.kafka.dead_letter_topic.clone(),
            key: row.key.clone().map(Bytes::from),
            headers,
            timestamp_ms: row.timestamp_ms,
            view_version: None,
        })
    }
}

/// What has to be sent again: what failed, and after a failure all that follows it under the same key, so that the
/// newest is also the last.
fn undelivered(rows: &[Queued], open: &[usize], deliveries: &[Delivery]) -> Vec<usize> {
    let mut failed = std::collections::HashSet::new();
    let sent = open.iter().zip(deliveries);
    let again = sent.filter(|(index, delivery)| {
        let row = &rows[**index];
        let place = (&row.topic, &row.key);
        match delivery {
            Delivery::Failed(_) => {
                failed.insert(place);
                true
            }
            Delivery::Delivered => failed.contains(&place),
            Delivery::Refused(_) => false,
        }
    });
    again.map(|(index, _)| *index).collect()
}

fn outgoing(row: &Queued) -> Outgoing<'_> {
    Outgoing {
        topic: &row.topic,
        key: row.key.as_deref(),
        payload: row.payload.as_deref(),
        headers: &row.headers,
        timestamp_ms: row.timestamp_ms,
    }
}

/// The span of a row's publishing, where the row continues a trace.
fn span(row: &Queued) -> Option<tracing::Span> {
    let header = row.headers.iter().find(|header| header.name == "traceparent")?;
    let traceparent = std::str::from_utf8(header.value.as_deref()?).ok()?;
    Some(crate::telemetry::span_from_traceparent(
        "publish",
        Some(traceparent),
    ))
}

/// Records what was published.
fn note(rows: &[Queued]) {
    let now_ms = clock::now_ms();
    for row in rows {
        let waited_ms = u64::try_from(now_ms - row.created_ms).unwrap_or_default();
        metrics::latency(Stage::Publish, Duration::from_millis(waited_ms));
    }
    let letters = rows
        .iter()
        .filter(|row| row.aggregatetype == "dead_letter")
        .count();
    for (kind, count) in [("dead_letter", letters), ("event", rows.len() - letters)] {
        if count > 0 {
            metrics::published(kind, count as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: i64, key: &str) -> Queued {
        Queued {
            seq,
            id: Uuid::nil(),
            aggregatetype: "dashboard_view".to_owned(),
            topic: "out".to_owned(),
            key: Some(key.as_bytes().to_vec()),
            payload: None,
            headers: Vec::new(),
            timestamp_ms: None,
            created_ms: 0,
        }
    }

    #[test]
    fn what_follows_a_failure_under_its_key_is_sent_again() {
        let rows = [row(1, "a"), row(2, "b"), row(3, "a"), row(4, "b")];
        let failed = Delivery::Failed("timed out".to_owned());
        let deliveries = [
            Delivery::Delivered,
            failed.clone(),
            Delivery::Delivered,
            Delivery::Delivered,
        ];
        assert_eq!(undelivered(&rows, &[0, 1, 2, 3], &deliveries), [1, 3]);
        let refused = Delivery::Refused("too large".to_owned());
        assert!(undelivered(&rows, &[1, 3], &[refused, Delivery::Delivered]).is_empty());
    }
}
