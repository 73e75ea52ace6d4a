//! Claiming a partition: its position becomes ours, and says where to read from.

use std::time::Duration;

use uuid::Uuid;

use super::settler::Settler;
use crate::config::Start;
use crate::kafka::{ConsumerHandle, KafkaError};
use crate::store::positions::{self, PartitionKey, Position};
use crate::store::{self, Role, StoreError};

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
    /// The offset of the next record to settle.
    pub next_offset: i64,
    /// The last settled record, by which the log is known again; `None` where it is not in the log any more.
    pub witness: Option<Witness>,
    /// Whether offsets without a record have been told of.
    pub has_told_gap: bool,
}

impl Claim {
    /// The offset to read from.
    pub fn read_from(&self) -> i64 {
        self.witness
            .as_ref()
            .map_or(self.next_offset, |witness| witness.offset)
    }
}

/// A record that was settled before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Witness {
    /// Where it stands.
    pub offset: i64,
    /// What it was, as [`super::fingerprint`] tells.
    pub fingerprint: Vec<u8>,
}

/// Why a partition could not be claimed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClaimError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The log is not the one that the position stands in, or does not hold what comes next; with the remedy.
    #[error("{0}")]
    Estranged(String),
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
    let cluster = consumer.cluster_id().await?;
    let position = match take(settler, key, token, cluster.as_deref()).await? {
        Some(position) => position,
        None => {
            store_starts(settler, consumer, start, key).await?;
            let missing = StoreError::Corrupt {
                what: "a partition's position",
            };
            take(settler, key, token, cluster.as_deref())
                .await?
                .ok_or(missing)?
        }
    };
    if let (Some(former), Some(cluster)) = (&position.topic_id, &cluster)
        && former != cluster
    {
        let cause = format!("it was read from cluster {former} before, and this is cluster {cluster}");
        return Err(ClaimError::Estranged(estranged(key, &cause)));
    }
    let (low, high) = consumer.range(key.partition).await?;
    if let Some(cause) = out_of_range(position.next_offset, low, high) {
        return Err(ClaimError::Estranged(estranged(key, &cause)));
    }
    Ok(Claim {
        token,
        next_offset: position.next_offset,
        witness: witness(&position, low),
        has_told_gap: false,
    })
}

/// The last settled record, unless retention has removed it or the position was set by hand since.
fn witness(position: &Position, low: i64) -> Option<Witness> {
    let offset = position.last_offset?;
    let fingerprint = position.last_fingerprint.clone()?;
    (low <= offset && offset < position.next_offset).then_some(Witness { offset, fingerprint })
}

/// What is wrong when the log does not hold the offset that is wanted next.
fn out_of_range(next_offset: i64, low: i64, high: i64) -> Option<String> {
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
        "it holds offsets {low} to {high} but {next_offset} is next, so {cause}"
    ))
}

/// The one sentence that an operator gets about a log that cannot be read on.
pub(super) fn estranged(key: &PartitionKey, cause: &str) -> String {
    let PartitionKey { topic, partition, .. } = key;
    format!(
        "{topic}/{partition} is not read on: {cause}; look what became of the topic, then \
         `dashloom position set --partition {partition} --to earliest --accept-gap` goes on with what is there"
    )
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
async fn take(
    settler: &Settler,
    key: &PartitionKey,
    token: Uuid,
    cluster: Option<&str>,
) -> Result<Option<Position>, StoreError> {
    let locked = |error: &StoreError| error.sql_state().is_some_and(|state| state.code() == "55P03");
    let patient = Taking {
        key,
        token,
        cluster,
        lock_timeout: PATIENCE,
    };
    match store::answered(take_within(settler, &patient, async |_| Ok(()))).await {
        Err(error) if locked(&error) => {
            let insistent = Taking {
                lock_timeout: INSISTENCE,
                ..patient
            };
            let taking = take_within(settler, &insistent, async |pid| free(settler, key, pid).await);
            store::answered(taking).await
        }
        taken => taken,
    }
}

/// One attempt to take a position.
#[derive(Debug, Clone, Copy)]
struct Taking<'a> {
    key: &'a PartitionKey,
    token: Uuid,
    cluster: Option<&'a str>,
    lock_timeout: Duration,
}

async fn take_within(
    settler: &Settler,
    taking: &Taking<'_>,
    meanwhile: impl AsyncFnOnce(i32) -> Result<(), StoreError>,
) -> Result<Option<Position>, StoreError> {
    let mut client = settler.control.get().await?;
    let tx = store::begin(&mut client, &settler.recipe.roles, Role::Ingest).await?;
    let pid = positions::backend_pid(&tx).await?;
    let claiming = positions::claim(&tx, taking.key, taking.token, taking.cluster, taking.lock_timeout);
    let (position, freed) = tokio::join!(claiming, meanwhile(pid));
    if let Err(error) = freed {
        tracing::warn!(%error, partition = taking.key.partition, "the sessions in the way could not be looked at");
    }
    let position = position?;
    store::commit(tx).await?;
    Ok(position)
}

/// Ends the sessions of ours that the waiting claim `pid` waits for: a process that was stopped or cut off mid-way.
async fn free(settler: &Settler, key: &PartitionKey, pid: i32) -> Result<(), StoreError> {
    tokio::time::sleep(LOOK_AFTER).await;
    // Not from the pool that waiting claims hold all of, maybe.
    let client = settler.recipe.pool.get().await?;
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
    let mut client = settler.control.get().await.map_err(StoreError::from)?;
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
    store::commit(tx).await.map_err(StoreError::from)?;
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
        assert_eq!(out_of_range(5, 5, 9), None);
        assert_eq!(
            out_of_range(9, 5, 9),
            None,
            "the end is where the next record comes"
        );
        let overtaken = out_of_range(3, 5, 9).unwrap();
        assert!(overtaken.contains("retention removed 2 records"), "{overtaken}");
        let recreated = out_of_range(10, 0, 9).unwrap();
        assert!(recreated.contains("recreated or truncated"), "{recreated}");
    }

    #[test]
    fn the_operator_is_told_the_command() {
        let key = PartitionKey {
            group: "g".to_owned(),
            topic: "in".to_owned(),
            partition: 2,
        };
        let told = estranged(&key, "it is gone");
        assert!(
            told.starts_with("in/2 ") && told.contains("--partition 2 "),
            "{told}"
        );
    }

    #[test]
    fn the_last_record_is_a_witness_while_the_log_holds_it() {
        let position = |next_offset, last_offset| Position {
            owner_token: None,
            topic_id: None,
            next_offset,
            last_offset,
            last_fingerprint: Some(vec![1]),
        };
        assert_eq!(witness(&position(7, Some(6)), 0).unwrap().offset, 6);
        assert_eq!(witness(&position(7, Some(6)), 7), None, "retention removed it");
        assert_eq!(
            witness(&position(4, Some(6)), 0),
            None,
            "the position was set back"
        );
        assert_eq!(witness(&position(7, None), 0), None);
    }
}
