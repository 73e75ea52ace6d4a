//! Rehearsing: what records would do, found out without leaving anything behind.

use std::collections::BTreeMap;

use deadpool_postgres::Client;

use super::failure::backoff;
use super::prepare::{Prepared, look_up, prepare};
use super::recipe::{Recipe, failure, fold_in, outcomes};
use super::{ApplyError, Outcome, Selection};
use crate::event::{DashboardUpdate, Message};
use crate::fold::{Fold, FoldError, Folded};
use crate::ids::WorkflowId;
use crate::store::{self, Role, StoreError};

/// How often records are rehearsed anew because configurations change under them.
const MAX_RESHAPES: u32 = 5;
/// How often a transaction is tried again that others are in the way of.
const MAX_RETRIES: u32 = 8;
/// The most transactions that draw views of one workflow.
const MAX_PORTIONS: usize = 30;

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
    /// Whether more views would change than were drawn.
    pub is_part: bool,
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

/// Does with the records of one workflow what a replay would do, and takes it back: no transaction holds the workflow
/// longer than one that is kept, so that views which are many are drawn by several.
pub async fn rehearse(
    recipe: &Recipe,
    messages: &[Message],
    selection: &Selection,
) -> Result<Rehearsal, ApplyError> {
    for _ in 0..MAX_RESHAPES {
        let (prepared, mut client) = prepare(recipe, messages, Some(selection)).await?;
        let folded = match in_portions(recipe, &mut client, &prepared).await {
            Err(FoldError::ShapeMoved(_)) => continue,
            folded => folded.map_err(failure)?,
        };
        let mut rejected = BTreeMap::new();
        for one in prepared.rejected.values() {
            *rejected.entry(one.reason).or_default() += 1;
        }
        return Ok(Rehearsal {
            outcomes: outcomes(&prepared, &folded),
            updates: folded.updates,
            rejected,
            is_part: folded.unfinished,
        });
    }
    Err(ApplyError::Broken(
        "configurations change faster than results can be read; try again".to_owned(),
    ))
}

async fn in_portions(
    recipe: &Recipe,
    client: &mut Client,
    prepared: &Prepared<'_>,
) -> Result<Folded, FoldError> {
    let mut folded = portion(recipe, client, prepared, 0).await?;
    for _ in 1..MAX_PORTIONS {
        if !folded.unfinished {
            break;
        }
        let rest = portion(recipe, client, prepared, folded.drawn).await?;
        folded = folded.and_then(rest);
    }
    Ok(folded)
}

/// Draws views after so many that were drawn before, and tries again a few times while others hold the workflow.
async fn portion(
    recipe: &Recipe,
    client: &mut Client,
    prepared: &Prepared<'_>,
    drawn: usize,
) -> Result<Folded, FoldError> {
    let fold = Fold {
        limits: recipe.fold.limits.rehearsing(drawn),
        ..recipe.fold.clone()
    };
    let mut attempt = 0;
    loop {
        let taken_back = async {
            let tx = store::begin(client, &recipe.roles, Role::Ingest).await?;
            let folded = fold_in(&fold, &tx, prepared).await?;
            tx.rollback().await.map_err(StoreError::from)?;
            Ok(folded)
        };
        match store::answered(taken_back).await {
            Err(FoldError::Store(error)) if error.is_contention() && attempt < MAX_RETRIES => {
                tokio::time::sleep(backoff(attempt)).await;
                attempt += 1;
            }
            folded => return folded,
        }
    }
}
