//! The events: decoding and validating what comes in, encoding what goes out.
//!
//! [`decode()`] turns a Kafka record into a validated [`Execution`], a tombstone, or a [`DecodeError`] that says in one
//! plain sentence what to mend; it never panics, whatever the bytes. [`DashboardUpdate::encode`] makes the record that
//! announces a view's new version. Inside the service only this room uses the types of [`wire`].

mod content_hash;
mod dashboard_update;
mod decode;
mod encoding;
mod error;
mod execution;
mod headers;
mod salvage;
#[cfg(test)]
mod tests;
mod told;
mod validate;
pub mod wire;

pub use dashboard_update::{Change, DashboardUpdate, MetricChange, OutgoingEvent, Reason};
pub use decode::{Decoded, MAX_PAYLOAD_BYTES, decode, decode_within};
pub use error::DecodeError;
pub use execution::{
    ColumnHint, ColumnRole, Compression, Execution, Header, Message, ResultFormat, ResultLocation,
    ResultSource,
};
