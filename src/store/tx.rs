//! Transactions: the one place where they begin and end.
//!
//! Every transaction takes its role with `SET LOCAL`, so that even a superuser's login is confined by row level
//! security, and nothing outlives the transaction, as a pooler in transaction mode requires.

use std::future::Future;
use std::time::Duration;

use deadpool_postgres::{Client, Transaction};
use tokio_postgres::IsolationLevel;

use super::StoreError;
use crate::config::RoleNames;

/// How long a transaction may go without its answers before its connection counts as hung. A server that is gone is
/// found out sooner, by TCP; this is for one that is there and silent. Locks are waited for a fifth of it at most.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Whose rights a transaction runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Folding results: partials, views, insights, positions, the outbox, flags.
    Ingest,
    /// Reading the outbox and advancing the relay.
    Relay,
    /// Repair commands.
    Operator,
    /// Reading for one user.
    Reader,
    /// Reading, and writing configurations and exports, for one user.
    Author,
}

/// On whose behalf the API asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Access {
    /// A user, by the claims of their token as JSON: row level security decides by them.
    User {
        /// What `request.jwt.claims` becomes.
        claims: String,
    },
    /// The operator, who sees every row.
    Operator,
}

/// What the API wants of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// To read, all statements from one snapshot.
    Read,
    /// To change something.
    Write,
}

impl Role {
    fn name(self, names: &RoleNames) -> &str {
        match self {
            Self::Ingest => &names.ingest,
            Self::Relay => &names.relay,
            Self::Operator => &names.operator,
            Self::Reader => &names.reader,
            Self::Author => &names.author,
        }
    }

    /// The statements that confine a transaction to this role and bound how long it may wait or idle.
    fn preamble(self, names: &RoleNames) -> String {
        format!(
            "{}; SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = '8s'",
            self.assumed(names)
        )
    }

    fn assumed(self, names: &RoleNames) -> String {
        format!("SET LOCAL ROLE \"{}\"", self.name(names).replace('"', "\"\""))
    }
}

/// How a commit ended when it did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The server answered that the transaction is rolled back.
    #[error("the transaction was rolled back at commit")]
    RolledBack(#[source] StoreError),
    /// The connection broke before the answer, or none came: it may or may not be committed.
    #[error("the answer to COMMIT was lost; its outcome is unknown")]
    Unknown(#[source] StoreError),
}

/// For whoever tries again either way, because what is stored shows what became of it.
impl From<CommitError> for StoreError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::RolledBack(error) | CommitError::Unknown(error) => error,
        }
    }
}

/// Begins a READ COMMITTED transaction with the rights of `role`.
pub async fn begin<'a>(
    client: &'a mut Client,
    names: &RoleNames,
    role: Role,
) -> Result<Transaction<'a>, StoreError> {
    #[expect(clippy::disallowed_methods, reason = "the one place where transactions begin")]
    let tx = client.build_transaction().start().await?;
    tx.batch_execute(&role.preamble(names)).await?;
    Ok(tx)
}

/// Begins a read-only transaction with the rights of `role` in which all statements see the same snapshot.
pub async fn begin_snapshot<'a>(
    client: &'a mut Client,
    names: &RoleNames,
    role: Role,
) -> Result<Transaction<'a>, StoreError> {
    #[expect(clippy::disallowed_methods, reason = "the one place where transactions begin")]
    let building = client.build_transaction();
    let building = building.isolation_level(IsolationLevel::RepeatableRead);
    let tx = building.read_only(true).start().await?;
    tx.batch_execute(&role.preamble(names)).await?;
    Ok(tx)
}

/// Begins a transaction for the API: as the operator, or confined to the rows of one user. No statement of it may take
/// longer than 5 s, 20 s where it writes.
pub async fn begin_for<'a>(
    client: &'a mut Client,
    names: &RoleNames,
    access: &Access,
    intent: Intent,
) -> Result<Transaction<'a>, StoreError> {
    #[expect(clippy::disallowed_methods, reason = "the one place where transactions begin")]
    let builder = client.build_transaction();
    let (builder, patience) = match intent {
        Intent::Read => {
            let builder = builder.isolation_level(IsolationLevel::RepeatableRead);
            (builder.read_only(true), "5s")
        }
        Intent::Write => (builder, "20s"),
    };
    let tx = builder.start().await?;
    let role = match (access, intent) {
        (Access::Operator, _) => Role::Operator,
        (Access::User { .. }, Intent::Read) => Role::Reader,
        (Access::User { .. }, Intent::Write) => Role::Author,
    };
    let preamble = role.preamble(names);
    tx.batch_execute(&format!("{preamble}; SET LOCAL statement_timeout = '{patience}'"))
        .await?;
    if let Access::User { claims } = access {
        let statement = tx
            .prepare_cached("SELECT set_config('request.jwt.claims', $1, true)")
            .await?;
        tx.query(&statement, &[claims]).await?;
    }
    Ok(tx)
}

/// Goes on with other rights in a transaction that began with a user's.
///
/// For what policies do not cover: the engine's tables and our own schema, asked about rows that the policies let through before.
pub async fn assume(tx: &Transaction<'_>, names: &RoleNames, role: Role) -> Result<(), StoreError> {
    Ok(tx.batch_execute(&role.assumed(names)).await?)
}

/// Commits, telling a refusal from a lost answer.
pub async fn commit(tx: Transaction<'_>) -> Result<(), CommitError> {
    match tokio::time::timeout(PATIENCE, tx.commit()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if error.as_db_error().is_some() => Err(CommitError::RolledBack(error.into())),
        Ok(Err(error)) => Err(CommitError::Unknown(error.into())),
        Err(_) => Err(CommitError::Unknown(StoreError::Silent)),
    }
}

/// Waits for work on the database at most [`PATIENCE`]; then the work is dropped, its transaction is rolled back as soon
/// as the server hears of it, and the pool finds out that the connection hangs.
///
/// # Errors
/// [`StoreError::Silent`] when time is up. A commit must not be among the work: use [`commit`].
pub async fn answered<T, E: From<StoreError>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::Silent.into()),
    }
}
