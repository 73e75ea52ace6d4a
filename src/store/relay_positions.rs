//! `dashloom.relay_positions`: how far the outbox is published, and who leads.
//!
//! Every sequence number up to `high` is published, except the `gaps`: numbers drawn by transactions that had not
//! committed when they were passed. A gap that no running transaction can fill any more is dropped.

use std::time::Duration;

use uuid::Uuid;

use super::{GenericClient, StoreError};

/// How far a relay has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelayPosition {
    /// The highest sequence number passed.
    pub high: i64,
    /// Numbers at or below it that are not published, ascending.
    pub gaps: Vec<i64>,
}

/// Takes or renews the lead of a shard; `None` while another holds an unexpired lease.
pub async fn lead(
    db: &impl GenericClient,
    shard: i32,
    token: Uuid,
    lease: Duration,
) -> Result<Option<RelayPosition>, StoreError> {
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.relay_positions AS r (shard, owner_token, lease_until) \
             VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3)) \
             ON CONFLICT (shard) DO UPDATE SET owner_token = $2, lease_until = excluded.lease_until, updated_at = now() \
             WHERE r.owner_token = $2 OR r.owner_token IS NULL OR r.lease_until IS NULL \
                OR r.lease_until < clock_timestamp() \
             RETURNING r.high, r.gaps",
        )
        .await?;
    let row = db
        .query_opt(&statement, &[&shard, &token, &lease.as_secs_f64()])
        .await?;
    row.map(|row| {
        Ok(RelayPosition {
            high: row.try_get(0)?,
            gaps: row.try_get(1)?,
        })
    })
    .transpose()
}

/// Locks the shard's row for as long as the transaction runs; `false` when `token` does not lead.
pub async fn hold(db: &impl GenericClient, shard: i32, token: Uuid) -> Result<bool, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT 1 FROM dashloom.relay_positions WHERE shard = $1 AND owner_token = $2 FOR NO KEY UPDATE",
        )
        .await?;
    Ok(db.query_opt(&statement, &[&shard, &token]).await?.is_some())
}

/// Stores how far the leader has come, from one position to the next, and renews its lease. Gives the id of the storing
/// transaction, which is above that of every transaction which drew a number the leader has seen missing; `None` when
/// `token` does not lead, or the position is not at `from`: a failover lost commits.
pub async fn advance(
    db: &impl GenericClient,
    shard: i32,
    token: Uuid,
    lease: Duration,
    from: &RelayPosition,
    to: &RelayPosition,
    published: i64,
) -> Result<Option<i64>, StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.relay_positions SET high = $4, gaps = $5, published = published + $6, \
                 lease_until = clock_timestamp() + make_interval(secs => $3), updated_at = now(), \
                 gap_horizon = CASE WHEN cardinality($5::bigint[]) > 0 THEN pg_current_xact_id() END \
             WHERE shard = $1 AND owner_token = $2 AND high = $7 AND gaps = $8 \
             RETURNING pg_current_xact_id()::text::bigint",
        )
        .await?;
    let row = db
        .query_opt(
            &statement,
            &[
                &shard,
                &token,
                &lease.as_secs_f64(),
                &to.high,
                &to.gaps,
                &published,
                &from.high,
                &from.gaps,
            ],
        )
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Gives the lead up, so that another may take it at once.
pub async fn resign(db: &impl GenericClient, shard: i32, token: Uuid) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.relay_positions SET owner_token = NULL, lease_until = NULL, updated_at = now() \
             WHERE shard = $1 AND owner_token = $2",
        )
        .await?;
    db.execute(&statement, &[&shard, &token]).await?;
    Ok(())
}

/// The oldest transaction id that was running at this transaction's snapshot: every transaction below it had ended, and
/// what it committed is in the snapshot.
pub async fn oldest_running(db: &impl GenericClient) -> Result<i64, StoreError> {
    let statement = db
        .prepare_cached("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        .await?;
    Ok(db.query_one(&statement, &[]).await?.try_get(0)?)
}
