//! What repairs share: connections, failures, and trying again while only other transactions are in the way.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::{Pool, Transaction};

use crate::config::KafkaConfig;
use crate::dashboard::PeriodKey;
use crate::event::DashboardUpdate;
use crate::fold::{self, Fold, FoldError, Folded, Why, Withdrawal};
use crate::ids::{ExecutionId, ViewId, WorkflowId};
use crate::kafka::KafkaError;
use crate::store::outbox::{self, OutboxRow};
use crate::store::{self, CommitError, Role, RoleNames, StoreError};
use crate::telemetry::clock;

/// How often a transaction is tried that meets others.
const ATTEMPTS: u32 = 8;
/// The most transactions of a rehearsal of one workflow.
const MAX_PORTIONS: usize = 30;
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
    /// The view is archived.
    #[error(
        "view {0} is archived: its bytes are no longer in the database, and only a result that changes it brings it back; \
         replay its time (`dashloom replay --workflow … --from … --to …`) if results of it were missed"
    )]
    Archived(ViewId),
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

/// What is done with a workflow's dashboards, in one transaction or several.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task<'a> {
    /// Its views, or one of them, are drawn again.
    Rebuild(Option<&'a PeriodKey>),
    /// A result is taken out, or counts again.
    Withdraw { execution: ExecutionId, undo: bool },
    /// What an earlier transaction left is drawn.
    CatchUp,
}

/// What became of a task.
#[derive(Debug)]
pub(super) struct Done {
    pub folded: Folded,
    /// How the withdrawal ended, where it is one.
    pub withdrawal: Option<Withdrawal>,
}

impl Done {
    fn and_then(self, rest: Self) -> Self {
        Self {
            folded: self.folded.and_then(rest.folded),
            withdrawal: self.withdrawal,
        }
    }

    /// With what the same task did when it was tried again, because the answer to this one's COMMIT was lost: finding that
    /// nothing is left to do tells that it was committed.
    fn or_again(self, again: Self) -> Self {
        let was_committed = match again.withdrawal {
            Some(withdrawal) => withdrawal == Withdrawal::AlreadySo,
            None => !again.folded.updates.iter().any(|update| self.has(update)),
        };
        if !was_committed {
            return again;
        }
        let unfinished = self.folded.unfinished || again.folded.unfinished;
        let mut both = self.and_then(again);
        both.folded.unfinished = unfinished;
        both
    }

    fn has(&self, update: &DashboardUpdate) -> bool {
        let version = |update: &DashboardUpdate| (update.view_id, update.view_version);
        let mut updates = self.folded.updates.iter();
        updates.any(|own| version(own) == version(update))
    }
}

/// How an attempt failed.
struct Failed {
    error: RepairError,
    /// What was done if it was committed, where the answer to COMMIT was lost.
    doubtful: Option<Done>,
}

impl<E: Into<RepairError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            doubtful: None,
        }
    }
}

impl Repair {
    /// Ends a transaction that moved something: commits it, or takes it back when rehearsing.
    pub(super) async fn end(&self, tx: Transaction<'_>) -> Result<(), StoreError> {
        if self.is_dry_run {
            return Ok(tx.rollback().await?);
        }
        Ok(store::commit(tx).await?)
    }

    /// Does a task and announces what it changed, or rehearses it. What one transaction is too short for others draw.
    pub(super) async fn carry_out(&self, workflow: WorkflowId, task: Task<'_>) -> Result<Done, RepairError> {
        if self.is_dry_run {
            return self.rehearse(workflow, task).await;
        }
        let mut done = self.insist(workflow, task).await?;
        while done.folded.unfinished {
            done = done.and_then(self.insist(workflow, Task::CatchUp).await?);
        }
        Ok(done)
    }

    /// One transaction, tried again while only others are in the way or its answer is lost.
    async fn insist(&self, workflow: WorkflowId, task: Task<'_>) -> Result<Done, RepairError> {
        let mut patience = Patience::default();
        let mut doubtful: Option<Done> = None;
        loop {
            let failed = match self.attempt(workflow, task).await {
                Ok(again) => {
                    return Ok(match doubtful {
                        Some(earlier) => earlier.or_again(again),
                        None => again,
                    });
                }
                Err(failed) => failed,
            };
            if !patience.has_for(&failed.error).await {
                return Err(failed.error);
            }
            doubtful = failed.doubtful.or(doubtful);
        }
    }

    async fn attempt(&self, workflow: WorkflowId, task: Task<'_>) -> Result<Done, Failed> {
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let working = async {
            let tx = store::begin(&mut client, &self.roles, Role::Operator).await?;
            let done = perform(&tx, &self.fold, workflow, task).await?;
            let row = |update| fold::announcement(&self.kafka.events_topic, update);
            let rows: Vec<OutboxRow> = done.folded.updates.iter().map(row).collect();
            outbox::insert(&tx, &rows).await?;
            Ok::<_, RepairError>((tx, done))
        };
        let (tx, done) = store::answered(working).await?;
        match store::commit(tx).await {
            Ok(()) => Ok(done),
            Err(CommitError::RolledBack(error)) => Err(error.into()),
            Err(CommitError::Unknown(error)) => Err(Failed {
                error: error.into(),
                doubtful: Some(done),
            }),
        }
    }

    /// Finds out what a task would do. No transaction holds the workflow longer than one that is kept.
    async fn rehearse(&self, workflow: WorkflowId, task: Task<'_>) -> Result<Done, RepairError> {
        let mut done = self.rehearse_portion(workflow, task, 0).await?;
        for _ in 1..MAX_PORTIONS {
            if !done.folded.unfinished {
                break;
            }
            let drawn = done.folded.drawn;
            done = done.and_then(self.rehearse_portion(workflow, task, drawn).await?);
        }
        Ok(done)
    }

    /// What it would do with views after so many that were drawn before.
    async fn rehearse_portion(
        &self,
        workflow: WorkflowId,
        task: Task<'_>,
        drawn: usize,
    ) -> Result<Done, RepairError> {
        let fold = Fold {
            limits: self.fold.limits.rehearsing(drawn),
            ..Fold::clone(&self.fold)
        };
        let mut patience = Patience::default();
        loop {
            let taken_back = async {
                let mut client = self.pool.get().await.map_err(StoreError::from)?;
                let tx = store::begin(&mut client, &self.roles, Role::Operator).await?;
                let done = perform(&tx, &fold, workflow, task).await?;
                tx.rollback().await.map_err(StoreError::from)?;
                Ok::<_, RepairError>(done)
            };
            let ended = store::answered(taken_back).await;
            match ended {
                Err(error) if patience.has_for(&error).await => {}
                ended => return ended,
            }
        }
    }
}

async fn perform(
    tx: &Transaction<'_>,
    fold: &Fold,
    workflow: WorkflowId,
    task: Task<'_>,
) -> Result<Done, FoldError> {
    let (withdrawal, folded) = match task {
        Task::Rebuild(only) => {
            let folded = fold::rerender(tx, fold, &[workflow], only, Why::Rebuild, now()).await?;
            (None, folded)
        }
        Task::Withdraw { execution, undo } => {
            let (withdrawal, folded) = fold::withdraw(tx, fold, workflow, execution, undo, now()).await?;
            (Some(withdrawal), folded)
        }
        Task::CatchUp => (None, fold::catch_up(tx, fold, &[workflow], now()).await?),
    };
    Ok(Done { folded, withdrawal })
}

/// How often a repair is tried again.
#[derive(Debug, Default)]
pub(super) struct Patience {
    attempts: u32,
}

impl Patience {
    /// Waits and says true while only other transactions are in the way, or the connection was lost.
    pub async fn has_for(&mut self, error: &RepairError) -> bool {
        if !is_passing(error) || self.attempts + 1 >= ATTEMPTS {
            return false;
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(self.attempts)).await;
        self.attempts += 1;
        true
    }
}

/// Contention, lost connections and silence.
fn is_passing(error: &RepairError) -> bool {
    let error = match error {
        RepairError::Store(error) | RepairError::Fold(FoldError::Store(error)) => error,
        _ => return false,
    };
    match error.sql_state() {
        Some(_) => error.is_contention(),
        None => matches!(error, StoreError::Postgres(_) | StoreError::Silent),
    }
}

/// The time that events carry.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock::now_ms()).unwrap_or_default()
}
