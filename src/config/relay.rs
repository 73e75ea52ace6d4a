//! The relay: how often it looks, how much it takes, how long it leads.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "relay.poll_interval",
        Kind::Duration,
        "200ms",
        "How often the outbox is looked at when nothing in this process wakes the relay.",
    ),
    setting(
        "relay.batch_messages",
        Kind::Integer,
        "1000",
        "The most outbox rows that one read takes.",
    ),
    setting(
        "relay.batch_size",
        Kind::Size,
        "8MiB",
        "The most bytes of records that one read takes; a larger record is taken by itself.",
    ),
    setting(
        "relay.lease",
        Kind::Duration,
        "10s",
        "How long a leader may be silent before another process takes over; at least 1 second.",
    ),
];

/// The shortest lease: it is renewed five times within its length, over the network.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

/// The relay: how often it looks, how much it takes, how long it leads.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// How often the outbox is looked at unasked.
    pub poll_interval: Duration,
    /// The most outbox rows of one read.
    pub batch_messages: usize,
    /// The most bytes of records of one read.
    pub batch_bytes: i64,
    /// How long a leader may be silent.
    pub lease: Duration,
}

impl RelayConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let lease = reader.duration("relay.lease");
        if lease < SHORTEST_LEASE {
            reader.reject(
                "relay.lease",
                "is less than 1 second, and nobody could renew it in time; leave it at `10s`",
            );
        }
        Self {
            poll_interval: reader.duration("relay.poll_interval"),
            batch_messages: reader.integer("relay.batch_messages", 1, 100_000),
            batch_bytes: i64::try_from(reader.size("relay.batch_size")).unwrap_or(i64::MAX),
            lease,
        }
    }
}
