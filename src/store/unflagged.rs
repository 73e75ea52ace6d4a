//! `dashloom.unflagged`: executions whose row of the engine was not there, or was held, when it was to be written.
//!
//! A row that never appears is looked for less and less often, so that any number of them costs little.

use super::{GenericClient, StoreError, Upstream};

/// Writes up to `limit` rows that are due, where they are there and free by now, and puts off the others. Returns how
/// many were looked at.
pub async fn settle(db: &impl GenericClient, upstream: &Upstream, limit: i64) -> Result<u64, StoreError> {
    let sql = format!(
        "WITH due AS ( \
             SELECT workflow_id, execution_id, processed, error FROM dashloom.unflagged \
             WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED), \
         held AS ( \
             SELECT e.id, due.workflow_id, due.processed, due.error \
             FROM due JOIN {executions} e ON e.id = due.execution_id AND e.workflow_id = due.workflow_id \
             ORDER BY e.id FOR UPDATE OF e SKIP LOCKED), \
         written AS ( \
             UPDATE {executions} e SET dashboard_processing_error = held.error, \
                 dashboard_processed = held.processed OR coalesce(e.dashboard_processed, false) \
             FROM held WHERE e.id = held.id), \
         done AS ( \
             DELETE FROM dashloom.unflagged u USING held \
             WHERE u.workflow_id = held.workflow_id AND u.execution_id = held.id), \
         put_off AS ( \
             UPDATE dashloom.unflagged u SET attempts = u.attempts + 1, \
                 due_at = now() + least(interval '2 seconds' * 2 ^ least(u.attempts, 11), interval '1 hour') \
             FROM due WHERE u.workflow_id = due.workflow_id AND u.execution_id = due.execution_id \
                 AND NOT EXISTS (SELECT FROM held WHERE held.id = due.execution_id \
                                 AND held.workflow_id = due.workflow_id)) \
         SELECT count(*) FROM due",
        executions = upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    let looked_at: i64 = db.query_one(&statement, &[&limit]).await?.try_get(0)?;
    Ok(looked_at.unsigned_abs())
}
