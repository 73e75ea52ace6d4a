//! A workflow's ledger: the best run of each execution, stored or just arrived, and what they hold.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::aggregate::Kind;
use crate::dashboard::{Candidate, Claims};
use crate::ids::ExecutionId;
use crate::store::StoreError;
use crate::store::partials::{PartialHead, Rank};
use crate::window::Window;

/// How an arrival compares with what the ledger holds for its execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is better than what was held, or the first.
    Better,
    /// It is the same result, formed anew by another shape.
    Reshaped,
    /// It is the same result in the same shape.
    Same,
    /// A better run is held.
    Lesser,
}

/// The best known run of each execution of one workflow, and what the others claimed. A clone shares what it holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    held: BTreeMap<ExecutionId, Arc<PartialHead>>,
    /// What runs that are not held have claimed, as far as those held do not.
    claims: Claims,
    /// What of it cannot be read.
    damage: Option<&'static str>,
}

impl Ledger {
    /// A ledger with what runs that count no more have claimed, as stored.
    pub fn with_claims(stored: &[u8]) -> Self {
        let claims = Claims::decode(stored);
        Self {
            held: BTreeMap::new(),
            damage: claims.is_none().then_some("a workflow's claims"),
            claims: claims.unwrap_or_default(),
        }
    }

    /// Takes in a stored head, or what of it cannot be read.
    pub fn load(&mut self, head: Result<PartialHead, &'static str>) {
        match head {
            Ok(head) => {
                self.held.insert(head.execution_id, Arc::new(head));
            }
            Err(what) => self.damage = Some(what),
        }
    }

    /// Whether the workflow has no result yet.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.damage.is_none()
    }

    /// The head held for an execution.
    pub fn head(&self, execution: ExecutionId) -> Option<&PartialHead> {
        self.held.get(&execution).map(Arc::as_ref)
    }

    /// What runs that are not held have claimed.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Offers an arrival, formed as `current` asks; it is held where it is better or reshaped.
    pub fn offer(&mut self, arrival: PartialHead, current: Option<&[u8; 32]>) -> Standing {
        let Some(held) = self.held.get(&arrival.execution_id).cloned() else {
            self.held.insert(arrival.execution_id, Arc::new(arrival));
            return Standing::Better;
        };
        let standing = standing(&held, &arrival.rank(), current);
        match standing {
            Standing::Better | Standing::Reshaped => {
                let arrival = PartialHead {
                    withdrawn_run: held.withdrawn_run,
                    ..arrival
                };
                self.leave_behind(&held, &arrival);
                self.held.insert(arrival.execution_id, Arc::new(arrival));
            }
            Standing::Lesser => self.leave_behind(&arrival, &held),
            Standing::Same => {}
        }
        standing
    }

    /// Takes an execution's result out up to a run, or lets it count again.
    pub fn withdraw(&mut self, execution: ExecutionId, run: Option<u32>) {
        if let Some(held) = self.held.get_mut(&execution) {
            Arc::make_mut(held).withdrawn_run = run;
        }
    }

    /// The executions as they compete for dates, ordered by execution id.
    pub fn candidates(&self) -> Result<Vec<Candidate>, StoreError> {
        if let Some(what) = self.damage {
            return Err(StoreError::Corrupt { what });
        }
        Ok(self.held.values().map(|head| candidate(head)).collect())
    }

    /// How many numbers each candidate's partial holds, in the candidates' order.
    pub fn weights(&self) -> Vec<i64> {
        self.held.values().map(|head| head.weight).collect()
    }

    /// Keeps what a run claims that is not held, where the held one does not claim as much.
    fn leave_behind(&mut self, left: &PartialHead, held: &PartialHead) {
        let is_implied = match held.kind {
            Kind::Untimed => left.window == held.window && left.kind == Kind::Untimed,
            Kind::Timed | Kind::Empty => is_within(left.window, held.window),
        };
        if !is_implied {
            self.claims = self.claims.union(&Claims::of([(left.kind, left.window)]));
        }
    }
}

/// How a result stands against what is `held` for its execution, when results are formed in the `current` shape.
///
/// A held result is only ever replaced by the current shape. While none is current, because the configuration is wrong,
/// what is held stays: otherwise each change between a right and a wrong configuration would form it anew.
pub fn standing(held: &PartialHead, rank: &Rank, current: Option<&[u8; 32]>) -> Standing {
    match rank.cmp(&held.rank()) {
        Ordering::Greater => Standing::Better,
        Ordering::Less => Standing::Lesser,
        Ordering::Equal if current.is_some_and(|current| *current != held.shape) => Standing::Reshaped,
        Ordering::Equal => Standing::Same,
    }
}

/// Whether a lesser run over a window changes nothing, whatever it holds: the run that is held speaks for all its dates.
pub fn is_spoken_for(held: &PartialHead, over: Window) -> bool {
    held.kind != Kind::Untimed && is_within(over, held.window)
}

fn is_within(inner: Window, outer: Window) -> bool {
    outer.intersection(inner) == Some(inner)
}

fn candidate(head: &PartialHead) -> Candidate {
    Candidate {
        execution_id: head.execution_id,
        run: head.run,
        finished_at_ns: head.finished_at_ns,
        window: head.window,
        kind: head.kind,
        content_hash: head.content_hash,
        shape: head.shape,
        withdrawn: head.withdrawn_run.is_some_and(|run| head.run <= run),
        row_days: head.row_days.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::dashboard::{History, PeriodKey, RowDays, VisualizationConfig, plan_views, winners};
    use crate::ids::WorkflowId;

    const PERIODS: [&str; 5] = ["rolling", "all", "execution", "week", "month"];

    /// Runs of a few executions over about four months, each with a window and a kind of its own.
    fn heads() -> impl Strategy<Value = Vec<PartialHead>> {
        let head = (0..4u128, 0..3u32, 0..100u64, 0..50u64, 0..3usize, 0..4i64);
        let head = head.prop_map(|(execution, run, from, days, kind, finished)| {
            let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(from);
            PartialHead {
                workflow_id: WorkflowId(Uuid::nil()),
                execution_id: ExecutionId(Uuid::from_u128(execution)),
                run,
                finished_at_ns: 1_800_000_000_000_000_000 + finished,
                content_hash: std::array::from_fn(|byte| [from as u8, days as u8, kind as u8][byte % 3]),
                shape: [0; 32],
                window: Window::new(first, first + Days::new(days)).unwrap(),
                kind: [Kind::Timed, Kind::Untimed, Kind::Empty][kind],
                row_days: RowDays::of(Window::day(first), [first]),
                rows: 1,
                encoding: 1,
                weight: 1,
                withdrawn_run: None,
            }
        });
        prop::collection::vec(head, 1..12)
    }

    /// Offers the results one by one; gives what every view reads in the end, and the keys of the views there ever were.
    fn told(period: &str, heads: &[PartialHead]) -> (Vec<String>, BTreeSet<PeriodKey>) {
        let config = VisualizationConfig::parse(&format!(r#"{{"period":"{period}"}}"#)).unwrap();
        let mut ledger = Ledger::default();
        let (mut views, mut ever) = (Vec::new(), BTreeSet::new());
        for head in heads {
            ledger.offer(head.clone(), Some(&[0; 32]));
            let candidates = ledger.candidates().unwrap();
            let winners = winners(&candidates);
            let history = History::new(&config, &candidates, &winners).with_claims(ledger.claims());
            let plans = plan_views(&history, &[]);
            ever.extend(plans.iter().map(|plan| plan.key));
            views = plans
                .iter()
                .map(|plan| {
                    let results: Vec<_> = plan.results(&history).collect();
                    let dates = (plan.key, plan.range, plan.covered, plan.kept, plan.compare);
                    format!("{dates:?} {results:?}")
                })
                .collect();
        }
        (views, ever)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn the_views_there_are_depend_on_the_set_of_results_alone(
            (heads, shuffled) in heads().prop_flat_map(|heads| {
                let twice = [heads.clone(), heads.clone()].concat();
                (Just(heads), Just(twice).prop_shuffle())
            }),
            period in 0..PERIODS.len(),
        ) {
            let (views, _) = told(PERIODS[period], &heads);
            let (again, ever) = told(PERIODS[period], &shuffled);
            prop_assert_eq!(&views, &again);
            prop_assert_eq!(ever.len(), views.len(), "a view went away: {:?}", ever);
        }
    }
}
