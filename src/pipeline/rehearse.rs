//! Rehearsing: what records would do, found out without leaving anything behind.

use std::collections::BTreeMap;
use std::time::Duration;

use super::prepare::{look_up, prepare};
use super::recipe::{Recipe, failure, fold_in, outcomes};
use super::{ApplyError, Outcome, Selection};
use crate::event::{DashboardUpdate, Message};
use crate::fold::{Fold, FoldError, Limits};
use crate::ids::WorkflowId;
use crate::store::{self, Role, StoreError};

/// How often records are rehearsed anew because configurations change under them.
const MAX_RESHAPES: u32 = 5;
/// How long workflows may be locked for a rehearsal.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a record would do, as far as that is known without reading its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sifted {
    /// It would change nothing: it ends like this.
    Settled(Outcome),
    /// Its rows would be read, and the workflow's dashboards may change.
    Wanted(WorkflowId),
}

/// What records would do.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// How each record would end.
    pub outcomes: Vec<Outcome>,
    /// The new versions of views there would be.
    pub updates: Vec<DashboardUpdate>,
    /// How many records cannot be applied, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
}

/// Tells for each record whether it would change nothing. Reads the database without locks.
pub async fn sift(
    recipe: &Recipe,
    messages: &[Message],
    selection: &Selection,
) -> Result<Vec<Sifted>, ApplyError> {
    let mut client = recipe.pool.get().await.map_err(StoreError::from)?;
    let (prepared, wanted) = look_up(recipe, &mut client, messages, Some(selection)).await?;
    let mut wanted = wanted.iter().peekable();
    let sifted = prepared.outcomes.into_iter().enumerate();
    sifted
        .map(|(index, outcome)| match (outcome, wanted.peek()) {
            (Some(outcome), _) => Ok(Sifted::Settled(outcome)),
            (None, Some(next)) if next.index() == index => {
                let workflow = next.workflow_id();
                wanted.next();
                Ok(Sifted::Wanted(workflow))
            }
            (None, _) => Err(ApplyError::Broken("a record was lost while sifting".to_owned())),
        })
        .collect()
}

/// Does with records what a replay would do, in one transaction, and takes it back.
pub async fn rehearse(
    recipe: &Recipe,
    messages: &[Message],
    selection: &Selection,
) -> Result<Rehearsal, ApplyError> {
    // What is taken back cannot be done a part at a time.
    let limits = Limits {
        views: usize::MAX,
        locked: PATIENCE,
        ..recipe.fold.limits
    };
    let fold = Fold {
        limits,
        ..recipe.fold.clone()
    };
    for _ in 0..MAX_RESHAPES {
        let (prepared, mut client) = prepare(recipe, messages, Some(selection)).await?;
        let tx = store::begin(&mut client, &recipe.roles, Role::Ingest).await?;
        let folded = match fold_in(&fold, &tx, &prepared).await {
            Err(FoldError::ShapeMoved(_)) => continue,
            folded => folded.map_err(failure)?,
        };
        tx.rollback().await.map_err(StoreError::from)?;
        let mut rejected = BTreeMap::new();
        for one in prepared.rejected.values() {
            *rejected.entry(one.reason).or_default() += 1;
        }
        return Ok(Rehearsal {
            outcomes: outcomes(&prepared, &folded),
            updates: folded.updates,
            rejected,
        });
    }
    Err(ApplyError::Broken(
        "configurations change faster than results can be read; try again".to_owned(),
    ))
}
