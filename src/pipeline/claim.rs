//! Claiming a partition: its position becomes ours, and says where to read from.

use std::time::Duration;

use uuid::Uuid;

use super::settler::Settler;
use crate::config::Start;
use crate::kafka::{ConsumerHandle, KafkaError};
use crate::store::positions::{self, PartitionKey, Position};
use crate::store::{self, CommitError, Role, StoreError};

/// How long the first attempt waits for a transaction that has the position locked.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the second one does, while whoever is in its way is ended.
const INSISTENCE: Duration = Duration::from_secs(4);
/// After how long the second attempt looks who is in its way.
const LOOK_AFTER: Duration = Duration::from_millis(200);

/// A partition that is ours.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// The token of this assignment.
    pub token: Uuid,
    /// The offset to read from.
    pub next_offset: i64,
}

/// Why a partition could not be claimed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClaimError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The log does not hold what the position wants next; what is wrong and the remedy.
    #[error("{0}")]
    OutOfRange(String),
}

/// Claims a partition under a fresh token, and makes sure that the log still holds what comes next.
///
/// A partition that the group has never held gets a position first: at the configured start if the whole topic is new
/// to the group, else at the log's start, because it was added later.
pub(super) async fn claim(
    settler: &Settler,
    consumer: &ConsumerHandle,
    start: Start,
    key: &PartitionKey,
) -> Result<Claim, ClaimError> {
    let token = fresh_token();
    let position = match take(settler, key, token).await? {
        Some(position) => position,
        None => {
            store_starts(settler, consumer, start, key).await?;
            let missing = StoreError::Corrupt {
                what: "a partition's position",
            };
            take(settler, key, token).await?.ok_or(missing)?
        }
    };
    let (low, high) = consumer.range(key.partition).await?;
    if let Some(problem) = out_of_range(key, position.next_offset, low, high) {
        return Err(ClaimError::OutOfRange(problem));
    }
    Ok(Claim {
        token,
        next_offset: position.next_offset,
    })
}

/// What is wrong, and what to do about it, when the log does not hold the offset that is wanted next.
pub(super) fn out_of_range(key: &PartitionKey, next_offset: i64, low: i64, high: i64) -> Option<String> {
    let PartitionKey { topic, partition, .. } = key;
    let cause = if next_offset < low {
        format!(
            "retention removed {} records that were not processed",
            low - next_offset
        )
    } else if next_offset > high {
        "the topic was recreated or truncated".to_owned()
    } else {
        return None;
    };
    Some(format!(
        "{topic}/{partition} holds offsets {low} to {high} but {next_offset} is next: {cause}; \
         `dashloom position set --partition {partition} --to earliest --accept-gap` goes on with what is there"
    ))
}

/// A counter would be unsafe: after a failover that loses commits it could be given twice.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes owners' tokens for partitions"
)]
fn fresh_token() -> Uuid {
    Uuid::new_v4()
}

/// Takes the position, ending sessions of ours that sit on it; `None` when there is none yet.
async fn take(settler: &Settler, key: &PartitionKey, token: Uuid) -> Result<Option<Position>, StoreError> {
    let locked = |error: &StoreError| error.sql_state().is_some_and(|state| state.code() == "55P03");
    match take_within(settler, key, token, PATIENCE, async |_| Ok(())).await {
        Err(error) if locked(&error) => {
            take_within(settler, key, token, INSISTENCE, async |pid| {
                free(settler, key, pid).await
            })
            .await
        }
        taken => taken,
    }
}

async fn take_within(
    settler: &Settler,
    key: &PartitionKey,
    token: Uuid,
    lock_timeout: Duration,
    meanwhile: impl AsyncFnOnce(i32) -> Result<(), StoreError>,
) -> Result<Option<Position>, StoreError> {
    let mut client = settler.client().await?;
    let tx = store::begin(&mut client, &settler.recipe.roles, Role::Ingest).await?;
    let pid = positions::backend_pid(&tx).await?;
    let claiming = positions::claim(&tx, key, token, lock_timeout);
    let (position, freed) = tokio::join!(claiming, meanwhile(pid));
    if let Err(error) = freed {
        tracing::warn!(%error, partition = key.partition, "the sessions in the way could not be looked at");
    }
    let position = position?;
    store::commit(tx).await.map_err(|error| match error {
        CommitError::RolledBack(error) | CommitError::Unknown(error) => StoreError::Postgres(error),
    })?;
    Ok(position)
}

/// Ends the sessions of ours that the waiting claim `pid` waits for: a process that was stopped or cut off mid-way.
async fn free(settler: &Settler, key: &PartitionKey, pid: i32) -> Result<(), StoreError> {
    tokio::time::sleep(LOOK_AFTER).await;
    let client = settler.client().await?;
    let ended = positions::free_claim(&client, pid).await?;
    if ended > 0 {
        tracing::warn!(
            partition = key.partition,
            ended,
            "ended sessions that sat on the partition's position"
        );
    }
    Ok(())
}

/// Stores where the topic's partitions start that have no position yet.
async fn store_starts(
    settler: &Settler,
    consumer: &ConsumerHandle,
    start: Start,
    key: &PartitionKey,
) -> Result<(), ClaimError> {
    let mut client = settler.client().await?;
    let known = {
        let tx = store::begin(&mut client, &settler.recipe.roles, Role::Ingest).await?;
        positions::partitions(&tx, &key.group, &key.topic).await?
    };
    // The first claim fixes the start of all partitions, so that one without a position was added later.
    let start = if known.is_empty() { start } else { Start::Earliest };
    let mut starts = Vec::new();
    for partition in 0..consumer.partition_count().await? {
        if !known.iter().any(|(known, _)| *known == partition) {
            starts.push((partition, resolve(consumer, start, partition).await?));
        }
    }
    tracing::info!(topic = key.topic, ?starts, "positions start");
    let tx = store::begin(&mut client, &settler.recipe.roles, Role::Ingest).await?;
    positions::start(&tx, &key.group, &key.topic, &starts).await?;
    store::commit(tx).await.map_err(|error| match error {
        CommitError::RolledBack(error) | CommitError::Unknown(error) => StoreError::Postgres(error),
    })?;
    Ok(())
}

async fn resolve(consumer: &ConsumerHandle, start: Start, partition: i32) -> Result<i64, KafkaError> {
    let (low, high) = consumer.range(partition).await?;
    Ok(match start {
        Start::Earliest => low,
        Start::Latest => high,
        Start::Timestamp(timestamp_ms) => consumer.offset_at(partition, timestamp_ms).await?.unwrap_or(high),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_log_does_not_hold_is_out_of_range() {
        let key = PartitionKey {
            group: "g".to_owned(),
            topic: "in".to_owned(),
            partition: 2,
        };
        assert_eq!(out_of_range(&key, 5, 5, 9), None);
        assert_eq!(
            out_of_range(&key, 9, 5, 9),
            None,
            "the end is where the next record comes"
        );
        let overtaken = out_of_range(&key, 3, 5, 9).unwrap();
        assert!(overtaken.contains("retention removed 2 records"), "{overtaken}");
        let recreated = out_of_range(&key, 10, 0, 9).unwrap();
        assert!(recreated.contains("--partition 2"), "{recreated}");
    }
}
