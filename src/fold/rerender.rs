//! Rendering a workflow's views again though no result changed.

use chrono::{DateTime, Utc};

use super::apply::{Fold, FoldError, Folded, save};
use super::change::{Cause, Change};
use super::draw;
use super::reported::{self, load_ledgers, settings_of};
use crate::dashboard::PeriodKey;
use crate::ids::WorkflowId;
use crate::store::{GenericClient, views};

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
/// transaction. Workflows that are not reported are left alone, and so are archived views.
pub async fn rerender(
    tx: &impl GenericClient,
    fold: &Fold,
    workflows: &[WorkflowId],
    only: Option<&PeriodKey>,
    why: Why,
    now: DateTime<Utc>,
) -> Result<Folded, FoldError> {
    let reported = reported::lock(tx, fold, workflows).await?;
    let ledgers = load_ledgers(tx, &reported::ids(&reported)).await?;
    let mut folded = Folded::default();
    let mut changes = Vec::new();
    let cause = match why {
        Why::Configuration => Cause::Configuration,
        Why::Rebuild => Cause::Rebuild,
    };
    for reporting in &reported {
        match settings_of(reporting) {
            (workflow, Err(error)) => folded.misconfigured.push((workflow, error)),
            (workflow, Ok(settings)) => {
                let existing = views::keys(tx, settings.id).await?;
                let existing: Vec<PeriodKey> = existing.iter().filter_map(|key| key.parse().ok()).collect();
                let ledger = &ledgers[&workflow];
                let mut change = Change::of_everything(cause, workflow, settings, ledger, &existing)?;
                change
                    .dirty
                    .retain(|plan| only.is_none_or(|only| plan.key == *only));
                changes.push(change);
            }
        }
    }
    let mut drawn = draw::draw(tx, &changes, &[]).await?;
    drawn.retain(|drawn| !drawn.is_archived());
    folded.updates = save(tx, fold, &changes, &[], drawn, now).await?;
    reported::link(tx, fold, &reported).await?;
    Ok(folded)
}
