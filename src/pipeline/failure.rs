//! What a failure means: the one function that decides.

use std::time::Duration;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use super::batch::Settled;
use crate::objects::ObjectError;
use crate::store::{CommitError, StoreError};

/// The reason of a record whose application panics.
pub(super) const CRASHED: &str = "crashed";
/// How often a foreign key or a unique index may refuse the same batch before the data is to blame.
const MAX_RACES: u32 = 20;
/// How often in a row others may be in the way of the same batch before an operator is told; it goes on by itself once
/// they are not.
const MAX_CONTENDED: u32 = 40;

/// Why a batch could not be applied. Nothing of it is in the database, unless the outcome is unknown.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The partition, or a parked row, belongs to another by now.
    #[error("the partition was taken over by another owner")]
    Fenced,
    /// The position is ours but not where it was thought to be.
    #[error("the position stands at offset {actual}")]
    PositionMoved {
        /// Where it stands.
        actual: i64,
    },
    /// The database refused a statement or could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The connection broke, or fell silent, while the answer to COMMIT was awaited.
    #[error("the answer to COMMIT was lost; the outcome is unknown")]
    OutcomeUnknown {
        /// What it came to if it was committed.
        settled: Box<Settled>,
        /// How the answer was lost.
        #[source]
        source: StoreError,
    },
    /// One of the batch's records cannot be applied, and it is not known which: the batch is halved until it is.
    #[error("a record cannot be applied: {sentence}")]
    Rejected {
        /// The dead letter's reason, in snake_case.
        reason: &'static str,
        /// What is wrong and what to do about it, in one plain sentence.
        sentence: String,
    },
    /// An object store, or this machine's disk, does not answer.
    #[error(transparent)]
    Objects(ObjectError),
    /// It takes too long for one transaction: the batch is halved.
    #[error("the batch is too much for one transaction")]
    TooMuch,
    /// Applying panicked, which is taken for a record's fault.
    #[error("applying the batch panicked: {0}")]
    Panicked(String),
    /// Something that dashloom relies on does not hold; a person has to look.
    #[error("{0}")]
    Broken(String),
}

impl ApplyError {
    /// A transaction that did not commit, as far as is known; `settled` is what it comes to if it did.
    pub(super) fn uncommitted(error: CommitError, settled: Settled) -> Self {
        match error {
            CommitError::RolledBack(error) => Self::Store(error),
            CommitError::Unknown(source) => Self::OutcomeUnknown {
                settled: Box::new(settled),
                source,
            },
        }
    }
}

/// What is done about a failed batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Put the record into the dead letter topic; of several records, find the one first.
    DeadLetter {
        /// The reason, in snake_case.
        reason: &'static str,
        /// What is wrong, in one plain sentence.
        sentence: String,
    },
    /// Settle the batch's halves, one after the other.
    Halve,
    /// Try the same batch again after a pause.
    Retry(Duration),
    /// Try again after a pause, half of the batch at a time: it may have been too much at once.
    Lighten(Duration),
    /// Look on a new connection whether the transaction was committed.
    Verify,
    /// Go on from the offset at which the position stands.
    Continue(i64),
    /// Let go of the records: another owner settles them.
    Yield,
    /// Stop the partition and tell the operator; what is wrong and the remedy, in one sentence.
    Halt(String),
}

/// Decides what to do about a batch that failed for the `attempt`th time in a row, from 0.
///
/// An outage is never a record's fault: only what the database says about the data itself dead-letters.
pub fn decide(error: &ApplyError, attempt: u32) -> Action {
    match error {
        ApplyError::Fenced => Action::Yield,
        ApplyError::PositionMoved { actual } => Action::Continue(*actual),
        ApplyError::Store(error) => decide_store(error, attempt),
        ApplyError::OutcomeUnknown { .. } => Action::Verify,
        ApplyError::Objects(_) => Action::Retry(backoff(attempt)),
        ApplyError::Rejected { reason, sentence } => Action::DeadLetter {
            reason,
            sentence: sentence.clone(),
        },
        ApplyError::TooMuch => Action::Halve,
        ApplyError::Panicked(cause) => Action::DeadLetter {
            reason: CRASHED,
            sentence: format!("Applying the record crashed ({cause}); please report it with the record."),
        },
        ApplyError::Broken(hint) => Action::Halt(hint.clone()),
    }
}

fn decide_store(error: &StoreError, attempt: u32) -> Action {
    match error {
        StoreError::Corrupt { what } => Action::Halt(format!(
            "{what} was written by something else or by a newer version of dashloom; upgrade, or rebuild the workflow"
        )),
        StoreError::Postgres(error) | StoreError::Pool(PoolError::Backend(error)) => {
            decide_postgres(error, attempt)
        }
        StoreError::Silent => Action::Lighten(backoff(attempt)),
        StoreError::Pool(
            PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_),
        ) => Action::Retry(backoff(attempt)),
    }
}

fn decide_postgres(error: &tokio_postgres::Error, attempt: u32) -> Action {
    let Some(refusal) = error.as_db_error() else {
        return Action::Retry(backoff(attempt));
    };
    // A foreign key's check meets rows of the engine that come and go: the next attempt sees them as they are.
    let races = [SqlState::FOREIGN_KEY_VIOLATION, SqlState::UNIQUE_VIOLATION];
    if races.contains(refusal.code()) && attempt < MAX_RACES {
        return Action::Retry(backoff(attempt));
    }
    match &refusal.code().code()[..2] {
        "22" | "23" | "54" => Action::DeadLetter {
            reason: "refused_by_database",
            sentence: format!(
                "The database refuses what the record amounts to: {}.",
                refusal.message()
            ),
        },
        "28" | "3D" | "3F" | "42" | "0A" | "0L" | "0P" => Action::Halt(format!(
            "the database refuses the service itself ({}: {}); check its login, its grants and whether `dashloom migrate` ran",
            refusal.code().code(),
            refusal.message()
        )),
        "40" | "55" if attempt >= MAX_CONTENDED => Action::Halt(format!(
            "another session keeps what is to be written locked ({}: {}); look for it in pg_stat_activity and end it",
            refusal.code().code(),
            refusal.message()
        )),
        // Deadlocks, lock timeouts, shutdowns, read-only standbys, full disks: they pass, or a person ends them.
        _ => Action::Retry(backoff(attempt)),
    }
}

/// The failure in a word, for counting attempts by their cause.
pub(super) fn cause(error: &StoreError) -> &'static str {
    if matches!(error, StoreError::Silent) {
        return "silence";
    }
    match error.sql_state().map(SqlState::code) {
        Some("40P01") => "deadlock",
        Some("40001") => "serialization",
        Some("55P03") => "lock_timeout",
        Some("23503" | "23505") => "race",
        Some(code) if !matches!(&code[..2], "08" | "57") => "refused",
        Some(_) | None => "connection",
    }
}

/// 20 ms doubling to at most 1 s, each shortened by up to half so that waiters spread out.
///
/// The cap keeps the way back from an outage under two seconds.
pub(super) fn backoff(attempt: u32) -> Duration {
    let full = Duration::from_millis(20 << attempt.min(6)).min(Duration::from_secs(1));
    full.mul_f64(1.0 - jitter() / 2.0)
}

/// A number in [0, 1) that differs between processes and calls.
fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(()) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_and_stays_within_a_second() {
        for attempt in 0..40 {
            let full = Duration::from_millis((20_u64 << attempt.min(6)).min(1000));
            let pause = backoff(attempt);
            assert!(pause <= full && pause * 2 >= full, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn what_is_another_owners_is_let_go() {
        assert_eq!(decide(&ApplyError::Fenced, 0), Action::Yield);
        assert_eq!(
            decide(&ApplyError::PositionMoved { actual: 7 }, 0),
            Action::Continue(7)
        );
    }

    #[test]
    fn a_panic_is_a_records_fault_and_a_broken_invariant_is_not() {
        assert!(matches!(
            decide(&ApplyError::Panicked(String::new()), 0),
            Action::DeadLetter {
                reason: "crashed",
                ..
            }
        ));
        assert!(matches!(
            decide(&ApplyError::Broken(String::new()), 0),
            Action::Halt(_)
        ));
    }

    #[test]
    fn a_database_that_does_not_answer_is_asked_for_less() {
        assert!(matches!(
            decide(&ApplyError::Store(StoreError::Silent), 0),
            Action::Lighten(_)
        ));
    }

    #[test]
    fn a_closed_pool_is_an_outage() {
        let error = ApplyError::Store(StoreError::Pool(PoolError::Closed));
        assert!(matches!(decide(&error, 3), Action::Retry(_)));
    }
}
