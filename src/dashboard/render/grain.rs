//! The grain: the calendar step in which a view draws time.

use chrono::{Datelike, NaiveDate};

use crate::dashboard::Cadence;
use crate::window::Window;

/// The most time points a dataset holds.
pub const MAX_POINTS: usize = 180;

/// The step in which time is drawn: at least the cadence, and coarse enough for [`MAX_POINTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// A step of a calendar.
    Step(Cadence),
    /// Ten years, from a year that ends in 0.
    Decade,
    /// A hundred years, from a year that ends in 00.
    Century,
}

/// Every grain, from the finest.
const ALL: [Grain; 7] = [
    Grain::Step(Cadence::Day),
    Grain::Step(Cadence::Week),
    Grain::Step(Cadence::Month),
    Grain::Step(Cadence::Quarter),
    Grain::Step(Cadence::Year),
    Grain::Decade,
    Grain::Century,
];

impl Grain {
    /// The finest grain, not finer than the cadence, in which ascending dates fall into at most [`MAX_POINTS`] steps.
    pub fn choose(cadence: Cadence, dates: &[NaiveDate]) -> Self {
        ALL.into_iter()
            .skip_while(|grain| *grain != Self::Step(cadence))
            .find(|grain| grain.steps(dates).take(MAX_POINTS + 1).count() <= MAX_POINTS)
            .unwrap_or(Self::Century)
    }

    /// The step's name (`day`, …, `decade`, `century`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Step(cadence) => cadence.name(),
            Self::Decade => "decade",
            Self::Century => "century",
        }
    }

    /// The steps that ascending dates fall into, ascending, each with the number of its dates.
    pub fn steps(self, dates: &[NaiveDate]) -> impl Iterator<Item = (Window, usize)> {
        let mut rest = dates;
        std::iter::from_fn(move || {
            let step = self.around(*rest.first()?);
            let count = match self {
                Self::Step(Cadence::Day) => 1,
                _ => rest.iter().take_while(|date| **date <= step.end()).count(),
            };
            rest = &rest[count..];
            Some((step, count))
        })
    }

    /// The step that `date` lies in.
    fn around(self, date: NaiveDate) -> Window {
        match self {
            Self::Step(cadence) => cadence.around(date),
            Self::Decade => years(date, 10),
            Self::Century => years(date, 100),
        }
    }
}

fn years(date: NaiveDate, count: i32) -> Window {
    let first = date.year().div_euclid(count) * count;
    let start = NaiveDate::from_ymd_opt(first, 1, 1).unwrap_or(NaiveDate::MIN);
    let end = NaiveDate::from_ymd_opt(first + count - 1, 12, 31).unwrap_or(NaiveDate::MAX);
    Window::new(start, end).unwrap_or(Window::day(date))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(start: &str, count: usize, step: usize) -> Vec<NaiveDate> {
        let start: NaiveDate = start.parse().unwrap();
        start.iter_days().step_by(step).take(count).collect()
    }

    #[test]
    fn the_finest_grain_with_at_most_180_points_is_chosen() {
        for (cadence, dates, grain) in [
            (Cadence::Day, days("2026-01-01", 180, 1), "day"),
            (Cadence::Day, days("2026-01-01", 181, 1), "week"),
            (Cadence::Day, days("2013-01-01", 365, 1), "week"),
            (Cadence::Day, days("1969-01-01", 7305, 1), "quarter"),
            (Cadence::Week, days("2026-01-05", 3, 7), "week"),
            (Cadence::Year, days("1871-01-01", 100, 366), "year"),
            (Cadence::Year, days("1000-01-01", 300, 366), "decade"),
            (Cadence::Year, days("0001-01-01", 9000, 400), "century"),
            (Cadence::Day, Vec::new(), "day"),
        ] {
            assert_eq!(Grain::choose(cadence, &dates).name(), grain);
        }
    }

    #[test]
    fn steps_partition_the_dates() {
        let dates = days("2026-01-01", 10, 1);
        let steps: Vec<_> = Grain::Step(Cadence::Week).steps(&dates).collect();
        assert_eq!(steps.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [4, 6]);
        assert_eq!(steps[0].0.start().to_string(), "2025-12-29");
    }
}
