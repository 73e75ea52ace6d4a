//! The cadence: how far apart a workflow's dates with rows are, and the calendar steps that follow from it.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate};

use super::{Candidate, Holding, Winners};
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

    /// The cadence of ascending dates: the lower median gap; under three dates it is a day.
    pub fn of_dates(dates: &[NaiveDate]) -> Self {
        let mut gaps = [0usize; ALL.len()];
        for pair in dates.windows(2) {
            gaps[Self::of_gap((pair[1] - pair[0]).num_days()) as usize] += 1;
        }
        lower_median(&gaps)
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
    let mut gaps = [0usize; ALL.len()];
    let mut previous: Option<i64> = None;
    for holding in &winners.holdings {
        for_each_day_with_rows(&candidates[holding.candidate], holding, |day| {
            if let Some(previous) = previous {
                gaps[Cadence::of_gap(day - previous) as usize] += 1;
            }
            previous = Some(day);
        });
    }
    lower_median(&gaps)
}

/// Calls `visit` with the number (from 0001-01-01) of each held date with rows, ascending.
fn for_each_day_with_rows(candidate: &Candidate, holding: &Holding, mut visit: impl FnMut(i64)) {
    let number = |date: NaiveDate| i64::from(date.num_days_from_ce());
    let start = number(candidate.window.start());
    match candidate.kind {
        Kind::Timed => {
            let (first, last) = (number(holding.from) - start, number(holding.to) - start);
            candidate
                .row_days
                .between(first, last)
                .for_each(|day| visit(start + day));
        }
        Kind::Untimed => visit(number(candidate.window.end())),
        Kind::Empty => {}
    }
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

#[cfg(test)]
mod tests {
    use super::super::samples::{date, empty, in_sequence, midnight_ns, untimed, window};
    use super::super::{RowDays, winners};
    use super::*;

    fn of(candidates: &[Candidate]) -> Cadence {
        cadence(candidates, &winners(candidates))
    }

    /// One result with rows on these dates.
    fn on(dates: &[&str]) -> Vec<Candidate> {
        let span = window("2020-01-01", "2029-12-31");
        let days = RowDays::of(span, dates.iter().map(|text| date(text)));
        let sample = super::super::samples::candidate(1, span, midnight_ns(span.end()));
        vec![Candidate {
            row_days: days,
            ..sample
        }]
    }

    #[test]
    fn it_is_the_lower_median_gap() {
        for (dates, expected) in [
            (&["2026-01-01", "2026-06-01"][..], Cadence::Day),
            (&["2026-01-01", "2026-01-05", "2026-01-09"], Cadence::Day),
            (&["2026-01-01", "2026-01-06", "2026-01-11"], Cadence::Week),
            (&["2026-01-01", "2026-01-19", "2026-02-06"], Cadence::Week),
            (&["2026-01-01", "2026-01-20", "2026-02-08"], Cadence::Month),
            (&["2026-01-01", "2026-02-01", "2026-03-01"], Cadence::Month),
            (&["2026-01-01", "2026-04-01", "2026-07-01"], Cadence::Quarter),
            (&["2024-01-01", "2025-01-01", "2026-01-01"], Cadence::Year),
            // Of gaps 1 and 31 the lower one counts.
            (&["2026-01-01", "2026-01-02", "2026-02-02"], Cadence::Day),
        ] {
            assert_eq!(of(&on(dates)), expected, "{dates:?}");
        }
    }

    #[test]
    fn untimed_results_count_with_their_end_and_empty_ones_not_at_all() {
        assert_eq!(of(&[]), Cadence::Day);
        assert_eq!(of(&in_sequence("2026-01-01", 7, 3)), Cadence::Day);
        let weekly = [
            untimed(1, "2026-11-02", "2026-11-08", "2026-11-09"),
            untimed(2, "2026-11-09", "2026-11-15", "2026-11-16"),
            empty(3, "2026-11-16", "2026-11-22", "2026-11-23"),
            untimed(4, "2026-11-23", "2026-11-29", "2026-11-30"),
        ];
        assert_eq!(of(&weekly), Cadence::Week);
        assert_eq!(of(&weekly[..3]), Cadence::Day);
    }

    #[test]
    fn steps_are_calendar_spans() {
        for (step, from, to) in [
            (Cadence::Day, "2024-02-29", "2024-02-29"),
            (Cadence::Week, "2024-02-26", "2024-03-03"),
            (Cadence::Month, "2024-02-01", "2024-02-29"),
            (Cadence::Quarter, "2024-01-01", "2024-03-31"),
            (Cadence::Year, "2024-01-01", "2024-12-31"),
        ] {
            let span = step.around(date("2024-02-29"));
            assert_eq!(span, window(from, to));
            assert_eq!(
                step.before(span.start()).unwrap().end(),
                span.start().pred_opt().unwrap()
            );
            assert_eq!(
                step.after(span.end()).unwrap().start(),
                span.end().succ_opt().unwrap()
            );
            for edge in [NaiveDate::MIN, NaiveDate::MAX] {
                assert!(step.around(edge).contains(edge) || step != Cadence::Day);
            }
        }
    }
}
