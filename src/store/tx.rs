//! Transactions: the one place where they begin and end.
//!
//! Every transaction takes its role with `SET LOCAL`, so that even a superuser's login is confined by row level
//! security, and nothing outlives the transaction, as a pooler in transaction mode requires.

use std::fmt::Write;
use std::future::Future;
use std::time::Duration;

use deadpool_postgres::{Client, Transaction};
use futures::FutureExt;
use futures::future::try_join;
use tokio_postgres::IsolationLevel;

use super::{GenericClient, StoreError};
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

impl Access {
    /// The operator's role, or the one that a user has.
    fn role(&self, of_user: Role) -> Role {
        match self {
            Self::Operator => Role::Operator,
            Self::User { .. } => of_user,
        }
    }
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

/// Begins a transaction for the API that changes something: as the operator, or confined to the rows of one user. No statement of it
/// may take longer than 20 s.
pub async fn begin_for<'a>(
    client: &'a mut Client,
    names: &RoleNames,
    access: &Access,
) -> Result<Transaction<'a>, StoreError> {
    #[expect(clippy::disallowed_methods, reason = "the one place where transactions begin")]
    let tx = client.build_transaction().start().await?;
    let role = access.role(Role::Author);
    tx.batch_execute(&confined(role, names, access, "20s")).await?;
    Ok(tx)
}

/// Does `work`, which reads on this connection: as the operator, or confined to the rows of one user, all of it from one snapshot. No
/// statement of it may take longer than 5 s.
///
/// Nothing waits for the transaction to begin or to end: what begins it is sent ahead of the first statement and what ends it behind
/// the last. What was read is given out only where it did begin. Whoever stops waiting leaves no transaction behind.
pub async fn read_for<T, E: From<StoreError>>(
    client: &Client,
    names: &RoleNames,
    access: &Access,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}; SET LOCAL jit = off",
        confined(access.role(Role::Reader), names, access, "5s")
    );
    let _end = RollBack(client);
    let begun = async { Ok(client.batch_execute(&begin).await.map_err(StoreError::from)?) };
    // Polled in this order, so that nothing of the work is ahead of what confines it.
    let ((), done) = try_join(begun, work).await?;
    Ok(done)
}

/// Ends a transaction when dropped, behind all that was sent before.
struct RollBack<'a>(&'a Client);

impl Drop for RollBack<'_> {
    fn drop(&mut self) {
        // Polled once it is sent, and nobody waits for the answer.
        let _ = self.0.batch_execute("ROLLBACK").now_or_never();
    }
}

/// The statements that confine a transaction to what a caller may do and see.
fn confined(role: Role, names: &RoleNames, access: &Access, patience: &str) -> String {
    let claims = match access {
        Access::Operator => String::new(),
        // As hexadecimal digits, in which no claim can end the literal.
        Access::User { claims } => format!(
            "; SELECT set_config('request.jwt.claims', convert_from(decode('{}', 'hex'), 'UTF8'), true)",
            claims.bytes().fold(String::new(), |mut digits, byte| {
                let _ = write!(digits, "{byte:02x}");
                digits
            })
        ),
    };
    let preamble = role.preamble(names);
    format!("{preamble}; SET LOCAL statement_timeout = '{patience}'{claims}")
}

/// Goes on with other rights in a transaction that began with a user's.
///
/// For what policies do not cover: the engine's tables and our own schema, asked about rows that the policies let through before.
pub async fn assume(db: &impl GenericClient, names: &RoleNames, role: Role) -> Result<(), StoreError> {
    Ok(db.batch_execute(&role.assumed(names)).await?)
}

/// Does `work` with other rights, as [`assume`] gives them, and does not wait for them: what gives them is sent ahead of the first
/// statement of `work`.
pub async fn assuming<T, E: From<StoreError>>(
    db: &impl GenericClient,
    names: &RoleNames,
    role: Role,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let assumed = async { Ok(assume(db, names, role).await?) };
    // Polled in this order.
    let ((), done) = try_join(assumed, work).await?;
    Ok(done)
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
