//! `dashloom.partials` and `dashloom.withdrawals`: what each execution's best run contributes.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{GenericClient, ROWS_AT_ONCE, StoreError};
use crate::aggregate::Kind;
use crate::dashboard::RowDays;
use crate::ids::{ExecutionId, WorkflowId};
use crate::window::Window;

/// A stored partial without its numbers: enough to decide which result counts.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialHead {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The execution.
    pub execution_id: ExecutionId,
    /// Which run of it.
    pub run: u32,
    /// When it finished, in nanoseconds since 1970.
    pub finished_at_ns: i64,
    /// The result's content hash.
    pub content_hash: [u8; 32],
    /// The hash of what formed the partial (encoding, time zone, declared columns).
    pub shape: [u8; 32],
    /// The declared window.
    pub window: Window,
    /// How its rows are placed in time.
    pub kind: Kind,
    /// The dates with rows, relative to the window's start.
    pub row_days: RowDays,
    /// Rows in the result.
    pub rows: i64,
    /// The version of the numbers' encoding.
    pub encoding: i16,
    /// How many numbers it holds: what it weighs in memory.
    pub weight: i64,
    /// The highest run that was withdrawn, if any: a run up to it does not count.
    pub withdrawn_run: Option<u32>,
}

/// Where a result stands among the runs of its execution, the highest winning: run, finish, content hash.
pub type Rank = (u32, i64, [u8; 32]);

impl PartialHead {
    /// Where its result stands among the runs of its execution.
    pub fn rank(&self) -> Rank {
        (self.run, self.finished_at_ns, self.content_hash)
    }
}

/// A stored partial's head, or what of it is not what dashloom wrote.
pub type StoredHead = Result<PartialHead, &'static str>;

/// Reads the heads of every partial of the workflows.
pub async fn heads(
    db: &impl GenericClient,
    ids: &[WorkflowId],
) -> Result<impl Iterator<Item = Result<(WorkflowId, StoredHead), StoreError>>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT p.workflow_id, p.execution_id, p.run, p.finished_at_ns, p.content_hash, p.shape, \
                    p.window_start, p.window_end, p.kind, p.row_days, p.rows, p.encoding, p.weight, d.run \
             FROM dashloom.partials p LEFT JOIN dashloom.withdrawals d USING (workflow_id, execution_id) \
             WHERE p.workflow_id = ANY($1)",
        )
        .await?;
    let rows = db
        .query(&statement, &[&ids.iter().map(|id| id.0).collect::<Vec<Uuid>>()])
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Ok((WorkflowId(row.try_get(0)?), head(&row)?))))
}

/// Reads the heads of single executions, where they are stored and can be read.
pub async fn heads_of(
    db: &impl GenericClient,
    keys: &[(WorkflowId, ExecutionId)],
) -> Result<Vec<PartialHead>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT p.workflow_id, p.execution_id, p.run, p.finished_at_ns, p.content_hash, p.shape, \
                    p.window_start, p.window_end, p.kind, p.row_days, p.rows, p.encoding, p.weight, d.run \
             FROM unnest($1::uuid[], $2::uuid[]) k(workflow_id, execution_id) \
             JOIN dashloom.partials p USING (workflow_id, execution_id) \
             LEFT JOIN dashloom.withdrawals d USING (workflow_id, execution_id)",
        )
        .await?;
    let (workflows, executions) = split(keys);
    let rows = db.query(&statement, &[&workflows, &executions]).await?;
    rows.iter()
        .map(head)
        .filter_map(|head| head.map(Result::ok).transpose())
        .collect()
}

fn head(row: &Row) -> Result<StoredHead, StoreError> {
    let run: i64 = row.try_get(2)?;
    let (content_hash, shape): (&[u8], &[u8]) = (row.try_get(4)?, row.try_get(5)?);
    let withdrawn_run: Option<i64> = row.try_get(13)?;
    let (Ok(run), Ok(withdrawn_run)) = (u32::try_from(run), withdrawn_run.map(u32::try_from).transpose())
    else {
        return Ok(Err("a run number"));
    };
    let (Ok(content_hash), Ok(shape)) = (content_hash.try_into(), shape.try_into()) else {
        return Ok(Err("a partial's hash"));
    };
    let Some(window) = Window::new(row.try_get(6)?, row.try_get(7)?) else {
        return Ok(Err("a partial's window"));
    };
    let Some(kind) = u8::try_from(row.try_get::<_, i16>(8)?)
        .ok()
        .and_then(Kind::of_code)
    else {
        return Ok(Err("a partial's kind"));
    };
    let Some(row_days) = RowDays::decode(row.try_get(9)?) else {
        return Ok(Err("a partial's days"));
    };
    Ok(Ok(PartialHead {
        workflow_id: WorkflowId(row.try_get(0)?),
        execution_id: ExecutionId(row.try_get(1)?),
        run,
        finished_at_ns: row.try_get(3)?,
        content_hash,
        shape,
        window,
        kind,
        row_days,
        rows: row.try_get(10)?,
        encoding: row.try_get(11)?,
        weight: row.try_get(12)?,
        withdrawn_run,
    }))
}

/// Reads the encoded numbers of single executions.
pub async fn bodies(
    db: &impl GenericClient,
    keys: &[(WorkflowId, ExecutionId)],
) -> Result<Vec<((WorkflowId, ExecutionId), Vec<u8>)>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let statement = db
        .prepare_cached(
            "SELECT p.workflow_id, p.execution_id, p.body FROM unnest($1::uuid[], $2::uuid[]) k(workflow_id, execution_id) \
             JOIN dashloom.partials p USING (workflow_id, execution_id)",
        )
        .await?;
    let (workflows, executions) = split(keys);
    let rows = db.query(&statement, &[&workflows, &executions]).await?;
    rows.iter()
        .map(|row| {
            let key = (WorkflowId(row.try_get(0)?), ExecutionId(row.try_get(1)?));
            Ok((key, row.try_get(2)?))
        })
        .collect()
}

/// Takes results for stale whose numbers cannot be read, so that the next time their events come by forms them anew.
pub async fn distrust(db: &impl GenericClient, keys: &[(WorkflowId, ExecutionId)]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.partials p SET shape = $3 FROM unnest($1::uuid[], $2::uuid[]) k(workflow_id, execution_id) \
             WHERE p.workflow_id = k.workflow_id AND p.execution_id = k.execution_id AND p.shape <> $3",
        )
        .await?;
    let (workflows, executions) = split(keys);
    db.execute(&statement, &[&workflows, &executions, &&NO_SHAPE[..]])
        .await?;
    Ok(())
}

/// The shape of a partial that is not to be trusted: no configuration asks for it.
const NO_SHAPE: [u8; 32] = [0; 32];

/// The workflows that have a result of the execution, sorted. Reads every partial's key: for commands, not for folding.
pub async fn workflows_of(
    db: &impl GenericClient,
    execution: ExecutionId,
) -> Result<Vec<WorkflowId>, StoreError> {
    let statement = db
        .prepare_cached("SELECT workflow_id FROM dashloom.partials WHERE execution_id = $1 ORDER BY 1")
        .await?;
    let rows = db.query(&statement, &[&execution.0]).await?;
    rows.iter().map(|row| Ok(WorkflowId(row.try_get(0)?))).collect()
}

/// A partial to be stored.
#[derive(Debug, Clone)]
pub struct NewPartial<'a> {
    /// Everything but the numbers; `withdrawn_run` is not written.
    pub head: &'a PartialHead,
    /// The encoded numbers.
    pub body: &'a [u8],
}

/// Stores partials in place of what their executions had. The caller holds the workflows' locks and has decided that
/// each one wins; the statement checks it again, so that no partial is ever replaced by a lesser one.
pub async fn upsert(db: &impl GenericClient, partials: &[NewPartial<'_>]) -> Result<u64, StoreError> {
    if partials.is_empty() {
        return Ok(0);
    }
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.partials AS p (workflow_id, execution_id, run, finished_at_ns, content_hash, shape, \
                 window_start, window_end, kind, row_days, rows, encoding, weight, body) \
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[], \
                 $7::date[], $8::date[], $9::smallint[], $10::bytea[], $11::bigint[], $12::smallint[], \
                 $13::bigint[], $14::bytea[]) \
             ON CONFLICT (workflow_id, execution_id) DO UPDATE SET run = excluded.run, \
                 finished_at_ns = excluded.finished_at_ns, content_hash = excluded.content_hash, \
                 shape = excluded.shape, window_start = excluded.window_start, window_end = excluded.window_end, \
                 kind = excluded.kind, row_days = excluded.row_days, rows = excluded.rows, \
                 encoding = excluded.encoding, weight = excluded.weight, body = excluded.body, \
                 stored_at = now() \
             WHERE (p.run, p.finished_at_ns, p.content_hash) <= \
                   (excluded.run, excluded.finished_at_ns, excluded.content_hash)",
        )
        .await?;
    let mut stored = 0;
    for partials in partials.chunks(ROWS_AT_ONCE) {
        let heads = || partials.iter().map(|partial| partial.head);
        let row_days = |head: &PartialHead| {
            let mut encoded = Vec::new();
            head.row_days.encode(&mut encoded);
            encoded
        };
        stored += db
            .execute(
                &statement,
                &[
                    &heads().map(|head| head.workflow_id.0).collect::<Vec<_>>(),
                    &heads().map(|head| head.execution_id.0).collect::<Vec<_>>(),
                    &heads().map(|head| i64::from(head.run)).collect::<Vec<_>>(),
                    &heads().map(|head| head.finished_at_ns).collect::<Vec<_>>(),
                    &heads().map(|head| &head.content_hash[..]).collect::<Vec<_>>(),
                    &heads().map(|head| &head.shape[..]).collect::<Vec<_>>(),
                    &heads().map(|head| head.window.start()).collect::<Vec<_>>(),
                    &heads().map(|head| head.window.end()).collect::<Vec<_>>(),
                    &heads()
                        .map(|head| i16::from(head.kind.code()))
                        .collect::<Vec<_>>(),
                    &heads().map(row_days).collect::<Vec<_>>(),
                    &heads().map(|head| head.rows).collect::<Vec<_>>(),
                    &heads().map(|head| head.encoding).collect::<Vec<_>>(),
                    &heads().map(|head| head.weight).collect::<Vec<_>>(),
                    &partials.iter().map(|partial| partial.body).collect::<Vec<_>>(),
                ],
            )
            .await?;
    }
    Ok(stored)
}

fn split(keys: &[(WorkflowId, ExecutionId)]) -> (Vec<Uuid>, Vec<Uuid>) {
    keys.iter()
        .map(|(workflow, execution)| (workflow.0, execution.0))
        .unzip()
}
