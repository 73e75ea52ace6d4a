//! Rebuilding views from the results that are stored, into the same rows.

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::persist::{Repair, RepairError, Task};
use crate::dashboard::PeriodKey;
use crate::event::DashboardUpdate;
use crate::fold::{FoldError, Trouble};
use crate::ids::{ViewId, WorkflowId};
use crate::store::{self, Role, StoreError, configurations, rebuilds};

/// What is to be rebuilt.
#[derive(Debug, Clone)]
pub enum What {
    /// One view.
    View(ViewId),
    /// The views of these workflows.
    Workflows(Vec<WorkflowId>),
    /// The views of every reported workflow.
    All,
}

/// What a rebuild came to.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// How many workflows were gone through.
    pub workflows: u64,
    /// The new versions of views, by workflow.
    pub updates: Vec<DashboardUpdate>,
    /// What keeps views as they were.
    pub troubles: Vec<Trouble>,
    /// Workflows that could not be rebuilt, each with why.
    pub failures: Vec<(WorkflowId, RepairError)>,
    /// Workflows of which a dry run shows a part of the versions only.
    pub parts: Vec<WorkflowId>,
    /// Whether it was stopped before its end.
    pub was_stopped: bool,
}

/// A workflow to go through, and its only view to be rebuilt where it is not all of them.
pub type Target = (WorkflowId, Option<PeriodKey>);

/// The workflows that a rebuild goes through.
///
/// # Errors
/// When a view does not exist or is archived, or a workflow is not reported.
pub async fn workflows_of(repair: &Repair, what: &What) -> Result<Vec<Target>, RepairError> {
    store::answered(read_targets(repair, what)).await
}

async fn read_targets(repair: &Repair, what: &What) -> Result<Vec<Target>, RepairError> {
    let mut client = repair.pool.get().await.map_err(StoreError::from)?;
    let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
    let targets: Vec<Target> = match what {
        What::All => {
            let all = rebuilds::reported(&tx, &repair.fold.upstream).await?;
            return Ok(all.into_iter().map(|workflow| (workflow, None)).collect());
        }
        What::Workflows(workflows) => workflows.iter().map(|workflow| (*workflow, None)).collect(),
        What::View(view) => {
            let stored = rebuilds::find_view(&tx, *view)
                .await?
                .ok_or(RepairError::UnknownView(*view))?;
            if stored.is_archived {
                return Err(RepairError::Archived(*view));
            }
            let key = stored.period_key.parse();
            let key = key.map_err(|_| RepairError::UnknownView(*view))?;
            vec![(stored.workflow_id, Some(key))]
        }
    };
    let ids: Vec<WorkflowId> = targets.iter().map(|(workflow, _)| *workflow).collect();
    let reporting = configurations::read(&tx, &repair.fold.upstream, &ids).await?;
    let is_reported = |id: &WorkflowId| {
        let found = reporting.iter().find(|reporting| reporting.workflow_id == *id);
        found.is_some_and(|reporting| reporting.active().is_some())
    };
    match ids.iter().find(|id| !is_reported(id)) {
        Some(id) => Err(RepairError::NotReported(*id)),
        None => Ok(targets),
    }
}

/// Renders views anew as their results and configuration ask now, one transaction a workflow and `lanes` at a time. A
/// view that comes out the same gets no new version; each other one is replaced in its row, so a reader meets the
/// old one or the new one.
///
/// # Errors
/// When the database is away; the workflows before it are rebuilt, and running it again does them no harm. What is wrong
/// with one workflow stands in [`Rebuilt::failures`], and the others are rebuilt all the same.
pub async fn rebuild(
    repair: &Repair,
    targets: &[Target],
    lanes: usize,
    on_workflow: &(dyn Fn() + Sync),
    stop: &CancellationToken,
) -> Result<Rebuilt, RepairError> {
    let tasks = TaskTracker::new();
    let mut rebuilt = stream::iter(targets)
        .take_while(|_| std::future::ready(!stop.is_cancelled()))
        .map(|target| {
            let (repair, target) = (repair.clone(), *target);
            let task = tasks.spawn(async move { one(&repair, &target).await });
            async move {
                let done = task.await;
                on_workflow();
                match done.unwrap_or_else(|panicked| Err(RepairError::Crashed(panicked.to_string()))) {
                    Err(error) if !is_outage(&error) => Ok(Rebuilt {
                        failures: vec![(target.0, error)],
                        ..Rebuilt::default()
                    }),
                    done => done,
                }
            }
        })
        .buffer_unordered(lanes.max(1))
        .try_fold(Rebuilt::default(), |mut sum, one| async move {
            sum.workflows += one.workflows;
            sum.updates.extend(one.updates);
            sum.troubles.extend(one.troubles);
            sum.failures.extend(one.failures);
            sum.parts.extend(one.parts);
            Ok(sum)
        })
        .await?;
    rebuilt
        .updates
        .sort_by_key(|update| (update.workflow_id, update.view_id));
    rebuilt.was_stopped = stop.is_cancelled();
    Ok(rebuilt)
}

async fn one(repair: &Repair, (workflow, only): &Target) -> Result<Rebuilt, RepairError> {
    let done = repair.carry_out(*workflow, Task::Rebuild(only.as_ref())).await?;
    Ok(Rebuilt {
        workflows: 1,
        updates: done.folded.updates,
        troubles: done.folded.troubles,
        parts: done.folded.unfinished.then_some(*workflow).into_iter().collect(),
        ..Rebuilt::default()
    })
}

/// Whether the database is away, so that what comes after it would fail as well.
fn is_outage(error: &RepairError) -> bool {
    let (RepairError::Store(error) | RepairError::Fold(FoldError::Store(error))) = error else {
        return false;
    };
    error.sql_state().is_none()
}
