//! Publishing rows: until each is with a broker, or refused for good and kept aside.

use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Relay, RelayError};
use crate::event::Header;
use crate::kafka::{Delivery, KafkaError, Outgoing, Producer};
use crate::store::outbox::{OutboxRow, Queued};
use crate::telemetry::clock;
use crate::telemetry::metrics::{self, Stage};

/// The reason of a dead letter for a record that a broker does not take.
pub(super) const REFUSED: &str = "refused_by_broker";
/// The longest pause between two attempts at an outage.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// A row whose record is never taken by a broker.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    /// Its sequence number.
    pub seq: i64,
    /// Why, in the broker's words.
    pub cause: String,
    /// The dead letter without its body; none for a dead letter that had no body already: that is the end of it.
    pub letter: Option<OutboxRow>,
}

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

    /// Publishes rows in order and waits until every one is acknowledged or refused for good, however long Kafka is away;
    /// gives the refused ones.
    ///
    /// # Errors
    /// When `stop` is cancelled before.
    pub async fn publish(
        &mut self,
        rows: &[Queued],
        stop: &CancellationToken,
    ) -> Result<Vec<Refused>, RelayError> {
        let mut refused = Vec::new();
        let mut open: Vec<usize> = (0..rows.len()).collect();
        // A broker refuses what was sent together for one record's sake: only a record sent alone is refused for good.
        let mut alone = rows.len() == 1;
        let mut failures: u32 = 0;
        while !open.is_empty() {
            let deliveries = match alone {
                true => self.send_alone(rows, &open).await,
                false => self.send(rows, &open).await,
            };
            let mut failure = None;
            let mut doubtful = false;
            for (index, delivery) in open.iter().zip(&deliveries) {
                match delivery {
                    Delivery::Refused(cause) if alone => refused.push(self.refuse(&rows[*index], cause)),
                    Delivery::Refused(_) => doubtful = true,
                    Delivery::Failed(cause) => failure = Some(cause.clone()),
                    Delivery::Delivered => {}
                }
            }
            open = undelivered(rows, &open, &deliveries, alone);
            alone = doubtful || open.len() == 1;
            let Some(cause) = failure else {
                continue;
            };
            if stop.is_cancelled() {
                return Err(RelayError::Undelivered(cause));
            }
            self.wait(&cause, open.len(), failures).await;
            failures += 1;
        }
        note(rows, &refused);
        Ok(refused)
    }

    /// Waits before what failed is sent again.
    async fn wait(&mut self, cause: &str, rows: usize, failures: u32) {
        if failures.is_multiple_of(30) {
            tracing::warn!(cause, rows, "Kafka does not take the outbox's rows; they wait");
        }
        metrics::retry("kafka");
        if self.producer.is_broken() {
            self.replace();
        }
        tokio::time::sleep(Duration::from_millis(50 << failures.min(5)).min(MAX_PAUSE)).await;
    }

    async fn send(&self, rows: &[Queued], open: &[usize]) -> Vec<Delivery> {
        let spans: Vec<_> = open.iter().filter_map(|index| span(&rows[*index])).collect();
        let outgoing: Vec<Outgoing<'_>> = open.iter().map(|index| outgoing(&rows[*index])).collect();
        let deliveries = self.producer.publish(&outgoing).await;
        drop(spans);
        deliveries
    }

    /// Sends one after the other; what follows a failure is not sent and counts as failed.
    async fn send_alone(&self, rows: &[Queued], open: &[usize]) -> Vec<Delivery> {
        let mut deliveries = Vec::with_capacity(open.len());
        for index in open {
            deliveries.extend(self.send(rows, &[*index]).await);
            if let Some(Delivery::Failed(cause)) = deliveries.last() {
                deliveries.resize(open.len(), Delivery::Failed(cause.clone()));
                break;
            }
        }
        deliveries
    }

    fn refuse(&self, row: &Queued, cause: &str) -> Refused {
        tracing::error!(
            id = %row.id,
            topic = row.topic,
            seq = row.seq,
            cause,
            "a broker refuses a record for good; it stays in dashloom.refused"
        );
        Refused {
            seq: row.seq,
            cause: cause.to_owned(),
            letter: self.dead_letter(row, cause),
        }
    }

    fn dead_letter(&self, row: &Queued, cause: &str) -> Option<OutboxRow> {
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
                    "The broker refused the record: {cause}. Its body is in dashloom.refused under seq {}.",
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

/// What has to be sent again: what failed, or was refused in company, and all that follows it under the same key, so that
/// the newest is also the last.
fn undelivered(rows: &[Queued], open: &[usize], deliveries: &[Delivery], alone: bool) -> Vec<usize> {
    let mut failed = std::collections::HashSet::new();
    let sent = open.iter().zip(deliveries);
    let again = sent.filter(|(index, delivery)| {
        let row = &rows[**index];
        let place = (&row.topic, &row.key);
        match delivery {
            Delivery::Refused(_) if alone => false,
            Delivery::Failed(_) | Delivery::Refused(_) => {
                failed.insert(place);
                true
            }
            Delivery::Delivered => failed.contains(&place),
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
fn note(rows: &[Queued], refused: &[Refused]) {
    let rows: Vec<&Queued> = rows
        .iter()
        .filter(|row| refused.iter().all(|refused| refused.seq != row.seq))
        .collect();
    let now_ms = clock::now_ms();
    for row in &rows {
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
        assert_eq!(undelivered(&rows, &[0, 1, 2, 3], &deliveries, false), [1, 3]);
    }

    #[test]
    fn only_what_was_refused_alone_is_refused_for_good() {
        let rows = [row(1, "a"), row(2, "a"), row(3, "b")];
        let refused = Delivery::Refused("too large".to_owned());
        let deliveries = [refused.clone(), Delivery::Delivered, refused];
        assert_eq!(undelivered(&rows, &[0, 1, 2], &deliveries, false), [0, 1, 2]);
        assert!(undelivered(&rows, &[0, 1, 2], &deliveries, true).is_empty());
    }
}
