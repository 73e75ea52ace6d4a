//! `dashloom.parked`: records that wait, because their workflow or their result is not there yet.

use std::time::Duration;

use bytes::Bytes;
use tokio_postgres::Row;

use super::positions::PartitionKey;
use super::{GenericClient, StoreError, arrays};
use crate::event::{Header, Message};
use crate::ids::{ExecutionId, WorkflowId};

/// Why a record waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// `unknown_workflow`, `result_unreadable`.
    pub reason: &'static str,
    /// Its workflow, where known.
    pub workflow_id: Option<WorkflowId>,
    /// Its execution, where known.
    pub execution_id: Option<ExecutionId>,
    /// What it waits for, where the reason alone does not say.
    pub sentence: Option<String>,
}

/// A parked record.
#[derive(Debug, Clone)]
pub struct Parked {
    /// Its row.
    pub id: i64,
    /// The partition it came from.
    pub partition: PartitionKey,
    /// The record itself.
    pub message: Message,
    /// Why it waits.
    pub reason: String,
    /// How often it was tried since.
    pub attempts: i32,
    /// Whether its time has run out.
    pub expired: bool,
}

/// What a partition has parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// How many records.
    pub records: i64,
    /// How many bytes of keys and values.
    pub bytes: i64,
}

impl Load {
    /// What records weigh.
    pub fn of<'a>(messages: impl Iterator<Item = &'a Message>) -> Self {
        let length = |part: &Option<Bytes>| part.as_ref().map_or(0, |bytes| bytes.len() as i64);
        messages.fold(Self { records: 0, bytes: 0 }, |load, message| Self {
            records: load.records + 1,
            bytes: load.bytes + length(&message.key) + length(&message.payload),
        })
    }

    /// By how much it is above another, in records and in bytes.
    pub fn above(self, other: &Self) -> Self {
        Self {
            records: (self.records - other.records).max(0),
            bytes: (self.bytes - other.bytes).max(0),
        }
    }

    /// Whether it is neither a record nor a byte.
    pub fn is_nothing(self) -> bool {
        self.records == 0 && self.bytes == 0
    }
}

/// Parks records of one partition, those that are parked already excepted; they are due again after `first_attempt_in`, and expire after `grace`.
pub async fn insert(
    db: &impl GenericClient,
    partition: &PartitionKey,
    records: &[(&Message, &Wait)],
    first_attempt_in: Duration,
    grace: Duration,
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.parked (consumer_group, topic, partition, \"offset\", workflow_id, execution_id, reason, \
                 key, payload, header_keys, header_values, timestamp_ms, next_attempt_at, deadline_at) \
             SELECT $1, $2, $3, r.\"offset\", r.workflow_id, r.execution_id, r.reason, r.key, r.payload, \
                 r.header_keys::text[], r.header_values::bytea[], r.timestamp_ms, \
                 now() + make_interval(secs => $4), now() + make_interval(secs => $5) \
             FROM unnest($6::bigint[], $7::uuid[], $8::uuid[], $9::text[], $10::bytea[], $11::bytea[], $12::text[], \
                      $13::text[], $14::bigint[]) \
                  r(\"offset\", workflow_id, execution_id, reason, key, payload, header_keys, header_values, timestamp_ms) \
             ON CONFLICT (consumer_group, topic, partition, \"offset\", coalesce(timestamp_ms, -1)) DO NOTHING",
        )
        .await?;
    let messages = || records.iter().map(|(message, _)| *message);
    let waits = || records.iter().map(|(_, wait)| *wait);
    let names = |message: &Message| arrays::text(message.headers.iter().map(|header| header.name.as_str()));
    let values =
        |message: &Message| arrays::bytes(message.headers.iter().map(|header| header.value.as_ref()));
    db.execute(
        &statement,
        &[
            &partition.group,
            &partition.topic,
            &partition.partition,
            &first_attempt_in.as_secs_f64(),
            &grace.as_secs_f64(),
            &messages().map(|message| message.offset).collect::<Vec<_>>(),
            &waits()
                .map(|wait| wait.workflow_id.map(|id| id.0))
                .collect::<Vec<_>>(),
            &waits()
                .map(|wait| wait.execution_id.map(|id| id.0))
                .collect::<Vec<_>>(),
            &waits().map(|wait| wait.reason).collect::<Vec<_>>(),
            &messages()
                .map(|message| message.key.as_deref())
                .collect::<Vec<_>>(),
            &messages()
                .map(|message| message.payload.as_deref())
                .collect::<Vec<_>>(),
            &messages().map(names).collect::<Vec<_>>(),
            &messages().map(values).collect::<Vec<_>>(),
            &messages().map(|message| message.timestamp_ms).collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}

const COLUMNS: &str = "id, consumer_group, topic, partition, \"offset\", reason, key, payload, header_keys, \
                       header_values, timestamp_ms, attempts, coalesce(deadline_at <= now(), false)";

/// Reads up to `limit` records of one partition of the group whose time to be tried again has come: the partition of
/// the longest waiting one.
pub async fn due(db: &impl GenericClient, group: &str, limit: i64) -> Result<Vec<Parked>, StoreError> {
    let statement = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM dashloom.parked \
             WHERE (consumer_group, topic, partition) = ( \
                 SELECT consumer_group, topic, partition FROM dashloom.parked \
                 WHERE consumer_group = $1 AND next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 1) \
               AND next_attempt_at <= now() ORDER BY \"offset\" LIMIT $2"
        ))
        .await?;
    let rows = db.query(&statement, &[&group, &limit]).await?;
    rows.iter().map(parked).collect()
}

/// Locks those of the records that are still parked and that nobody else is at; gives their ids.
pub async fn lock(db: &impl GenericClient, ids: &[i64]) -> Result<Vec<i64>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT id FROM dashloom.parked WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED",
        )
        .await?;
    let rows = db.query(&statement, &[&ids]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Reads which of the records are still parked, with how often each was tried: by id, ascending.
pub async fn attempts(db: &impl GenericClient, ids: &[i64]) -> Result<Vec<(i64, i32)>, StoreError> {
    let statement = db
        .prepare_cached("SELECT id, attempts FROM dashloom.parked WHERE id = ANY($1) ORDER BY id")
        .await?;
    let rows = db.query(&statement, &[&ids]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Removes settled records.
pub async fn remove(db: &impl GenericClient, ids: &[i64]) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached("DELETE FROM dashloom.parked WHERE id = ANY($1)")
        .await?;
    db.execute(&statement, &[&ids]).await?;
    Ok(())
}

/// Puts records off that could still not be settled: 1, 2, 4, … up to 60 seconds, and never past their deadline.
pub async fn postpone(db: &impl GenericClient, ids: &[i64]) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.parked SET attempts = attempts + 1, next_attempt_at = least( \
                 now() + make_interval(secs => least(60, 2 ^ least(attempts, 6))), \
                 greatest(deadline_at, now() + interval '1 second')) \
             WHERE id = ANY($1)",
        )
        .await?;
    db.execute(&statement, &[&ids]).await?;
    Ok(())
}

/// How many records of a group are parked.
pub async fn count(db: &impl GenericClient, group: &str) -> Result<i64, StoreError> {
    let statement = db
        .prepare_cached("SELECT count(*) FROM dashloom.parked WHERE consumer_group = $1")
        .await?;
    Ok(db.query_one(&statement, &[&group]).await?.try_get(0)?)
}

/// What a partition has parked.
pub async fn load(db: &impl GenericClient, partition: &PartitionKey) -> Result<Load, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT count(*), coalesce(sum(coalesce(octet_length(key), 0) + coalesce(octet_length(payload), 0)), 0)::bigint \
             FROM dashloom.parked WHERE consumer_group = $1 AND topic = $2 AND partition = $3",
        )
        .await?;
    let row = db
        .query_one(
            &statement,
            &[&partition.group, &partition.topic, &partition.partition],
        )
        .await?;
    Ok(Load {
        records: row.try_get(0)?,
        bytes: row.try_get(1)?,
    })
}

/// Takes the oldest records of a partition that wait for `reason` out of the table, as many as bring it down to the
/// given load, and gives them.
pub async fn take_excess(
    db: &impl GenericClient,
    partition: &PartitionKey,
    reason: &str,
    excess: Load,
) -> Result<Vec<Parked>, StoreError> {
    let statement = db
        .prepare_cached(&format!(
            "DELETE FROM dashloom.parked WHERE id IN ( \
                 SELECT id FROM ( \
                     SELECT id, row_number() OVER w AS nth, \
                         sum(coalesce(octet_length(key), 0) + coalesce(octet_length(payload), 0)) OVER w \
                             - coalesce(octet_length(key), 0) - coalesce(octet_length(payload), 0) AS bytes_before \
                     FROM dashloom.parked WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND reason = $4 \
                     WINDOW w AS (ORDER BY \"offset\")) o \
                 WHERE nth <= $5 OR bytes_before < $6::bigint) \
             RETURNING {COLUMNS}"
        ))
        .await?;
    let rows = db
        .query(
            &statement,
            &[
                &partition.group,
                &partition.topic,
                &partition.partition,
                &reason,
                &excess.records,
                &excess.bytes,
            ],
        )
        .await?;
    rows.iter().map(parked).collect()
}

fn parked(row: &Row) -> Result<Parked, StoreError> {
    let names: Vec<String> = row.try_get(8)?;
    let values: Vec<Option<Vec<u8>>> = row.try_get(9)?;
    Ok(Parked {
        id: row.try_get(0)?,
        partition: PartitionKey {
            group: row.try_get(1)?,
            topic: row.try_get(2)?,
            partition: row.try_get(3)?,
        },
        message: Message {
            offset: row.try_get(4)?,
            timestamp_ms: row.try_get(10)?,
            key: row.try_get::<_, Option<Vec<u8>>>(6)?.map(Bytes::from),
            payload: row.try_get::<_, Option<Vec<u8>>>(7)?.map(Bytes::from),
            headers: names
                .into_iter()
                .zip(values)
                .map(|(name, value)| Header {
                    name,
                    value: value.map(Bytes::from),
                })
                .collect(),
        },
        reason: row.try_get(5)?,
        attempts: row.try_get(11)?,
        expired: row.try_get(12)?,
    })
}
