//! Rebuilding views from the results that are stored, into the same rows.

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::persist::{Patience, Repair, RepairError, now};
use crate::dashboard::PeriodKey;
use crate::event::DashboardUpdate;
use crate::fold::{self, Trouble, Why};
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
    /// Whether it was stopped before its end.
    pub was_stopped: bool,
}

/// A workflow to go through, and its only view to be rebuilt where it is not all of them.
pub type Target = (WorkflowId, Option<PeriodKey>);

/// The workflows that a rebuild goes through.
///
/// # Errors
/// When a view does not exist, or a workflow is not reported.
pub async fn workflows_of(repair: &Repair, what: &What) -> Result<Vec<Target>, RepairError> {
    let mut client = repair.pool.get().await.map_err(StoreError::from)?;
    let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
    let targets: Vec<Target> = match what {
        What::All => {
            let all = rebuilds::reported(&tx, &repair.fold.upstream).await?;
            return Ok(all.into_iter().map(|workflow| (workflow, None)).collect());
        }
        What::Workflows(workflows) => workflows.iter().map(|workflow| (*workflow, None)).collect(),
        What::View(view) => {
            let (workflow, key) = rebuilds::key_of(&tx, *view)
                .await?
                .ok_or(RepairError::UnknownView(*view))?;
            let key = key.parse().map_err(|_| RepairError::UnknownView(*view))?;
            vec![(workflow, Some(key))]
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
/// See [`RepairError`]; the workflows before it are rebuilt, and running it again does them no harm.
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
                done.unwrap_or_else(|panicked| Err(RepairError::Crashed(panicked.to_string())))
            }
        })
        .buffer_unordered(lanes.max(1))
        .try_fold(Rebuilt::default(), |mut sum, one| async move {
            sum.workflows += 1;
            sum.updates.extend(one.updates);
            sum.troubles.extend(one.troubles);
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
    let mut patience = Patience::default();
    loop {
        let ended = once(repair, *workflow, only.as_ref()).await;
        if !patience.has_for(&ended).await {
            return ended;
        }
    }
}

async fn once(
    repair: &Repair,
    workflow: WorkflowId,
    only: Option<&PeriodKey>,
) -> Result<Rebuilt, RepairError> {
    let mut client = repair.pool.get().await.map_err(StoreError::from)?;
    let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
    let folded = fold::rerender(&tx, &repair.fold, &[workflow], only, Why::Rebuild, now()).await?;
    let folded = repair.close(tx, workflow, folded).await?;
    let folded = repair.draw_rest(workflow, folded).await?;
    Ok(Rebuilt {
        workflows: 1,
        updates: folded.updates,
        troubles: folded.troubles,
        was_stopped: false,
    })
}
