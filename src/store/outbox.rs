//! `dashloom.outbox`: what is to be published; rows are only ever inserted, and go by truncating a drained slot.
//!
//! A sequence number is in slot `(seq >> 18) & 3`: the four slots form a ring of 262,144 numbers each.

use bytes::Bytes;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{GenericClient, StoreError, arrays};
use crate::event::Header;

/// How many slots the ring has.
pub const SLOTS: i64 = 4;
const SLOT_BITS: u32 = 18;

macro_rules! insert {
    () => {
        "INSERT INTO dashloom.outbox (seq, slot, id, aggregatetype, aggregateid, type, payload, topic, key, \
             header_keys, header_values, timestamp_ms, view_version) \
         SELECT s.seq, ((s.seq >> 18) & 3)::smallint, s.id, s.aggregatetype, s.aggregateid, s.type, s.payload, \
             s.topic, s.key, s.header_keys::text[], s.header_values::bytea[], s.timestamp_ms, s.view_version \
         FROM (SELECT CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('dashloom.outbox_seq') END AS seq, r.* \
               FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bytea[], \
                        $8::text[], $9::text[], $10::bigint[], $11::bigint[]) \
                    r(id, aggregatetype, aggregateid, type, payload, topic, key, header_keys, header_values, \
                      timestamp_ms, view_version)) s"
    };
}

const INSERT: &str = insert!();
/// The same, and what is said of views is kept when the outbox forgets it.
const REMEMBERED: &str = concat!(
    "WITH queued AS (",
    insert!(),
    " RETURNING aggregateid, view_version, seq, payload) \
     INSERT INTO dashloom.view_events (view_id, version, seq, payload) \
     SELECT aggregateid::uuid, view_version, seq, payload FROM queued WHERE view_version IS NOT NULL \
     ON CONFLICT (view_id, version) DO UPDATE SET xid = excluded.xid, seq = excluded.seq, payload = excluded.payload"
);

/// The slot of a sequence number.
pub fn slot_of(seq: i64) -> i64 {
    (seq >> SLOT_BITS) & (SLOTS - 1)
}

/// A record to publish.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// The event's id.
    pub id: Uuid,
    /// What it is about: `dashboard_view`, `dead_letter`.
    pub aggregatetype: &'static str,
    /// Which one.
    pub aggregateid: String,
    /// The event's type.
    pub type_name: &'static str,
    /// The record's value.
    pub payload: Option<Bytes>,
    /// The topic it goes to.
    pub topic: String,
    /// The record's key.
    pub key: Option<Bytes>,
    /// The record's headers in their order.
    pub headers: Vec<Header>,
    /// The record's timestamp in milliseconds since 1970; the time of publishing where `None`.
    pub timestamp_ms: Option<i64>,
    /// The view's version that the event announces.
    pub view_version: Option<i64>,
}

/// A row as the relay reads it.
#[derive(Debug, Clone)]
pub struct Queued {
    /// Its sequence number.
    pub seq: i64,
    /// The event's id.
    pub id: Uuid,
    /// What it is about.
    pub aggregatetype: String,
    /// The topic it goes to.
    pub topic: String,
    /// The record's key.
    pub key: Option<Vec<u8>>,
    /// The record's value.
    pub payload: Option<Vec<u8>>,
    /// The record's headers in their order.
    pub headers: Vec<Header>,
    /// The record's timestamp in milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    /// When its transaction began, in milliseconds since 1970.
    pub created_ms: i64,
}

/// Inserts rows in the given order; events of views are kept in `dashloom.view_events` as well.
///
/// The transaction's id is assigned before the first sequence number is drawn: the relay takes a missing number for
/// lost once every transaction up to a later id has ended.
pub async fn insert(db: &impl GenericClient, rows: &[OutboxRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let tells_of_views = rows.iter().any(|row| row.view_version.is_some());
    let statement = db
        .prepare_cached(if tells_of_views { REMEMBERED } else { INSERT })
        .await?;
    let names = |row: &OutboxRow| arrays::text(row.headers.iter().map(|header| header.name.as_str()));
    let values = |row: &OutboxRow| arrays::bytes(row.headers.iter().map(|header| header.value.as_ref()));
    db.execute(
        &statement,
        &[
            &rows.iter().map(|row| row.id).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.aggregatetype).collect::<Vec<_>>(),
            &rows
                .iter()
                .map(|row| row.aggregateid.as_str())
                .collect::<Vec<_>>(),
            &rows.iter().map(|row| row.type_name).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.payload.as_deref()).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.topic.as_str()).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.key.as_deref()).collect::<Vec<_>>(),
            &rows.iter().map(names).collect::<Vec<_>>(),
            &rows.iter().map(values).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.timestamp_ms).collect::<Vec<_>>(),
            &rows.iter().map(|row| row.view_version).collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}

/// What is read at once.
#[derive(Debug)]
pub struct Page {
    /// The rows, by sequence number ascending; none is missing between the first and the last.
    pub rows: Vec<Queued>,
    /// Whether every one of the wanted numbers that is there is among them: the page was not cut for its size.
    pub has_all_wanted: bool,
}

/// Reads those of the `wanted` numbers that are there by now and up to `limit` rows above `high`, in order, up to
/// `bytes` of keys and values but at least one row.
///
/// One statement, so one snapshot: a row above `high` is never read without the earlier ones of its view, which were
/// committed before it was begun.
pub async fn page(
    db: &impl GenericClient,
    high: i64,
    wanted: &[i64],
    limit: i64,
    bytes: i64,
) -> Result<Page, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT seq, id, aggregatetype, topic, key, payload, header_keys, header_values, timestamp_ms, \
                 (extract(epoch FROM created_at) * 1000)::bigint, found \
             FROM (SELECT o.*, count(*) OVER () AS found, \
                       sum(coalesce(octet_length(key), 0) + coalesce(octet_length(payload), 0)) OVER (ORDER BY seq) \
                           - coalesce(octet_length(key), 0) - coalesce(octet_length(payload), 0) AS bytes_before \
                   FROM ((SELECT * FROM dashloom.outbox WHERE seq = ANY($2)) \
                         UNION ALL (SELECT * FROM dashloom.outbox WHERE seq > $1 ORDER BY seq LIMIT $3)) o) p \
             WHERE bytes_before < $4 ORDER BY seq",
        )
        .await?;
    let rows = db.query(&statement, &[&high, &wanted, &limit, &bytes]).await?;
    let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get(10))?;
    Ok(Page {
        has_all_wanted: found == rows.len() as i64,
        rows: rows.iter().map(queued).collect::<Result<_, _>>()?,
    })
}

fn queued(row: &Row) -> Result<Queued, StoreError> {
    let names: Vec<String> = row.try_get(6)?;
    let values: Vec<Option<Vec<u8>>> = row.try_get(7)?;
    let headers = names
        .into_iter()
        .zip(values)
        .map(|(name, value)| Header {
            name,
            value: value.map(Bytes::from),
        })
        .collect();
    Ok(Queued {
        seq: row.try_get(0)?,
        id: row.try_get(1)?,
        aggregatetype: row.try_get(2)?,
        topic: row.try_get(3)?,
        key: row.try_get(4)?,
        payload: row.try_get(5)?,
        headers,
        timestamp_ms: row.try_get(8)?,
        created_ms: row.try_get(9)?,
    })
}

/// How many rows wait above `high`, and for how many milliseconds the oldest of them has.
pub async fn pending(db: &impl GenericClient, high: i64) -> Result<(i64, i64), StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT count(*), coalesce(max(extract(epoch FROM clock_timestamp() - created_at) * 1000), 0)::bigint \
             FROM dashloom.outbox WHERE seq > $1",
        )
        .await?;
    let row = db.query_one(&statement, &[&high]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Truncates a slot of which every row is at or below `high`; `false` when one is not.
///
/// Gives up soon on the table's lock: an error with SQLSTATE 55P03 means that it is in use, try again later.
pub async fn truncate_drained(db: &impl GenericClient, slot: i64, high: i64) -> Result<bool, StoreError> {
    let table = match slot {
        0 => "dashloom.outbox_0",
        1 => "dashloom.outbox_1",
        2 => "dashloom.outbox_2",
        _ => "dashloom.outbox_3",
    };
    let filled = format!("SELECT EXISTS (SELECT FROM {table})");
    if !db.query_one(&filled, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    db.batch_execute(&format!(
        "SET LOCAL lock_timeout = '50ms'; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
    ))
    .await?;
    let undrained = format!("SELECT EXISTS (SELECT FROM {table} WHERE seq > $1)");
    if db.query_one(&undrained, &[&high]).await?.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    db.batch_execute(&format!("TRUNCATE {table}")).await?;
    Ok(true)
}
