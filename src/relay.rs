//! The relay: from the outbox to the topics, in order, by one leader.
//!
//! Invariants: what is published is committed; events of one view go out in the order of their versions; a row leaves
//! the outbox only after a broker has it. The position is a high-water mark with the numbers that were missing below
//! it: a transaction draws its sequence numbers before it commits, so a plain pointer would pass rows by. Two rows of one
//! view cannot be swapped by this, because the later transaction starts its work after the earlier one committed.

mod leader;
mod publish;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::{KafkaConfig, RelayConfig};
use crate::kafka::KafkaError;
use crate::store::{RoleNames, StoreError};
use crate::telemetry::metrics;
use leader::{Leader, Step};

/// How long a relay that does not lead waits before it asks again.
const FOLLOW: Duration = Duration::from_secs(1);

/// What relaying needs.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Connections for the relay.
    pub pool: Pool,
    /// The database's names for roles.
    pub roles: RoleNames,
    /// Where the topics are.
    pub kafka: KafkaConfig,
    /// How often to look, how much to take, how long to lead.
    pub config: RelayConfig,
    /// The largest record the producer takes, in bytes.
    pub message_bytes: usize,
}

/// Why a step of the relay failed; it is tried again.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the topics do not take what is published: {0}")]
    Undelivered(String),
}

/// Publishes the outbox until `stop`, and then what is left in it; `wake` tells of new rows at once.
///
/// # Errors
/// When the producer cannot be made.
pub async fn run(relay: Relay, wake: Arc<Notify>, stop: CancellationToken) -> Result<(), KafkaError> {
    let mut leader = Leader::new(relay)?;
    let mut failures = 0;
    loop {
        let pause = match leader.step(&stop).await {
            Ok(Step::Published) => {
                failures = 0;
                continue;
            }
            Ok(_) if stop.is_cancelled() => break,
            Ok(Step::Idle) => leader.poll_interval(),
            Ok(Step::Following) => FOLLOW,
            Err(error) if stop.is_cancelled() => {
                tracing::warn!(%error, "the outbox is left as it is; the next leader publishes it");
                break;
            }
            Err(error) => {
                complain(&error, failures);
                failures += 1;
                Duration::from_millis(50 << failures.min(4)).min(FOLLOW)
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    leader.resign().await;
    metrics::relay_leader(false);
    Ok(())
}

/// An outage is one story: its first failure is told, then every 30th.
fn complain(error: &RelayError, failures: u32) {
    metrics::retry("relay");
    if failures.is_multiple_of(30) {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(%error, cause, failures, "the relay cannot go on yet; it tries again");
    }
}
