//! Carrying changes out: views are drawn and written where they differ, and what could not be done is noted.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::announce;
use super::apply::{Fold, FoldError, Folded};
use super::arrival::{Arrival, ResultKey};
use super::change::Change;
use super::draw::{Drawing, draw};
use super::patience::Patience;
use super::shelf::Place;
use super::trouble::Trouble;
use crate::ids::WorkflowId;
use crate::insight::model_version;
use crate::store::{GenericClient, StoreError, insights, partials, redraws, views};

/// Draws the changes' dirty views, writes those whose content differs from what is stored, and tells in `folded` what to
/// announce, what is in trouble and whether something is left.
pub async fn carry_out(
    tx: &impl GenericClient,
    fold: &Fold,
    changes: &[Change],
    held: &[&Arrival],
    patience: &Patience,
    now: DateTime<Utc>,
    folded: &mut Folded,
) -> Result<(), FoldError> {
    let mut drawing = draw(tx, fold, changes, held, patience).await?;
    note(tx, changes, &drawing).await?;
    for ((change, view), error) in std::mem::take(&mut drawing.undrawable) {
        let (change, dirty) = (&changes[change], &changes[change].dirty[view]);
        let executions = dirty.cause.execution_ids.clone();
        folded.troubles.push(Trouble::undrawable(
            change.workflow_id,
            &dirty.plan.key,
            executions,
            &error,
        ));
    }
    folded.unfinished = !drawing.left.is_empty();
    folded.drawn = drawing.tried;
    let mut new_views = Vec::new();
    let mut confirmed = Vec::new();
    let mut told = Vec::new();
    for drawn in drawing.drawn {
        let change = &changes[drawn.place.0];
        let cause = &change.dirty[drawn.place.1].cause;
        if drawn.is_archived() && !cause.changes_what_counts() {
            continue;
        }
        if drawn.is_unchanged() {
            if drawn.has_other_configuration(&change.settings.sha256) {
                confirmed.push((drawn.id, change.settings.sha256));
            }
            continue;
        }
        folded.updates.push(announce::update(fold, change, &drawn, now));
        if drawn.changes_insights() {
            told.push((drawn.id, drawn.insight_rows()));
        }
        new_views.push(drawn.into_row(change));
    }
    views::save(tx, env!("CARGO_PKG_VERSION"), &new_views).await?;
    insights::replace(tx, &model_version(), &told).await?;
    views::confirm_configuration(tx, &confirmed).await?;
    Ok(())
}

/// Notes what is left and what is in trouble, and forgets what was noted before and is done.
async fn note(tx: &impl GenericClient, changes: &[Change], drawing: &Drawing) -> Result<(), StoreError> {
    let troubled = drawing
        .undrawable
        .iter()
        .map(|(place, error)| (*place, Some(error.to_string())));
    let left = drawing.left.iter().map(|place| (*place, None));
    let left = left.filter(|((change, view), _)| changes[*change].dirty[*view].has_news);
    let noted: Vec<_> = left
        .chain(troubled)
        .map(|((change, view), trouble)| {
            let (change, dirty) = (&changes[change], &changes[change].dirty[view]);
            let key = dirty.plan.key.to_string();
            dirty.cause.clone().noted(change.workflow_id, key, trouble)
        })
        .collect();
    redraws::put(tx, &noted).await?;
    let troubled = drawing.undrawable.iter().map(|(place, _)| place);
    let waiting: HashSet<&Place> = drawing.left.iter().chain(troubled).collect();
    let mut done: Vec<(WorkflowId, String)> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let drawn = change.dirty.iter().enumerate();
        let drawn = drawn.filter(|(view, dirty)| dirty.was_noted && !waiting.contains(&(index, *view)));
        let drawn = drawn.map(|(_, dirty)| dirty.plan.key.to_string());
        let done_here = drawn.chain(change.obsolete.iter().cloned());
        done.extend(done_here.map(|key| (change.workflow_id, key)));
    }
    redraws::remove(tx, &done).await?;
    let culprits: Vec<ResultKey> = drawing
        .undrawable
        .iter()
        .filter_map(|((change, _), error)| Some((changes[*change].workflow_id, error.culprit()?)))
        .collect();
    partials::distrust(tx, &culprits).await
}
