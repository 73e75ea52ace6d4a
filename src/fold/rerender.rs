//! Drawing views again though no result changed: because their configuration did, because an operator asks for it, or
//! because an earlier transaction left them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::apply::{Fold, FoldError, Folded, noted};
use super::carry_out::carry_out;
use super::cause::Cause;
use super::change::Change;
use super::patience::Patience;
use super::recall::Recall;
use super::reported::{self, load_ledgers, settings_of};
use super::trouble::Trouble;
use crate::dashboard::PeriodKey;
use crate::ids::{ConfigurationId, WorkflowId};
use crate::store::configurations::Reporting;
use crate::store::redraws::{self, EVERY_VIEW, Redraw};
use crate::store::{GenericClient, StoreError, views};

/// Why views are rendered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Their configuration is another one than they were rendered by.
    Configuration,
    /// An operator asked for it, as after an upgrade.
    Rebuild,
}

/// Renders views of workflows again as they should be now, whatever they were rendered by; `only` narrows it to one
/// period key of each. What comes out the same gets no new version.
///
/// Takes the workflows' locks. The caller commits, and inserts [`Folded::updates`] into the outbox of the same
/// transaction. Workflows that are not reported are left alone, and so are archived views. Several workflows may be too
/// much for one transaction; of a single one [`Folded::unfinished`] says whether [`catch_up`] is to be called in another.
pub async fn rerender(
    tx: &impl GenericClient,
    fold: &Fold,
    workflows: &[WorkflowId],
    only: Option<&PeriodKey>,
    why: Why,
    now: DateTime<Utc>,
) -> Result<Folded, FoldError> {
    match why {
        Why::Configuration => again(tx, fold, workflows, Some((&Cause::configuration(), only)), now).await,
        Why::Rebuild => {
            // Everything is read, so that damage does not stay unseen.
            let forgetful = Fold {
                recall: Recall::none(),
                ..fold.clone()
            };
            again(tx, &forgetful, workflows, Some((&Cause::rebuild(), only)), now).await
        }
    }
}

/// Draws what was noted for later of the workflows. Like [`rerender`] otherwise.
pub async fn catch_up(
    tx: &impl GenericClient,
    fold: &Fold,
    workflows: &[WorkflowId],
    now: DateTime<Utc>,
) -> Result<Folded, FoldError> {
    again(tx, fold, workflows, None, now).await
}

async fn again(
    tx: &impl GenericClient,
    fold: &Fold,
    workflows: &[WorkflowId],
    wish: Option<(&Cause, Option<&PeriodKey>)>,
    now: DateTime<Utc>,
) -> Result<Folded, FoldError> {
    let reported = reported::lock(tx, fold, workflows).await?;
    let patience = Patience::new(&fold.limits, workflows.len() > 1);
    let ledgers = load_ledgers(tx, &reported).await?;
    let noted = noted(tx, &reported).await?;
    let mut existing = stored_keys(tx, &reported).await?;
    let mut folded = Folded::default();
    let mut changes = Vec::new();
    for reporting in &reported {
        let (workflow, settings) = settings_of(reporting);
        let change = match settings {
            Err(error) => Err(Trouble::misconfigured(workflow, &error)),
            Ok(settings) => Change::none(workflow, settings, &ledgers[&workflow])
                .map_err(|error| Trouble::unreadable(workflow, &error)),
        };
        let noted: Vec<Redraw> = noted
            .iter()
            .filter(|one| one.workflow_id == workflow)
            .cloned()
            .collect();
        match change {
            Ok(mut change) => {
                let existing = existing.remove(&change.settings.id).unwrap_or_default();
                if let Some((cause, only)) = wish {
                    change.draw_everything(cause, only, &existing);
                }
                change.take_up(noted, Some(&existing));
                changes.push(change);
            }
            Err(trouble) => {
                put_off(tx, noted, &trouble).await?;
                folded.troubles.push(trouble);
            }
        }
    }
    carry_out(tx, fold, &changes, &[], &patience, now, &mut folded).await?;
    reported::finish(tx, fold, &reported, &[], &folded).await?;
    if !folded.unfinished {
        let mut relieved: Vec<WorkflowId> = noted.iter().map(|redraw| redraw.workflow_id).collect();
        relieved.dedup();
        reported::forgive(tx, fold, relieved, &folded).await?;
    }
    Ok(folded)
}

/// The period keys of the stored views, by configuration.
async fn stored_keys(
    tx: &impl GenericClient,
    reported: &[Reporting],
) -> Result<HashMap<ConfigurationId, Vec<PeriodKey>>, StoreError> {
    let configurations: Vec<ConfigurationId> = reported
        .iter()
        .filter_map(|reporting| Some(reporting.configuration.as_ref()?.id))
        .collect();
    let mut keys: HashMap<ConfigurationId, Vec<PeriodKey>> = HashMap::new();
    for (configuration, key) in views::keys(tx, &configurations).await? {
        if let Ok(key) = key.parse() {
            keys.entry(configuration).or_default().push(key);
        }
    }
    Ok(keys)
}

/// Lets what was noted wait until the trouble is over: until the configuration is written again, or a replay has repaired
/// what is stored.
async fn put_off(tx: &impl GenericClient, noted: Vec<Redraw>, trouble: &Trouble) -> Result<(), StoreError> {
    let waiting = noted.into_iter().filter(|redraw| redraw.trouble.is_none());
    let waiting: Vec<Redraw> = waiting
        .map(|redraw| Redraw {
            trouble: Some(trouble.sentence.clone()),
            ..redraw
        })
        .collect();
    redraws::put(tx, &waiting).await
}

/// Notes that every view of a workflow is to be drawn again, as soon as that can be.
pub async fn note_everything(
    tx: &impl GenericClient,
    workflow: WorkflowId,
    cause: Cause,
) -> Result<(), StoreError> {
    redraws::put(tx, &[cause.noted(workflow, EVERY_VIEW.to_owned(), None)]).await
}
