//! The callbacks: what the group's rebalances do to the assignment, at once and without waiting for anything.
//!
//! The client's own callback would drop the result of `incremental_assign`, so this one is ours.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedSender;

use super::consumer::Notice;
use super::heard;
use super::lanes::Lanes;
use super::pulse::Pulse;
use crate::telemetry::metrics::{self, Rebalance};

/// The callbacks' state, shared with the threads.
pub(super) struct Listener {
    pub lanes: Lanes,
    pub notices: UnboundedSender<Notice>,
    pub pulse: Arc<Pulse>,
    pub figures: Figures,
    pub identity: Identity,
}

/// Whether the topic is the one that it was.
#[derive(Debug)]
pub(super) struct Identity {
    topic: String,
    has_changed: AtomicBool,
}

impl Identity {
    pub fn of(topic: &str) -> Self {
        Self {
            topic: topic.to_owned(),
            has_changed: AtomicBool::new(false),
        }
    }

    /// Whether another topic of the same name has taken its place since this was last asked.
    pub fn has_changed(&self) -> bool {
        self.has_changed.swap(false, Ordering::AcqRel)
    }

    /// Takes in what the client says of topics. It goes on in a topic that was made anew where it stood in the former one,
    /// which would be to skip records in silence.
    fn note(&self, message: &str) {
        let mut halves = message.split(" changed id from ");
        let (Some(before), Some(ids)) = (halves.next(), halves.next()) else {
            return;
        };
        let is_ours = before.ends_with(&format!("Topic {}", self.topic));
        if is_ours && !ids.starts_with(UNKNOWN_ID) {
            self.has_changed.store(true, Ordering::Release);
        }
    }
}

/// A topic's id before the client has heard of it.
const UNKNOWN_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// How the client stands to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    /// It is no member, or has left.
    Out,
    /// It is on its way in.
    Joining,
    /// It is a member.
    In,
}

/// How the client stands to the group, as its latest figures say.
#[derive(Debug, Default)]
pub(super) struct Figures(Mutex<Option<Membership>>);

impl Figures {
    /// What the latest figures say since [`Figures::forget`]; `None` when none came.
    pub fn membership(&self) -> Option<Membership> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the figures, for the next ones.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Takes in the client's figures, of which one word is of interest.
    fn note(&self, figures: &[u8]) {
        let name = b"\"join_state\":";
        let Some(at) = figures.windows(name.len()).position(|window| window == name) else {
            return;
        };
        let mut words = figures[at + name.len()..].split(|byte| *byte == b'"');
        let membership = match words.nth(1).unwrap_or_default() {
            b"init" => Membership::Out,
            b"wait-join" | b"wait-metadata" | b"wait-sync" => Membership::Joining,
            _ => Membership::In,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(membership);
    }
}

pub(super) type Client = BaseConsumer<Listener>;

impl ClientContext for Listener {
    /// Called by the client's own thread, before it fetches anything of another topic.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.identity.note(message);
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(facility, message, "Kafka client"),
            RDKafkaLogLevel::Warning => tracing::warn!(facility, message, "Kafka client"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::trace!(facility, message, "Kafka client");
            }
        }
    }

    fn error(&self, error: ClientError, reason: &str) {
        heard::tell(&error, reason);
    }

    fn stats_raw(&self, figures: &[u8]) {
        self.figures.note(figures);
    }
}

impl ConsumerContext for Listener {
    fn rebalance(&self, client: &Client, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(client, list),
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => self.revoke(client, list),
            other => {
                tracing::error!(code = ?other, "the group's rebalance failed");
                self.revoke(client, list);
            }
        }
        let count = self.lanes.lock().lanes.len();
        self.pulse.assigned(count);
        metrics::assigned_partitions(count);
    }

    fn commit_callback(&self, result: rdkafka::error::KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "an advisory commit was refused");
        }
    }
}

impl Listener {
    /// Gives a notice to whoever listens; nobody does any more once the pipeline has stopped.
    pub fn tell(&self, notice: Notice) {
        let _ = self.notices.send(notice);
    }

    /// Takes partitions over, paused: what they are to be read from is not known yet.
    ///
    /// The offset is any absolute one. A logical one (`End`) has to be looked up; when the answer comes after the claim
    /// has assigned the partition anew, the client asks again half a second later and moves on to the log's end.
    fn assign(&self, client: &Client, list: &mut TopicPartitionList) {
        metrics::rebalance(Rebalance::Assigned);
        let partitions: Vec<i32> = list
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect();
        let assigned = list
            .set_all_offsets(Offset::Offset(0))
            .and_then(|()| client.incremental_assign(list))
            .and_then(|()| {
                if partitions.is_empty() {
                    Ok(())
                } else {
                    client.pause(list)
                }
            });
        if let Err(error) = assigned {
            tracing::error!(%error, ?partitions, "partitions could not be assigned");
        }
        tracing::info!(?partitions, "partitions assigned");
        for partition in partitions {
            let epoch = self.lanes.lock().add(partition);
            self.tell(Notice::Assigned { partition, epoch });
        }
    }

    fn revoke(&self, client: &Client, list: &TopicPartitionList) {
        let lost = client.assignment_lost();
        metrics::rebalance(if lost { Rebalance::Lost } else { Rebalance::Revoked });
        let partitions: Vec<i32> = list
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect();
        for &partition in &partitions {
            if let Some(epoch) = self.lanes.lock().remove(partition) {
                self.tell(Notice::Revoked { partition, epoch });
            }
        }
        if let Err(error) = client.incremental_unassign(list) {
            tracing::error!(%error, ?partitions, "partitions could not be given back");
        }
        tracing::info!(?partitions, lost, "partitions revoked");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_was_made_anew_is_another() {
        let identity = Identity::of("in");
        let says = |topic: &str, former: &str| {
            let ids = format!("{former} to 4UZyAZoCQ8KVRjUXWXBaSA");
            identity.note(&format!("[thrd:main]: Topic {topic} changed id from {ids}"));
            identity.has_changed()
        };
        assert!(!says("in", UNKNOWN_ID), "it was not known before");
        assert!(!says("plugin.dlq", "Dd7DDHuoTnSRSoDIUJcqvw"));
        assert!(says("in", "Dd7DDHuoTnSRSoDIUJcqvw"));
        assert!(!identity.has_changed(), "told once");
    }

    #[test]
    fn the_figures_tell_how_the_client_stands_to_the_group() {
        let figures = Figures::default();
        figures.note(br#"{"name":"x","cgrp":{"state":"up","join_state": "wait-sync","rebalance_cnt":1}}"#);
        assert_eq!(figures.membership(), Some(Membership::Joining));
        figures.note(br#"{"cgrp":{ "state":"up", "join_state":"steady" }}"#);
        assert_eq!(figures.membership(), Some(Membership::In));
        figures.note(br#"{"cgrp":{"join_state":"init"}}"#);
        assert_eq!(figures.membership(), Some(Membership::Out));
        figures.forget();
        figures.note(b"{}");
        assert_eq!(figures.membership(), None);
    }
}
