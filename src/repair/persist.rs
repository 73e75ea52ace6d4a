//! What repairs share: connections, failures, and trying again while only other transactions are in the way.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::{Pool, Transaction};
use tokio_postgres::error::SqlState;

use crate::config::KafkaConfig;
use crate::fold::{self, Fold, FoldError, Folded};
use crate::ids::{ExecutionId, ViewId, WorkflowId};
use crate::kafka::KafkaError;
use crate::store::outbox::{self, OutboxRow};
use crate::store::{Role, RoleNames, StoreError};
use crate::telemetry::clock;

/// How often a transaction is tried that meets others.
const ATTEMPTS: u32 = 8;
/// How long is waited before the second attempt; each later one waits twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// What repairing needs.
#[derive(Debug, Clone)]
pub struct Repair {
    /// Connections.
    pub pool: Pool,
    /// The database's names for roles.
    pub roles: RoleNames,
    /// What folding needs.
    pub fold: Arc<Fold>,
    /// Where the topics are.
    pub kafka: KafkaConfig,
    /// Whether transactions are taken back.
    pub is_dry_run: bool,
}

/// Why a repair failed.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// A dashboard could not be folded.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// No result of the execution is stored.
    #[error("no result of execution {0} has been taken in, so there is nothing to withdraw")]
    UnknownExecution(ExecutionId),
    /// Several workflows have a result under this execution's id.
    #[error("workflows {} each have a result of execution {execution}; say which by --workflow", list(.workflows))]
    SeveralWorkflows {
        /// The execution.
        execution: ExecutionId,
        /// The workflows.
        workflows: Vec<WorkflowId>,
    },
    /// The workflow is not reported.
    #[error(
        "workflow {0} is not reported; set workflows.report_enabled and report_configurations.enabled first"
    )]
    NotReported(WorkflowId),
    /// A repair panicked.
    #[error("the repair crashed ({0}); please report it")]
    Crashed(String),
    /// There is no such view.
    #[error("there is no view {0}")]
    UnknownView(ViewId),
    /// The group has no position in the partition.
    #[error(
        "group {group} has no position in {topic}/{partition}; `dashloom position show` lists those there are"
    )]
    NoPosition {
        /// The consumer group.
        group: String,
        /// The topic.
        topic: String,
        /// The partition's number.
        partition: i32,
    },
    /// The log does not hold the offset.
    #[error(
        "{topic}/{partition} holds offsets {low} to {high}, not {offset}; choose one of those, or earliest"
    )]
    NotInLog {
        /// The topic.
        topic: String,
        /// The partition's number.
        partition: i32,
        /// The log's first offset.
        low: i64,
        /// The log's end.
        high: i64,
        /// The offset that was asked for.
        offset: i64,
    },
    /// Moving the position would pass records by.
    #[error("{what}; if that is meant, add --accept-gap")]
    Gap {
        /// What would not be read, in words.
        what: String,
    },
    /// The dead letter topic holds no such record.
    #[error("there is no dead letter at {0}; `dashloom dlq list` shows those there are")]
    NoLetter(String),
    /// Kafka did not take a record; those before it are sent.
    #[error("Kafka did not take a record ({cause}) after {sent} were sent; run the command again")]
    Undelivered {
        /// How many were sent.
        sent: u64,
        /// Kafka's words.
        cause: String,
    },
}

fn list(workflows: &[WorkflowId]) -> String {
    let names: Vec<String> = workflows.iter().map(ToString::to_string).collect();
    names.join(", ")
}

impl Repair {
    /// Ends a transaction that moved something: commits it, or takes it back when rehearsing.
    pub(super) async fn end(&self, tx: Transaction<'_>) -> Result<(), StoreError> {
        if self.is_dry_run {
            return Ok(tx.rollback().await?);
        }
        Ok(crate::store::commit(tx).await?)
    }

    /// Announces what a transaction folded and ends it; a rehearsal draws all that is left in the same one first.
    pub(super) async fn close(
        &self,
        tx: Transaction<'_>,
        workflow: WorkflowId,
        mut folded: Folded,
    ) -> Result<Folded, RepairError> {
        while self.is_dry_run && folded.unfinished {
            let rest = fold::catch_up(&tx, &self.fold, &[workflow], now()).await?;
            folded = folded.and_then(rest);
        }
        let row = |update| fold::announcement(&self.kafka.events_topic, update);
        let rows: Vec<OutboxRow> = folded.updates.iter().map(row).collect();
        outbox::insert(&tx, &rows).await?;
        self.end(tx).await?;
        Ok(folded)
    }

    /// Draws in transactions of their own what one was too short for.
    pub(super) async fn draw_rest(
        &self,
        workflow: WorkflowId,
        mut folded: Folded,
    ) -> Result<Folded, RepairError> {
        let mut patience = Patience::default();
        while folded.unfinished {
            let rest = self.draw_some(workflow).await;
            if !patience.has_for(&rest).await {
                folded = folded.and_then(rest?);
            }
        }
        Ok(folded)
    }

    async fn draw_some(&self, workflow: WorkflowId) -> Result<Folded, RepairError> {
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let tx = crate::store::begin(&mut client, &self.roles, Role::Operator).await?;
        let folded = fold::catch_up(&tx, &self.fold, &[workflow], now()).await?;
        self.close(tx, workflow, folded).await
    }
}

/// How often a repair is tried again.
#[derive(Debug, Default)]
pub(super) struct Patience {
    attempts: u32,
}

impl Patience {
    /// Waits and says true while only other transactions are in the way. A repair that was committed although the answer
    /// was lost finds that it is so already.
    pub async fn has_for<T>(&mut self, ended: &Result<T, RepairError>) -> bool {
        let passes = matches!(ended, Err(error) if is_passing(error));
        if !passes || self.attempts + 1 >= ATTEMPTS {
            return false;
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(self.attempts)).await;
        self.attempts += 1;
        true
    }
}

/// Deadlocks, lock timeouts, lost races and lost connections.
fn is_passing(error: &RepairError) -> bool {
    let error = match error {
        RepairError::Store(error) | RepairError::Fold(FoldError::Store(error)) => error,
        _ => return false,
    };
    match error.sql_state() {
        Some(state) => [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::UNIQUE_VIOLATION,
            SqlState::FOREIGN_KEY_VIOLATION,
        ]
        .contains(state),
        None => matches!(error, StoreError::Postgres(_) | StoreError::Silent),
    }
}

/// The time that events carry.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock::now_ms()).unwrap_or_default()
}
