//! `dashloom.position_changes`: what operators did to positions, never updated.

use chrono::{DateTime, Utc};

use super::positions::PartitionKey;
use super::{GenericClient, StoreError};

/// A position that an operator moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionChange {
    /// Which position.
    pub key: PartitionKey,
    /// Where it stood.
    pub from_offset: i64,
    /// Where it stands since.
    pub to_offset: i64,
    /// How many offsets were stepped over; negative: are read again.
    pub skipped: i64,
    /// Why, in the operator's words.
    pub reason: Option<String>,
    /// The database login that did it.
    pub login: String,
    /// When.
    pub changed_at: DateTime<Utc>,
}

/// Moves a position that is locked already, takes it from its owner, and forgets what it knew of the log. The counters
/// still add up: what is stepped over counts as gap, and the start moves back with a position that does.
pub async fn apply(db: &impl GenericClient, key: &PartitionKey, to_offset: i64) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.consumer_positions \
             SET start_offset = start_offset + least($4 - next_offset, 0), gap = gap + greatest($4 - next_offset, 0), \
                 next_offset = $4, owner_token = NULL, topic_id = NULL, last_offset = NULL, last_timestamp_ms = NULL, \
                 last_fingerprint = NULL, updated_at = now() \
             WHERE consumer_group = $1 AND topic = $2 AND partition = $3",
        )
        .await?;
    db.execute(&statement, &[&key.group, &key.topic, &key.partition, &to_offset])
        .await?;
    Ok(())
}

/// Records a change; the database adds the login and the time.
pub async fn record(
    db: &impl GenericClient,
    key: &PartitionKey,
    from_offset: i64,
    to_offset: i64,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.position_changes \
                 (consumer_group, topic, partition, from_offset, to_offset, skipped, reason) \
             VALUES ($1, $2, $3, $4, $5, $5::bigint - $4::bigint, $6)",
        )
        .await?;
    db.execute(
        &statement,
        &[
            &key.group,
            &key.topic,
            &key.partition,
            &from_offset,
            &to_offset,
            &reason,
        ],
    )
    .await?;
    Ok(())
}

/// Reads the newest change of a position: from and to.
pub async fn last(db: &impl GenericClient, key: &PartitionKey) -> Result<Option<(i64, i64)>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT from_offset, to_offset FROM dashloom.position_changes \
             WHERE consumer_group = $1 AND topic = $2 AND partition = $3 ORDER BY id DESC LIMIT 1",
        )
        .await?;
    let row = db
        .query_opt(&statement, &[&key.group, &key.topic, &key.partition])
        .await?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).transpose()
}

/// Reads the newest changes of a group's positions, newest first.
pub async fn newest(
    db: &impl GenericClient,
    group: &str,
    limit: i64,
) -> Result<Vec<PositionChange>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT topic, partition, from_offset, to_offset, skipped, reason, login, changed_at \
             FROM dashloom.position_changes WHERE consumer_group = $1 ORDER BY id DESC LIMIT $2",
        )
        .await?;
    let rows = db.query(&statement, &[&group, &limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(PositionChange {
                key: PartitionKey {
                    group: group.to_owned(),
                    topic: row.try_get(0)?,
                    partition: row.try_get(1)?,
                },
                from_offset: row.try_get(2)?,
                to_offset: row.try_get(3)?,
                skipped: row.try_get(4)?,
                reason: row.try_get(5)?,
                login: row.try_get(6)?,
                changed_at: row.try_get(7)?,
            })
        })
        .collect()
}
