//! What `dashloom.consumer_positions` accounts for: where every group stands, and how its records ended.

use chrono::{DateTime, Utc};

use super::positions::{OutcomeCounts, PartitionKey};
use super::{GenericClient, StoreError};

/// A partition's position with its counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which position.
    pub key: PartitionKey,
    /// Where it started; the sum of `counts` is the distance from here.
    pub start_offset: i64,
    /// The offset of the next record to settle.
    pub next_offset: i64,
    /// How its records ended when they were read.
    pub counts: OutcomeCounts,
    /// The timestamp of the last settled record, in milliseconds since 1970.
    pub last_timestamp_ms: Option<i64>,
    /// When it last moved.
    pub updated_at: DateTime<Utc>,
}

/// Reads the positions of a group, and of its replays where those are wanted, by group, topic and partition.
pub async fn read(
    db: &impl GenericClient,
    group: &str,
    with_replays: bool,
) -> Result<Vec<Account>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT consumer_group, topic, partition, start_offset, next_offset, applied, superseded, duplicate, \
                 skipped, parked, dead_lettered, gap, last_timestamp_ms, updated_at \
             FROM dashloom.consumer_positions \
             WHERE consumer_group = $1 OR ($2 AND starts_with(consumer_group, $1 || '/replay/')) \
             ORDER BY consumer_group, topic, partition",
        )
        .await?;
    let rows = db.query(&statement, &[&group, &with_replays]).await?;
    rows.iter()
        .map(|row| {
            Ok(Account {
                key: PartitionKey {
                    group: row.try_get(0)?,
                    topic: row.try_get(1)?,
                    partition: row.try_get(2)?,
                },
                start_offset: row.try_get(3)?,
                next_offset: row.try_get(4)?,
                counts: OutcomeCounts {
                    applied: row.try_get(5)?,
                    superseded: row.try_get(6)?,
                    duplicate: row.try_get(7)?,
                    skipped: row.try_get(8)?,
                    parked: row.try_get(9)?,
                    dead_lettered: row.try_get(10)?,
                    gap: row.try_get(11)?,
                },
                last_timestamp_ms: row.try_get(12)?,
                updated_at: row.try_get(13)?,
            })
        })
        .collect()
}
