//! Who is reported: the workflows' locks, and what is read under them.

use std::collections::HashMap;

use super::apply::{Fold, FoldError, Folded};
use super::ledger::Ledger;
use super::settings::{Settings, SettingsError, suggested};
use super::trouble::Trouble;
use crate::aggregate::{ENCODING_VERSION, EncodingError};
use crate::ids::WorkflowId;
use crate::store::configurations::{self, NewConfiguration, Reporting};
use crate::store::redraws::{EVERY_VIEW, Redraw};
use crate::store::{GenericClient, StoreError, executions, partials};

/// Locks the workflows and reads, under the locks, those that are reported; configurations are made where missing.
pub async fn lock(
    tx: &impl GenericClient,
    fold: &Fold,
    workflows: &[WorkflowId],
) -> Result<Vec<Reporting>, StoreError> {
    configurations::lock(tx, workflows).await?;
    let mut reported = configurations::read(tx, &fold.upstream, workflows).await?;
    let missing: Vec<&Reporting> = reported
        .iter()
        .filter(|reporting| reporting.wants_configuration())
        .collect();
    if !missing.is_empty() {
        let new: Vec<NewConfiguration> = missing.iter().map(|reporting| suggested(reporting)).collect();
        let missing: Vec<WorkflowId> = missing.iter().map(|reporting| reporting.workflow_id).collect();
        configurations::create(tx, &fold.upstream, &new).await?;
        configurations::lock(tx, &missing).await?;
        reported = configurations::read(tx, &fold.upstream, workflows).await?;
    }
    reported.retain(|reporting| reporting.active().is_some());
    Ok(reported)
}

/// The last statements of a fold, on rows of the engine: workflows point at their configurations, and executions are no
/// more told of trouble that is over. A row that the engine holds is left for later.
pub async fn finish(
    tx: &impl GenericClient,
    fold: &Fold,
    reported: &[Reporting],
    noted: &[Redraw],
    folded: &Folded,
) -> Result<(), StoreError> {
    let astray: Vec<WorkflowId> = reported
        .iter()
        .filter(|reporting| !reporting.is_linked())
        .map(|reporting| reporting.workflow_id)
        .collect();
    configurations::link(tx, &fold.upstream, &astray).await?;
    let was_in_trouble = |redraw: &&Redraw| redraw.trouble.is_some() && redraw.period_key != EVERY_VIEW;
    let mut relieved: Vec<WorkflowId> = noted
        .iter()
        .filter(was_in_trouble)
        .map(|redraw| redraw.workflow_id)
        .collect();
    relieved.dedup();
    forgive(tx, fold, relieved, folded).await
}

/// Clears what trouble had written on executions, of those workflows that have none left.
pub async fn forgive(
    tx: &impl GenericClient,
    fold: &Fold,
    mut workflows: Vec<WorkflowId>,
    folded: &Folded,
) -> Result<(), StoreError> {
    let in_trouble = |workflow| {
        folded
            .troubles
            .iter()
            .any(|trouble| trouble.workflow_id == workflow)
    };
    workflows.retain(|workflow| !in_trouble(*workflow));
    executions::forgive(tx, &fold.upstream, &workflows, &Trouble::PREFIXES).await
}

/// Reads the ledgers of workflows whose locks are held.
///
/// # Errors
/// When a newer build has written one of their results: then this one has no business here.
pub async fn load_ledgers(
    tx: &impl GenericClient,
    reported: &[Reporting],
) -> Result<HashMap<WorkflowId, Ledger>, FoldError> {
    let mut ledgers: HashMap<WorkflowId, Ledger> = reported
        .iter()
        .map(|reporting| (reporting.workflow_id, Ledger::with_claims(&reporting.claims)))
        .collect();
    let ids: Vec<WorkflowId> = reported.iter().map(|reporting| reporting.workflow_id).collect();
    for head in partials::heads(tx, &ids).await? {
        let (workflow, head) = head?;
        if let Ok(head) = &head
            && head.encoding > i16::from(ENCODING_VERSION)
        {
            let found = u8::try_from(head.encoding).unwrap_or(u8::MAX);
            return Err(EncodingError::Newer { found }.into());
        }
        ledgers.entry(workflow).or_default().load(head);
    }
    Ok(ledgers)
}

/// A workflow's settings, or what is wrong with its configuration.
pub fn settings_of(reporting: &Reporting) -> (WorkflowId, Result<Settings, SettingsError>) {
    let settings = reporting
        .configuration
        .as_ref()
        .ok_or(SettingsError::Missing)
        .and_then(Settings::parse);
    (reporting.workflow_id, settings)
}
