//! A workflow's ledger: the best run of each execution, stored or just arrived, and what they hold.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::aggregate::Kind;
use crate::dashboard::{Candidate, Claims, RowDays};
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
    held: BTreeMap<ExecutionId, Arc<Held>>,
    /// What runs that are not held have claimed, as far as those held do not.
    claims: Claims,
    /// What of it cannot be read.
    damage: Option<&'static str>,
}

/// A held head, and how it competes for dates or what of it cannot be read.
#[derive(Debug, PartialEq)]
struct Held {
    head: PartialHead,
    candidate: Result<Candidate, &'static str>,
}

impl Held {
    fn new(head: PartialHead) -> Arc<Self> {
        Arc::new(Self {
            candidate: candidate(&head),
            head,
        })
    }
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
                self.held.insert(head.execution_id, Held::new(head));
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
        self.held.get(&execution).map(|held| &held.head)
    }

    /// What runs that are not held have claimed.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Offers an arrival, formed as `current` asks; it is held where it is better or reshaped.
    pub fn offer(&mut self, arrival: PartialHead, current: Option<&[u8; 32]>) -> Standing {
        let Some(held) = self.held.get(&arrival.execution_id).cloned() else {
            self.held.insert(arrival.execution_id, Held::new(arrival));
            return Standing::Better;
        };
        let standing = standing(&held.head, &arrival.rank(), current);
        match standing {
            Standing::Better | Standing::Reshaped => {
                let arrival = PartialHead {
                    withdrawn_run: held.head.withdrawn_run,
                    ..arrival
                };
                self.leave_behind(&held.head, &arrival);
                self.held.insert(arrival.execution_id, Held::new(arrival));
            }
            Standing::Lesser => self.leave_behind(&arrival, &held.head),
            Standing::Same => {}
        }
        standing
    }

    /// Takes an execution's result out up to a run, or lets it count again.
    pub fn withdraw(&mut self, execution: ExecutionId, run: Option<u32>) {
        if let Some(held) = self.held.get_mut(&execution) {
            *held = Held::new(PartialHead {
                withdrawn_run: run,
                ..held.head.clone()
            });
        }
    }

    /// The executions as they compete for dates, ordered by execution id.
    pub fn candidates(&self) -> Result<Vec<Candidate>, StoreError> {
        if let Some(what) = self.damage {
            return Err(StoreError::Corrupt { what });
        }
        let candidates = self.held.values().map(|held| held.candidate.clone());
        let candidates: Result<_, _> = candidates.collect();
        candidates.map_err(|what| StoreError::Corrupt { what })
    }

    /// How many numbers each candidate's partial holds, in the candidates' order.
    pub fn weights(&self, candidates: &[Candidate]) -> Vec<i64> {
        let weight = |candidate: &Candidate| self.head(candidate.execution_id).map_or(0, |head| head.weight);
        candidates.iter().map(weight).collect()
    }

    /// Keeps what a run claims that is not held, where the held one does not claim as much.
    fn leave_behind(&mut self, left: &PartialHead, held: &PartialHead) {
        let is_within = held.window_start <= left.window_start && left.window_end <= held.window_end;
        let is_same = left.window_start == held.window_start && left.window_end == held.window_end;
        let untimed = |head: &PartialHead| kind(head) == Some(Kind::Untimed);
        let is_implied = match untimed(held) {
            true => is_same && untimed(left),
            false => is_within,
        };
        if let (false, Some(kind), Some(window)) = (is_implied, kind(left), window(left)) {
            self.claims = self.claims.union(&Claims::of([(kind, window)]));
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
    let speaks = matches!(kind(held), Some(Kind::Timed | Kind::Empty));
    speaks && held.window_start <= over.start() && over.end() <= held.window_end
}

fn kind(head: &PartialHead) -> Option<Kind> {
    match head.kind {
        0 => Some(Kind::Timed),
        1 => Some(Kind::Untimed),
        2 => Some(Kind::Empty),
        _ => None,
    }
}

fn window(head: &PartialHead) -> Option<Window> {
    Window::new(head.window_start, head.window_end)
}

fn candidate(head: &PartialHead) -> Result<Candidate, &'static str> {
    Ok(Candidate {
        execution_id: head.execution_id,
        run: head.run,
        finished_at_ns: head.finished_at_ns,
        window: window(head).ok_or("a partial's window")?,
        kind: kind(head).ok_or("a partial's kind")?,
        content_hash: head.content_hash,
        shape: head.shape,
        withdrawn: head.withdrawn_run.is_some_and(|run| head.run <= run),
        row_days: RowDays::decode(&head.row_days).ok_or("a partial's days")?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::dashboard::{History, PeriodKey, VisualizationConfig, plan_views, winners};
    use crate::ids::WorkflowId;

    const PERIODS: [&str; 5] = ["rolling", "all", "execution", "week", "month"];

    /// Runs of a few executions over about four months, each with a window and a kind of its own.
    fn heads() -> impl Strategy<Value = Vec<PartialHead>> {
        let head = (0..4u128, 0..3u32, 0..100u64, 0..50u64, 0..3i16, 0..4i64);
        let head = head.prop_map(|(execution, run, from, days, kind, finished)| {
            let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(from);
            PartialHead {
                workflow_id: WorkflowId(Uuid::nil()),
                execution_id: ExecutionId(Uuid::from_u128(execution)),
                run,
                finished_at_ns: 1_800_000_000_000_000_000 + finished,
                content_hash: std::array::from_fn(|byte| [from as u8, days as u8, kind as u8][byte % 3]),
                shape: [0; 32],
                window_start: first,
                window_end: first + Days::new(days),
                kind,
                row_days: vec![0, 0, 1],
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
