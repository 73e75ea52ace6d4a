//! What can go wrong in the database.

use tokio_postgres::error::SqlState;

/// A failed statement or connection.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The server refused a statement, or the connection broke.
    #[error("a database statement failed")]
    Postgres(#[from] tokio_postgres::Error),
    /// No connection could be had from the pool in time.
    #[error("no database connection could be had from the pool")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The server did not answer in time: the connection hangs, or the transaction was too much at once.
    #[error("the database did not answer in time")]
    Silent,
    /// A stored value cannot be one that dashloom wrote.
    #[error("{what} in the database is not what dashloom wrote")]
    Corrupt {
        /// Which value.
        what: &'static str,
    },
}

impl StoreError {
    /// Whether other transactions were in the way: a deadlock, a lock that was not to be had in time, a lost race. The
    /// next attempt may succeed.
    pub fn is_contention(&self) -> bool {
        self.sql_state().is_some_and(|state| {
            [
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::T_R_SERIALIZATION_FAILURE,
                SqlState::LOCK_NOT_AVAILABLE,
                SqlState::UNIQUE_VIOLATION,
                SqlState::FOREIGN_KEY_VIOLATION,
            ]
            .contains(state)
        })
    }

    /// The SQLSTATE the server answered with, if it answered.
    pub fn sql_state(&self) -> Option<&SqlState> {
        match self {
            Self::Postgres(error) => error.code(),
            Self::Pool(deadpool_postgres::PoolError::Backend(error)) => error.code(),
            Self::Pool(_) | Self::Silent | Self::Corrupt { .. } => None,
        }
    }
}
