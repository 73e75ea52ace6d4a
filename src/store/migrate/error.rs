//! What can end a migration.

use super::template::TemplateError;

/// A migration that could not be done. Everything committed before it stays; running it again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database is not as it must be; every problem found, each with its remedy.
    #[error("the database cannot be migrated yet:\n{}", bullets(.0))]
    Preflight(Vec<String>),
    /// There is no such phase.
    #[error("there is no phase {0}; phases are 1 to 5")]
    NoSuchPhase(u8),
    /// The columns that the backfill fills are not there.
    #[error("the backfill needs phases 1 and 2; run `dashloom migrate` first")]
    NotMigrated,
    /// Another migrator kept its lock.
    #[error(
        "another migration of this database has been running for {waited_s} s; it was not waited for any longer"
    )]
    Locked {
        /// How long it was waited for.
        waited_s: u64,
    },
    /// refinery stopped: a statement failed, or the history is not one of this release.
    #[error("the migration stopped")]
    Refinery(#[source] Box<refinery::Error>),
    /// A statement of ours failed.
    #[error("the migration stopped")]
    Run(#[from] RunError),
    /// The database refused a statement, or the connection broke.
    #[error("a database statement of the migration failed")]
    Postgres(#[from] tokio_postgres::Error),
}

impl From<refinery::Error> for MigrateError {
    fn from(error: refinery::Error) -> Self {
        Self::Refinery(Box::new(error))
    }
}

/// A failed statement of a migration file.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The server refused a statement, or the connection broke.
    #[error("`{statement}` failed")]
    Statement {
        /// Its first line.
        statement: String,
        /// What the server said.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A lock could not be had for as long as the migration was willing to try.
    #[error(
        "`{statement}` found no moment to lock its table in {waited_s} s; look for long transactions in pg_stat_activity"
    )]
    Locked {
        /// Its first line.
        statement: String,
        /// How long it was tried.
        waited_s: u64,
        /// What the server said last.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A migration file names something unknown.
    #[error("a migration file is malformed")]
    Template(#[from] TemplateError),
    /// refinery's history could not be read.
    #[error("the migration history could not be read")]
    History(#[source] tokio_postgres::Error),
}

fn bullets(problems: &[String]) -> String {
    problems
        .iter()
        .map(|problem| format!("  - {problem}"))
        .collect::<Vec<_>>()
        .join("\n")
}
