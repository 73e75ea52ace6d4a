//! Parked records: tried again when they are due, by the same recipe.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::recipe::Recipe;
use super::settler::{End, Settler};
use super::{Batch, Origin, ParkedRow, Portion};
use crate::store::parked::{self, Parked};
use crate::store::{self, Role, StoreError};
use crate::telemetry::metrics;

/// How often it is looked for records that are due.
const EVERY: Duration = Duration::from_secs(1);
/// The most records of one transaction.
const BATCH: usize = 200;

/// What trying parked records again needs.
#[derive(Debug, Clone)]
pub struct Unpark {
    /// The consumer group whose records are meant.
    pub group: String,
    /// How a batch is applied.
    pub recipe: Arc<Recipe>,
    /// Connections for looking what is due.
    pub control: Pool,
    /// Told after each commit, for the relay in this process.
    pub wake_relay: Arc<Notify>,
}

/// Tries parked records again until `stop`. Several processes may: each record is locked while it is tried.
pub async fn run(unpark: Unpark, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    let settler = Settler {
        recipe: unpark.recipe.clone(),
        control: unpark.control.clone(),
        tasks: tasks.clone(),
    };
    let mut portion = Portion::new(BATCH);
    while !stop.is_cancelled() {
        let found = match store::answered(due(&settler, &unpark.group, portion.records())).await {
            Ok(records) => settle(&unpark, &settler, &mut portion, records, &stop).await,
            Err(error) => {
                tracing::debug!(%error, "parked records cannot be looked at yet");
                false
            }
        };
        if !found {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
    tasks.close();
    tasks.wait().await;
}

async fn due(settler: &Settler, group: &str, most: usize) -> Result<Vec<Parked>, StoreError> {
    let mut client = settler.control.get().await?;
    let tx = store::begin(&mut client, &settler.recipe.roles, Role::Ingest).await?;
    metrics::parked(u64::try_from(parked::count(&tx, group).await?).unwrap_or_default());
    parked::due(&tx, group, i64::try_from(most).unwrap_or(i64::MAX)).await
}

/// Settles what is due; `true` when there may be more at once.
async fn settle(
    unpark: &Unpark,
    settler: &Settler,
    portion: &mut Portion,
    records: Vec<Parked>,
    stop: &CancellationToken,
) -> bool {
    let Some(partition) = records.first().map(|record| record.partition.clone()) else {
        return false;
    };
    let rows = records
        .iter()
        .map(|record| ParkedRow {
            id: record.id,
            attempts: record.attempts,
            expired: record.expired,
        })
        .collect();
    let messages = records.into_iter().map(|record| record.message).collect();
    let batch = Batch {
        partition,
        origin: Origin::Parked(rows),
        messages,
    };
    let end = settler
        .settle(batch, portion, stop, |_, _| unpark.wake_relay.notify_one())
        .await;
    match end {
        End::Settled => true,
        End::Halted(hint) => {
            tracing::error!("parked records cannot be tried again: {hint}");
            false
        }
        End::Fenced | End::Moved | End::Stopped => false,
    }
}
