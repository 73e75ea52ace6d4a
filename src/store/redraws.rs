//! `dashloom.redraws`: views that are to be drawn anew, because there are too many for one transaction, because their
//! configuration changed, or because they could not be drawn.

use uuid::Uuid;

use super::{GenericClient, StoreError, Upstream, arrays};
use crate::ids::{ExecutionId, WorkflowId};

/// The period key that stands for every view of a workflow.
pub const EVERY_VIEW: &str = "*";

/// A view to be drawn anew, and what its event is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redraw {
    /// Its workflow.
    pub workflow_id: WorkflowId,
    /// Its period key, or [`EVERY_VIEW`].
    pub period_key: String,
    /// Whether a replay is among the causes.
    pub by_replay: bool,
    /// Whether the event is a correction.
    pub is_correction: bool,
    /// Whether its numbers change.
    pub changes_data: bool,
    /// Whether a result that counted was replaced.
    pub supersedes: bool,
    /// Whether its configuration changed.
    pub by_configuration: bool,
    /// The executions that gained or lost dates.
    pub execution_ids: Vec<ExecutionId>,
    /// The trace that the event continues.
    pub traceparent: Option<String>,
    /// Why it could not be drawn; such a view waits for its workflow's next change.
    pub trouble: Option<String>,
}

/// Reads what is to be drawn anew of the workflows.
pub async fn of(db: &impl GenericClient, workflows: &[WorkflowId]) -> Result<Vec<Redraw>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT workflow_id, period_key, by_replay, is_correction, changes_data, supersedes, by_configuration, \
                    execution_ids, traceparent, trouble \
             FROM dashloom.redraws WHERE workflow_id = ANY($1) ORDER BY workflow_id, period_key",
        )
        .await?;
    let rows = db.query(&statement, &[&uuids(workflows)]).await?;
    rows.iter()
        .map(|row| {
            let executions: Vec<Uuid> = row.try_get(7)?;
            Ok(Redraw {
                workflow_id: WorkflowId(row.try_get(0)?),
                period_key: row.try_get(1)?,
                by_replay: row.try_get(2)?,
                is_correction: row.try_get(3)?,
                changes_data: row.try_get(4)?,
                supersedes: row.try_get(5)?,
                by_configuration: row.try_get(6)?,
                execution_ids: executions.into_iter().map(ExecutionId).collect(),
                traceparent: row.try_get(8)?,
                trouble: row.try_get(9)?,
            })
        })
        .collect()
}

/// Notes views to be drawn anew, in place of what was noted of them. The caller holds the workflows' locks.
pub async fn put(db: &impl GenericClient, redraws: &[Redraw]) -> Result<(), StoreError> {
    if redraws.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.redraws (workflow_id, period_key, by_replay, is_correction, changes_data, \
                 supersedes, by_configuration, execution_ids, traceparent, trouble) \
             SELECT workflow_id, period_key, by_replay, is_correction, changes_data, supersedes, by_configuration, \
                 executions::uuid[], traceparent, trouble \
             FROM unnest($1::uuid[], $2::text[], $3::bool[], $4::bool[], $5::bool[], $6::bool[], $7::bool[], \
                         $8::text[], $9::text[], $10::text[]) \
                  r(workflow_id, period_key, by_replay, is_correction, changes_data, supersedes, by_configuration, \
                    executions, traceparent, trouble) \
             ON CONFLICT (workflow_id, period_key) DO UPDATE SET by_replay = excluded.by_replay, \
                 is_correction = excluded.is_correction, changes_data = excluded.changes_data, \
                 supersedes = excluded.supersedes, by_configuration = excluded.by_configuration, \
                 execution_ids = excluded.execution_ids, traceparent = excluded.traceparent, \
                 trouble = excluded.trouble",
        )
        .await?;
    let flags = |of: fn(&Redraw) -> bool| redraws.iter().map(of).collect::<Vec<bool>>();
    db.execute(
        &statement,
        &[
            &redraws.iter().map(|one| one.workflow_id.0).collect::<Vec<_>>(),
            &redraws
                .iter()
                .map(|one| one.period_key.as_str())
                .collect::<Vec<_>>(),
            &flags(|one| one.by_replay),
            &flags(|one| one.is_correction),
            &flags(|one| one.changes_data),
            &flags(|one| one.supersedes),
            &flags(|one| one.by_configuration),
            &redraws
                .iter()
                .map(|one| arrays::uuids(&one.execution_ids))
                .collect::<Vec<_>>(),
            &redraws
                .iter()
                .map(|one| one.traceparent.as_deref())
                .collect::<Vec<_>>(),
            &redraws
                .iter()
                .map(|one| one.trouble.as_deref())
                .collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}

/// Forgets what was noted of views.
pub async fn remove(db: &impl GenericClient, views: &[(WorkflowId, String)]) -> Result<(), StoreError> {
    if views.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "DELETE FROM dashloom.redraws r USING unnest($1::uuid[], $2::text[]) v(workflow_id, period_key) \
             WHERE r.workflow_id = v.workflow_id AND r.period_key = v.period_key",
        )
        .await?;
    let workflows: Vec<Uuid> = views.iter().map(|(workflow, _)| workflow.0).collect();
    let keys: Vec<&str> = views.iter().map(|(_, key)| key.as_str()).collect();
    db.execute(&statement, &[&workflows, &keys]).await?;
    Ok(())
}

/// Up to `limit` reported workflows with views that are to be drawn anew and not waiting for anything, the longest
/// waiting first; `except` are left out.
pub async fn due(
    db: &impl GenericClient,
    upstream: &Upstream,
    except: &[WorkflowId],
    limit: i64,
) -> Result<Vec<WorkflowId>, StoreError> {
    let sql = format!(
        "SELECT r.workflow_id FROM dashloom.redraws r \
         JOIN report_configurations c ON c.workflow_id = r.workflow_id AND c.enabled \
         JOIN {workflows} w ON w.id = r.workflow_id AND w.report_enabled \
         WHERE r.trouble IS NULL AND r.workflow_id <> ALL($1) \
         GROUP BY r.workflow_id ORDER BY min(r.asked_at), r.workflow_id LIMIT $2",
        workflows = upstream.workflows
    );
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[&uuids(except), &limit]).await?;
    rows.iter().map(|row| Ok(WorkflowId(row.try_get(0)?))).collect()
}

fn uuids(ids: &[WorkflowId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}
