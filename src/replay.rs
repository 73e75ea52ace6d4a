//! Replaying: a stretch of the topic once more, through the same recipe as live records.
//!
//! Invariants: a replay has positions of its own and never touches the group's; its records count by the same order as
//! live ones, so that history which is known already writes and announces nothing; what was dead-lettered or parked when
//! it was consumed is counted and not sent again; killed at any point it goes on from where it was.

mod bound;
mod lane;
mod pace;
mod pending;
mod plan;
mod rehearsal;
mod run;

use std::sync::Arc;

use crate::config::KafkaConfig;
use crate::kafka::KafkaError;
use crate::pipeline::{ApplyError, Recipe, Selection};
use crate::store::StoreError;
use crate::store::positions::OutcomeCounts;

pub use bound::{Bound, BoundError};
pub use pending::{Pending, pending};
pub use plan::Span;
pub use rehearsal::{Preview, rehearse};
pub use run::run;

/// What replaying needs.
#[derive(Debug, Clone)]
pub struct Replay {
    /// How a batch is applied; its pool needs a connection for each lane and one more.
    pub recipe: Arc<Recipe>,
    /// Where the topic is.
    pub kafka: KafkaConfig,
    /// How many partitions are read at the same time, at least 1.
    pub lanes: usize,
    /// The most records a second; unlimited where `None`.
    pub rate: Option<u32>,
}

/// What is to be replayed.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The name under which the replay keeps its positions.
    pub id: String,
    /// Where it begins.
    pub from: Bound,
    /// Where it ends, exclusive.
    pub to: Bound,
    /// These partitions alone; all where empty.
    pub partitions: Vec<i32>,
    /// Which of the records are meant.
    pub selection: Arc<Selection>,
    /// All of it in one line, by which a later call is known to ask for the same.
    pub words: String,
    /// Whether an unfinished replay of the id is given up rather than gone on with.
    pub begins_anew: bool,
}

/// What a replay came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How its records ended, those of a former process included.
    pub counts: OutcomeCounts,
    /// New versions of views that this process wrote.
    pub views: u64,
    /// Records that this process read.
    pub read: u64,
    /// Whether it went on with what another process had begun.
    pub was_resumed: bool,
    /// Whether it was stopped before its end.
    pub was_stopped: bool,
    /// Parts of what was asked for that the log does not hold any more, a sentence each.
    pub notes: Vec<String>,
}

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is known how many offsets there are to go.
    Planned {
        /// How many.
        offsets: u64,
    },
    /// Some of them are settled.
    Settled {
        /// How many, gaps included.
        offsets: u64,
    },
}

/// Why a replay failed. Whatever was settled stays settled.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// A batch could not be applied or rehearsed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// Another process goes on with the same replay.
    #[error("another process has taken over replay `{0}`; let it finish, or use another --id")]
    TakenOver(String),
    /// The id belongs to another replay that has not finished.
    #[error(
        "replay `{id}` is not finished and asked for something else ({asked}); finish that first, or use another --id"
    )]
    Different {
        /// The id.
        id: String,
        /// What the other one asked for.
        asked: String,
    },
    /// The topic has no such partition.
    #[error("the topic has no partition {partition}; it has {count}, numbered from 0")]
    NoPartition {
        /// The number that was asked for.
        partition: i32,
        /// How many there are.
        count: i32,
    },
    /// An operator has to look; what is wrong and the remedy.
    #[error("{0}")]
    Halted(String),
}
