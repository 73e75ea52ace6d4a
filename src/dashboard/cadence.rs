//! The cadence: how far apart a workflow's dates with rows are, and the calendar steps that follow from it.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate};

use super::{Candidate, Winners};
use crate::aggregate::Kind;
use crate::window::Window;

/// The time step of a workflow's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cadence {
    /// A date.
    Day,
    /// An ISO week, Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
}

/// Every cadence, from the finest.
const ALL: [Cadence; 5] = [
    Cadence::Day,
    Cadence::Week,
    Cadence::Month,
    Cadence::Quarter,
    Cadence::Year,
];

impl Cadence {
    /// The step's name (`day`, `week`, …).
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The step that `date` lies in.
    pub fn around(self, date: NaiveDate) -> Window {
        match self {
            Self::Day => Window::day(date),
            Self::Week => {
                let since_monday = u64::from(date.weekday().num_days_from_monday());
                let monday = date
                    .checked_sub_days(Days::new(since_monday))
                    .unwrap_or(NaiveDate::MIN);
                let sunday = monday.checked_add_days(Days::new(6)).unwrap_or(NaiveDate::MAX);
                span(monday, sunday)
            }
            Self::Month => months(date, 1),
            Self::Quarter => months(date, 3),
            Self::Year => months(date, 12),
        }
    }

    /// The step before the one that starts at `start`; `None` at the calendar's beginning.
    pub fn before(self, start: NaiveDate) -> Option<Window> {
        start.pred_opt().map(|date| self.around(date))
    }

    /// The step after the one that ends at `end`; `None` at the calendar's end.
    pub fn after(self, end: NaiveDate) -> Option<Window> {
        end.succ_opt().map(|date| self.around(date))
    }

    /// The step a gap of so many days between dates with rows stands for.
    fn of_gap(days: i64) -> Self {
        match days {
            ..=4 => Self::Day,
            5..=18 => Self::Week,
            19..=60 => Self::Month,
            61..=200 => Self::Quarter,
            _ => Self::Year,
        }
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The calendar span of `count` months (a divisor of 12) that `date` lies in.
fn months(date: NaiveDate, count: u32) -> Window {
    let first_month = date.month0() / count * count;
    let start = NaiveDate::from_ymd_opt(date.year(), first_month + 1, 1).unwrap_or(NaiveDate::MIN);
    let next = match first_month + count {
        12 => NaiveDate::from_ymd_opt(date.year() + 1, 1, 1),
        month => NaiveDate::from_ymd_opt(date.year(), month + 1, 1),
    };
    span(
        start,
        next.and_then(|date| date.pred_opt()).unwrap_or(NaiveDate::MAX),
    )
}

fn span(start: NaiveDate, end: NaiveDate) -> Window {
    Window::new(start, end).unwrap_or(Window::day(start))
}

/// The cadence of the winning set: the lower median gap between consecutive dates with rows. An untimed result counts
/// with its end date, an empty one not at all; under three dates it is a day.
pub fn cadence(candidates: &[Candidate], winners: &Winners) -> Cadence {
    let mut previous: Option<NaiveDate> = None;
    let mut gaps = [0usize; ALL.len()];
    for date in dates_with_rows(candidates, winners) {
        if let Some(previous) = previous {
            gaps[Cadence::of_gap((date - previous).num_days()) as usize] += 1;
        }
        previous = Some(date);
    }
    lower_median(&gaps)
}

/// Longer gaps never stand for finer steps, so the median gap's step is the median of the gaps' steps.
fn lower_median(gaps: &[usize; ALL.len()]) -> Cadence {
    let total: usize = gaps.iter().sum();
    if total < 2 {
        return Cadence::Day;
    }
    let rank = (total - 1) / 2;
    let mut seen = 0;
    for (step, count) in ALL.into_iter().zip(gaps) {
        seen += count;
        if seen > rank {
            return step;
        }
    }
    Cadence::Day
}

/// The dates with rows of the winning set, ascending.
fn dates_with_rows<'a>(
    candidates: &'a [Candidate],
    winners: &'a Winners,
) -> impl Iterator<Item = NaiveDate> + 'a {
    winners.holdings.iter().flat_map(move |holding| {
        let candidate = &candidates[holding.candidate];
        let held = match candidate.kind {
            Kind::Timed => Window::new(holding.from, holding.to),
            Kind::Untimed => Some(Window::day(candidate.window.end())),
            Kind::Empty => None,
        };
        let days = (candidate.kind == Kind::Timed).then_some(&candidate.row_days);
        held.into_iter()
            .flat_map(move |held| dates_of(held, candidate.window.start(), days))
    })
}

fn dates_of<'a>(
    held: Window,
    start: NaiveDate,
    days: Option<&'a super::RowDays>,
) -> impl Iterator<Item = NaiveDate> + 'a {
    let first = (held.start() - start).num_days();
    let last = (held.end() - start).num_days();
    let listed = days
        .into_iter()
        .flat_map(move |days| days.between(first, last))
        .map(move |day| held.start() + chrono::Duration::days(day - first));
    let whole = days.is_none().then_some(held.end());
    listed.chain(whole)
}
