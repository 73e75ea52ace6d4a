//! The consumer: one thread that polls, rebalances and hands records on.
//!
//! A partition that is assigned is paused at once and announced. Whoever claims it calls [`ConsumerHandle::deliver`]
//! with the offset; the thread then unassigns it and assigns it again with that offset, because assigning and then
//! seeking races with the fetcher (librdkafka #3959). The default callback would drop the result of
//! `incremental_assign`, so this one is its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::commits::Commits;
use super::inbox::Inbox;
use super::lanes::{Lanes, Reception};
use super::pulse::Pulse;
use super::watch::{self, Look};
use super::{KafkaError, client};
use crate::config::KafkaConfig;
use crate::event::{Header, Message};
use crate::telemetry::metrics::{self, Rebalance};

/// How long one poll may wait; commands wait for it, too.
const POLL: Duration = Duration::from_millis(50);
/// The same while a paused partition waits to be resumed.
const POLL_PAUSED: Duration = Duration::from_millis(5);
/// How long leaving the group may take.
const LEAVE: Duration = Duration::from_secs(3);

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
    Refetch {
        partition: i32,
        epoch: u64,
    },
    Stop,
}

/// The callbacks' state, shared with the threads.
pub(super) struct Listener {
    pub lanes: Lanes,
    pub notices: UnboundedSender<Notice>,
    pulse: Arc<Pulse>,
}

pub(super) type Client = BaseConsumer<Listener>;

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
    /// A partition that has records waiting and hands none on for `stall_timeout` is fetched anew.
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
        };
        let client: Client = client::consumer(kafka)
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
            let mut times = TopicPartitionList::new();
            times.add_partition_offset(topic, partition, Offset::Offset(timestamp_ms))?;
            let found = client.offsets_for_times(times, watch::ANSWER)?;
            let element = found.find_partition(topic, partition);
            Ok(element.and_then(|element| match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            }))
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

/// The polling thread's own.
struct Polling {
    client: Arc<Client>,
    asked: Receiver<Command>,
    looks: Sender<Look>,
    topic: Arc<str>,
    commits: Commits,
}

impl Polling {
    fn run(mut self) {
        loop {
            self.client.context().pulse.tick();
            while let Ok(command) = self.asked.try_recv() {
                match command {
                    Command::Deliver {
                        partition,
                        epoch,
                        offset,
                        inbox,
                    } => {
                        self.deliver(partition, epoch, offset, inbox);
                    }
                    Command::Refetch { partition, epoch } => self.refetch_if_current(partition, epoch),
                    Command::Stop => return self.leave(),
                }
            }
            let paused = self.resume_drained();
            self.commits.send_if_due(&self.client, &self.topic);
            let until = Instant::now() + if paused { POLL_PAUSED } else { POLL };
            while let Some(polled) = self.client.poll(until.saturating_duration_since(Instant::now())) {
                match polled {
                    Ok(record) => self.receive(&record),
                    Err(error) => self.complain(&error),
                }
                if Instant::now() >= until {
                    break;
                }
            }
        }
    }

    fn deliver(&self, partition: i32, epoch: u64, offset: i64, inbox: Arc<Inbox>) {
        {
            let mut assigned = self.client.context().lanes.lock();
            let Some(lane) = assigned.current(partition, epoch) else {
                return inbox.close();
            };
            if let Some(former) = lane.inbox.replace(inbox) {
                former.close();
            }
            lane.expected = offset;
            lane.gap_checked_at = None;
        }
        self.assign_at(partition, offset);
    }

    fn refetch_if_current(&self, partition: i32, epoch: u64) {
        let expected = {
            let mut assigned = self.client.context().lanes.lock();
            let lane = assigned
                .current(partition, epoch)
                .filter(|lane| lane.inbox.is_some());
            lane.map(|lane| lane.expected)
        };
        if let Some(offset) = expected {
            self.assign_at(partition, offset);
        }
    }

    /// Drops what was fetched of a partition and fetches from `offset`.
    fn assign_at(&self, partition: i32, offset: i64) {
        let assigned = one(&self.topic, partition, Offset::Offset(offset)).and_then(|list| {
            self.client.incremental_unassign(&list)?;
            self.client.incremental_assign(&list)?;
            self.client.resume(&list)
        });
        let mut lanes = self.client.context().lanes.lock();
        if let Some(lane) = lanes.lanes.get_mut(&partition) {
            lane.paused = false;
            lane.flowing = false;
        }
        drop(lanes);
        if let Err(error) = assigned {
            tracing::error!(partition, offset, %error, "a partition could not be assigned with its offset");
        }
    }

    fn receive(&self, record: &BorrowedMessage<'_>) {
        let (partition, offset) = (record.partition(), record.offset());
        let reception = self
            .client
            .context()
            .lanes
            .lock()
            .receive(partition, offset, || message_of(record));
        match reception {
            Reception::Taken | Reception::Stale => {}
            Reception::Full => {
                let paused =
                    one(&self.topic, partition, Offset::Invalid).and_then(|list| self.client.pause(&list));
                if let Err(error) = paused {
                    tracing::warn!(partition, %error, "a partition could not be paused");
                }
            }
            Reception::Refetch(expected) => {
                tracing::info!(
                    partition,
                    expected,
                    offset,
                    "offsets are missing; they are fetched once more"
                );
                self.assign_at(partition, expected);
            }
        }
    }

    /// Resumes the paused partitions whose inbox has room again; gives whether any is still paused.
    fn resume_drained(&self) -> bool {
        let mut lanes = self.client.context().lanes.lock();
        let mut paused = 0;
        for (partition, lane) in &mut lanes.lanes {
            if !lane.paused {
                continue;
            }
            let has_room = lane.inbox.as_ref().is_some_and(|inbox| inbox.has_room());
            let resumed = has_room
                && one(&self.topic, *partition, Offset::Invalid)
                    .and_then(|list| self.client.resume(&list))
                    .is_ok();
            lane.paused = !resumed;
            paused += usize::from(!resumed);
        }
        metrics::paused_partitions(paused);
        paused > 0
    }

    fn complain(&self, error: &ClientError) {
        match error {
            ClientError::MessageConsumptionFatal(code) => {
                tell(self.client.context(), Notice::Fatal(code.to_string()));
            }
            // It does not say which partition: the watcher asks for the ranges of all.
            ClientError::MessageConsumption(
                RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange,
            ) => {
                let _ = self.looks.send(Look::Ranges);
            }
            other => tracing::warn!(error = %other, "Kafka reports a problem; the consumer goes on"),
        }
    }

    /// Commits, leaves the group while still polling, and ends.
    fn leave(self) {
        self.commits.send_last(&self.client, &self.topic);
        self.client.unsubscribe();
        let until = Instant::now() + LEAVE;
        while Instant::now() < until && !self.client.context().lanes.lock().lanes.is_empty() {
            let _ = self.client.poll(POLL_PAUSED);
        }
    }
}

pub(super) fn one(topic: &str, partition: i32, offset: Offset) -> Result<TopicPartitionList, ClientError> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

fn tell(listener: &Listener, notice: Notice) {
    // Nobody listens any more once the pipeline has stopped.
    let _ = listener.notices.send(notice);
}

/// Copies a record out of the client's memory.
fn message_of(record: &BorrowedMessage<'_>) -> Message {
    let bytes = |part: Option<&[u8]>| part.map(Bytes::copy_from_slice);
    Message {
        offset: record.offset(),
        timestamp_ms: record.timestamp().to_millis(),
        key: bytes(record.key()),
        payload: bytes(record.payload()),
        headers: headers_of(record),
    }
}

/// The client panics on a header whose name is not UTF-8; such a record's headers are left out.
fn headers_of(record: &BorrowedMessage<'_>) -> Vec<Header> {
    let Some(headers) = record.headers() else {
        return Vec::new();
    };
    let read = || {
        let all = headers.iter().map(|header| Header {
            name: header.key.to_owned(),
            value: header.value.map(Bytes::copy_from_slice),
        });
        all.collect()
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        tracing::warn!(
            offset = record.offset(),
            "a record's headers have a name that is not UTF-8; they are left out"
        );
        Vec::new()
    })
}

impl ClientContext for Listener {
    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(%error, reason, "Kafka client");
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
    /// Takes partitions over, paused: what they are to be read from is not known yet.
    fn assign(&self, client: &Client, list: &mut TopicPartitionList) {
        metrics::rebalance(Rebalance::Assigned);
        let partitions: Vec<i32> = list
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect();
        let assigned = list
            .set_all_offsets(Offset::End)
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
            tell(self, Notice::Assigned { partition, epoch });
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
                tell(self, Notice::Revoked { partition, epoch });
            }
        }
        if let Err(error) = client.incremental_unassign(list) {
            tracing::error!(%error, ?partitions, "partitions could not be given back");
        }
        tracing::info!(?partitions, lost, "partitions revoked");
    }
}
