//! The bounded queue between the polling thread and a partition's loop.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::event::Message;

/// A partition's records on their way from the polling thread to the partition's loop.
#[derive(Debug)]
pub struct Inbox {
    queue: Mutex<Queue>,
    arrived: Notify,
    max_messages: usize,
    max_bytes: usize,
}

/// What a partition's loop takes.
#[derive(Debug)]
pub enum Taken {
    /// Records, at least one, by offset ascending.
    Records(Vec<Message>),
    /// No record follows below this offset: the log holds markers of transactions and aborted records only.
    Void(i64),
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    /// No record follows those there are below this offset.
    void: Option<i64>,
    bytes: usize,
    closed: bool,
}

impl Inbox {
    /// An empty inbox that is full at either limit. It takes what is pushed beyond them all the same.
    pub fn new(max_messages: usize, max_bytes: usize) -> Self {
        Self {
            queue: Mutex::default(),
            arrived: Notify::new(),
            max_messages,
            max_bytes,
        }
    }

    /// Waits for records and takes what has arrived, up to `max_messages` and `max_bytes` of values and keys, but at
    /// least one; after the last of them, that none follows, where that is known. `None` once the inbox is closed; what
    /// was still in it is dropped then.
    ///
    /// Only one task may wait. Cancelling the wait loses nothing.
    pub async fn take(&self, max_messages: usize, max_bytes: usize) -> Option<Taken> {
        loop {
            {
                let mut queue = self.lock();
                if queue.closed {
                    return None;
                }
                let taken = queue.take(max_messages, max_bytes);
                if !taken.is_empty() {
                    return Some(Taken::Records(taken));
                }
                if let Some(end) = queue.void.take() {
                    return Some(Taken::Void(end));
                }
            }
            self.arrived.notified().await;
        }
    }

    /// Closes the inbox: its partition is not ours any more, or the service stops.
    pub fn close(&self) {
        let mut queue = self.lock();
        *queue = Queue {
            closed: true,
            ..Queue::default()
        };
        drop(queue);
        self.arrived.notify_one();
    }

    /// Adds a record; `true` when the inbox is full now.
    pub(super) fn push(&self, message: Message) -> bool {
        let mut queue = self.lock();
        if queue.closed {
            return false;
        }
        // It tells of the offsets before it itself.
        queue.void = None;
        queue.bytes += size(&message);
        queue.messages.push_back(message);
        let full = queue.messages.len() >= self.max_messages || queue.bytes >= self.max_bytes;
        drop(queue);
        self.arrived.notify_one();
        full
    }

    /// Notes that no record follows below an offset.
    pub(super) fn push_void(&self, end: i64) {
        let mut queue = self.lock();
        if !queue.closed {
            queue.void = Some(end);
        }
        drop(queue);
        self.arrived.notify_one();
    }

    /// Whether less than half of either limit is taken, so that fetching may go on.
    pub(super) fn has_room(&self) -> bool {
        let queue = self.lock();
        queue.messages.len() <= self.max_messages / 2 && queue.bytes <= self.max_bytes / 2
    }

    /// Whether nothing waits in it.
    pub fn is_empty(&self) -> bool {
        let queue = self.lock();
        queue.messages.is_empty() && queue.void.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn take(&mut self, max_messages: usize, max_bytes: usize) -> Vec<Message> {
        let mut bytes = 0;
        let fitting = self
            .messages
            .iter()
            .take(max_messages)
            .take_while(|message| {
                bytes += size(message);
                bytes <= max_bytes
            })
            .count();
        let count = fitting.max(1).min(self.messages.len());
        let taken: Vec<Message> = self.messages.drain(..count).collect();
        self.bytes -= taken.iter().map(size).sum::<usize>();
        taken
    }
}

fn size(message: &Message) -> usize {
    let length = |part: &Option<bytes::Bytes>| part.as_ref().map_or(0, |bytes| bytes.len());
    length(&message.payload) + length(&message.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn message(offset: i64, size: usize) -> Message {
        Message {
            offset,
            timestamp_ms: None,
            key: None,
            payload: Some(Bytes::from(vec![0; size])),
            headers: Vec::new(),
        }
    }

    async fn offsets(inbox: &Inbox, messages: usize, bytes: usize) -> Vec<i64> {
        match inbox.take(messages, bytes).await.unwrap() {
            Taken::Records(taken) => taken.iter().map(|message| message.offset).collect(),
            Taken::Void(end) => panic!("no record below {end}"),
        }
    }

    #[tokio::test]
    async fn what_has_arrived_is_taken_up_to_the_caps() {
        let inbox = Inbox::new(10, 1000);
        for offset in 0..4 {
            inbox.push(message(offset, 30));
        }
        assert_eq!(offsets(&inbox, 2, 1000).await, [0, 1]);
        assert_eq!(offsets(&inbox, 10, 10).await, [2], "at least one, however large");
        assert_eq!(offsets(&inbox, 10, 1000).await, [3]);
    }

    #[tokio::test]
    async fn a_full_inbox_has_room_again_when_half_of_it_is_taken() {
        let inbox = Inbox::new(4, 1000);
        let full: Vec<bool> = (0..4).map(|offset| inbox.push(message(offset, 1))).collect();
        assert_eq!(full, [false, false, false, true]);
        assert!(!inbox.has_room());
        inbox.take(2, 1000).await.unwrap();
        assert!(inbox.has_room());
    }

    #[tokio::test]
    async fn that_no_record_follows_is_told_after_the_last_one_and_forgotten_with_the_next() {
        let inbox = Inbox::new(4, 1000);
        inbox.push(message(0, 1));
        inbox.push_void(3);
        assert_eq!(offsets(&inbox, 4, 1000).await, [0]);
        assert!(!inbox.is_empty());
        assert!(matches!(inbox.take(4, 1000).await, Some(Taken::Void(3))));
        inbox.push_void(5);
        inbox.push(message(6, 1));
        assert_eq!(offsets(&inbox, 4, 1000).await, [6]);
        assert!(inbox.is_empty());
    }

    #[tokio::test]
    async fn a_closed_inbox_ends_the_wait_and_takes_nothing() {
        let inbox = Inbox::new(4, 1000);
        let (taken, ()) = tokio::join!(inbox.take(1, 1), async { inbox.close() });
        assert!(taken.is_none());
        assert!(!inbox.push(message(0, 1)));
        assert!(inbox.is_empty());
    }
}
