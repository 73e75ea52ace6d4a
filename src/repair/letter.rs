//! A dead letter, taken apart into the record it holds and what was added to it.

use bytes::Bytes;

use crate::event::{self, Decoded, Header, Message};
use crate::ids::{ExecutionId, WorkflowId};

/// The header that counts how often a record was sent back.
pub const ATTEMPT: &str = "dashloom-redrive-attempt";
/// What the names of added headers begin with, see `pipeline::dead_letter`.
const CONNECT: &str = "__connect.errors.";
const SPRING: &str = "kafka_dlt-";

/// A dead letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its partition in the dead letter topic.
    pub partition: i32,
    /// The record it holds: bytes, key, timestamp and headers as they came; the offset is the letter's own.
    pub record: Message,
    /// Why it is here, in snake_case.
    pub reason: String,
    /// Why it is here, in one sentence.
    pub sentence: String,
    /// Where the record stood.
    pub origin: Option<Origin>,
    /// How often it was sent back before.
    pub attempts: u32,
    /// The record's workflow, where it or its key tells.
    pub workflow_id: Option<WorkflowId>,
    /// The record's execution, where it tells.
    pub execution_id: Option<ExecutionId>,
}

/// Where a record stood that became a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

impl Letter {
    /// Takes a record of the dead letter topic apart.
    pub fn read(partition: i32, mut message: Message) -> Self {
        let added = added_from(&message.headers);
        let added = message.headers.split_off(added);
        let text = |name: &str| {
            let header = added
                .iter()
                .find(|header| header.name == format!("{CONNECT}{name}"))?;
            String::from_utf8(header.value.as_ref()?.to_vec()).ok()
        };
        let origin = || {
            Some(Origin {
                topic: text("topic")?,
                partition: text("partition")?.parse().ok()?,
                offset: text("offset")?.parse().ok()?,
            })
        };
        let attempts = message.headers.iter().rfind(|header| header.name == ATTEMPT);
        let attempts = attempts
            .and_then(|header| std::str::from_utf8(header.value.as_ref()?).ok()?.parse().ok())
            .unwrap_or(0);
        let (workflow_id, execution_id) = identify(&message);
        Self {
            partition,
            reason: text("exception.class.name").unwrap_or_else(|| "unknown".to_owned()),
            sentence: text("exception.message").unwrap_or_default(),
            origin: origin(),
            attempts,
            workflow_id,
            execution_id,
            record: message,
        }
    }

    /// The headers it is sent back with: its own, and which attempt this is.
    pub fn headers_again(&self) -> Vec<Header> {
        let own = self.record.headers.iter().filter(|header| header.name != ATTEMPT);
        let mut headers: Vec<Header> = own.cloned().collect();
        headers.push(Header {
            name: ATTEMPT.to_owned(),
            value: Some(Bytes::from((self.attempts + 1).to_string())),
        });
        headers
    }

    /// Whether its record is known to have stood in another topic than this one.
    pub fn is_of_another(&self, topic: &str) -> bool {
        self.origin.as_ref().is_some_and(|origin| origin.topic != topic)
    }

    /// Whether it holds a record at all; a letter about one that a broker refused does not.
    pub fn has_record(&self) -> bool {
        self.record.payload.is_some()
    }
}

/// Where the added headers begin: at the last header that names the topic, if nothing but added ones follows it. A
/// record may have brought headers of the same names along from another connector.
fn added_from(headers: &[Header]) -> usize {
    let is_added = |header: &Header| header.name.starts_with(CONNECT) || header.name.starts_with(SPRING);
    let first = headers
        .iter()
        .rposition(|header| header.name.strip_prefix(CONNECT) == Some("topic"));
    match first {
        Some(first) if headers[first..].iter().all(is_added) => first,
        _ => headers.len(),
    }
}

fn identify(record: &Message) -> (Option<WorkflowId>, Option<ExecutionId>) {
    let key = || {
        let key = std::str::from_utf8(record.key.as_deref()?).ok()?;
        key.trim().parse().ok()
    };
    match event::decode(record) {
        Ok(Decoded::Execution(execution)) => (Some(execution.workflow_id), Some(execution.id)),
        Ok(Decoded::Tombstone) => (key(), None),
        Err(error) => (error.workflow_id().or_else(key), error.execution_id()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{PartitionKey, dead_letter};
    use crate::store::outbox::OutboxRow;

    fn record() -> Message {
        let header = |name: &str, value: &'static str| Header {
            name: name.to_owned(),
            value: Some(Bytes::from_static(value.as_bytes())),
        };
        Message {
            offset: 41,
            timestamp_ms: Some(1_700_000_000_000),
            key: Some(Bytes::from_static(b"6b1f53c6-2f0e-4d0a-9c36-7d6173686c6f")),
            payload: Some(Bytes::from_static(b"\x00not an event")),
            headers: vec![
                header("ce_id", "a"),
                header("__connect.errors.topic", "another's"),
                header("b", ""),
            ],
        }
    }

    fn letter_of(record: &Message) -> Letter {
        let partition = PartitionKey {
            group: "g".to_owned(),
            topic: "in".to_owned(),
            partition: 3,
        };
        let OutboxRow {
            headers,
            key,
            payload,
            timestamp_ms,
            ..
        } = dead_letter("in.dlq", &partition, record, "undecodable", "It is not an event.");
        let message = Message {
            offset: 7,
            timestamp_ms,
            key,
            payload,
            headers,
        };
        Letter::read(1, message)
    }

    #[test]
    fn a_letter_gives_the_record_back_as_it_came() {
        let letter = letter_of(&record());
        assert_eq!(letter.record.headers, record().headers);
        assert_eq!(
            (&letter.record.key, &letter.record.payload),
            (&record().key, &record().payload)
        );
        assert_eq!((letter.reason.as_str(), letter.attempts), ("undecodable", 0));
        assert_eq!(
            letter.origin,
            Some(Origin {
                topic: "in".to_owned(),
                partition: 3,
                offset: 41
            })
        );
        assert!(letter.workflow_id.is_some(), "its key tells");
        assert!(letter.has_record());
        assert!(letter.is_of_another("elsewhere") && !letter.is_of_another("in"));
    }

    #[test]
    fn each_attempt_is_counted_once() {
        let once = Message {
            headers: letter_of(&record()).headers_again(),
            ..record()
        };
        let twice = letter_of(&once).headers_again();
        let attempts: Vec<&Header> = twice.iter().filter(|header| header.name == ATTEMPT).collect();
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].value.as_deref(), Some(&b"2"[..]));
        assert_eq!(twice[..3], record().headers[..]);
    }

    #[test]
    fn a_record_that_is_no_letter_of_ours_is_kept_whole() {
        let letter = Letter::read(0, record());
        assert_eq!(letter.record.headers, record().headers);
        assert_eq!(letter.reason, "unknown");
    }
}
