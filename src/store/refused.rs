//! `dashloom.refused`: outbox rows whose record a broker refused for good, kept whole for an operator.

use super::{GenericClient, StoreError};

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
