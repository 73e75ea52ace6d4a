//! refinery's runner over a connection: what its own driver cannot do, it does here.
//!
//! The driver wraps each file in a transaction, where `CREATE INDEX CONCURRENTLY` and committed steps cannot run. This
//! newtype implements the same traits: files marked so run one statement a call, every statement gives a lock up after
//! a moment and tries again, and an index that an interrupted build left invalid is dropped before it is built again.

use std::time::Duration;

use refinery::{AsyncMigrate, Migration};
use refinery_core::traits::r#async::{AsyncQuery, AsyncTransaction};
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::error::RunError;
use super::options::{OnProgress, Progress};
use super::statements::{NO_TRANSACTION, concurrent_index, first_line, split};
use super::template::Template;

/// A connection as refinery drives it.
pub(super) struct Runner<'a> {
    pub(super) client: &'a mut Client,
    pub(super) template: &'a Template,
    pub(super) patience: Duration,
    pub(super) on_progress: OnProgress<'a>,
}

impl Runner<'_> {
    /// Runs every statement of `sql` by itself.
    pub(super) async fn run_statements(&mut self, sql: &str) -> Result<(), RunError> {
        for statement in split(sql) {
            self.retry(&[statement.to_owned()], false).await?;
        }
        Ok(())
    }

    /// Runs the statements, in a transaction or one alone, again and again while only locks are in the way.
    async fn retry(&mut self, statements: &[String], transaction: bool) -> Result<(), RunError> {
        let name = statements
            .first()
            .map(|sql| split(sql).first().map_or_else(String::new, |s| first_line(s)));
        let statement = name.unwrap_or_default();
        (self.on_progress)(Progress::Statement(statement.clone()));
        let began = Instant::now();
        let mut pause = Duration::from_millis(50);
        loop {
            let Err(source) = self.attempt(statements, transaction).await else {
                return Ok(());
            };
            if !is_passing(&source) {
                return Err(RunError::Statement { statement, source });
            }
            if began.elapsed() > self.patience {
                let waited_s = began.elapsed().as_secs();
                return Err(RunError::Locked {
                    statement,
                    waited_s,
                    source,
                });
            }
            (self.on_progress)(Progress::WaitingForLock(statement.clone()));
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn attempt(
        &mut self,
        statements: &[String],
        transaction: bool,
    ) -> Result<(), tokio_postgres::Error> {
        if transaction {
            let transaction = self.client.transaction().await?;
            for statement in statements {
                transaction.batch_execute(statement).await?;
            }
            return transaction.commit().await;
        }
        for statement in statements {
            if let Some(index) = concurrent_index(statement) {
                drop_invalid(self.client, index).await?;
            }
            self.client.batch_execute(statement).await?;
        }
        Ok(())
    }
}

/// Drops what an interrupted concurrent build left behind; `IF NOT EXISTS` would take it for the index.
async fn drop_invalid(client: &Client, index: &str) -> Result<(), tokio_postgres::Error> {
    let leftovers = Client::query(
        client,
        "select format('%I.%I', n.nspname, c.relname) from pg_index i \
         join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace \
         where c.relname = $1 and not i.indisvalid and n.nspname not in ('pg_catalog', 'pg_toast')",
        &[&index],
    )
    .await?;
    for leftover in leftovers {
        let name: String = leftover.try_get(0)?;
        client
            .batch_execute(&format!("drop index concurrently if exists {name}"))
            .await?;
    }
    Ok(())
}

/// Whether trying again may succeed: another session held a lock, or changed the same catalog row (roles belong to the
/// whole server, so even migrations of two databases meet there).
pub(super) fn is_passing(error: &tokio_postgres::Error) -> bool {
    let Some(error) = error.as_db_error() else {
        return false;
    };
    let code = error.code();
    *code == SqlState::LOCK_NOT_AVAILABLE
        || *code == SqlState::T_R_DEADLOCK_DETECTED
        || *code == SqlState::T_R_SERIALIZATION_FAILURE
        || (*code == SqlState::INTERNAL_ERROR && error.message().contains("concurrently"))
        || (*code == SqlState::UNIQUE_VIOLATION && error.schema() == Some("pg_catalog"))
}

impl AsyncTransaction for Runner<'_> {
    type Error = RunError;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Self::Error> {
        let queries: Vec<&str> = queries.collect();
        let mut together = Vec::with_capacity(queries.len());
        let mut apart = false;
        for query in &queries {
            let sql = self.template.render(query)?;
            if query.starts_with(NO_TRANSACTION) {
                apart = true;
                self.run_statements(&sql).await?;
            } else {
                together.push(sql);
            }
        }
        self.retry(&together, !apart).await?;
        Ok(queries.len())
    }
}

impl AsyncQuery<Vec<Migration>> for Runner<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Self::Error> {
        AsyncQuery::query(self.client, query)
            .await
            .map_err(RunError::History)
    }
}

impl AsyncMigrate for Runner<'_> {}
