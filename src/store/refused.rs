//! `dashloom.refused`: outbox rows whose record a broker refused for good, kept whole for an operator.

use uuid::Uuid;

use super::{GenericClient, StoreError};

/// A record that a broker refused for good, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The number it had in the outbox.
    pub seq: i64,
    /// The event's id.
    pub id: Uuid,
    /// What it is about: `dashboard_view`, `dead_letter`.
    pub aggregatetype: String,
    /// The topic it was to go to.
    pub topic: String,
    /// The size of its value in bytes.
    pub size_bytes: i64,
    /// Why, in the broker's words.
    pub cause: String,
}

/// Copies rows of the outbox, each with the broker's words; those that are kept already stay as they are.
///
/// The record never leaves the database for it, however large it is.
pub async fn keep(db: &impl GenericClient, refused: &[(i64, &str)]) -> Result<(), StoreError> {
    if refused.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.refused (seq, id, aggregatetype, aggregateid, type, payload, topic, key, header_keys, \
                 header_values, timestamp_ms, view_version, created_at, cause) \
             SELECT o.seq, o.id, o.aggregatetype, o.aggregateid, o.type, o.payload, o.topic, o.key, o.header_keys, \
                 o.header_values, o.timestamp_ms, o.view_version, o.created_at, r.cause \
             FROM unnest($1::bigint[], $2::text[]) r(seq, cause) JOIN dashloom.outbox o ON o.seq = r.seq \
             ON CONFLICT DO NOTHING",
        )
        .await?;
    let (seqs, causes): (Vec<i64>, Vec<&str>) = refused.iter().copied().unzip();
    db.execute(&statement, &[&seqs, &causes]).await?;
    Ok(())
}

/// What is kept, by sequence number ascending.
pub async fn list(db: &impl GenericClient) -> Result<Vec<Refused>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT seq, id, aggregatetype, topic, coalesce(octet_length(payload), 0)::bigint, cause \
             FROM dashloom.refused ORDER BY seq",
        )
        .await?;
    let rows = db.query(&statement, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Refused {
                seq: row.try_get(0)?,
                id: row.try_get(1)?,
                aggregatetype: row.try_get(2)?,
                topic: row.try_get(3)?,
                size_bytes: row.try_get(4)?,
                cause: row.try_get(5)?,
            })
        })
        .collect()
}

/// Puts those of the rows that are still kept back into the outbox as they were, in their order; gives how many.
///
/// The transaction's id is assigned before the first sequence number is drawn, as in [`super::outbox::insert`]. What a row
/// tells of a view is in `dashloom.view_events` since it was first put into the outbox.
pub async fn put_back(db: &impl GenericClient, seqs: &[i64]) -> Result<u64, StoreError> {
    let statement = db
        .prepare_cached(
            "WITH back AS (DELETE FROM dashloom.refused WHERE seq = ANY($1) RETURNING *) \
             INSERT INTO dashloom.outbox (seq, slot, id, aggregatetype, aggregateid, type, payload, topic, key, \
                 header_keys, header_values, timestamp_ms, view_version) \
             SELECT s.next, ((s.next >> 18) & 3)::smallint, s.id, s.aggregatetype, s.aggregateid, s.type, s.payload, \
                 s.topic, s.key, s.header_keys, s.header_values, s.timestamp_ms, s.view_version \
             FROM (SELECT CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('dashloom.outbox_seq') END AS next, b.* \
                   FROM (SELECT * FROM back ORDER BY seq) b) s",
        )
        .await?;
    Ok(db.execute(&statement, &[&seqs]).await?)
}
