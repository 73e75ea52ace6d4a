//! A connection set up for a migration: one migrator at a time, short locks, no time limit on long builds.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::Client;

use super::error::MigrateError;
use super::options::{MigrateOptions, OnProgress, Progress};

/// The advisory lock of the migrator: "dashloom" in ASCII.
const LOCK: i64 = 0x6461_7368_6c6f_6f6d;

/// No statement waits longer for a lock, whatever is configured.
const LONGEST_LOCK_TIMEOUT: Duration = Duration::from_secs(1);

/// Takes the migrator's lock and sets the session up.
///
/// The lock is tried in a loop: a session that waits for it inside a statement would hold a snapshot, which the
/// concurrent index builds of the one that has it would wait for.
pub(super) async fn open(
    client: &Client,
    options: &MigrateOptions,
    on_progress: OnProgress<'_>,
) -> Result<(), MigrateError> {
    let lock_timeout_ms = options.lock_timeout.min(LONGEST_LOCK_TIMEOUT).as_millis().max(1);
    client
        .batch_execute(&format!(
            "set lock_timeout = {lock_timeout_ms}; set statement_timeout = 0; \
             set idle_in_transaction_session_timeout = 0; set client_min_messages = warning"
        ))
        .await?;
    let began = Instant::now();
    while !client
        .query_one("select pg_try_advisory_lock($1)", &[&LOCK])
        .await?
        .try_get::<_, bool>(0)?
    {
        if began.elapsed() > options.patience {
            return Err(MigrateError::Locked {
                waited_s: began.elapsed().as_secs(),
            });
        }
        on_progress(Progress::WaitingForMigrator);
        sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}

/// Gives the lock back and the session its defaults. A broken connection has done both already.
pub(super) async fn close(client: &Client) {
    let _broken = client
        .batch_execute(&format!(
            "select pg_advisory_unlock({LOCK}); reset lock_timeout; reset statement_timeout; \
             reset idle_in_transaction_session_timeout; reset client_min_messages"
        ))
        .await;
}
