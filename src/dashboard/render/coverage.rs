//! Which steps of time a view's results cover to their end.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use super::cube::Days;
use crate::dashboard::Contribution;
use crate::window::Window;

/// The dates covered by the results a view shows, ascending, each with the date on which its result finished.
#[derive(Debug)]
pub struct Coverage {
    spans: Vec<Span>,
}

#[derive(Debug)]
struct Span {
    from: NaiveDate,
    to: NaiveDate,
    finished: NaiveDate,
}

impl Coverage {
    /// The coverage by contributions ascending by date; a finish falls on its date in the time zone.
    pub fn of<'a>(contributions: impl Iterator<Item = &'a Contribution<'a>>, timezone: Tz) -> Self {
        let span = |contribution: &Contribution<'_>| Span {
            from: contribution.from,
            to: contribution.to,
            finished: date_at(contribution.finished_at_ns, timezone),
        };
        Self {
            spans: contributions.map(span).collect(),
        }
    }

    /// Whether the results cover every date of the step, and none that has rows there finished before the step was over.
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
            let over = if days.any_between(from, to) {
                step.end()
            } else {
                to
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
