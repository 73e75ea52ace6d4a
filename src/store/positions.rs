//! `dashloom.consumer_positions`: how far a group has come in each partition, and who holds it.

use std::time::Duration;

use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{GenericClient, StoreError};

/// One partition of a topic as one consumer group sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartitionKey {
    /// The consumer group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
}

/// Where a group stands in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Whose it is; `None` until the first claim.
    pub owner_token: Option<Uuid>,
    /// What is known of the topic's identity: the id of the cluster that it was read from, because the client library
    /// tells no topic's own. `None` until the first claim.
    pub topic_id: Option<String>,
    /// The offset of the next record to settle.
    pub next_offset: i64,
    /// The offset of the last settled record.
    pub last_offset: Option<i64>,
    /// SHA-256 over the last settled record.
    pub last_fingerprint: Option<Vec<u8>>,
}

/// How many records ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// They hold at least one date of a dashboard.
    pub applied: i64,
    /// Better results were known already.
    pub superseded: i64,
    /// Exactly these results were known already.
    pub duplicate: i64,
    /// Their workflow is not reported, or they are tombstones.
    pub skipped: i64,
    /// They wait in `dashloom.parked`.
    pub parked: i64,
    /// They went to the dead letter topic.
    pub dead_lettered: i64,
    /// Offsets at which the log holds no record for a reader: control records, aborted ones, compacted ones.
    pub gap: i64,
}

impl std::ops::Add for OutcomeCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            applied: self.applied + other.applied,
            superseded: self.superseded + other.superseded,
            duplicate: self.duplicate + other.duplicate,
            skipped: self.skipped + other.skipped,
            parked: self.parked + other.parked,
            dead_lettered: self.dead_lettered + other.dead_lettered,
            gap: self.gap + other.gap,
        }
    }
}

/// A step of a position, taken in the transaction that settles the records it steps over.
#[derive(Debug, Clone)]
pub struct Advance {
    /// The offset of the next record to settle.
    pub next_offset: i64,
    /// The offset of the last record settled by this step.
    pub last_offset: i64,
    /// That record's timestamp in milliseconds since 1970.
    pub last_timestamp_ms: Option<i64>,
    /// SHA-256 over that record.
    pub fingerprint: [u8; 32],
    /// How the records of this step ended; the sum is `next_offset` minus the offset stepped from.
    pub counts: OutcomeCounts,
}

/// Reads which partitions of a topic have a position, with their next offsets.
pub async fn partitions(
    db: &impl GenericClient,
    group: &str,
    topic: &str,
) -> Result<Vec<(i32, i64)>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT partition, next_offset FROM dashloom.consumer_positions \
             WHERE consumer_group = $1 AND topic = $2 ORDER BY partition",
        )
        .await?;
    let rows = db.query(&statement, &[&group, &topic]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Stores where partitions start that have no position yet; those that have one keep it.
pub async fn start(
    db: &impl GenericClient,
    group: &str,
    topic: &str,
    starts: &[(i32, i64)],
) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.consumer_positions (consumer_group, topic, partition, start_offset, next_offset) \
             SELECT $1, $2, s.partition, s.start, s.start FROM unnest($3::integer[], $4::bigint[]) s(partition, start) \
             ORDER BY s.partition ON CONFLICT DO NOTHING",
        )
        .await?;
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = starts.iter().copied().unzip();
    db.execute(&statement, &[&group, &topic, &partitions, &offsets])
        .await?;
    Ok(())
}

/// Makes `token` the owner of a partition, whoever held it; waits at most `lock_timeout` (then SQLSTATE 55P03) for the
/// transaction that has its row locked. A position without a topic id gets the given one; another's stays, for the
/// caller to compare.
///
/// `None` when the partition has no position yet.
pub async fn claim(
    db: &impl GenericClient,
    key: &PartitionKey,
    token: Uuid,
    topic_id: Option<&str>,
    lock_timeout: Duration,
) -> Result<Option<Position>, StoreError> {
    let lock_timeout_ms = lock_timeout.as_millis().to_string();
    db.query("SELECT set_config('lock_timeout', $1, true)", &[&lock_timeout_ms])
        .await?;
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.consumer_positions SET owner_token = $4, topic_id = coalesce(topic_id, $5), backend_pid = pg_backend_pid(), \
                 backend_start = (SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid())), \
                 updated_at = now() \
             WHERE consumer_group = $1 AND topic = $2 AND partition = $3 \
             RETURNING owner_token, topic_id, next_offset, last_offset, last_fingerprint",
        )
        .await?;
    let row = db
        .query_opt(
            &statement,
            &[&key.group, &key.topic, &key.partition, &token, &topic_id],
        )
        .await?;
    row.map(|row| position(&row)).transpose()
}

/// Locks a partition's row and reads it: the first statement of every transaction that settles records of it.
///
/// The lock waits until a doubtful earlier transaction has ended, so what is read is final.
pub async fn lock(db: &impl GenericClient, key: &PartitionKey) -> Result<Option<Position>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT owner_token, topic_id, next_offset, last_offset, last_fingerprint FROM dashloom.consumer_positions \
             WHERE consumer_group = $1 AND topic = $2 AND partition = $3 FOR NO KEY UPDATE",
        )
        .await?;
    let row = db
        .query_opt(&statement, &[&key.group, &key.topic, &key.partition])
        .await?;
    row.map(|row| position(&row)).transpose()
}

fn position(row: &tokio_postgres::Row) -> Result<Position, StoreError> {
    Ok(Position {
        owner_token: row.try_get(0)?,
        topic_id: row.try_get(1)?,
        next_offset: row.try_get(2)?,
        last_offset: row.try_get(3)?,
        last_fingerprint: row.try_get(4)?,
    })
}

/// Takes a step, by compare-and-set on owner and offset; `false` when either is another.
pub async fn advance(
    db: &impl GenericClient,
    key: &PartitionKey,
    token: Uuid,
    from_offset: i64,
    to: &Advance,
) -> Result<bool, StoreError> {
    let counts = &to.counts;
    let what = "next_offset = $6, last_offset = $7, last_timestamp_ms = $8, last_fingerprint = $9, \
                applied = applied + $10, superseded = superseded + $11, duplicate = duplicate + $12, \
                skipped = skipped + $13, parked = parked + $14, dead_lettered = dead_lettered + $15, gap = gap + $16";
    let values: [&(dyn ToSql + Sync); 11] = [
        &to.next_offset,
        &to.last_offset,
        &to.last_timestamp_ms,
        &&to.fingerprint[..],
        &counts.applied,
        &counts.superseded,
        &counts.duplicate,
        &counts.skipped,
        &counts.parked,
        &counts.dead_lettered,
        &counts.gap,
    ];
    compare_and_set(db, key, token, from_offset, what, &values).await
}

/// Steps over offsets that hold no record, by compare-and-set on owner and offset; `false` when either is another.
pub async fn pass_by(
    db: &impl GenericClient,
    key: &PartitionKey,
    token: Uuid,
    from_offset: i64,
    to_offset: i64,
) -> Result<bool, StoreError> {
    let what = "gap = gap + $6 - next_offset, next_offset = $6";
    compare_and_set(db, key, token, from_offset, what, &[&to_offset]).await
}

/// Changes a position whose owner and offset are these; `false` when either is another. `$6` and on are the `values`.
async fn compare_and_set(
    db: &impl GenericClient,
    key: &PartitionKey,
    token: Uuid,
    from_offset: i64,
    what: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE dashloom.consumer_positions SET {what}, updated_at = now() \
         WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND owner_token = $4 AND next_offset = $5"
    );
    let statement = db.prepare_cached(&sql).await?;
    let of: [&(dyn ToSql + Sync); 5] = [&key.group, &key.topic, &key.partition, &token, &from_offset];
    Ok(db.execute(&statement, &[&of[..], values].concat()).await? == 1)
}

/// Counts what became of records that were parked before; `parked` and `gap` of `counts` are not used.
pub async fn count_settled(
    db: &impl GenericClient,
    key: &PartitionKey,
    counts: &OutcomeCounts,
) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.consumer_positions SET settled_applied = settled_applied + $4, \
                 settled_superseded = settled_superseded + $5, settled_duplicate = settled_duplicate + $6, \
                 settled_skipped = settled_skipped + $7, settled_dead_lettered = settled_dead_lettered + $8 \
             WHERE consumer_group = $1 AND topic = $2 AND partition = $3",
        )
        .await?;
    db.execute(
        &statement,
        &[
            &key.group,
            &key.topic,
            &key.partition,
            &counts.applied,
            &counts.superseded,
            &counts.duplicate,
            &counts.skipped,
            &counts.dead_lettered,
        ],
    )
    .await?;
    Ok(())
}

/// The process id of this connection's backend, for [`free_claim`].
pub async fn backend_pid(db: &impl GenericClient) -> Result<i32, StoreError> {
    Ok(db.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?)
}

/// Terminates the backends for which the waiting backend `pid` waits, if they are ours: same login, same
/// `application_name`. Gives how many.
pub async fn free_claim(db: &impl GenericClient, pid: i32) -> Result<i64, StoreError> {
    let row = db
        .query_one(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(a.pid)) \
             FROM unnest(pg_blocking_pids($1)) b(pid) JOIN pg_stat_activity a ON a.pid = b.pid \
             JOIN pg_stat_activity w ON w.pid = $1 \
             WHERE a.usesysid = w.usesysid AND a.application_name = w.application_name",
            &[&pid],
        )
        .await?;
    Ok(row.try_get(0)?)
}
