//! The engine's `workflow_executions`: the flags that say what was reported.

use uuid::Uuid;

use super::{GenericClient, StoreError, Upstream};
use crate::ids::{ExecutionId, WorkflowId};

/// What is to be written on an execution's row.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The workflow the execution has to belong to; `None` where the row is meant whatever its workflow.
    pub workflow_id: Option<WorkflowId>,
    /// Which execution.
    pub execution_id: ExecutionId,
    /// What became of its result.
    pub word: Word,
}

/// What became of an execution's result, sentences as the row tells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It was taken in and shows.
    Shown,
    /// It was taken in, and this keeps it from showing.
    Hidden(String),
    /// A record of it was refused for this. A row that was taken in is not told: another record of the execution was good.
    Refused(String),
}

impl Word {
    fn sentence(&self) -> Option<&str> {
        match self {
            Self::Shown => None,
            Self::Hidden(sentence) | Self::Refused(sentence) => Some(sentence),
        }
    }
}

/// Reads which workflow each execution's row belongs to, where there is a row.
pub async fn workflows_of(
    db: &impl GenericClient,
    upstream: &Upstream,
    ids: &[ExecutionId],
) -> Result<Vec<(ExecutionId, WorkflowId)>, StoreError> {
    let sql = format!(
        "SELECT id, workflow_id FROM {} WHERE id = ANY($1)",
        upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = db.query(&statement, &[&ids]).await?;
    rows.iter()
        .map(|row| Ok((ExecutionId(row.try_get(0)?), WorkflowId(row.try_get(1)?))))
        .collect()
}

/// Writes flags where they differ. Rows that are not there or that the engine holds are left to
/// [`unflagged`](super::unflagged), which forgets what it had for rows that say the newer word. Of what happened before, a replay, a refusal is written only where nothing is: of
/// several the last one stands there already.
pub async fn flag(
    db: &impl GenericClient,
    upstream: &Upstream,
    flags: &[Flag],
    happened_before: bool,
) -> Result<(), StoreError> {
    if flags.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "WITH flags AS ( \
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::boolean[]) \
                           f(workflow_id, id, processed, error, refused)), \
         held AS ( \
             SELECT e.id, f.processed, f.error FROM flags f JOIN {executions} e ON {meant} \
             WHERE {differs} ORDER BY e.id FOR UPDATE OF e SKIP LOCKED), \
         written AS ( \
             UPDATE {executions} e \
             SET dashboard_processed = held.processed OR coalesce(e.dashboard_processed, false), \
                 dashboard_processing_error = held.error \
             FROM held WHERE e.id = held.id), \
         outdated AS ( \
             DELETE FROM dashloom.unflagged u USING flags f JOIN {executions} e ON {meant} \
             WHERE u.workflow_id = e.workflow_id AND u.execution_id = e.id \
                 AND (EXISTS (SELECT FROM held WHERE held.id = e.id) OR NOT f.refused AND NOT ({differs}))) \
         INSERT INTO dashloom.unflagged AS u (workflow_id, execution_id, processed, error) \
         SELECT f.workflow_id, f.id, f.processed, f.error FROM flags f \
         WHERE f.workflow_id IS NOT NULL \
             AND NOT EXISTS (SELECT FROM held WHERE held.id = f.id) \
             AND NOT EXISTS (SELECT FROM {executions} e WHERE {meant} AND NOT ({differs})) \
             AND EXISTS (SELECT FROM dashloom.workflow_state s WHERE s.workflow_id = f.workflow_id) \
         ON CONFLICT (workflow_id, execution_id) DO UPDATE \
             SET processed = excluded.processed, error = excluded.error, attempts = 0, due_at = now() \
             WHERE (u.processed, u.error) IS DISTINCT FROM (excluded.processed, excluded.error) \
                 AND NOT ((u.processed OR $6) AND EXISTS (SELECT FROM flags f WHERE f.id = excluded.execution_id \
                                                         AND f.workflow_id = excluded.workflow_id AND f.refused))",
        executions = upstream.workflow_executions,
        meant = "e.id = f.id AND (f.workflow_id IS NULL OR f.workflow_id = e.workflow_id)",
        differs = "(CASE WHEN f.refused THEN NOT coalesce(e.dashboard_processed, false) \
                        AND (e.dashboard_processing_error IS NULL \
                             OR NOT $6 AND e.dashboard_processing_error <> f.error) \
                    ELSE e.dashboard_processed IS DISTINCT FROM (f.processed OR e.dashboard_processed) \
                        OR e.dashboard_processing_error IS DISTINCT FROM f.error END)",
    );
    let words = || flags.iter().map(|flag| &flag.word);
    let statement = db.prepare_cached(&sql).await?;
    db.execute(
        &statement,
        &[
            &flags
                .iter()
                .map(|flag| flag.workflow_id.map(|id| id.0))
                .collect::<Vec<_>>(),
            &flags.iter().map(|flag| flag.execution_id.0).collect::<Vec<_>>(),
            &words().map(|word| *word == Word::Shown).collect::<Vec<_>>(),
            &words().map(Word::sentence).collect::<Vec<_>>(),
            &words()
                .map(|word| matches!(word, Word::Refused(_)))
                .collect::<Vec<_>>(),
            &happened_before,
        ],
    )
    .await?;
    Ok(())
}

/// Flags up to `limit` executions whose result has been taken in but whose row says
/// nothing of it. Reads every pending execution: for commands; the sweep has [`unflagged`](super::unflagged).
pub async fn flag_taken_in(
    db: &impl GenericClient,
    upstream: &Upstream,
    limit: i64,
) -> Result<u64, StoreError> {
    let sql = format!(
        "WITH missed AS ( \
             SELECT e.id FROM {executions} e \
             JOIN dashloom.partials p ON p.workflow_id = e.workflow_id AND p.execution_id = e.id \
             WHERE e.dashboard_processed = false AND e.status = 'SUCCEEDED' \
                 AND e.dashboard_processing_error IS NULL \
             ORDER BY e.id LIMIT $1 FOR UPDATE OF e SKIP LOCKED) \
         UPDATE {executions} e SET dashboard_processed = true FROM missed WHERE e.id = missed.id",
        executions = upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    Ok(db.execute(&statement, &[&limit]).await?)
}

/// Clears what trouble that is over had written on the workflows' executions, and flags them: `prefixes` are what such
/// errors begin with. Rows that the engine holds are left to [`unflagged`](super::unflagged).
pub async fn forgive(
    db: &impl GenericClient,
    upstream: &Upstream,
    workflows: &[WorkflowId],
    prefixes: &[&str],
) -> Result<(), StoreError> {
    if workflows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "WITH blamed AS ( \
             SELECT e.id, e.workflow_id FROM {executions} e \
             WHERE e.workflow_id = ANY($1) AND e.status = 'SUCCEEDED' \
                 AND EXISTS (SELECT FROM unnest($2::text[]) p WHERE starts_with(e.dashboard_processing_error, p))), \
         held AS ( \
             SELECT e.id FROM blamed JOIN {executions} e ON e.id = blamed.id \
             ORDER BY e.id FOR UPDATE OF e SKIP LOCKED), \
         written AS ( \
             UPDATE {executions} e SET dashboard_processed = true, dashboard_processing_error = NULL \
             FROM held WHERE e.id = held.id), \
         outdated AS ( \
             UPDATE dashloom.unflagged u SET processed = true, error = NULL \
             WHERE u.workflow_id = ANY($1) \
                 AND EXISTS (SELECT FROM unnest($2::text[]) p WHERE starts_with(u.error, p))) \
         INSERT INTO dashloom.unflagged (workflow_id, execution_id, processed) \
         SELECT workflow_id, id, true FROM blamed WHERE NOT EXISTS (SELECT FROM held WHERE held.id = blamed.id) \
         ON CONFLICT (workflow_id, execution_id) DO NOTHING",
        executions = upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    let ids: Vec<Uuid> = workflows.iter().map(|id| id.0).collect();
    db.execute(&statement, &[&ids, &prefixes]).await?;
    Ok(())
}
