//! The polling thread: it polls, hands records on, pauses and resumes, and does as it is asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::commits::Commits;
use super::consumer::{Command, Notice};
use super::inbox::Inbox;
use super::lanes::Reception;
use super::listener::{Client, Membership};
use super::watch::Look;
use crate::event::{Header, Message};
use crate::telemetry::metrics;

/// How long one poll may wait; commands wait for it, too.
const POLL: Duration = Duration::from_millis(50);
/// The same while a paused partition waits to be resumed.
const POLL_PAUSED: Duration = Duration::from_millis(5);
/// How long each step of leaving the group may take.
const LEAVE: Duration = Duration::from_secs(2);

/// The polling thread's own.
pub(super) struct Polling {
    pub client: Arc<Client>,
    pub asked: Receiver<Command>,
    pub looks: Sender<Look>,
    pub topic: Arc<str>,
    pub commits: Commits,
    /// Whether the member keeps its place in the group when it stops, for a successor of the same name.
    pub stays: bool,
    /// Whether it has been told that no broker can be reached.
    pub is_cut_off: bool,
}

impl Polling {
    /// Polls until asked to stop; then leaves the group.
    pub fn run(mut self) {
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
                    Command::Refetch {
                        partition,
                        epoch,
                        end,
                    } => self.refetch_if_current(partition, epoch, end),
                    Command::Stop => return self.leave(),
                }
            }
            let paused = self.resume_drained();
            self.commits.send_if_due(&self.client, &self.topic);
            let until = Instant::now() + if paused { POLL_PAUSED } else { POLL };
            while let Some(wait) = whole_millis_until(until) {
                let polled = self.client.poll(wait);
                if self.client.context().identity.has_changed() {
                    self.doubt();
                }
                match polled {
                    Some(Ok(record)) => {
                        self.is_cut_off = false;
                        self.receive(&record);
                    }
                    Some(Err(ClientError::PartitionEOF(partition))) => self.reach_end(partition),
                    Some(Err(error)) => self.complain(&error),
                    None => break,
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
            if let Some(former) = lane.inbox.replace(inbox.clone())
                && !Arc::ptr_eq(&former, &inbox)
            {
                former.close();
            }
            lane.expected = offset;
            lane.claimed = offset;
            lane.gap_checked_at = None;
            lane.probed_to = None;
        }
        self.assign_at(partition, offset);
    }

    /// Fetches anew from the next record on. The log had reached `end` before, so once the client says that it has
    /// fetched everything, what it has not handed on below that is no record.
    fn refetch_if_current(&self, partition: i32, epoch: u64, end: i64) {
        let expected = {
            let mut assigned = self.client.context().lanes.lock();
            let lane = assigned
                .current(partition, epoch)
                .filter(|lane| lane.inbox.is_some());
            lane.map(|lane| {
                lane.probed_to = Some(end);
                lane.next()
            })
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

    /// Hands nothing on any more until the partitions were claimed again.
    fn doubt(&self) {
        let context = self.client.context();
        let mut assigned = context.lanes.lock();
        for (partition, lane) in &mut assigned.lanes {
            if let Some(inbox) = lane.inbox.take() {
                inbox.close();
                context.tell(Notice::Recreated {
                    partition: *partition,
                    epoch: lane.epoch,
                });
            }
        }
    }

    fn reach_end(&self, partition: i32) {
        self.client.context().lanes.lock().reach_end(partition);
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

    fn complain(&mut self, error: &ClientError) {
        match error {
            ClientError::MessageConsumptionFatal(code) => {
                self.client.context().tell(Notice::Fatal(code.to_string()));
            }
            // It does not say which partition: the watcher asks for the ranges of all.
            ClientError::MessageConsumption(
                RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange,
            ) => {
                let _ = self.looks.send(Look::Ranges);
            }
            // An outage is one story.
            ClientError::MessageConsumption(
                RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve,
            ) => {
                if !std::mem::replace(&mut self.is_cut_off, true) {
                    tracing::warn!(%error, "no broker can be reached; the consumer waits");
                }
            }
            other => tracing::warn!(error = %other, "Kafka reports a problem; the consumer goes on"),
        }
    }

    /// Commits, leaves the group while still polling, and ends.
    ///
    /// A client that is about to join does not leave: the group would wait for it until its session runs out. Nor does
    /// one with a name that is closed before it has left. So both are waited for.
    fn leave(self) {
        self.commits.send_last(&self.client, &self.topic);
        if self.stays {
            return;
        }
        let figures = &self.client.context().figures;
        figures.forget();
        self.poll_while(|| matches!(figures.membership(), None | Some(Membership::Joining)));
        self.client.unsubscribe();
        self.poll_while(|| !self.client.context().lanes.lock().lanes.is_empty());
        figures.forget();
        self.poll_while(|| figures.membership() != Some(Membership::Out));
    }

    fn poll_while(&self, waits: impl Fn() -> bool) {
        let until = Instant::now() + LEAVE;
        while Instant::now() < until && waits() {
            let _ = self.client.poll(POLL_PAUSED);
        }
    }
}

/// How long to wait until then, in whole milliseconds and never less than one; `None` once it is over.
///
/// The client waits whole milliseconds and asks again and again for the rest of one.
fn whole_millis_until(until: Instant) -> Option<Duration> {
    let left = until.checked_duration_since(Instant::now())?;
    (!left.is_zero()).then(|| Duration::from_millis(left.as_millis() as u64 + 1))
}

fn one(topic: &str, partition: i32, offset: Offset) -> Result<TopicPartitionList, ClientError> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

/// Copies a record out of the client's memory.
pub(super) fn message_of(record: &BorrowedMessage<'_>) -> Message {
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
