//! Transactions: the one place where they begin and end.
//!
//! Every transaction takes its role with `SET LOCAL`, so that even a superuser's login is confined by row level
//! security, and nothing outlives the transaction, as a pooler in transaction mode requires.

use deadpool_postgres::{Client, Transaction};

use super::StoreError;
use crate::config::RoleNames;

/// Whose rights a transaction runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Folding results: partials, views, insights, positions, the outbox, flags.
    Ingest,
    /// Reading the outbox and advancing the relay.
    Relay,
    /// Repair commands.
    Operator,
}

impl Role {
    fn name(self, names: &RoleNames) -> &str {
        match self {
            Self::Ingest => &names.ingest,
            Self::Relay => &names.relay,
            Self::Operator => &names.operator,
        }
    }

    /// The statements that confine a transaction to this role and bound how long it may wait or idle.
    fn preamble(self, names: &RoleNames) -> String {
        let role = self.name(names).replace('"', "\"\"");
        format!(
            "SET LOCAL ROLE \"{role}\"; SET LOCAL lock_timeout = '3s'; \
             SET LOCAL idle_in_transaction_session_timeout = '8s'"
        )
    }
}

/// How a commit ended when it did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The server answered that the transaction is rolled back.
    #[error("the transaction was rolled back at commit")]
    RolledBack(#[source] tokio_postgres::Error),
    /// The connection broke before the answer: it may or may not be committed.
    #[error("the connection broke during commit; its outcome is unknown")]
    Unknown(#[source] tokio_postgres::Error),
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

/// Commits, telling a refusal from a lost connection.
pub async fn commit(tx: Transaction<'_>) -> Result<(), CommitError> {
    tx.commit().await.map_err(|error| {
        if error.as_db_error().is_some() {
            CommitError::RolledBack(error)
        } else {
            CommitError::Unknown(error)
        }
    })
}
