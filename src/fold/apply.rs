//! The fold itself: a batch's workflows taken together, statement by statement.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::arrival::{Arrival, ResultKey};
use super::carry_out::carry_out;
use super::change::{Brought, Change};
use super::ledger::{Ledger, Standing};
use super::patience::{Limits, Patience};
use super::recall::Recall;
use super::reported::{self, load_ledgers, settings_of};
use super::settings::{Settings, SettingsError};
use super::trouble::Trouble;
use crate::aggregate::EncodingError;
use crate::event::DashboardUpdate;
use crate::ids::{ExecutionId, WorkflowId};
use crate::insight::Frames;
use crate::store::configurations::Reporting;
use crate::store::partials::{self, NewPartial};
use crate::store::redraws::{self, Redraw};
use crate::store::{GenericClient, StoreError, Upstream, workflow_state};

/// What folding needs to know besides the database.
#[derive(Debug, Clone)]
pub struct Fold {
    /// The engine's tables.
    pub upstream: Upstream,
    /// Where views can be looked at: a prefix of their id, empty when nowhere.
    pub view_url: String,
    /// What one transaction may take on.
    pub limits: Limits,
    /// What finding insights worked out before.
    pub frames: Frames,
    /// What views were drawn from before.
    pub recall: Recall,
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
    /// What keeps dashboards as they were, though the results are stored.
    pub troubles: Vec<Trouble>,
    /// Whether views are left for another transaction: call [`catch_up`](super::catch_up) in one until none are.
    pub unfinished: bool,
    /// How many views were drawn, whether they came out the same or not.
    pub drawn: usize,
}

impl Folded {
    /// With what another transaction did for the same arrivals, after this one.
    pub fn and_then(mut self, rest: Self) -> Self {
        self.updates.extend(rest.updates);
        self.troubles.extend(rest.troubles);
        self.unfinished = rest.unfinished;
        self.drawn += rest.drawn;
        self
    }

    /// What is told on an execution's row, where its result does not show as it should.
    pub fn problem_of(&self, workflow: WorkflowId, execution: ExecutionId) -> Option<&str> {
        let mut troubles = self.troubles.iter();
        let trouble = troubles.find(|trouble| trouble.concerns(workflow, execution))?;
        Some(&trouble.sentence)
    }
}

/// Why a fold failed.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A newer build has written a stored partial.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// The locks are held too long for everything at once: come again with less, a part at a time.
    #[error("this is too much for one transaction")]
    TooMuch,
    /// The configuration under the lock asks another shape than an arrival has: aggregate again.
    #[error("the configuration of workflow {0} changed while its results were being aggregated")]
    ShapeMoved(WorkflowId),
}

/// Folds arrivals into their workflows' dashboards.
///
/// Takes the workflows' locks; reads and writes everything else under them. The caller commits, and inserts
/// [`Folded::updates`] into the outbox of the same transaction. Of several arrivals that are too much for one
/// transaction nothing is done; of a single one what is left is noted, and [`Folded::unfinished`] says so.
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
    let patience = Patience::new(&fold.limits, arrivals.len() > 1);
    let mut ledgers = load_ledgers(tx, &reported).await?;
    let before = ledgers.clone();
    let settings: HashMap<WorkflowId, Result<Settings, SettingsError>> =
        reported.iter().map(settings_of).collect();
    let standings = offer_all(arrivals, &settings, &mut ledgers)?;
    store_held(tx, arrivals, &standings, &before, &ledgers).await?;
    let noted = noted(tx, &reported).await?;

    let mut folded = Folded::default();
    let held: Vec<&Arrival> = (arrivals.iter().zip(&standings))
        .filter(|(_, standing)| matches!(standing, Some(Standing::Better | Standing::Reshaped)))
        .map(|(arrival, _)| arrival)
        .collect();
    let changes = changes(settings, (&before, &ledgers), &held, &noted, &mut folded.troubles);
    folded.outcomes = outcomes(arrivals, &standings, &ledgers, &changes, &noted);
    carry_out(tx, fold, &changes, &held, &patience, now, &mut folded).await?;
    reported::finish(tx, fold, &reported, &noted, &folded).await?;
    Ok(folded)
}

/// What was noted for later of the workflows, in their order.
pub(super) async fn noted(
    tx: &impl GenericClient,
    reported: &[Reporting],
) -> Result<Vec<Redraw>, StoreError> {
    let waiting: Vec<WorkflowId> = reported
        .iter()
        .filter(|reporting| reporting.has_redraws)
        .map(|reporting| reporting.workflow_id)
        .collect();
    match waiting.is_empty() {
        true => Ok(Vec::new()),
        false => redraws::of(tx, &waiting).await,
    }
}

/// The changes of the workflows that can change, ascending by id.
fn changes(
    settings: HashMap<WorkflowId, Result<Settings, SettingsError>>,
    (before, after): (&HashMap<WorkflowId, Ledger>, &HashMap<WorkflowId, Ledger>),
    held: &[&Arrival],
    noted: &[Redraw],
    troubles: &mut Vec<Trouble>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (workflow, settings) in settings {
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) => {
                troubles.push(Trouble::misconfigured(workflow, &error));
                continue;
            }
        };
        let mine: Vec<&Arrival> = held
            .iter()
            .copied()
            .filter(|arrival| arrival.execution.workflow_id == workflow)
            .collect();
        let brought = Brought::ByArrivals(&mine);
        match Change::between(brought, workflow, settings, &before[&workflow], &after[&workflow]) {
            Ok(mut change) => {
                let noted = noted.iter().filter(|redraw| redraw.workflow_id == workflow);
                change.take_up(noted.cloned().collect(), None);
                changes.push(change);
            }
            Err(error) => troubles.push(Trouble::unreadable(workflow, &error)),
        }
    }
    changes.sort_unstable_by_key(|change| change.workflow_id);
    changes
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

/// Stores the arrivals that their ledgers hold now, and what those claimed that they do not hold.
async fn store_held(
    tx: &impl GenericClient,
    arrivals: &[Arrival],
    standings: &[Option<Standing>],
    before: &HashMap<WorkflowId, Ledger>,
    ledgers: &HashMap<WorkflowId, Ledger>,
) -> Result<(), StoreError> {
    let new = before.iter().filter(|(_, ledger)| ledger.is_empty());
    let new: Vec<WorkflowId> = new.map(|(workflow, _)| *workflow).collect();
    workflow_state::ensure(tx, &new).await?;
    let claimed = ledgers
        .iter()
        .filter(|(workflow, ledger)| before[*workflow].claims() != ledger.claims());
    let claimed: Vec<_> = claimed
        .map(|(workflow, ledger)| (*workflow, ledger.claims().encode()))
        .collect();
    workflow_state::put_claims(tx, &claimed).await?;
    let mut held: HashMap<ResultKey, NewPartial<'_>> = HashMap::new();
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
    noted: &[Redraw],
) -> Vec<Outcome> {
    // Delivered again because the process ended between the transactions that it takes.
    let is_underway = |arrival: &Arrival| {
        noted.iter().any(|redraw| {
            redraw.workflow_id == arrival.execution.workflow_id
                && redraw.trouble.is_none()
                && redraw.execution_ids.contains(&arrival.execution.id)
        })
    };
    let outcome = |arrival: &Arrival, standing: &Option<Standing>| {
        let workflow = arrival.execution.workflow_id;
        match standing {
            None => Outcome::Skipped,
            Some(Standing::Same) if is_underway(arrival) => Outcome::Applied,
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
