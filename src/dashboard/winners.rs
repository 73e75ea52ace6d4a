//! Which result counts on which date: a function of the set of results, never of the order they arrived in.

use chrono::NaiveDate;

use super::RowDays;
use crate::aggregate::Kind;
use crate::ids::ExecutionId;
use crate::window::Window;

/// A stored result, as far as deciding what counts needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which execution.
    pub execution_id: ExecutionId,
    /// Which run of it.
    pub run: u32,
    /// When it finished, in nanoseconds since 1970.
    pub finished_at_ns: i64,
    /// The dates it speaks for.
    pub window: Window,
    /// How its rows are placed in time.
    pub kind: Kind,
    /// The hash of what was delivered.
    pub content_hash: [u8; 32],
    /// The hash of what formed its partial.
    pub shape: [u8; 32],
    /// The dates with rows, relative to the window's start.
    pub row_days: RowDays,
    /// Whether this run, or a higher one, was withdrawn: it stands for its execution and holds nothing.
    pub withdrawn: bool,
}

impl Candidate {
    /// Where the candidate stands among the runs of its execution: the highest wins.
    fn rank(&self) -> (u32, i64, &[u8; 32], &[u8; 32]) {
        (self.run, self.finished_at_ns, &self.content_hash, &self.shape)
    }

    /// Whether both are the same result: the same run of the same execution with the same content.
    pub(super) fn is_same_result(&self, other: &Self) -> bool {
        self.execution_id == other.execution_id
            && self.run == other.run
            && self.finished_at_ns == other.finished_at_ns
            && self.content_hash == other.content_hash
    }
}

/// A span of dates that one candidate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// Index into the candidates.
    pub candidate: usize,
    /// The first date.
    pub from: NaiveDate,
    /// The last date.
    pub to: NaiveDate,
}

/// What counts: the winning run of each execution, and who holds each date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Winners {
    /// The winning run of each execution that is not withdrawn, newest first by (`finished_at`, `execution_id`).
    pub runs: Vec<usize>,
    /// The winning run of each execution whose winning run is withdrawn, in no order that means anything.
    pub withdrawn: Vec<usize>,
    /// Disjoint spans, ascending by date. A span is as long as it can be; an untimed candidate's is its whole window.
    pub holdings: Vec<Holding>,
}

/// Decides what counts. Duplicates and the order of `candidates` change nothing but the indices.
///
/// Per execution the highest (`run`, `finished_at`, content hash) stands. Per date, newest first: a timed or empty
/// candidate takes every date of its window that is still free; an untimed one its whole window, or nothing.
pub fn winners(candidates: &[Candidate]) -> Winners {
    let (runs, withdrawn) = winning_runs(candidates);
    let mut taken = Taken::default();
    let mut holdings = Vec::with_capacity(runs.len());
    for &candidate in &runs {
        let Candidate { window, kind, .. } = &candidates[candidate];
        let mut hold = |from, to| holdings.push(Holding { candidate, from, to });
        match kind {
            Kind::Timed | Kind::Empty => taken.take_free(*window, hold),
            Kind::Untimed if taken.is_free(*window) => {
                taken.take_free(*window, |_, _| ());
                hold(window.start(), window.end());
            }
            Kind::Untimed => {}
        }
    }
    holdings.sort_unstable_by_key(|holding| holding.from);
    Winners {
        runs,
        withdrawn,
        holdings,
    }
}

/// The highest run of each execution, newest first, and apart the withdrawn ones.
fn winning_runs(candidates: &[Candidate]) -> (Vec<usize>, Vec<usize>) {
    let mut runs: Vec<usize> = (0..candidates.len()).collect();
    if !candidates.is_sorted_by(|a, b| a.execution_id < b.execution_id) {
        keep_highest(candidates, &mut runs);
    }
    let withdrawn: Vec<usize> = (runs.iter().copied())
        .filter(|run| candidates[*run].withdrawn)
        .collect();
    // Whole keys beside each other sort several times faster than keys looked up.
    let mut aged: Vec<(i64, u128, usize)> = runs
        .iter()
        .filter(|run| !candidates[**run].withdrawn)
        .map(|&run| {
            (
                candidates[run].finished_at_ns,
                candidates[run].execution_id.0.as_u128(),
                run,
            )
        })
        .collect();
    aged.sort_unstable();
    (aged.iter().rev().map(|(_, _, run)| *run).collect(), withdrawn)
}

/// Keeps the highest run of each execution.
fn keep_highest(candidates: &[Candidate], runs: &mut Vec<usize>) {
    let mut named: Vec<(u128, usize)> = runs
        .iter()
        .map(|&run| (candidates[run].execution_id.0.as_u128(), run))
        .collect();
    named.sort_unstable();
    runs.clear();
    for same in named.chunk_by(|a, b| a.0 == b.0) {
        runs.extend(
            same.iter()
                .map(|(_, run)| *run)
                .max_by_key(|run| candidates[*run].rank()),
        );
    }
}

/// Dates already taken: disjoint spans, descending, never adjacent. Descending because older results mostly come with
/// older dates, so that spans are added at the end.
#[derive(Default)]
struct Taken {
    spans: Vec<(NaiveDate, NaiveDate)>,
}

impl Taken {
    fn is_free(&self, window: Window) -> bool {
        let next = self.spans.partition_point(|span| span.0 > window.end());
        self.spans.get(next).is_none_or(|span| span.1 < window.start())
    }

    /// Takes what is free of `window` and reports it span by span.
    fn take_free(&mut self, window: Window, mut report: impl FnMut(NaiveDate, NaiveDate)) {
        let (start, end) = (window.start(), window.end());
        // Spans that meet the window or touch it merge with it.
        let after = end.succ_opt().unwrap_or(end);
        let before = start.pred_opt().unwrap_or(start);
        let first = self.spans.partition_point(|span| span.0 > after);
        let met = self.spans[first..]
            .iter()
            .take_while(|span| span.1 >= before)
            .count();
        let mut free_to = Some(end);
        for &(from, to) in &self.spans[first..first + met] {
            let Some(end) = free_to else { break };
            if let Some(gap) = to.succ_opt().and_then(|from| Window::new(from.max(start), end)) {
                report(gap.start(), gap.end());
            }
            free_to = from.pred_opt().map(|to| to.min(end)).filter(|to| *to >= start);
        }
        if let Some(end) = free_to {
            report(start, end);
        }
        let merged = match (
            self.spans[first..first + met].first(),
            self.spans[first..first + met].last(),
        ) {
            (Some(newest), Some(oldest)) => (oldest.0.min(start), newest.1.max(end)),
            _ => (start, end),
        };
        self.spans.splice(first..first + met, [merged]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::samples::{candidates, empty, timed, untimed};
    use super::*;

    /// Who holds each date, decided date by date.
    fn oracle(candidates: &[Candidate]) -> BTreeMap<NaiveDate, Candidate> {
        let mut runs: BTreeMap<ExecutionId, Candidate> = BTreeMap::new();
        for candidate in candidates {
            let best = runs
                .entry(candidate.execution_id)
                .or_insert_with(|| candidate.clone());
            if candidate.rank() > best.rank() {
                *best = candidate.clone();
            }
        }
        let mut runs: Vec<Candidate> = runs.into_values().filter(|run| !run.withdrawn).collect();
        runs.sort_by_key(|run| (run.finished_at_ns, run.execution_id));
        let mut held = BTreeMap::new();
        for run in runs.into_iter().rev() {
            let free: Vec<NaiveDate> = run
                .window
                .dates()
                .filter(|date| !held.contains_key(date))
                .collect();
            if run.kind != Kind::Untimed || free.len() as i64 == run.window.days() {
                held.extend(free.into_iter().map(|date| (date, run.clone())));
            }
        }
        held
    }

    fn by_date(candidates: &[Candidate]) -> BTreeMap<NaiveDate, Candidate> {
        let mut held = BTreeMap::new();
        for holding in winners(candidates).holdings {
            for date in Window::new(holding.from, holding.to).unwrap().dates() {
                let former = held.insert(date, candidates[holding.candidate].clone());
                assert_eq!(former, None, "{date} is held twice");
            }
        }
        held
    }

    /// (execution number, from, to) of each holding.
    fn holdings(candidates: &[Candidate]) -> Vec<(u128, String, String)> {
        let id = |holding: &Holding| candidates[holding.candidate].execution_id.0.as_u128();
        let winners = winners(candidates);
        winners
            .holdings
            .iter()
            .map(|held| (id(held), held.from.to_string(), held.to.to_string()))
            .collect()
    }

    fn held(id: u128, from: &str, to: &str) -> (u128, String, String) {
        (id, from.to_owned(), to.to_owned())
    }

    #[test]
    fn overlapping_windows_never_count_twice() {
        let history = [
            timed(1, "2026-11-01", "2026-11-10", "2026-11-11"),
            timed(2, "2026-11-08", "2026-11-14", "2026-11-15"),
            timed(3, "2026-11-03", "2026-11-04", "2026-11-20"),
        ];
        assert_eq!(
            holdings(&history),
            [
                held(1, "2026-11-01", "2026-11-02"),
                held(3, "2026-11-03", "2026-11-04"),
                held(1, "2026-11-05", "2026-11-07"),
                held(2, "2026-11-08", "2026-11-14"),
            ]
        );
    }

    #[test]
    fn a_narrower_run_gives_its_old_dates_back() {
        let first = timed(1, "2026-11-01", "2026-11-07", "2026-11-08");
        let wide = timed(2, "2026-11-01", "2026-11-14", "2026-11-15");
        let narrow = Candidate {
            run: 1,
            ..timed(2, "2026-11-08", "2026-11-14", "2026-11-16")
        };
        assert_eq!(
            holdings(&[first.clone(), wide.clone()]),
            [held(2, "2026-11-01", "2026-11-14")]
        );
        let both = [first, wide, narrow];
        assert_eq!(
            holdings(&both),
            [
                held(1, "2026-11-01", "2026-11-07"),
                held(2, "2026-11-08", "2026-11-14")
            ]
        );
    }

    #[test]
    fn an_empty_restatement_empties_and_an_untimed_result_takes_all_or_nothing() {
        let week = timed(1, "2026-11-01", "2026-11-07", "2026-11-08");
        let stated_empty = empty(2, "2026-11-02", "2026-11-03", "2026-11-09");
        let crossing = untimed(3, "2026-11-07", "2026-11-13", "2026-11-07");
        let free = untimed(4, "2026-11-08", "2026-11-14", "2026-11-07");
        assert_eq!(
            holdings(&[week, stated_empty, crossing, free]),
            [
                held(1, "2026-11-01", "2026-11-01"),
                held(2, "2026-11-02", "2026-11-03"),
                held(1, "2026-11-04", "2026-11-07"),
                held(4, "2026-11-08", "2026-11-14"),
            ]
        );
    }

    #[test]
    fn a_withdrawn_run_holds_nothing_and_a_higher_run_lifts_it() {
        let out = Candidate {
            withdrawn: true,
            ..timed(1, "2026-11-01", "2026-11-02", "2026-11-03")
        };
        let again = Candidate {
            run: 1,
            ..timed(1, "2026-11-01", "2026-11-02", "2026-11-04")
        };
        let lower = Candidate {
            withdrawn: true,
            run: 1,
            ..again.clone()
        };
        assert_eq!(holdings(std::slice::from_ref(&out)), []);
        assert_eq!(
            holdings(&[out.clone(), again]),
            [held(1, "2026-11-01", "2026-11-02")]
        );
        assert_eq!(
            holdings(&[
                lower,
                Candidate {
                    withdrawn: false,
                    ..out
                }
            ]),
            []
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn each_date_is_held_as_decided_date_by_date(history in candidates()) {
            prop_assert_eq!(by_date(&history), oracle(&history));
        }

        #[test]
        fn order_and_duplicates_change_nothing(
            (history, shuffled) in candidates().prop_flat_map(|history| {
                let twice = [history.clone(), history.clone()].concat();
                (Just(history), Just(twice).prop_shuffle())
            })
        ) {
            let named = |history: &[Candidate]| -> Vec<_> {
                let winners = winners(history);
                winners.holdings.iter().map(|held| (history[held.candidate].clone(), held.from, held.to)).collect()
            };
            prop_assert_eq!(named(&history), named(&shuffled));
            let runs = |history: &[Candidate]| -> Vec<_> {
                winners(history).runs.iter().map(|run| history[*run].clone()).collect()
            };
            prop_assert_eq!(runs(&history), runs(&shuffled));
        }
    }
}
