//! Sending dead letters back to the topic they came from.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::letter::Letter;
use super::letters::Letters;
use super::persist::RepairError;
use crate::config::KafkaConfig;
use crate::event::Header;
use crate::kafka::{Delivery, Outgoing, Producer};

/// The most letters sent and waited for together.
const TOGETHER: usize = 500;
/// The most bytes of values sent and waited for together.
const TOGETHER_BYTES: usize = 16 << 20;

/// How letters are sent back.
#[derive(Debug, Clone)]
pub struct Redrive {
    /// Where the topics are.
    pub kafka: KafkaConfig,
    /// The largest record the producer takes, in bytes.
    pub message_bytes: usize,
    /// Letters that were sent back this many times already are left.
    pub max_attempts: u32,
    /// The most letters a second, at least 1.
    pub per_second: u32,
    /// Whether nothing is sent.
    pub is_dry_run: bool,
}

/// What redriving came to.
#[derive(Debug, Default)]
pub struct Redriven {
    /// How many letters were meant.
    pub letters: u64,
    /// How many were sent, or would be.
    pub sent: u64,
    /// How many have been sent back as often as they may.
    pub exhausted: u64,
    /// How many hold no record: a broker refused theirs, and it is in the database.
    pub without_record: u64,
    /// How many hold a record of another topic than the consumed one.
    pub foreign: u64,
    /// How many brokers refuse for good.
    pub refused: u64,
    /// How many were sent for each reason.
    pub reasons: BTreeMap<String, u64>,
    /// Whether it was stopped before its end.
    pub was_stopped: bool,
}

/// Sends letters back to the consumed topic: bytes, key and headers as they came, and which attempt it is in
/// [`super::ATTEMPT`]. Letters whose record stood in another topic are left: the dead letter topic may be shared. The record gets a new timestamp, so that the topic's retention does not take it at once.
///
/// # Errors
/// See [`RepairError`]; what was sent stays sent, and sending it again does no harm.
pub async fn redrive(
    redrive: &Redrive,
    letters: &mut Letters,
    on_seen: &(dyn Fn(u64) + Sync),
    stop: &CancellationToken,
) -> Result<Redriven, RepairError> {
    let producer = Producer::new(&redrive.kafka, redrive.message_bytes)?;
    let per_second = redrive.per_second.max(1);
    let most = TOGETHER.min((per_second as usize / 2).max(1));
    let mut redriven = Redriven::default();
    let mut due = Instant::now();
    loop {
        let seen = letters.seen;
        let gathering = gather(redrive, letters, most, &mut redriven);
        let part = tokio::select! {
            biased;
            () = stop.cancelled() => {
                redriven.was_stopped = true;
                return Ok(redriven);
            }
            part = gathering => part?,
        };
        on_seen(letters.seen - seen);
        if part.is_empty() {
            return Ok(redriven);
        }
        if redrive.is_dry_run {
            part.iter().for_each(|letter| redriven.count(letter));
            continue;
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => {
                redriven.was_stopped = true;
                return Ok(redriven);
            }
            () = tokio::time::sleep_until(due) => {}
        }
        due = due.max(Instant::now()) + Duration::from_secs_f64(part.len() as f64 / f64::from(per_second));
        send(redrive, &producer, &part, &mut redriven).await?;
    }
}

/// Takes the next letters that can be sent.
async fn gather(
    redrive: &Redrive,
    letters: &mut Letters,
    most: usize,
    redriven: &mut Redriven,
) -> Result<Vec<Letter>, RepairError> {
    let (mut part, mut bytes) = (Vec::new(), 0);
    while part.len() < most && bytes < TOGETHER_BYTES {
        let Some(letter) = letters.next().await? else {
            break;
        };
        redriven.letters += 1;
        if !letter.has_record() {
            redriven.without_record += 1;
        } else if letter.is_of_another(&redrive.kafka.topic) {
            redriven.foreign += 1;
        } else if letter.attempts >= redrive.max_attempts {
            redriven.exhausted += 1;
        } else {
            bytes += letter.record.payload.as_ref().map_or(0, bytes::Bytes::len);
            part.push(letter);
        }
    }
    Ok(part)
}

async fn send(
    redrive: &Redrive,
    producer: &Producer,
    part: &[Letter],
    redriven: &mut Redriven,
) -> Result<(), RepairError> {
    let headers: Vec<Vec<Header>> = part.iter().map(Letter::headers_again).collect();
    let outgoing: Vec<Outgoing<'_>> = part
        .iter()
        .zip(&headers)
        .map(|(letter, headers)| Outgoing {
            topic: &redrive.kafka.topic,
            key: letter.record.key.as_deref(),
            payload: letter.record.payload.as_deref(),
            headers,
            timestamp_ms: None,
        })
        .collect();
    let deliveries = producer.publish(&outgoing).await;
    let mut failure = None;
    for (letter, delivery) in part.iter().zip(deliveries) {
        match delivery {
            Delivery::Delivered => redriven.count(letter),
            Delivery::Refused(cause) => {
                tracing::warn!(place = %letter.place(), cause, "a broker refuses the record for good");
                redriven.refused += 1;
            }
            Delivery::Failed(cause) => failure = Some(cause),
        }
    }
    match failure {
        Some(cause) => Err(RepairError::Undelivered {
            sent: redriven.sent,
            cause,
        }),
        None => Ok(()),
    }
}

impl Redriven {
    fn count(&mut self, letter: &Letter) {
        self.sent += 1;
        *self.reasons.entry(letter.reason.clone()).or_default() += 1;
    }
}
