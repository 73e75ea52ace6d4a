//! The consumer: one thread that polls, rebalances and hands records on.
//!
//! A partition that is assigned is paused at once and announced. Whoever claims it calls [`ConsumerHandle::deliver`]
//! with the offset; the thread then unassigns it and assigns it again with that offset, because assigning and then
//! seeking races with the fetcher (librdkafka #3959).

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError as ClientError;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::commits::Commits;
use super::inbox::Inbox;
use super::lanes::Lanes;
use super::listener::{Client, Figures, Identity, Listener};
use super::polling::Polling;
use super::pulse::Pulse;
use super::{KafkaError, client, log, watch};
use crate::config::KafkaConfig;

/// Something that happened to the assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A partition is ours and waits to be claimed.
    Assigned {
        /// Its number.
        partition: i32,
        /// The assignment, for [`ConsumerHandle::deliver`].
        epoch: u64,
    },
    /// A partition went to another, or may have: its inbox is closed.
    Revoked {
        /// Its number.
        partition: i32,
        /// The assignment that has ended.
        epoch: u64,
    },
    /// The log does not hold the offset that is wanted next.
    OutOfRange {
        /// The partition's number.
        partition: i32,
        /// The assignment.
        epoch: u64,
        /// The log's first offset.
        low: i64,
        /// The log's end.
        high: i64,
    },
    /// Another topic has taken the place of the one that was read: whether the log is still the one that the position
    /// stands in has to be looked at.
    Recreated {
        /// The partition's number.
        partition: i32,
        /// The assignment.
        epoch: u64,
    },
    /// The consumer cannot go on at all.
    Fatal(String),
}

/// What the polling thread is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Deliver {
        partition: i32,
        epoch: u64,
        offset: i64,
        inbox: Arc<Inbox>,
    },
    /// Fetches a partition anew, and looks whether records follow up to the log's end.
    Refetch {
        partition: i32,
        epoch: u64,
        end: i64,
    },
    Stop,
}

/// A running consumer and the notices it gives.
#[derive(Debug)]
pub struct Consumer {
    handle: ConsumerHandle,
    notices: UnboundedReceiver<Notice>,
    thread: JoinHandle<()>,
}

/// What tasks do with a running consumer.
#[derive(Debug, Clone)]
pub struct ConsumerHandle {
    commands: Sender<Command>,
    client: WeakClient,
    topic: Arc<str>,
}

#[derive(Clone)]
struct WeakClient(Weak<Client>);

impl std::fmt::Debug for WeakClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WeakClient")
    }
}

impl Consumer {
    /// Joins the group and polls on a thread of its own until [`Consumer::stop`].
    ///
    /// A partition that has offsets waiting and hands no record on for some seconds is fetched anew; one that hands none
    /// on for `stall_timeout` is reported.
    ///
    /// # Errors
    /// When the client's properties are wrong or there is no thread to be had.
    pub fn start(
        kafka: &KafkaConfig,
        stall_timeout: Duration,
        pulse: Arc<Pulse>,
    ) -> Result<Self, KafkaError> {
        let (tell, notices) = unbounded_channel();
        let listener = Listener {
            lanes: Lanes::default(),
            notices: tell,
            pulse,
            figures: Figures::default(),
            identity: Identity::of(&kafka.topic),
        };
        let client: Client = client::consumer(kafka, &own_name(kafka))
            .create_with_context(listener)
            .map_err(KafkaError::Configuration)?;
        client
            .subscribe(&[&kafka.topic])
            .map_err(KafkaError::Configuration)?;
        let client = Arc::new(client);
        let (commands, asked) = channel();
        let topic: Arc<str> = kafka.topic.as_str().into();
        let handle = ConsumerHandle {
            commands,
            client: WeakClient(Arc::downgrade(&client)),
            topic: topic.clone(),
        };
        let looks = watch::start(
            handle.client.0.clone(),
            handle.commands.clone(),
            topic.clone(),
            stall_timeout,
        )?;
        let polling = Polling {
            client,
            asked,
            looks,
            topic,
            commits: Commits::default(),
            stays: kafka.instance_id.is_some(),
            is_cut_off: false,
        };
        let thread = std::thread::Builder::new()
            .name("kafka-poll".to_owned())
            .spawn(move || polling.run())
            .map_err(KafkaError::Thread)?;
        Ok(Self {
            handle,
            notices,
            thread,
        })
    }

    /// What tasks need to use the consumer.
    pub fn handle(&self) -> ConsumerHandle {
        self.handle.clone()
    }

    /// The next notice; `None` when the thread has ended.
    pub async fn notice(&mut self) -> Option<Notice> {
        self.notices.recv().await
    }

    /// Commits what is settled, leaves the group and ends the thread.
    pub async fn stop(self) {
        // A thread that has ended already has left the group.
        let _ = self.handle.commands.send(Command::Stop);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::error!("the Kafka polling thread ended by a panic");
        }
    }
}

/// The member's name in the group. Without a configured one it is this process's alone: after an outage of the brokers
/// the group knows the member again by it, where it would else wait for the former session to run out.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that names members that have no name of their own"
)]
fn own_name(kafka: &KafkaConfig) -> String {
    match &kafka.instance_id {
        Some(name) => name.clone(),
        None => format!("{}-{}", kafka.client_id, uuid::Uuid::new_v4()),
    }
}

impl ConsumerHandle {
    /// Begins to hand a partition's records on from `offset`; nothing happens if the assignment has ended.
    ///
    /// # Errors
    /// When the consumer has stopped.
    pub fn deliver(
        &self,
        partition: i32,
        epoch: u64,
        offset: i64,
        inbox: Arc<Inbox>,
    ) -> Result<(), KafkaError> {
        let command = Command::Deliver {
            partition,
            epoch,
            offset,
            inbox,
        };
        self.commands.send(command).map_err(|_| KafkaError::Stopped)
    }

    /// Notes that everything below `offset` is settled, for the group's advisory commit.
    pub fn settled(&self, partition: i32, epoch: u64, offset: i64) {
        if let Some(client) = self.client.0.upgrade() {
            let mut assigned = client.context().lanes.lock();
            if let Some(lane) = assigned.current(partition, epoch) {
                lane.settled = Some(offset);
            }
        }
    }

    /// How many partitions the topic has.
    ///
    /// # Errors
    /// When Kafka does not answer or the consumer has stopped.
    pub async fn partition_count(&self) -> Result<i32, KafkaError> {
        self.ask("for the topic's partitions", |client, topic| {
            let metadata = client.fetch_metadata(Some(topic), watch::ANSWER)?;
            let count = metadata
                .topics()
                .first()
                .map_or(0, |topic| topic.partitions().len());
            Ok(i32::try_from(count).unwrap_or(i32::MAX))
        })
        .await
    }

    /// What identifies the cluster; the same for as long as it lives. `None` when no broker tells.
    ///
    /// # Errors
    /// When the consumer has stopped.
    pub async fn cluster_id(&self) -> Result<Option<String>, KafkaError> {
        self.ask("for the cluster's id", |client, _| {
            Ok(client.client().fetch_cluster_id(watch::ANSWER))
        })
        .await
    }

    /// A partition's first offset and its end.
    ///
    /// # Errors
    /// When Kafka does not answer or the consumer has stopped.
    pub async fn range(&self, partition: i32) -> Result<(i64, i64), KafkaError> {
        self.ask("for a partition's range", move |client, topic| {
            client.fetch_watermarks(topic, partition, watch::ANSWER)
        })
        .await
    }

    /// The offset of a partition's first record at or after a time in milliseconds since 1970; `None` past its end.
    ///
    /// # Errors
    /// When Kafka does not answer or the consumer has stopped.
    pub async fn offset_at(&self, partition: i32, timestamp_ms: i64) -> Result<Option<i64>, KafkaError> {
        self.ask("for an offset by time", move |client, topic| {
            log::offset_at(client, topic, partition, timestamp_ms)
        })
        .await
    }

    /// Asks Kafka something that blocks, off the async threads.
    async fn ask<T: Send + 'static>(
        &self,
        request: &'static str,
        question: impl FnOnce(&Client, &str) -> Result<T, ClientError> + Send + 'static,
    ) -> Result<T, KafkaError> {
        let (client, topic) = (self.client.0.clone(), self.topic.clone());
        let asking = tokio::task::spawn_blocking(move || {
            let client = client.upgrade().ok_or(KafkaError::Stopped)?;
            question(&client, &topic).map_err(KafkaError::request(request))
        });
        asking.await.unwrap_or(Err(KafkaError::Stopped))
    }
}
