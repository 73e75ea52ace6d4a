//! The pipeline: records of a partition become settled records, one transaction a batch.
//!
//! Invariants: a position moves only in the transaction that settles what it steps over; a batch belongs to one
//! partition; no outage ever dead-letters a record; a record that cannot be applied never blocks its partition.

mod batch;
mod dead_letter;
mod failure;
mod prepare;
pub mod recipe;
mod settlement;

pub use crate::store::positions::{OutcomeCounts, PartitionKey};
pub use batch::{Batch, Origin, Outcome, ParkedRow, Settled};
pub use dead_letter::{dead_letter, fingerprint};
pub use failure::{Action, ApplyError, decide};
pub use settlement::{Rules, begin, finish};
