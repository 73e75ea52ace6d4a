//! Dead letters: a record that cannot be applied, as it came, with the reason beside it.

use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::event::{Header, Message};
use crate::store::outbox::OutboxRow;
use crate::store::positions::PartitionKey;

/// The fixed namespace under which ids of dead letters are derived from the records they hold.
const NAMESPACE: Uuid = Uuid::from_u128(0x0d1c_8f4e_72aa_5b3b_8a4e_6465_6164_6c74);

/// The outbox row that sends a record to the dead letter topic: its bytes, key, timestamp and headers as they came, and
/// headers that say where it stood and, by a short `reason` and one plain `sentence`, why it is here.
///
/// The added headers are those that Kafka Connect (`__connect.errors.*`, texts) and Spring (`kafka_dlt-*`, big-endian
/// numbers) write, so that existing tools read them.
pub fn dead_letter(
    topic: &str,
    partition: &PartitionKey,
    message: &Message,
    reason: &str,
    sentence: &str,
) -> OutboxRow {
    let place = format!("{}/{}/{}", partition.topic, partition.partition, message.offset);
    let name = [place.as_bytes(), &fingerprint(message)].concat();
    let mut headers = message.headers.clone();
    headers.extend(connect_headers(partition, message, reason, sentence));
    headers.extend(spring_headers(partition, message, reason, sentence));
    OutboxRow {
        id: Uuid::new_v5(&NAMESPACE, &name),
        aggregatetype: "dead_letter",
        aggregateid: place,
        type_name: "dashloom.v1.DeadLetter",
        payload: message.payload.clone(),
        topic: topic.to_owned(),
        key: message.key.clone(),
        headers,
        timestamp_ms: message.timestamp_ms,
        view_version: None,
    }
}

fn connect_headers(partition: &PartitionKey, message: &Message, reason: &str, sentence: &str) -> [Header; 7] {
    let header = |name: &str, value: String| Header {
        name: format!("__connect.errors.{name}"),
        value: Some(Bytes::from(value)),
    };
    [
        header("topic", partition.topic.clone()),
        header("partition", partition.partition.to_string()),
        header("offset", message.offset.to_string()),
        header("connector.name", "dashloom".to_owned()),
        header("stage", "TASK_PUT".to_owned()),
        header("exception.class.name", reason.to_owned()),
        header("exception.message", sentence.to_owned()),
    ]
}

fn spring_headers(partition: &PartitionKey, message: &Message, reason: &str, sentence: &str) -> Vec<Header> {
    let header = |name: &str, value: Bytes| Header {
        name: format!("kafka_dlt-{name}"),
        value: Some(value),
    };
    let text = |value: &str| Bytes::copy_from_slice(value.as_bytes());
    let mut headers = vec![
        header("original-topic", text(&partition.topic)),
        header(
            "original-partition",
            Bytes::copy_from_slice(&partition.partition.to_be_bytes()),
        ),
        header(
            "original-offset",
            Bytes::copy_from_slice(&message.offset.to_be_bytes()),
        ),
        header("original-consumer-group", text(&partition.group)),
        header("exception-fqcn", text(reason)),
        header("exception-message", text(sentence)),
    ];
    if let Some(timestamp_ms) = message.timestamp_ms {
        headers.push(header(
            "original-timestamp",
            Bytes::copy_from_slice(&timestamp_ms.to_be_bytes()),
        ));
    }
    headers
}

/// SHA-256 over a record's timestamp, key and value, by which it is known again.
pub fn fingerprint(message: &Message) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(message.timestamp_ms.unwrap_or(-1).to_be_bytes());
    for part in [&message.key, &message.payload] {
        let length = part.as_ref().map_or(-1, |bytes| bytes.len() as i64);
        hash.update(length.to_be_bytes());
        hash.update(part.as_deref().unwrap_or_default());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            offset: 41,
            timestamp_ms: Some(1_700_000_000_000),
            key: Some(Bytes::from_static(b"key")),
            payload: Some(Bytes::from_static(b"\x00not an event")),
            headers: vec![Header {
                name: "traceparent".to_owned(),
                value: None,
            }],
        }
    }

    fn partition() -> PartitionKey {
        PartitionKey {
            group: "g".to_owned(),
            topic: "in".to_owned(),
            partition: 3,
        }
    }

    #[test]
    fn a_dead_letter_keeps_the_record_and_says_why() {
        let row = dead_letter(
            "in.dlq",
            &partition(),
            &message(),
            "undecodable",
            "It is not an event.",
        );
        assert_eq!((row.payload, row.key), (message().payload, message().key));
        assert_eq!(row.timestamp_ms, message().timestamp_ms);
        assert_eq!(row.headers[0], message().headers[0]);
        let value = |name: &str| {
            let header = row.headers.iter().find(|header| header.name == name);
            header.and_then(|header| header.value.clone())
        };
        assert_eq!(value("__connect.errors.offset").as_deref(), Some(&b"41"[..]));
        assert_eq!(
            value("__connect.errors.exception.class.name").as_deref(),
            Some(&b"undecodable"[..])
        );
        assert_eq!(
            value("kafka_dlt-original-partition").as_deref(),
            Some(&3_i32.to_be_bytes()[..])
        );
    }

    #[test]
    fn its_id_depends_on_the_record_alone() {
        let id = |message: &Message, reason| dead_letter("in.dlq", &partition(), message, reason, "").id;
        assert_eq!(id(&message(), "undecodable"), id(&message(), "oversized"));
        let other = Message {
            payload: None,
            ..message()
        };
        assert_ne!(id(&message(), "undecodable"), id(&other, "undecodable"));
    }
}
