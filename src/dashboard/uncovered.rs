//! Views that cover no date any more, or never did: they exist because some result once claimed a date of theirs.

use std::collections::BTreeSet;

use super::compare::NoCompare;
use super::plan::{History, ViewPlan, rolling_range};
use super::{Candidate, Claims, Period, PeriodKey};
use crate::aggregate::Kind;
use crate::window::Window;

/// The views of a history beside the `covered` ones (ascending by key), each with the dates it keeps, unordered.
pub(super) fn uncovered_views(history: &History<'_>, covered: &[ViewPlan]) -> Vec<ViewPlan> {
    if history.period == Period::Execution {
        return withdrawn_views(history);
    }
    let Some(claims) = left_behind(history) else {
        return Vec::new();
    };
    let is_covered = |key: &PeriodKey| covered.binary_search_by_key(&key, |view| &view.key).is_ok();
    let whole = claims.within(Window::EVER);
    match (history.period, history.period.calendar_step()) {
        (_, Some(step)) => {
            let steps: BTreeSet<Window> = claims.steps(step).collect();
            let views = steps.into_iter().map(|range| {
                let key = PeriodKey::calendar(step, range.start());
                ViewPlan::uncovered(key, claims.within(range))
            });
            views.filter(|view| !is_covered(&view.key)).collect()
        }
        (Period::All, None) => whole
            .filter(|_| covered.is_empty())
            .map(|kept| ViewPlan::uncovered(PeriodKey::All, Some(kept)))
            .into_iter()
            .collect(),
        (_, None) => whole
            .filter(|_| covered.is_empty())
            .map(|whole| {
                let range = rolling_range(whole.end(), history.cadence);
                ViewPlan::uncovered(PeriodKey::Rolling, claims.within(range))
            })
            .into_iter()
            .collect(),
    }
}

/// What was ever claimed, where some of it may be uncovered. Nothing can be as long as every result stands, takes dates
/// one by one, and no run of it was replaced by one over other dates.
fn left_behind(history: &History<'_>) -> Option<Claims> {
    let may_lose = |candidate: &Candidate| candidate.withdrawn || candidate.kind == Kind::Untimed;
    let before = history.claims.filter(|claims| !claims.is_empty());
    if before.is_none() && !history.candidates.iter().any(may_lose) {
        return None;
    }
    let now = Claims::of(
        history
            .candidates
            .iter()
            .map(|candidate| (candidate.kind, candidate.window)),
    );
    Some(before.map_or_else(|| now.clone(), |before| before.union(&now)))
}

/// The views of executions whose winning run is withdrawn.
fn withdrawn_views(history: &History<'_>) -> Vec<ViewPlan> {
    let withdrawn = history
        .winners
        .withdrawn
        .iter()
        .map(|run| &history.candidates[*run]);
    withdrawn
        .map(|candidate| {
            ViewPlan::uncovered(
                PeriodKey::Execution(candidate.execution_id),
                Some(candidate.window),
            )
        })
        .collect()
}

impl ViewPlan {
    /// A view that covers no date, and the dates it keeps where they are known.
    pub(super) fn uncovered(key: PeriodKey, kept: Option<Window>) -> Self {
        Self {
            key,
            range: key.calendar_range(),
            covered: None,
            kept,
            compare: Err(NoCompare::NothingCovered),
            year_before: Err(NoCompare::NothingCovered),
            holdings: Vec::new(),
            compared: Vec::new(),
        }
    }
}
