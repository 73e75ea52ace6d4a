//! Offsets committed to the group: advisory, for tools that show lag.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::listener::Client;

/// How often offsets are committed.
const EVERY: Duration = Duration::from_secs(2);

/// What has been committed, and when.
#[derive(Debug)]
pub(super) struct Commits {
    sent: BTreeMap<i32, i64>,
    last: Instant,
}

impl Default for Commits {
    fn default() -> Self {
        Self {
            sent: BTreeMap::new(),
            last: Instant::now(),
        }
    }
}

impl Commits {
    /// Commits what has been settled since the last time, without waiting for the answer.
    pub fn send_if_due(&mut self, client: &Client, topic: &str) {
        if self.last.elapsed() < EVERY {
            return;
        }
        self.last = Instant::now();
        let offsets = self.unsent(client);
        if commit(client, topic, &offsets) {
            self.sent.extend(offsets);
        }
    }

    /// Commits what is settled before the group is left. The coordinator takes the requests in order; waiting for its
    /// answer could take longer than a drain may.
    pub fn send_last(&self, client: &Client, topic: &str) {
        commit(client, topic, &self.unsent(client));
    }

    fn unsent(&self, client: &Client) -> BTreeMap<i32, i64> {
        let assigned = client.context().lanes.lock();
        let settled = assigned
            .lanes
            .iter()
            .filter_map(|(partition, lane)| Some((*partition, lane.settled?)));
        settled
            .filter(|(partition, offset)| self.sent.get(partition) != Some(offset))
            .collect()
    }
}

fn commit(client: &Client, topic: &str, offsets: &BTreeMap<i32, i64>) -> bool {
    if offsets.is_empty() {
        return false;
    }
    let mut list = TopicPartitionList::new();
    let filled = offsets.iter().try_for_each(|(partition, offset)| {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset))
    });
    match filled.and_then(|()| client.commit(&list, CommitMode::Async)) {
        Ok(()) => true,
        Err(error) => {
            tracing::debug!(%error, "an advisory commit was refused");
            false
        }
    }
}
