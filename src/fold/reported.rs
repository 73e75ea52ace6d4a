//! Who is reported: the workflows' locks, and what is read under them.

use std::collections::HashMap;

use super::apply::{Fold, FoldError};
use super::ledger::Ledger;
use super::settings::{Settings, SettingsError, suggested};
use crate::aggregate::{ENCODING_VERSION, EncodingError};
use crate::ids::WorkflowId;
use crate::store::configurations::{self, NewConfiguration, Reporting};
use crate::store::{GenericClient, StoreError, partials};

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

/// Points the workflows at their configurations where they do not yet. These rows are the engine's: they come last, and
/// one that is held is left for the next time.
pub async fn link(tx: &impl GenericClient, fold: &Fold, reported: &[Reporting]) -> Result<(), StoreError> {
    let astray: Vec<WorkflowId> = reported
        .iter()
        .filter(|reporting| !reporting.is_linked())
        .map(|reporting| reporting.workflow_id)
        .collect();
    match astray.is_empty() {
        true => Ok(()),
        false => configurations::link(tx, &fold.upstream, &astray).await,
    }
}

/// Reads the ledgers of workflows whose locks are held.
///
/// # Errors
/// When a newer build has written one of their results: then this one has no business here.
pub async fn load_ledgers(
    tx: &impl GenericClient,
    workflows: &[WorkflowId],
) -> Result<HashMap<WorkflowId, Ledger>, FoldError> {
    let mut ledgers: HashMap<WorkflowId, Ledger> =
        workflows.iter().map(|id| (*id, Ledger::default())).collect();
    for head in partials::heads(tx, workflows).await? {
        if head.encoding > i16::from(ENCODING_VERSION) {
            let found = u8::try_from(head.encoding).unwrap_or(u8::MAX);
            return Err(EncodingError::Newer { found }.into());
        }
        ledgers.entry(head.workflow_id).or_default().load(head);
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

/// The workflows' ids.
pub fn ids(reported: &[Reporting]) -> Vec<WorkflowId> {
    reported.iter().map(|reporting| reporting.workflow_id).collect()
}
