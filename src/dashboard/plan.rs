//! Which views exist, what each covers and compares with, and which ones a change makes dirty.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::compare::{
    Compare, NoCompare, Timeline, calendar_period, newest_results, newest_steps, year_before,
};
use super::uncovered::uncovered_views;
use super::{
    Cadence, Candidate, Change, Claims, Holding, Period, PeriodKey, VisualizationConfig, Winners, cadence,
    changed_dates,
};
use crate::aggregate::Kind;
use crate::window::Window;

/// Days a rolling view holds at day cadence.
const ROLLING_DAYS: usize = 371;
/// Steps a rolling view holds at a coarser cadence.
const ROLLING_STEPS: usize = 180;

/// The winning set of a workflow under a configuration: what its views are planned from.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// The stored results.
    pub candidates: &'a [Candidate],
    /// Which of them count where.
    pub winners: &'a Winners,
    /// How they are cut into views.
    pub period: Period,
    /// Their time step.
    pub cadence: Cadence,
    /// Where a date ends.
    pub timezone: Tz,
    /// Whether views compare with the same window a year before.
    pub compares_years: bool,
    /// What runs that count no more have claimed.
    pub claims: Option<&'a Claims>,
}

impl<'a> History<'a> {
    /// The winning set under a configuration.
    pub fn new(config: &VisualizationConfig, candidates: &'a [Candidate], winners: &'a Winners) -> Self {
        Self {
            candidates,
            winners,
            period: config.period(),
            cadence: cadence(candidates, winners),
            timezone: config.timezone(),
            compares_years: config.compares_years(),
            claims: None,
        }
    }

    /// The same with what runs that count no more have claimed.
    pub fn with_claims(self, claims: &'a Claims) -> Self {
        Self {
            claims: Some(claims),
            ..self
        }
    }

    /// What counts differently than `before`: by date, or under the period `execution` by result.
    pub fn changes_since(&self, before: &History<'_>) -> Vec<Change> {
        match self.period {
            Period::Execution => changed_runs(before, self),
            _ => changed_dates(
                (before.candidates, before.winners),
                (self.candidates, self.winners),
            ),
        }
    }
}

/// The results that came, went or were replaced, by execution id.
fn changed_runs(before: &History<'_>, after: &History<'_>) -> Vec<Change> {
    let (old, new) = (runs_by_id(before), runs_by_id(after));
    let found = |list: &[&Candidate], id| {
        list.binary_search_by_key(&id, |candidate| candidate.execution_id)
            .ok()
    };
    let gone = old
        .iter()
        .filter(|was| found(&new, was.execution_id).is_none())
        .map(|was| Change {
            dates: was.window,
            lost: Some(was.execution_id),
            gained: None,
        });
    let came = new.iter().filter_map(|is| {
        let was = found(&old, is.execution_id).map(|index| old[index]);
        let changed = was.is_none_or(|was| !was.is_same_result(is));
        changed.then(|| Change {
            dates: is.window,
            lost: was.map(|was| was.execution_id),
            gained: Some(is.execution_id),
        })
    });
    let mut changes: Vec<Change> = gone.chain(came).collect();
    changes.sort_unstable_by_key(|change| change.gained.or(change.lost));
    changes
}

fn runs_by_id<'a>(history: &History<'a>) -> Vec<&'a Candidate> {
    let mut runs: Vec<&Candidate> = history
        .winners
        .runs
        .iter()
        .map(|run| &history.candidates[*run])
        .collect();
    runs.sort_unstable_by_key(|candidate| candidate.execution_id);
    runs
}

/// A view that exists or must be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewPlan {
    /// Its key.
    pub key: PeriodKey,
    /// The dates it may show; `None` for a view that covers no date any more and is no calendar period.
    pub range: Option<Window>,
    /// From the first to the last covered date inside the range; `None` when it covers none.
    pub covered: Option<Window>,
    /// Where it covers no date, from the first to the last date that results have ever claimed of it; it keeps these.
    pub kept: Option<Window>,
    /// What it compares, or why nothing.
    pub compare: Result<Compare, NoCompare>,
    /// The newer window of the comparison a year before, where that is asked for, or why there is none.
    pub year_before: Result<Window, NoCompare>,
    /// Who holds the dates it shows, clipped to the range, ascending by date. An untimed result belongs to the view
    /// that holds the last date of its window.
    pub holdings: Vec<Holding>,
    /// Who holds dates before the range that it compares with, and those between, ascending by date.
    pub compared: Vec<Holding>,
}

impl ViewPlan {
    /// The first covered date.
    pub fn start(&self) -> Option<NaiveDate> {
        self.covered.map(Window::start)
    }

    /// The last covered date.
    pub fn end(&self) -> Option<NaiveDate> {
        self.covered.map(Window::end)
    }

    /// What rendering reads: first what is compared with, then what is shown (`true`); each ascending by date.
    pub fn reads(&self) -> impl Iterator<Item = (Holding, bool)> + '_ {
        let compared = self.compared.iter().map(|holding| (*holding, false));
        compared.chain(self.holdings.iter().map(|holding| (*holding, true)))
    }

    /// Whether the change concerns dates that the view shows, showed before it moved, or compares with.
    pub fn meets(&self, change: &Change) -> bool {
        let is_compared = || {
            let mut windows = self.windows_compared().into_iter().flatten();
            windows.any(|window| window.intersection(change.dates).is_some())
        };
        match (self.key, self.range) {
            (PeriodKey::Calendar(..), Some(range)) => {
                range.intersection(change.dates).is_some() || is_compared()
            }
            (PeriodKey::Rolling, Some(range)) => change.dates.end() >= range.start() || is_compared(),
            (PeriodKey::All | PeriodKey::Execution(_), _) | (_, None) => true,
        }
    }

    /// The windows it compares with.
    fn windows_compared(&self) -> [Option<Window>; 2] {
        let previous = self.compare.ok().map(|compare| compare.previous);
        [previous, self.year_before.ok()]
    }

    /// What it reads for its comparison. A calendar period reads everything from there on: dates between the window before and
    /// its own are not to be taken for dates without rows.
    fn windows_before(&self) -> [Option<Window>; 2] {
        let [previous, year_before] = self.windows_compared();
        let up_to_its_own = |range: Window| Window::new(previous?.start(), range.start().pred_opt()?);
        let before = match self.key {
            PeriodKey::Calendar(..) => self.range.and_then(up_to_its_own),
            PeriodKey::Rolling | PeriodKey::All | PeriodKey::Execution(_) => previous,
        };
        [before, year_before]
    }

    /// The date from which on it reads every date up to its last one.
    pub fn reads_all_from(&self) -> Option<NaiveDate> {
        let mut windows: Vec<Window> = self.windows_before().into_iter().flatten().collect();
        windows.sort_unstable_by_key(|window| std::cmp::Reverse(window.end()));
        let joined = |from: NaiveDate, window: Window| match window.end().succ_opt() {
            Some(next) if next >= from => from.min(window.start()),
            _ => from,
        };
        Some(windows.into_iter().fold(self.range?.start(), joined))
    }

    /// The results it reads, in order, some of them repeatedly.
    pub fn results<'a>(&'a self, history: &History<'a>) -> impl Iterator<Item = &'a Candidate> {
        let candidates = history.candidates;
        self.reads()
            .map(move |(holding, _)| &candidates[holding.candidate])
    }
}

/// Plans the views of a workflow, ascending by key: those its winning set makes, those of which results once claimed a
/// date, and, empty, those among `existing` that have the period's shape besides. Keys of another shape are frozen and
/// left out.
pub fn plan_views(history: &History<'_>, existing: &[PeriodKey]) -> Vec<ViewPlan> {
    let timeline = Timeline::new(history);
    let mut views = match (history.period, history.period.calendar_step()) {
        (_, Some(step)) => calendar_views(history, &timeline, step),
        (Period::Execution, _) => execution_views(history),
        (Period::All, _) => covered_range(history)
            .map(|range| open_view(history, &timeline, PeriodKey::All, range))
            .into_iter()
            .collect(),
        _ => covered_range(history)
            .map(|covered| rolling_range(covered.end(), history.cadence))
            .map(|range| open_view(history, &timeline, PeriodKey::Rolling, range))
            .into_iter()
            .collect(),
    };
    views.sort_unstable_by_key(|view| view.key);
    views.extend(uncovered_views(history, &views));
    views.sort_by_key(|view| view.key);
    let mut gone: Vec<PeriodKey> = existing
        .iter()
        .filter(|key| key.period() == history.period)
        .filter(|key| views.binary_search_by_key(key, |view| &view.key).is_err())
        .copied()
        .collect();
    gone.sort_unstable();
    gone.dedup();
    views.extend(gone.into_iter().map(|key| ViewPlan::uncovered(key, None)));
    views.sort_by_key(|view| view.key);
    views
}

/// From the first to the last date anyone holds.
fn covered_range(history: &History<'_>) -> Option<Window> {
    let holdings = &history.winners.holdings;
    Window::new(holdings.first()?.from, holdings.last()?.to)
}

pub(super) fn rolling_range(newest: NaiveDate, step: Cadence) -> Window {
    let count = match step {
        Cadence::Day => ROLLING_DAYS,
        _ => ROLLING_STEPS,
    };
    let mut start = step.around(newest).start();
    for _ in 1..count {
        start = step.before(start).map_or(start, Window::start);
    }
    Window::new(start, newest).unwrap_or(Window::day(newest))
}

/// `rolling` or `all`.
fn open_view(history: &History<'_>, timeline: &Timeline<'_>, key: PeriodKey, range: Window) -> ViewPlan {
    let holdings = shown(history, timeline, range);
    let compare = match is_untimed(history, &holdings) {
        true => newest_results(timeline, range, range.start()),
        false => newest_steps(timeline, range, history.cadence),
    };
    planned(history, timeline, (key, range), compare, holdings)
}

/// A view with who holds what it reads.
fn planned(
    history: &History<'_>,
    timeline: &Timeline<'_>,
    (key, range): (PeriodKey, Window),
    compare: Result<Compare, NoCompare>,
    holdings: Vec<Holding>,
) -> ViewPlan {
    let mut plan = ViewPlan {
        key,
        range: Some(range),
        covered: covered(&holdings),
        kept: None,
        compare,
        year_before: a_year_before(history, timeline, &holdings, compare),
        holdings,
        compared: Vec::new(),
    };
    plan.compared = shown_before(history, timeline, range, plan.windows_before());
    plan
}

/// The window a year before the comparison's newer one, where the configuration asks for it.
fn a_year_before(
    history: &History<'_>,
    timeline: &Timeline<'_>,
    holdings: &[Holding],
    compare: Result<Compare, NoCompare>,
) -> Result<Window, NoCompare> {
    match history.compares_years {
        false => Err(NoCompare::NotAsked),
        true if is_untimed(history, holdings) => Err(NoCompare::NoDates),
        true => year_before(timeline, compare?.current, history.cadence),
    }
}

/// Who holds those dates of the windows that lie before the range, ascending by date, each date once.
fn shown_before(
    history: &History<'_>,
    timeline: &Timeline<'_>,
    range: Window,
    windows: [Option<Window>; 2],
) -> Vec<Holding> {
    let before = |window: Window| Window::new(window.start(), window.end().min(range.start().pred_opt()?));
    let mut windows: Vec<Window> = windows.into_iter().flatten().filter_map(before).collect();
    windows.sort_unstable();
    if let [first, second] = windows[..]
        && second.start() <= first.end()
    {
        windows = Window::new(first.start(), first.end().max(second.end()))
            .into_iter()
            .collect();
    }
    windows
        .into_iter()
        .flat_map(|window| shown(history, timeline, window))
        .collect()
}

/// The view of each calendar period that covers a date.
fn calendar_views(history: &History<'_>, timeline: &Timeline<'_>, period_step: Cadence) -> Vec<ViewPlan> {
    let mut views: Vec<ViewPlan> = Vec::new();
    for holding in &history.winners.holdings {
        let first = match history.candidates[holding.candidate].kind {
            Kind::Untimed => holding.to,
            Kind::Timed | Kind::Empty => holding.from,
        };
        let done = views.last().and_then(|view| view.range).map(Window::end);
        let first = match done {
            Some(done) if done >= first => done.succ_opt(),
            _ => Some(first),
        };
        let mut next = first.filter(|first| *first <= holding.to);
        while let Some(date) = next {
            let range = period_step.around(date);
            views.push(calendar_view(history, timeline, period_step, range));
            next = range.end().succ_opt().filter(|next| *next <= holding.to);
        }
    }
    views
}

fn calendar_view(
    history: &History<'_>,
    timeline: &Timeline<'_>,
    period_step: Cadence,
    range: Window,
) -> ViewPlan {
    let holdings = shown(history, timeline, range);
    let compare = match is_untimed(history, &holdings) {
        true => newest_results(timeline, range, NaiveDate::MIN),
        false => calendar_period(timeline, range, period_step, history.cadence),
    };
    let key = PeriodKey::calendar(period_step, range.start());
    planned(history, timeline, (key, range), compare, holdings)
}

/// Who holds the dates of the range; untimed results only where they end.
fn shown(history: &History<'_>, timeline: &Timeline<'_>, range: Window) -> Vec<Holding> {
    history.winners.holdings[timeline.meeting(range)]
        .iter()
        .filter(|holding| {
            history.candidates[holding.candidate].kind != Kind::Untimed || holding.to <= range.end()
        })
        .map(|holding| Holding {
            candidate: holding.candidate,
            from: holding.from.max(range.start()),
            to: holding.to.min(range.end()),
        })
        .collect()
}

fn covered(holdings: &[Holding]) -> Option<Window> {
    Window::new(holdings.first()?.from, holdings.last()?.to)
}

/// Whether results are shown, and none of them has a time column.
fn is_untimed(history: &History<'_>, holdings: &[Holding]) -> bool {
    let mut kinds = holdings
        .iter()
        .map(|holding| history.candidates[holding.candidate].kind);
    kinds.clone().any(|kind| kind == Kind::Untimed) && kinds.all(|kind| kind != Kind::Timed)
}

/// A view for each winning run, compared with the one before by (window's end, `finished_at`, execution id).
fn execution_views(history: &History<'_>) -> Vec<ViewPlan> {
    let mut runs = history.winners.runs.clone();
    runs.sort_unstable_by_key(|run| {
        let candidate = &history.candidates[*run];
        (
            candidate.window.end(),
            candidate.finished_at_ns,
            candidate.execution_id,
        )
    });
    let whole = |run: usize| {
        let window = history.candidates[run].window;
        Holding {
            candidate: run,
            from: window.start(),
            to: window.end(),
        }
    };
    let before = std::iter::once(None).chain(runs.iter().copied().map(Some));
    runs.iter()
        .zip(before)
        .map(|(run, before)| {
            let current = history.candidates[*run].window;
            let previous = before.map(|before| history.candidates[before].window);
            ViewPlan {
                key: PeriodKey::Execution(history.candidates[*run].execution_id),
                range: Some(current),
                covered: Some(current),
                kept: None,
                compare: previous
                    .map(|previous| Compare { current, previous })
                    .ok_or(NoCompare::NoExecutionBefore),
                year_before: Err(NoCompare::NotAsked),
                holdings: vec![whole(*run)],
                compared: before.map(whole).into_iter().collect(),
            }
        })
        .collect()
}

/// The views of `after` that differ from `before` in anything their rendering reads, in their order: new ones, and
/// those whose dates, comparison, or results there (run, content, shape) changed.
pub fn dirty<'a>(
    before: (&History<'_>, &[ViewPlan]),
    after: (&History<'_>, &'a [ViewPlan]),
) -> Vec<&'a ViewPlan> {
    let (old, old_views) = before;
    let (new, new_views) = after;
    let kept = old.cadence == new.cadence && old.timezone == new.timezone;
    new_views
        .iter()
        .filter(|view| {
            let was = old_views.binary_search_by_key(&view.key, |was| was.key).ok();
            !was.is_some_and(|was| kept && reads_the_same((old, &old_views[was]), (new, view)))
        })
        .collect()
}

fn reads_the_same(before: (&History<'_>, &ViewPlan), after: (&History<'_>, &ViewPlan)) -> bool {
    let (old, was) = before;
    let (new, is) = after;
    let same = |(a, b): (&Holding, &Holding)| {
        let (was, is) = (&old.candidates[a.candidate], &new.candidates[b.candidate]);
        a.from == b.from && a.to == b.to && was.is_same_result(is) && was.shape == is.shape
    };
    let all_same = |a: &[Holding], b: &[Holding]| a.len() == b.len() && a.iter().zip(b).all(same);
    was.range == is.range
        && was.kept == is.kept
        && was.compare == is.compare
        && was.year_before == is.year_before
        && all_same(&was.holdings, &is.holdings)
        && all_same(&was.compared, &is.compared)
}
