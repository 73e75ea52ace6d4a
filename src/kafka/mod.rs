//! Kafka: a consumer with a polling thread of its own, a producer that keeps order, the topics themselves.
//!
//! Invariants: the polling thread waits for nothing but Kafka; a record is handed on only under the assignment it was
//! fetched for; offsets committed to the group describe and never decide; a callback never waits for the database.

mod admin;
mod client;
mod commits;
mod consumer;
mod error;
mod follower;
mod heard;
mod inbox;
mod lanes;
mod listener;
mod log;
mod polling;
mod producer;
mod pulse;
mod stretch;
mod watch;

pub use admin::{Checked, Topics, check_topics, create_topics, is_compacted};
pub use consumer::{Consumer, ConsumerHandle, Notice};
pub use error::KafkaError;
pub use follower::{Followed, Follower};
pub use inbox::{Inbox, Taken};
pub use log::Log;
pub use producer::{Delivery, Outgoing, Producer};
pub use pulse::Pulse;
pub use stretch::Stretch;
