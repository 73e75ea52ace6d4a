//! The pipeline: records of a partition become settled records, one transaction a batch.
//!
//! Invariants: a position moves only in the transaction that settles what it steps over; a batch belongs to one
//! partition; no outage ever dead-letters a record; a record that cannot be applied never blocks its partition.

mod batch;
mod breaker;
mod claim;
pub mod consume;
mod dead_letter;
mod failure;
mod health;
mod partition;
mod portion;
mod prepare;
pub mod recipe;
mod rehearse;
mod selection;
mod settlement;
mod settler;
pub mod unpark;

pub use crate::store::positions::{OutcomeCounts, PartitionKey};
pub use batch::{Batch, Effects, Origin, Outcome, ParkedRow, Settled, Skip, Streak};
pub use dead_letter::{dead_letter, fingerprint};
pub use failure::{Action, ApplyError, decide};
pub use health::Health;
pub use portion::Portion;
pub use recipe::{Recipe, apply};
pub use rehearse::{Rehearsal, Sifted, rehearse, sift};
pub use selection::Selection;
pub use settlement::{Rules, begin, finish};
pub use settler::{End, Settler};
