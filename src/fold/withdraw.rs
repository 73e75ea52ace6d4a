//! Taking a result out of what counts, and letting it count again.

use chrono::{DateTime, Utc};

use super::apply::{Fold, FoldError, Folded, save};
use super::change::{Cause, Change};
use super::draw;
use super::reported::{self, load_ledgers, settings_of};
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::{GenericClient, withdrawals};

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
/// transaction. The views of a workflow that is not reported stay as they are until it is reported again.
pub async fn withdraw(
    tx: &impl GenericClient,
    fold: &Fold,
    workflow: WorkflowId,
    execution: ExecutionId,
    undo: bool,
    now: DateTime<Utc>,
) -> Result<(Withdrawal, Folded), FoldError> {
    let reported = reported::lock(tx, fold, &[workflow]).await?;
    let mut ledgers = load_ledgers(tx, &[workflow]).await?;
    let ledger = ledgers.entry(workflow).or_default();
    let before = ledger.clone();
    let Some(head) = before.head(execution) else {
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
    ledger.withdraw(execution, run);
    let mut folded = Folded::default();
    let mut changes = Vec::new();
    for reporting in &reported {
        match settings_of(reporting) {
            (workflow, Err(error)) => folded.misconfigured.push((workflow, error)),
            (workflow, Ok(settings)) => {
                let cause = Cause::Withdrawal;
                changes.push(Change::between(cause, workflow, settings, &before, ledger)?);
            }
        }
    }
    let drawn = draw::draw(tx, &changes, &[]).await?;
    folded.updates = save(tx, fold, &changes, &[], drawn, now).await?;
    reported::link(tx, fold, &reported).await?;
    Ok((withdrawal, folded))
}
