//! The fold itself: a batch's workflows taken together, statement by statement.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::change::{Cause, Change};
use super::draw::{self, DrawError, Drawn};
use super::ledger::{Ledger, Standing};
use super::reported::{self, load_ledgers, settings_of};
use super::settings::{Settings, SettingsError};
use crate::aggregate::{ENCODING_VERSION, EncodingError, Kind, Partial};
use crate::event::{DashboardUpdate, Execution};
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::partials::{self, NewPartial, PartialHead};
use crate::store::{GenericClient, StoreError, Upstream, views, workflow_state};

/// What folding needs to know besides the database.
#[derive(Debug, Clone)]
pub struct Fold {
    /// The engine's tables.
    pub upstream: Upstream,
    /// Where views can be looked at: a prefix of their id, empty when nowhere.
    pub view_url: String,
}

/// An execution whose result has been aggregated, ready to be folded.
#[derive(Debug)]
pub struct Arrival {
    /// The event.
    pub execution: Execution,
    /// Its partial.
    pub partial: Partial,
    /// The partial's stored bytes.
    pub body: Vec<u8>,
    /// The dates with rows, encoded.
    pub row_days: Vec<u8>,
    /// The shape by which the partial was formed.
    pub shape: [u8; 32],
    /// Whether it came by a replay.
    pub replay: bool,
    /// The trace that the outgoing event continues.
    pub traceparent: Option<String>,
}

impl Arrival {
    /// Its workflow and execution.
    pub fn key(&self) -> (WorkflowId, ExecutionId) {
        (self.execution.workflow_id, self.execution.id)
    }

    fn head(&self) -> PartialHead {
        let execution = &self.execution;
        PartialHead {
            workflow_id: execution.workflow_id,
            execution_id: execution.id,
            run: execution.run,
            finished_at_ns: execution.finished_at_ns,
            content_hash: execution.content_hash,
            shape: self.shape,
            window_start: execution.window.start(),
            window_end: execution.window.end(),
            kind: match self.partial.kind {
                Kind::Timed => 0,
                Kind::Untimed => 1,
                Kind::Empty => 2,
            },
            row_days: self.row_days.clone(),
            rows: i64::try_from(self.partial.quality.rows).unwrap_or(i64::MAX),
            encoding: i16::from(ENCODING_VERSION),
            weight: weight(&self.partial),
            withdrawn_run: None,
        }
    }
}

/// How many numbers a partial's cells hold.
fn weight(partial: &Partial) -> i64 {
    let cells = &partial.cells;
    let width = 2 + cells.dimensions.len() + 4 * cells.measures.len();
    i64::try_from(cells.dates.len() * width).unwrap_or(i64::MAX)
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds at least one date.
    Applied,
    /// Other results hold all its dates, or a better run of it is known.
    Superseded,
    /// It was known already.
    Duplicate,
    /// Its workflow is not reported.
    Skipped,
}

/// What a fold did.
#[derive(Debug, Default)]
pub struct Folded {
    /// One for each arrival, in their order.
    pub outcomes: Vec<Outcome>,
    /// One for each view that got a new version.
    pub updates: Vec<DashboardUpdate>,
    /// Workflows whose configuration is wrong: their partials are stored, their views stay as they are.
    pub misconfigured: Vec<(WorkflowId, SettingsError)>,
}

/// Why a fold failed.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored partial cannot be read by this build.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// A view cannot be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// The configuration under the lock asks another shape than an arrival has: aggregate again.
    #[error("the configuration of workflow {0} changed while its results were being aggregated")]
    ShapeMoved(WorkflowId),
}

/// Folds arrivals into their workflows' dashboards.
///
/// Takes the workflows' locks; reads and writes everything else under them. The caller commits, and inserts
/// [`Folded::updates`] into the outbox of the same transaction.
pub async fn apply(
    tx: &impl GenericClient,
    fold: &Fold,
    arrivals: &[Arrival],
    now: DateTime<Utc>,
) -> Result<Folded, FoldError> {
    let mut workflows: Vec<WorkflowId> = arrivals
        .iter()
        .map(|arrival| arrival.execution.workflow_id)
        .collect();
    workflows.sort_unstable();
    workflows.dedup();
    let reported = reported::lock(tx, fold, &workflows).await?;
    let mut ledgers = load_ledgers(tx, &reported::ids(&reported)).await?;
    let before = ledgers.clone();
    let settings: HashMap<WorkflowId, Result<Settings, SettingsError>> =
        reported.iter().map(settings_of).collect();
    let standings = offer_all(arrivals, &settings, &mut ledgers)?;
    let new: Vec<WorkflowId> = before
        .iter()
        .filter(|(_, ledger)| ledger.is_empty())
        .map(|(workflow, _)| *workflow)
        .collect();
    workflow_state::ensure(tx, &new).await?;
    store_held(tx, arrivals, &standings, &ledgers).await?;

    let mut folded = Folded::default();
    let mut changes = Vec::new();
    for (workflow, settings) in settings {
        match settings {
            Err(error) => folded.misconfigured.push((workflow, error)),
            Ok(settings) => {
                changes.push(Change::between(
                    Cause::Results,
                    workflow,
                    settings,
                    &before[&workflow],
                    &ledgers[&workflow],
                )?);
            }
        }
    }
    changes.sort_unstable_by_key(|change| change.workflow_id);
    folded.outcomes = outcomes(arrivals, &standings, &ledgers, &changes);
    let held: Vec<&Arrival> = (arrivals.iter().zip(&standings))
        .filter(|(_, standing)| matches!(standing, Some(Standing::Better | Standing::Reshaped)))
        .map(|(arrival, _)| arrival)
        .collect();
    let drawn = draw::draw(tx, &changes, &held).await?;
    folded.updates = save(tx, fold, &changes, &held, drawn, now).await?;
    reported::link(tx, fold, &reported).await?;
    Ok(folded)
}

/// Offers each arrival to its workflow's ledger, in order; `None` where the workflow is not reported.
fn offer_all(
    arrivals: &[Arrival],
    settings: &HashMap<WorkflowId, Result<Settings, SettingsError>>,
    ledgers: &mut HashMap<WorkflowId, Ledger>,
) -> Result<Vec<Option<Standing>>, FoldError> {
    let mut standings = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let workflow = arrival.execution.workflow_id;
        if let Some(Ok(settings)) = settings.get(&workflow)
            && settings.shape != arrival.shape
        {
            return Err(FoldError::ShapeMoved(workflow));
        }
        let current = match settings.get(&workflow) {
            Some(Ok(settings)) => Some(&settings.shape),
            Some(Err(_)) | None => None,
        };
        standings.push(
            ledgers
                .get_mut(&workflow)
                .map(|ledger| ledger.offer(arrival.head(), current)),
        );
    }
    Ok(standings)
}

/// Stores the arrivals that their ledgers hold now.
async fn store_held(
    tx: &impl GenericClient,
    arrivals: &[Arrival],
    standings: &[Option<Standing>],
    ledgers: &HashMap<WorkflowId, Ledger>,
) -> Result<(), StoreError> {
    let mut held: HashMap<(WorkflowId, ExecutionId), NewPartial<'_>> = HashMap::new();
    for (arrival, standing) in arrivals.iter().zip(standings) {
        let ledger = ledgers.get(&arrival.execution.workflow_id);
        let head = ledger.and_then(|ledger| ledger.head(arrival.execution.id));
        if let (Some(head), Some(Standing::Better | Standing::Reshaped)) = (head, standing) {
            held.insert(
                arrival.key(),
                NewPartial {
                    head,
                    body: &arrival.body,
                },
            );
        }
    }
    let held: Vec<NewPartial<'_>> = held.into_values().collect();
    partials::upsert(tx, &held).await?;
    Ok(())
}

fn outcomes(
    arrivals: &[Arrival],
    standings: &[Option<Standing>],
    ledgers: &HashMap<WorkflowId, Ledger>,
    changes: &[Change],
) -> Vec<Outcome> {
    let outcome = |arrival: &Arrival, standing: &Option<Standing>| {
        let workflow = arrival.execution.workflow_id;
        match standing {
            None => Outcome::Skipped,
            Some(Standing::Same) => Outcome::Duplicate,
            Some(Standing::Lesser) => Outcome::Superseded,
            Some(Standing::Better | Standing::Reshaped) => {
                let is_held = ledgers[&workflow]
                    .head(arrival.execution.id)
                    .is_some_and(|held| held.rank() == arrival.head().rank());
                // Without a valid configuration nothing is shown yet; the result counts as soon as it is repaired.
                let change = changes.iter().find(|change| change.workflow_id == workflow);
                let counts = change.is_none_or(|change| change.counts(arrival.execution.id));
                if is_held && counts {
                    Outcome::Applied
                } else {
                    Outcome::Superseded
                }
            }
        }
    };
    arrivals
        .iter()
        .zip(standings)
        .map(|(arrival, standing)| outcome(arrival, standing))
        .collect()
}

/// Writes the views whose content differs from what is stored and tells what to announce.
pub(super) async fn save(
    tx: &impl GenericClient,
    fold: &Fold,
    changes: &[Change],
    held: &[&Arrival],
    drawn: Vec<Drawn>,
    now: DateTime<Utc>,
) -> Result<Vec<DashboardUpdate>, StoreError> {
    let mut updates = Vec::new();
    let mut new_views = Vec::new();
    let mut confirmed = Vec::new();
    for drawn in drawn {
        let change = &changes[drawn.change];
        if drawn.is_unchanged() {
            if drawn.has_other_configuration(&change.settings.sha256) {
                confirmed.push((drawn.id, change.settings.sha256));
            }
            continue;
        }
        updates.push(super::announce::update(fold, change, held, &drawn, now));
        new_views.push(drawn.into_row(change));
    }
    views::save(tx, env!("CARGO_PKG_VERSION"), &new_views).await?;
    views::confirm_configuration(tx, &confirmed).await?;
    Ok(updates)
}
