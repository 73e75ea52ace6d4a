//! The watcher: a thread that asks Kafka for the partitions' ranges, for lag and for stalls.
//!
//! librdkafka's fetchers have stood still without an error before, so progress is compared with what the broker says.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;

use super::KafkaError;
use super::consumer::{Command, Notice};
use super::listener::Client;
use crate::telemetry::metrics;

/// How long one answer of Kafka's may take.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// How often the ranges are asked for.
const EVERY: Duration = Duration::from_secs(5);
/// After how long without a record a partition is fetched anew for the first time, unless it counts as stalled sooner.
const REFETCH_AFTER: Duration = Duration::from_secs(5);

/// What the watcher is asked to look at now.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// Whether the offsets that are wanted are still there.
    Ranges,
}

/// Where a partition stood when it last moved.
#[derive(Debug, Clone, Copy)]
struct Standstill {
    /// What was fetched.
    expected: i64,
    /// What was settled.
    settled: i64,
    since: Instant,
    /// When it was fetched anew last.
    refetched: Option<Instant>,
}

/// Starts the watcher; it ends when the consumer does.
pub(super) fn start(
    client: Weak<Client>,
    commands: Sender<Command>,
    topic: Arc<str>,
    stall_timeout: Duration,
) -> Result<Sender<Look>, KafkaError> {
    let (ask, asked) = channel();
    let watcher = Watcher {
        client,
        commands,
        topic,
        stall_timeout,
        seen: BTreeMap::new(),
    };
    std::thread::Builder::new()
        .name("kafka-watch".to_owned())
        .spawn(move || watcher.run(&asked))
        .map_err(KafkaError::Thread)?;
    Ok(ask)
}

struct Watcher {
    client: Weak<Client>,
    commands: Sender<Command>,
    topic: Arc<str>,
    stall_timeout: Duration,
    seen: BTreeMap<i32, Standstill>,
}

/// A partition as it is looked at.
struct Sight {
    partition: i32,
    epoch: u64,
    expected: i64,
    /// Below it everything is handed on or settled.
    next: i64,
    /// Below it everything is settled.
    settled: i64,
    /// Whether nothing that was fetched waits.
    idle: bool,
}

impl Watcher {
    fn run(mut self, asked: &Receiver<Look>) {
        loop {
            match asked.recv_timeout(EVERY) {
                Ok(Look::Ranges) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while asked.try_recv().is_ok() {}
            let Some(client) = self.client.upgrade() else {
                return;
            };
            self.look(&client);
        }
    }

    fn look(&mut self, client: &Client) {
        let sights = sights(client);
        self.seen
            .retain(|partition, _| sights.iter().any(|sight| sight.partition == *partition));
        let mut stalled = 0;
        for sight in &sights {
            let Ok((low, high)) = client.fetch_watermarks(&self.topic, sight.partition, ANSWER) else {
                continue;
            };
            metrics::lag(sight.partition, (high - sight.settled).max(0));
            if sight.next < low || sight.next > high {
                out_of_range(client, sight, low, high);
            } else if self.stands_still(sight, high) {
                stalled += 1;
            }
        }
        metrics::stalled_partitions(stalled);
    }

    /// Whether a partition that has offsets waiting makes no progress, for whatever reason. One that hands none on is
    /// fetched anew, which starts a fetcher that stands still, and finds out where no record is left.
    fn stands_still(&mut self, sight: &Sight, high: i64) -> bool {
        let now = Standstill {
            expected: sight.expected,
            settled: sight.settled,
            since: Instant::now(),
            refetched: None,
        };
        let seen = self.seen.entry(sight.partition).or_insert(now);
        let has_moved = (seen.expected, seen.settled) != (sight.expected, sight.settled);
        if has_moved || high <= sight.settled {
            *seen = now;
            return false;
        }
        // Fetched and not settled is the database's outage, or a batch that hangs, and not the fetcher's fault.
        let is_in_hand = !sight.idle || sight.settled < sight.expected;
        let due_after = match seen.refetched {
            None => self.stall_timeout.min(REFETCH_AFTER),
            Some(_) => self.stall_timeout,
        };
        if !is_in_hand && seen.refetched.unwrap_or(seen.since).elapsed() >= due_after {
            seen.refetched = Some(Instant::now());
            self.refetch(sight, high);
        }
        self.seen[&sight.partition].since.elapsed() >= self.stall_timeout
    }

    fn refetch(&self, sight: &Sight, end: i64) {
        tracing::info!(
            partition = sight.partition,
            expected = sight.expected,
            end,
            "offsets wait and no record comes; the partition is fetched anew"
        );
        // Nobody listens once the consumer has stopped.
        let _ = self.commands.send(Command::Refetch {
            partition: sight.partition,
            epoch: sight.epoch,
            end,
        });
    }
}

/// Ends a partition's delivery and says why; it has to be claimed again.
fn out_of_range(client: &Client, sight: &Sight, low: i64, high: i64) {
    let Sight { partition, epoch, .. } = *sight;
    let inbox = {
        let mut assigned = client.context().lanes.lock();
        assigned
            .current(partition, epoch)
            .and_then(|lane| lane.inbox.take())
    };
    if let Some(inbox) = inbox {
        inbox.close();
        let notice = Notice::OutOfRange {
            partition,
            epoch,
            low,
            high,
        };
        client.context().tell(notice);
    }
}

/// The claimed partitions.
fn sights(client: &Client) -> Vec<Sight> {
    let assigned = client.context().lanes.lock();
    let claimed = assigned.lanes.iter().filter_map(|(partition, lane)| {
        let inbox = lane.inbox.as_ref()?;
        Some(Sight {
            partition: *partition,
            epoch: lane.epoch,
            expected: lane.expected,
            next: lane.next(),
            settled: lane.settled.unwrap_or(lane.claimed),
            idle: !lane.paused && inbox.is_empty(),
        })
    });
    claimed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watcher(commands: Sender<Command>) -> Watcher {
        Watcher {
            client: Weak::new(),
            commands,
            topic: "in".into(),
            stall_timeout: Duration::ZERO,
            seen: BTreeMap::new(),
        }
    }

    fn sight(expected: i64, settled: i64, idle: bool) -> Sight {
        Sight {
            partition: 0,
            epoch: 1,
            expected,
            next: expected.max(settled),
            settled,
            idle,
        }
    }

    #[test]
    fn a_partition_that_hands_no_record_on_is_fetched_anew_before_it_counts_as_stalled() {
        let (commands, asked) = channel();
        let mut watcher = watcher(commands);
        watcher.stall_timeout = Duration::from_secs(7_200);
        let mut look = |expected, settled, high| {
            let stands = watcher.stands_still(&sight(expected, settled, true), high);
            let asked: Vec<Command> = asked.try_iter().collect();
            // As if the next look came an hour later.
            for seen in watcher.seen.values_mut() {
                for time in seen.refetched.iter_mut().chain([&mut seen.since]) {
                    *time -= Duration::from_secs(3_600);
                }
            }
            let ends = asked.iter().map(|command| match command {
                Command::Refetch { end, .. } => *end,
                other => panic!("{other:?}"),
            });
            (stands, ends.collect::<Vec<i64>>())
        };
        assert_eq!(look(5, 5, 5), (false, vec![]), "nothing waits");
        assert_eq!(look(5, 5, 9), (false, vec![9]));
        assert_eq!(look(5, 5, 9), (true, vec![]), "it was fetched anew an hour ago");
        assert_eq!(look(5, 5, 11), (true, vec![11]));
        assert_eq!(look(11, 11, 11), (false, vec![]), "no record was left");
    }

    #[test]
    fn records_that_are_fetched_and_not_settled_are_a_standstill_for_as_long_as_it_lasts() {
        let (commands, asked) = channel();
        let mut watcher = watcher(commands);
        assert!(!watcher.stands_still(&sight(9, 3, false), 3), "nothing is behind");
        for _ in 0..3 {
            assert!(watcher.stands_still(&sight(9, 3, false), 9));
        }
        assert!(watcher.stands_still(&sight(9, 3, true), 9), "a batch is in hand");
        assert!(!watcher.stands_still(&sight(9, 4, true), 9), "it moved");
        assert_eq!(asked.try_iter().count(), 0, "fetching anew would not help");
    }
}
