//! Which result counts on which date: a function of the set of results, never of the order they arrived in.

use std::cmp::Reverse;

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
    /// Disjoint spans, ascending by date. A span is as long as it can be; an untimed candidate's is its whole window.
    pub holdings: Vec<Holding>,
}

/// Decides what counts. Duplicates and the order of `candidates` change nothing but the indices.
///
/// Per execution the highest (`run`, `finished_at`, content hash) stands. Per date, newest first: a timed or empty
/// candidate takes every date of its window that is still free; an untimed one its whole window, or nothing.
pub fn winners(candidates: &[Candidate]) -> Winners {
    let mut runs = winning_runs(candidates);
    let age = |&index: &usize| {
        let candidate = &candidates[index];
        Reverse((candidate.finished_at_ns, candidate.execution_id))
    };
    if !runs.is_sorted_by_key(age) {
        runs.sort_unstable_by_key(age);
    }
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
    Winners { runs, holdings }
}

/// The highest run of each execution, in no particular order.
fn winning_runs(candidates: &[Candidate]) -> Vec<usize> {
    let mut runs: Vec<usize> = (0..candidates.len()).collect();
    if !candidates.is_sorted_by(|a, b| a.execution_id < b.execution_id) {
        runs.sort_unstable_by(|&a, &b| {
            let (a, b) = (&candidates[a], &candidates[b]);
            (a.execution_id, Reverse(a.rank())).cmp(&(b.execution_id, Reverse(b.rank())))
        });
        runs.dedup_by_key(|run| candidates[*run].execution_id);
    }
    runs.retain(|&run| !candidates[run].withdrawn);
    runs
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

/// A span of dates whose holder changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The dates.
    pub dates: Window,
    /// Who held them before; `None` when nobody did.
    pub lost: Option<ExecutionId>,
    /// Who holds them now; `None` when nobody does. The same execution as `lost` when another run of it holds them.
    pub gained: Option<ExecutionId>,
}

/// The dates whose holder differs between two states of a workflow, ascending; adjacent spans with the same holders
/// may come apart.
pub fn changed_dates(before: (&[Candidate], &Winners), after: (&[Candidate], &Winners)) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut old = Walk::new(before);
    let mut new = Walk::new(after);
    while let Some(from) = earliest(old.start(), new.start()) {
        let (was, is) = (old.holder(from), new.holder(from));
        let to = [old.last(from), new.last(from)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(from);
        let same = match (was, is) {
            (Some(was), Some(is)) => was.is_same_result(is),
            _ => false,
        };
        if let (false, Some(dates)) = (same, Window::new(from, to)) {
            let (lost, gained) = (was.map(|was| was.execution_id), is.map(|is| is.execution_id));
            changes.push(Change { dates, lost, gained });
        }
        old.skip(to);
        new.skip(to);
    }
    changes
}

fn earliest(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    [a, b].into_iter().flatten().min()
}

/// A walk over holdings, date by date.
struct Walk<'a> {
    candidates: &'a [Candidate],
    rest: &'a [Holding],
    /// The first date not walked yet.
    from: NaiveDate,
}

impl<'a> Walk<'a> {
    fn new((candidates, winners): (&'a [Candidate], &'a Winners)) -> Self {
        let rest = &winners.holdings[..];
        Self {
            candidates,
            rest,
            from: NaiveDate::MIN,
        }
    }

    /// The first held date that is not walked yet.
    fn start(&self) -> Option<NaiveDate> {
        self.rest.first().map(|holding| holding.from.max(self.from))
    }

    fn holder(&self, date: NaiveDate) -> Option<&'a Candidate> {
        let holding = self.rest.first().filter(|holding| holding.from <= date)?;
        Some(&self.candidates[holding.candidate])
    }

    /// The last date of what begins at `date`: of the holding there, or of the free span before the next one.
    fn last(&self, date: NaiveDate) -> Option<NaiveDate> {
        let holding = self.rest.first()?;
        if holding.from <= date {
            return Some(holding.to);
        }
        holding.from.pred_opt()
    }

    /// Leaves everything up to `to` behind.
    fn skip(&mut self, to: NaiveDate) {
        self.from = to.succ_opt().unwrap_or(to);
        while let Some(holding) = self.rest.first().filter(|holding| holding.to <= to) {
            self.from = holding.to.succ_opt().unwrap_or(holding.to).max(self.from);
            self.rest = &self.rest[1..];
        }
    }
}
