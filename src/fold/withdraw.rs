//! Taking a result out of what counts, and letting it count again.

use chrono::{DateTime, Utc};

use super::apply::{Fold, FoldError, Folded, noted};
use super::carry_out::carry_out;
use super::cause::Cause;
use super::change::{Brought, Change};
use super::patience::Patience;
use super::reported::{self, load_ledgers, settings_of};
use super::rerender::note_everything;
use super::trouble::Trouble;
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::partials::{self, PartialHead};
use crate::store::{GenericClient, StoreError, withdrawals};

/// How a withdrawal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// The workflow has no result of the execution.
    Unknown,
    /// It was so already.
    AlreadySo,
    /// The result is out, up to this run; a higher one counts again.
    Withdrawn {
        /// The highest run that does not count.
        run: u32,
    },
    /// The result counts again.
    Restored,
}

/// Takes an execution's result out of its workflow's dashboards, whatever run of it is known; with `undo` lets it count
/// again. A higher run that arrives later counts, and so does nothing else: a replay brings no withdrawn result back.
///
/// Takes the workflow's lock. The caller commits, and inserts [`Folded::updates`] into the outbox of the same
/// transaction, and calls [`catch_up`](super::catch_up) where [`Folded::unfinished`] says so. The views of a workflow that
/// is not reported stay as they are until it is reported again.
pub async fn withdraw(
    tx: &impl GenericClient,
    fold: &Fold,
    workflow: WorkflowId,
    execution: ExecutionId,
    undo: bool,
    now: DateTime<Utc>,
) -> Result<(Withdrawal, Folded), FoldError> {
    let reported = reported::lock(tx, fold, &[workflow]).await?;
    let patience = Patience::new(&fold.limits, false);
    let Some(head) = held(tx, workflow, execution).await? else {
        return Ok((Withdrawal::Unknown, Folded::default()));
    };
    let is_out = head.withdrawn_run.is_some_and(|run| head.run <= run);
    if is_out != undo {
        return Ok((Withdrawal::AlreadySo, Folded::default()));
    }
    let run = (!undo).then_some(head.run);
    let withdrawal = match run {
        Some(run) => {
            withdrawals::record(tx, workflow, execution, run).await?;
            Withdrawal::Withdrawn { run }
        }
        None => {
            withdrawals::lift(tx, workflow, execution).await?;
            Withdrawal::Restored
        }
    };
    let mut folded = Folded::default();
    let before = load_ledgers(tx, &reported).await?;
    let noted = noted(tx, &reported).await?;
    let mut changes = Vec::new();
    for (workflow, settings) in reported.iter().map(settings_of) {
        let mut ledger = before[&workflow].clone();
        let mut before = before[&workflow].clone();
        before.withdraw(execution, head.withdrawn_run);
        ledger.withdraw(execution, run);
        let change = settings
            .map_err(|error| Trouble::misconfigured(workflow, &error))
            .and_then(|settings| {
                Change::between(Brought::ByWithdrawal, workflow, settings, &before, &ledger)
                    .map_err(|error| Trouble::unreadable(workflow, &error))
            });
        match change {
            Ok(mut change) => {
                change.take_up(noted.clone(), None);
                changes.push(change);
            }
            Err(trouble) => folded.troubles.push(trouble),
        }
    }
    if changes.is_empty() {
        let cause = Cause {
            execution_ids: vec![execution],
            ..Cause::rebuild()
        };
        note_everything(tx, workflow, cause).await?;
    }
    carry_out(tx, fold, &changes, &[], &patience, now, &mut folded).await?;
    reported::finish(tx, fold, &reported, &noted, &folded).await?;
    Ok((withdrawal, folded))
}

/// The result that the workflow holds of the execution.
async fn held(
    tx: &impl GenericClient,
    workflow: WorkflowId,
    execution: ExecutionId,
) -> Result<Option<PartialHead>, StoreError> {
    let heads = partials::heads_of(tx, &[(workflow, execution)]).await?;
    Ok(heads.into_iter().next())
}
