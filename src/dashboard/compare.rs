//! The two windows whose numbers a view compares: the newest complete steps against those before.

use chrono::{DateTime, Days, Months, NaiveDate};
use chrono_tz::Tz;
use thiserror::Error;

use super::plan::History;
use super::{Cadence, Candidate, Holding, words};
use crate::aggregate::Kind;
use crate::window::Window;

/// Two windows of dates to compare.
///
/// Of an untimed result's numbers those count whose date, the last one of its window, lies inside. Under the period
/// `execution` both results count whole, and their windows may overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compare {
    /// The newer dates.
    pub current: Window,
    /// The dates they are compared with.
    pub previous: Window,
}

/// Why a view compares nothing, as a sentence for the analyst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoCompare {
    /// The view covers no date any more.
    #[error("the view covers no date any more")]
    NothingCovered,
    /// There is no execution before the newest one.
    #[error("there is no execution before this one")]
    NoExecutionBefore,
    /// The view is shorter than a step of the cadence.
    #[error("the view is shorter than one {0}, the step of its results")]
    ShorterThanStep(Cadence),
    /// Too few steps are complete.
    #[error("only {}, {needed} are needed", complete_steps_of(*.step, *.complete))]
    TooFewSteps {
        /// The step.
        step: Cadence,
        /// How many are complete.
        complete: usize,
        /// How many a comparison needs.
        needed: usize,
    },
    /// A date of the newer window has no complete result.
    #[error("{0} of the newer window is not completely covered")]
    CurrentNotCovered(NaiveDate),
    /// A date of the older window has no complete result.
    #[error("{0} of the window before is not completely covered")]
    PreviousNotCovered(NaiveDate),
    /// A date of the window a year before has no complete result.
    #[error("{0} of the window a year before is not completely covered")]
    YearBeforeNotCovered(NaiveDate),
    /// Nothing asks for this comparison.
    #[error("the configuration does not compare with the year before")]
    NotAsked,
    /// Results without dates have no same window a year before.
    #[error("results without dates have no window a year before")]
    NoDates,
    /// A result without a time column reaches over the edge of a window.
    #[error("a result without dates reaches over the edge of a window")]
    ResultAcrossEdge,
}

/// `13 complete day steps`.
fn complete_steps_of(step: Cadence, count: usize) -> String {
    words::count(
        count as u64,
        &format!("complete {step} step"),
        &format!("complete {step} steps"),
    )
}

/// Who holds each date and through which date each holder had seen everything.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    candidates: &'a [Candidate],
    holdings: &'a [Holding],
    /// For each holding the last date that had ended when its execution finished.
    ended: Vec<NaiveDate>,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(history: &History<'a>) -> Self {
        let holdings = &history.winners.holdings[..];
        let ended = |holding: &Holding| {
            last_ended_date(
                history.candidates[holding.candidate].finished_at_ns,
                history.timezone,
            )
        };
        Self {
            candidates: history.candidates,
            holdings,
            ended: holdings.iter().map(ended).collect(),
        }
    }

    /// The holdings that meet the window, as indices.
    pub(super) fn meeting(&self, window: Window) -> std::ops::Range<usize> {
        let first = self
            .holdings
            .partition_point(|holding| holding.to < window.start());
        let met = self.holdings[first..].partition_point(|holding| holding.from <= window.end());
        first..first + met
    }

    /// Whether every date of the step is held, and by results that finished after the step ended. Of a result without
    /// rows in the step only the dates it holds there must have ended.
    fn is_complete(&self, step: Window) -> bool {
        let mut next = step.start();
        for index in self.meeting(step) {
            let Holding { candidate, from, to } = self.holdings[index];
            let (first, last) = (from.max(step.start()), to.min(step.end()));
            let through = match has_rows(&self.candidates[candidate], first, last) {
                true => step.end(),
                false => last,
            };
            if from > next || self.ended[index] < through {
                return false;
            }
            next = last.succ_opt().unwrap_or(last);
        }
        next > step.end()
    }

    /// The first date of the window that nobody holds, or whose holder finished before it ended.
    fn first_open_day(&self, window: Window) -> Option<NaiveDate> {
        let mut next = window.start();
        for index in self.meeting(window) {
            let Holding { from, to, .. } = self.holdings[index];
            if from > next || self.ended[index] < to.min(window.end()) {
                let ended = self.ended[index].succ_opt().filter(|_| from <= next);
                return Some(ended.map_or(next, |open| open.max(next)));
            }
            next = to.succ_opt().unwrap_or(to);
        }
        (next <= window.end()).then_some(next)
    }

    /// Whether an untimed result reaches over an edge of the window.
    fn is_cut(&self, window: Window) -> bool {
        let met = self.meeting(window);
        self.holdings[met].iter().any(|holding| {
            self.candidates[holding.candidate].kind == Kind::Untimed
                && (holding.from < window.start() || holding.to > window.end())
        })
    }
}

fn has_rows(candidate: &Candidate, first: NaiveDate, last: NaiveDate) -> bool {
    let day = |date: NaiveDate| (date - candidate.window.start()).num_days();
    match candidate.kind {
        Kind::Timed => candidate.row_days.between(day(first), day(last)).next().is_some(),
        Kind::Untimed | Kind::Empty => false,
    }
}

/// The last date that had ended in `timezone` at the instant.
fn last_ended_date(instant_ns: i64, timezone: Tz) -> NaiveDate {
    let utc = DateTime::from_timestamp_nanos(instant_ns);
    let today = match timezone {
        Tz::UTC => utc.date_naive(),
        _ => utc.with_timezone(&timezone).date_naive(),
    };
    today.pred_opt().unwrap_or(today)
}

/// `rolling` and `all`: the newest k complete steps of the range against the k before.
pub(super) fn newest_steps(
    timeline: &Timeline<'_>,
    range: Window,
    step: Cadence,
) -> Result<Compare, NoCompare> {
    let (needed, enough) = match step {
        Cadence::Day => (14, 56),
        Cadence::Month => (2, 6),
        Cadence::Week | Cadence::Quarter | Cadence::Year => (1, 1),
    };
    let (newest, complete) = complete_steps(timeline, range, step, enough);
    let Some(newest) = newest.filter(|_| complete >= needed) else {
        return Err(NoCompare::TooFewSteps {
            step,
            complete,
            needed,
        });
    };
    let length = match step {
        Cadence::Day if complete < enough => 7,
        Cadence::Day => 28,
        Cadence::Week => 4,
        Cadence::Month if complete >= enough => 3,
        Cadence::Month | Cadence::Quarter | Cadence::Year => 1,
    };
    let (current, before) = steps_back(newest, length, step);
    let (previous, _) = steps_back(before, length, step);
    let compare = Compare { current, previous };
    check(timeline, compare, step, range.start())
}

/// The newest complete step of the range and the number of complete ones, counted up to `enough`.
fn complete_steps(
    timeline: &Timeline<'_>,
    range: Window,
    step: Cadence,
    enough: usize,
) -> (Option<Window>, usize) {
    let mut newest = None;
    let mut complete = 0;
    let mut candidate = Some(step.around(range.end()));
    while let Some(window) = candidate.filter(|window| window.start() >= range.start()) {
        if timeline.is_complete(window) {
            newest.get_or_insert(window);
            complete += 1;
        }
        if complete == enough {
            break;
        }
        candidate = step.before(window.start());
    }
    (newest, complete)
}

/// The window of `count` steps that ends with `newest`, and the step before it.
fn steps_back(newest: Window, count: usize, step: Cadence) -> (Window, Window) {
    let mut oldest = newest;
    for _ in 1..count {
        oldest = step.before(oldest.start()).unwrap_or(oldest);
    }
    let window = Window::new(oldest.start(), newest.end()).unwrap_or(newest);
    (window, step.before(oldest.start()).unwrap_or(oldest))
}

/// A calendar period: its complete steps so far against as many from the start of the period before, on both sides no
/// more than that has.
pub(super) fn calendar_period(
    timeline: &Timeline<'_>,
    period: Window,
    period_step: Cadence,
    step: Cadence,
) -> Result<Compare, NoCompare> {
    let shorter = NoCompare::ShorterThanStep(step);
    let period_before = period_step.before(period.start()).ok_or(shorter)?;
    let (steps, before) = (whole_steps(period, step), whole_steps(period_before, step));
    if steps.is_empty() || before.is_empty() {
        return Err(shorter);
    }
    let Some(newest) = steps.iter().rposition(|window| timeline.is_complete(*window)) else {
        return Err(NoCompare::TooFewSteps {
            step,
            complete: 0,
            needed: 1,
        });
    };
    let count = (newest + 1).min(before.len());
    let (current, previous) = span(&steps[..count]).zip(span(&before[..count])).ok_or(shorter)?;
    check(timeline, Compare { current, previous }, step, NaiveDate::MIN)
}

/// From the first to the last of these steps.
fn span(steps: &[Window]) -> Option<Window> {
    Window::new(steps.first()?.start(), steps.last()?.end())
}

/// The steps that lie wholly inside the period, ascending.
fn whole_steps(period: Window, step: Cadence) -> Vec<Window> {
    let mut steps = Vec::new();
    let mut next = Some(step.around(period.start()));
    while let Some(window) = next.filter(|window| window.end() <= period.end()) {
        if window.start() >= period.start() {
            steps.push(window);
        }
        next = step.after(window.end());
    }
    steps
}

/// Refuses windows that are not completely covered from `earliest` on, or that cut a result without dates.
fn check(
    timeline: &Timeline<'_>,
    compare: Compare,
    step: Cadence,
    earliest: NaiveDate,
) -> Result<Compare, NoCompare> {
    if let Some(date) = first_gap(timeline, compare.current, step, earliest) {
        return Err(NoCompare::CurrentNotCovered(date));
    }
    if let Some(date) = first_gap(timeline, compare.previous, step, earliest) {
        return Err(NoCompare::PreviousNotCovered(date));
    }
    if timeline.is_cut(compare.current) || timeline.is_cut(compare.previous) {
        return Err(NoCompare::ResultAcrossEdge);
    }
    Ok(compare)
}

/// The first date that is open, or of the first step that is not complete.
fn first_gap(
    timeline: &Timeline<'_>,
    window: Window,
    step: Cadence,
    earliest: NaiveDate,
) -> Option<NaiveDate> {
    if window.start() < earliest {
        return Some(window.start());
    }
    if step == Cadence::Day {
        return timeline.first_open_day(window);
    }
    let mut next = Some(step.around(window.start()));
    while let Some(part) = next.filter(|part| part.start() <= window.end()) {
        if !timeline.is_complete(part) {
            return Some(part.start());
        }
        next = step.after(part.end());
    }
    None
}

/// The window a year before: of days and weeks the same weekdays, 52 weeks before; else the same months.
pub(super) fn year_before(
    timeline: &Timeline<'_>,
    current: Window,
    step: Cadence,
) -> Result<Window, NoCompare> {
    let shifted = match step {
        Cadence::Day | Cadence::Week => {
            let shift = |date: NaiveDate| date.checked_sub_days(Days::new(364));
            shift(current.start()).zip(shift(current.end()))
        }
        Cadence::Month | Cadence::Quarter | Cadence::Year => {
            let shift = |date: NaiveDate| date.checked_sub_months(Months::new(12));
            let end = shift(current.end()).map(|end| Cadence::Month.around(end).end());
            shift(current.start()).zip(end)
        }
    };
    let window = shifted
        .and_then(|(start, end)| Window::new(start, end))
        .ok_or(NoCompare::NothingCovered)?;
    match first_gap(timeline, window, step, NaiveDate::MIN) {
        Some(date) => Err(NoCompare::YearBeforeNotCovered(date)),
        None if timeline.is_cut(window) => Err(NoCompare::ResultAcrossEdge),
        None => Ok(window),
    }
}

/// A view without a time column: its newest result against the one before it. `earliest` is the first date the one
/// before may end on.
pub(super) fn newest_results(
    timeline: &Timeline<'_>,
    range: Window,
    earliest: NaiveDate,
) -> Result<Compare, NoCompare> {
    let met = timeline.holdings[..timeline.meeting(range).end].iter().rev();
    let mut results = met.filter(|holding| (earliest..=range.end()).contains(&holding.to));
    let newest = results.next().ok_or(NoCompare::NothingCovered)?;
    let before = results
        .find(|holding| holding.candidate != newest.candidate)
        .ok_or(NoCompare::NoExecutionBefore)?;
    let whole = |holding: &Holding| Window::new(holding.from, holding.to).unwrap_or(Window::day(holding.to));
    Ok(Compare {
        current: whole(newest),
        previous: whole(before),
    })
}
