//! `dashloom.replays`: which stretch of a topic each replay reads, and how far it has come.

use uuid::Uuid;

use super::positions::PartitionKey;
use super::{GenericClient, StoreError};

/// A replay as it was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReplay {
    /// What was asked for.
    pub asked: String,
    /// Each partition with the offset at which its stretch ends.
    pub ends: Vec<(i32, i64)>,
    /// Whether it has come to its end.
    pub is_finished: bool,
}

/// Reads a replay by its group; the row stays locked, so that two calls do not both begin it.
pub async fn find(db: &impl GenericClient, group: &str) -> Result<Option<StoredReplay>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT asked, partitions, ends, finished_at IS NOT NULL FROM dashloom.replays \
             WHERE consumer_group = $1 FOR UPDATE",
        )
        .await?;
    let Some(row) = db.query_opt(&statement, &[&group]).await? else {
        return Ok(None);
    };
    let partitions: Vec<i32> = row.try_get(1)?;
    let ends: Vec<i64> = row.try_get(2)?;
    Ok(Some(StoredReplay {
        asked: row.try_get(0)?,
        ends: partitions.into_iter().zip(ends).collect(),
        is_finished: row.try_get(3)?,
    }))
}

/// Begins a replay in place of a former one of the same group: its positions start anew, without an owner.
pub async fn begin(
    db: &impl GenericClient,
    group: &str,
    topic: &str,
    asked: &str,
    ends: &[(i32, i64)],
) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.replays (consumer_group, topic, asked, partitions, ends) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (consumer_group) DO UPDATE SET topic = excluded.topic, asked = excluded.asked, \
                 partitions = excluded.partitions, ends = excluded.ends, started_at = now(), finished_at = NULL",
        )
        .await?;
    let (partitions, ends): (Vec<i32>, Vec<i64>) = ends.iter().copied().unzip();
    db.execute(&statement, &[&group, &topic, &asked, &partitions, &ends])
        .await?;
    let statement = db
        .prepare_cached("DELETE FROM dashloom.consumer_positions WHERE consumer_group = $1")
        .await?;
    db.execute(&statement, &[&group]).await?;
    Ok(())
}

/// Moves a replay's position up to an offset, past offsets that hold no record; `false` when the position is another's by
/// now.
pub async fn pass_by(
    db: &impl GenericClient,
    key: &PartitionKey,
    token: Uuid,
    reached: i64,
) -> Result<bool, StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.consumer_positions \
             SET gap = gap + greatest($5 - next_offset, 0), next_offset = greatest(next_offset, $5), updated_at = now() \
             WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND owner_token = $4",
        )
        .await?;
    let moved = db
        .execute(
            &statement,
            &[&key.group, &key.topic, &key.partition, &token, &reached],
        )
        .await?;
    Ok(moved == 1)
}

/// Removes replays that have come to their end so many days ago, with their positions.
pub async fn forget(db: &impl GenericClient, days: i32) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "WITH over AS (DELETE FROM dashloom.replays WHERE finished_at < now() - make_interval(days => $1) \
                           RETURNING consumer_group) \
             DELETE FROM dashloom.consumer_positions p USING over WHERE p.consumer_group = over.consumer_group",
        )
        .await?;
    db.execute(&statement, &[&days]).await?;
    Ok(())
}

/// Notes that a replay has come to its end.
pub async fn finish(db: &impl GenericClient, group: &str) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached("UPDATE dashloom.replays SET finished_at = now() WHERE consumer_group = $1")
        .await?;
    db.execute(&statement, &[&group]).await?;
    Ok(())
}
