//! Which steps of time a view's results cover to their end.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use super::cube::Days;
use crate::dashboard::{Cadence, Contribution};
use crate::window::Window;

/// The dates covered by the results a view shows, ascending, each with the date on which its result finished.
#[derive(Debug)]
pub struct Coverage {
    spans: Vec<Span>,
    cadence: Cadence,
}

#[derive(Debug)]
struct Span {
    from: NaiveDate,
    to: NaiveDate,
    finished: NaiveDate,
}

impl Coverage {
    /// The coverage by contributions ascending by date, whose rows each stand for a step of the cadence; a finish falls on
    /// its date in the time zone.
    pub fn of<'a>(
        contributions: impl Iterator<Item = &'a Contribution<'a>>,
        timezone: Tz,
        cadence: Cadence,
    ) -> Self {
        let span = |contribution: &Contribution<'_>| Span {
            from: contribution.from,
            to: contribution.to,
            finished: date_at(contribution.finished_at_ns, timezone),
        };
        Self {
            spans: contributions.map(span).collect(),
            cadence,
        }
    }

    /// Whether the results cover every date of the step, and none finished before it and what its rows there stand for were
    /// over: rows by day are complete the next day, whatever step they are shown by, and the last week that begins in a month
    /// ends after it, unless the result itself ends with the month.
    pub fn is_complete(&self, step: Window, days: &Days) -> bool {
        let first = self.spans.partition_point(|span| span.to < step.start());
        let mut next = Some(step.start());
        for span in self.spans[first..]
            .iter()
            .take_while(|span| span.from <= step.end())
        {
            let Some(wanted) = next.filter(|wanted| *wanted <= step.end()) else {
                break;
            };
            let (from, to) = (span.from.max(step.start()), span.to.min(step.end()));
            let last_row = days.last_between(from, to);
            let over = match last_row {
                // A result that ends with the step has of its last row what belongs there.
                Some(row) if span.to != step.end() => self.cadence.around(row).end().max(to),
                Some(_) | None => to,
            };
            if span.from > wanted || span.finished <= over {
                return false;
            }
            next = span.to.succ_opt();
        }
        next.is_none_or(|next| next > step.end())
    }
}

/// The date of a moment in the time zone.
pub fn date_at(time_ns: i64, timezone: Tz) -> NaiveDate {
    let time = DateTime::from_timestamp_nanos(time_ns);
    match timezone {
        Tz::UTC => time.date_naive(),
        _ => time.with_timezone(&timezone).date_naive(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::render::totals::Totals;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, day).unwrap()
    }

    /// Results of a day each, from the 1st (a Monday) to the 14th, that finished so many days later.
    fn daily(cadence: Cadence, later: u64) -> Coverage {
        let span = |number: u32| Span {
            from: day(number),
            to: day(number),
            finished: day(number) + chrono::Days::new(later),
        };
        Coverage {
            spans: (1..=14).map(span).collect(),
            cadence,
        }
    }

    fn rows_on(days: impl Iterator<Item = u32>) -> Days {
        Days {
            dates: days.map(day).collect(),
            totals: Totals::default(),
        }
    }

    #[test]
    fn weeks_of_results_by_day_are_complete_the_day_after() {
        let week = Window::new(day(8), day(14)).unwrap();
        let every_day = rows_on(1..=14);
        assert!(daily(Cadence::Day, 1).is_complete(week, &every_day));
        assert!(!daily(Cadence::Day, 0).is_complete(week, &every_day));
        let longer = Window::new(day(8), day(15)).unwrap();
        assert!(!daily(Cadence::Day, 1).is_complete(longer, &every_day));
    }

    /// One result of the weeks from Monday the 1st of June to Sunday the 5th of July, finished on that date.
    fn weekly(finished: &str) -> Coverage {
        Coverage {
            spans: vec![Span {
                from: day(1),
                to: "2026-07-05".parse().unwrap(),
                finished: finished.parse().unwrap(),
            }],
            cadence: Cadence::Week,
        }
    }

    #[test]
    fn a_month_of_weeks_is_complete_once_the_last_that_begins_in_it_is_over() {
        let june = Cadence::Month.around(day(1));
        let mondays = rows_on([1, 8, 15, 22, 29].into_iter());
        assert!(
            !weekly("2026-07-05").is_complete(june, &mondays),
            "the week of the 29th is not over"
        );
        assert!(weekly("2026-07-06").is_complete(june, &mondays));
        let but_the_last = rows_on([1, 8, 15, 22].into_iter());
        assert!(
            weekly("2026-07-01").is_complete(june, &but_the_last),
            "its last week ended on the 28th"
        );
        assert!(
            !weekly("2026-06-30").is_complete(june, &but_the_last),
            "June itself is not over"
        );
    }

    #[test]
    fn a_month_of_a_monthly_run_is_complete_the_day_after() {
        let june = Cadence::Month.around(day(1));
        let mondays = rows_on([1, 8, 15, 22, 29].into_iter());
        let monthly = |finished: &str| Coverage {
            spans: vec![Span {
                from: day(1),
                to: day(30),
                finished: finished.parse().unwrap(),
            }],
            cadence: Cadence::Week,
        };
        assert!(monthly("2026-07-01").is_complete(june, &mondays));
        assert!(!monthly("2026-06-30").is_complete(june, &mondays));
    }

    #[test]
    fn what_a_result_of_several_days_says_of_a_step_depends_on_its_rows_there() {
        let span = |from: u32, to: u32, finished: u32| Span {
            from: day(from),
            to: day(to),
            finished: day(finished),
        };
        let two = |finished: u32| Coverage {
            spans: vec![span(1, 10, 11), span(11, 16, finished)],
            cadence: Cadence::Week,
        };
        let week = Window::new(day(8), day(14)).unwrap();
        let rows = rows_on([1, 8, 15].into_iter());
        assert!(
            !two(17).is_complete(week, &rows),
            "the row of the 8th was read on the 11th"
        );
        let rows = rows_on([1, 12].into_iter());
        assert!(two(17).is_complete(week, &rows));
        assert!(!two(14).is_complete(week, &rows), "the week was not over");
        // Rows by day: of each result only its own dates must be over.
        let daily = Coverage {
            cadence: Cadence::Day,
            ..two(17)
        };
        assert!(daily.is_complete(week, &rows_on(1..=16)));
    }

    #[test]
    fn rows_that_stand_for_a_week_are_complete_once_it_is_over() {
        let week = Window::new(day(8), day(14)).unwrap();
        let mondays = rows_on([1, 8].into_iter());
        assert!(!daily(Cadence::Week, 1).is_complete(week, &mondays));
        assert!(daily(Cadence::Week, 7).is_complete(week, &mondays));
    }
}
