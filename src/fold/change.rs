//! What a fold changes in one workflow: who held which dates before, who holds them now, and which views that meets.

use super::arrival::Arrival;
use super::cause::Cause;
use super::ledger::Ledger;
use super::settings::Settings;
use crate::dashboard::{
    self, Candidate, Claims, History, PeriodKey, ViewPlan, VisualizationConfig, Winners, plan_views, winners,
};
use crate::ids::{ExecutionId, ViewId, WorkflowId};
use crate::store::StoreError;
use crate::store::redraws::{EVERY_VIEW, Redraw};

/// One workflow as it is after a change.
#[derive(Debug)]
pub struct Change {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// Its configuration.
    pub settings: Settings,
    /// The results that compete.
    pub candidates: Vec<Candidate>,
    /// How many numbers each of them holds.
    pub weights: Vec<i64>,
    /// Which of them count where.
    pub winners: Winners,
    /// What runs that count no more have claimed.
    pub claims: Claims,
    /// The views to be drawn, ascending by key.
    pub dirty: Vec<Dirty>,
    /// What was noted for later and is no more to be done.
    pub obsolete: Vec<String>,
}

/// A view to be drawn.
#[derive(Debug)]
pub struct Dirty {
    /// The view.
    pub plan: ViewPlan,
    /// Why it changes.
    pub cause: Cause,
    /// Whether it was noted for later by an earlier transaction.
    pub was_noted: bool,
    /// Whether its cause is other than what was noted.
    pub has_news: bool,
}

/// What brought a change of results about.
#[derive(Debug, Clone, Copy)]
pub enum Brought<'a> {
    /// These arrivals, all of them held now.
    ByArrivals(&'a [&'a Arrival]),
    /// A withdrawal, or its undoing.
    ByWithdrawal,
}

impl Change {
    /// A workflow in which nothing changes.
    pub fn none(workflow_id: WorkflowId, settings: Settings, ledger: &Ledger) -> Result<Self, StoreError> {
        let candidates = ledger.candidates()?;
        Ok(Self {
            workflow_id,
            settings,
            weights: ledger.weights(),
            winners: winners(&candidates),
            candidates,
            claims: ledger.claims().clone(),
            dirty: Vec::new(),
            obsolete: Vec::new(),
        })
    }

    /// The change between two states of a workflow's ledger.
    pub fn between(
        brought: Brought<'_>,
        workflow_id: WorkflowId,
        settings: Settings,
        before: &Ledger,
        after: &Ledger,
    ) -> Result<Self, StoreError> {
        let mut change = Self::none(workflow_id, settings, after)?;
        let old = before.candidates()?;
        if old == change.candidates && before.claims() == after.claims() {
            return Ok(change);
        }
        let config = &change.settings.visualization;
        let old_winners = winners(&old);
        let was = History::new(config, &old, &old_winners).with_claims(before.claims());
        let is = change.history();
        let old_plans = plan_views(&was, &[]);
        let existing: Vec<PeriodKey> = old_plans.iter().map(|plan| plan.key).collect();
        let new_plans = plan_views(&is, &existing);
        let difference = Difference::between(&was, &is);
        let dirty = dashboard::dirty((&was, &old_plans), (&is, &new_plans)).into_iter();
        change.dirty = dirty
            .map(|plan| {
                let before = old_plans
                    .binary_search_by_key(&plan.key, |was| was.key)
                    .ok()
                    .map(|index| &old_plans[index]);
                Dirty {
                    cause: difference.cause_of(brought, before, plan),
                    plan: plan.clone(),
                    was_noted: false,
                    has_news: true,
                }
            })
            .collect();
        Ok(change)
    }

    /// Makes every view dirty, of those that `only` narrows it to; `existing` are the keys of the stored ones.
    pub fn draw_everything(&mut self, cause: &Cause, only: Option<&PeriodKey>, existing: &[PeriodKey]) {
        let plans = plan_views(&self.history(), existing);
        let wanted = plans
            .into_iter()
            .filter(|plan| only.is_none_or(|only| plan.key == *only));
        let wanted: Vec<ViewPlan> = wanted.collect();
        for plan in wanted {
            self.add(plan, cause.clone(), false);
        }
    }

    /// Takes in what was noted for later; of every view only where `existing` gives the keys of the stored ones.
    pub fn take_up(&mut self, noted: Vec<Redraw>, existing: Option<&[PeriodKey]>) {
        if noted.is_empty() {
            return;
        }
        let plans = plan_views(&self.history(), existing.unwrap_or_default());
        for redraw in noted {
            let key = redraw.period_key.clone();
            if key == EVERY_VIEW {
                if existing.is_some() {
                    let cause = Cause::from(redraw);
                    for plan in &plans {
                        self.add(plan.clone(), cause.clone(), false);
                    }
                    self.obsolete.push(key);
                }
                continue;
            }
            let place = key
                .parse()
                .ok()
                .and_then(|key: PeriodKey| plans.binary_search_by_key(&key, |plan| plan.key).ok());
            match place {
                Some(place) => self.add(plans[place].clone(), redraw.into(), true),
                None => self.obsolete.push(key),
            }
        }
    }

    /// Adds a view to those to be drawn, or a cause to one of them.
    fn add(&mut self, plan: ViewPlan, cause: Cause, was_noted: bool) {
        match self.dirty.binary_search_by_key(&plan.key, |dirty| dirty.plan.key) {
            Ok(index) => {
                let dirty = &mut self.dirty[index];
                dirty.cause.add(cause);
                dirty.was_noted |= was_noted;
                dirty.has_news = true;
            }
            Err(index) => {
                let dirty = Dirty {
                    plan,
                    cause,
                    was_noted,
                    has_news: !was_noted,
                };
                self.dirty.insert(index, dirty);
            }
        }
    }

    /// The id of a dirty view.
    pub fn view_id(&self, view: usize) -> ViewId {
        ViewId::of(self.settings.id, &self.dirty[view].plan.key.to_string())
    }

    /// Whether a dirty view shows the newest date that is held.
    pub fn reaches_newest(&self, view: usize) -> bool {
        let newest = self.winners.holdings.last().map(|holding| holding.to);
        let range = self.dirty[view].plan.range;
        newest
            .zip(range)
            .is_some_and(|(newest, range)| newest <= range.end())
    }

    /// The winning set after the change.
    pub fn history(&self) -> History<'_> {
        let config: &VisualizationConfig = &self.settings.visualization;
        History::new(config, &self.candidates, &self.winners).with_claims(&self.claims)
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

/// What differs between two states of a workflow.
struct Difference<'a> {
    was: &'a History<'a>,
    is: &'a History<'a>,
    /// Spans of dates whose holder changed; under the period `execution` results that came, went or were replaced.
    changes: Vec<dashboard::Change>,
    /// The executions whose result is another one, formed otherwise, or withdrawn or not.
    touched: Vec<ExecutionId>,
    /// Those of them whose result is the same, formed otherwise.
    formed_anew: Vec<ExecutionId>,
}

impl<'a> Difference<'a> {
    fn between(was: &'a History<'a>, is: &'a History<'a>) -> Self {
        let before = |candidate: &Candidate| {
            let place = was
                .candidates
                .binary_search_by_key(&candidate.execution_id, |was| was.execution_id);
            place.ok().map(|place| &was.candidates[place])
        };
        // Results are only ever added or replaced, so the newer list has them all.
        let touched = is.candidates.iter().filter(|is| before(is) != Some(*is));
        let is_formed_anew = |is: &&Candidate| {
            before(is).is_some_and(|was| {
                let same_shape = Candidate {
                    shape: is.shape,
                    kind: is.kind,
                    row_days: is.row_days.clone(),
                    ..was.clone()
                };
                was.shape != is.shape && same_shape == **is
            })
        };
        let id = |candidate: &Candidate| candidate.execution_id;
        Self {
            was,
            is,
            changes: is.changes_since(was),
            formed_anew: touched.clone().filter(is_formed_anew).map(id).collect(),
            touched: touched.map(id).collect(),
        }
    }

    /// Why a view differs from what it was.
    fn cause_of(&self, brought: Brought<'_>, before: Option<&ViewPlan>, after: &ViewPlan) -> Cause {
        let shown_before = |id| before.is_some_and(|plan| shows(plan, self.was, id));
        let read_before = |id| before.is_some_and(|plan| reads(plan, self.was, id));
        let read_after = |id| reads(after, self.is, id);
        let mut cause = Cause {
            changes_data: true,
            is_correction: matches!(brought, Brought::ByWithdrawal),
            ..Cause::default()
        };
        let met = self
            .changes
            .iter()
            .filter(|change| after.meets(change) || before.is_some_and(|before| before.meets(change)));
        for change in met {
            if let Some(lost) = change.lost.filter(|id| read_before(*id)) {
                cause.execution_ids.push(lost);
                cause.is_correction = true;
                cause.supersedes |= shown_before(lost);
            }
            cause
                .execution_ids
                .extend(change.gained.filter(|id| read_after(*id)));
        }
        cause.execution_ids.sort_unstable();
        cause.execution_ids.dedup();
        cause.is_correction |= self.formed_anew.iter().any(|id| read_after(*id));
        if let Brought::ByArrivals(arrivals) = brought {
            let touched = || {
                arrivals
                    .iter()
                    .filter(|arrival| self.touched.contains(&arrival.execution.id))
            };
            let of_this_view: Vec<_> = touched()
                .filter(|arrival| read_before(arrival.execution.id) || read_after(arrival.execution.id))
                .collect();
            // What is read may stay the same and only the step of time change: then all of them did it together.
            let causes = match of_this_view.is_empty() {
                true => touched().collect(),
                false => of_this_view,
            };
            cause.by_replay = causes.iter().any(|arrival| arrival.replay);
            let traced = causes
                .iter()
                .rev()
                .find_map(|arrival| arrival.traceparent.clone());
            cause.traceparent = traced;
        }
        cause
    }
}

fn shows(plan: &ViewPlan, history: &History<'_>, execution: ExecutionId) -> bool {
    plan.holdings
        .iter()
        .any(|holding| history.candidates[holding.candidate].execution_id == execution)
}

fn reads(plan: &ViewPlan, history: &History<'_>, execution: ExecutionId) -> bool {
    plan.results(history)
        .any(|candidate| candidate.execution_id == execution)
}
