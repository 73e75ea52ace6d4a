//! What a fold changes in one workflow: who held which dates before, who holds them now, and which views that meets.

use super::ledger::Ledger;
use super::settings::Settings;
use crate::dashboard::{
    self, Candidate, History, PeriodKey, ViewPlan, VisualizationConfig, Winners, plan_views, winners,
};
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::StoreError;

/// One workflow's change.
#[derive(Debug)]
pub struct Change {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// Its configuration.
    pub settings: Settings,
    /// The results that compete, after the change.
    pub candidates: Vec<Candidate>,
    /// Which of them count where, after the change.
    pub winners: Winners,
    /// Spans of dates whose holder changed.
    pub dates: Vec<dashboard::Change>,
    /// The views to be drawn again.
    pub dirty: Vec<ViewPlan>,
    /// What brought it about.
    pub cause: Cause,
}

/// What brings a change about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Results arrived.
    Results,
    /// A result was withdrawn, or a withdrawal undone.
    Withdrawal,
    /// The configuration is another one.
    Configuration,
    /// An operator asked for all views to be rendered again.
    Rebuild,
}

impl Change {
    /// The change between two states of a workflow's ledger.
    pub fn between(
        cause: Cause,
        workflow_id: WorkflowId,
        settings: Settings,
        before: &Ledger,
        after: &Ledger,
    ) -> Result<Self, StoreError> {
        let old = before.candidates()?;
        let new = after.candidates()?;
        if old == new {
            let winners = winners(&new);
            return Ok(Self {
                workflow_id,
                settings,
                candidates: new,
                winners,
                dates: Vec::new(),
                dirty: Vec::new(),
                cause,
            });
        }
        let config = &settings.visualization;
        let (old_winners, new_winners) = (winners(&old), winners(&new));
        let old_history = History::new(config, &old, &old_winners);
        let new_history = History::new(config, &new, &new_winners);
        let old_plans = plan_views(&old_history, &[]);
        let existing: Vec<PeriodKey> = old_plans.iter().map(|plan| plan.key).collect();
        let new_plans = plan_views(&new_history, &existing);
        let dates = new_history.changes_since(&old_history);
        let dirty = dashboard::dirty((&old_history, &old_plans), (&new_history, &new_plans));
        let dirty = dirty.into_iter().cloned().collect();
        Ok(Self {
            workflow_id,
            settings,
            candidates: new,
            winners: new_winners,
            dates,
            dirty,
            cause,
        })
    }

    /// Every view of a workflow; `existing` are the keys of its stored views.
    pub fn of_everything(
        cause: Cause,
        workflow_id: WorkflowId,
        settings: Settings,
        ledger: &Ledger,
        existing: &[PeriodKey],
    ) -> Result<Self, StoreError> {
        let candidates = ledger.candidates()?;
        let winners = winners(&candidates);
        let dirty = plan_views(
            &History::new(&settings.visualization, &candidates, &winners),
            existing,
        );
        Ok(Self {
            workflow_id,
            settings,
            candidates,
            winners,
            dates: Vec::new(),
            dirty,
            cause,
        })
    }

    /// The winning set after the change.
    pub fn history(&self) -> History<'_> {
        let config: &VisualizationConfig = &self.settings.visualization;
        History::new(config, &self.candidates, &self.winners)
    }

    /// Whether an execution's result counts anywhere: it holds a date, or has a view of its own.
    pub fn counts(&self, execution: ExecutionId) -> bool {
        let is_it = |candidate: usize| self.candidates[candidate].execution_id == execution;
        match self.settings.visualization.period() {
            dashboard::Period::Execution => self.winners.runs.iter().any(|run| is_it(*run)),
            _ => self
                .winners
                .holdings
                .iter()
                .any(|holding| is_it(holding.candidate)),
        }
    }
}
