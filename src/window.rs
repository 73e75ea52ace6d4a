//! A span of calendar dates, both ends inclusive.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A span of calendar dates `[start, end]`, both inclusive; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    start: NaiveDate,
    end: NaiveDate,
}

/// The most days of a result's window: a hundred years.
pub const MAX_DAYS: i64 = 36_600;

impl Window {
    /// Every date there is.
    pub const EVER: Self = Self {
        start: NaiveDate::MIN,
        end: NaiveDate::MAX,
    };

    /// The span from `start` to `end`; `None` when `end` lies before `start`.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// The span of a single date.
    pub fn day(date: NaiveDate) -> Self {
        Self {
            start: date,
            end: date,
        }
    }

    /// The first date.
    pub fn start(self) -> NaiveDate {
        self.start
    }

    /// The last date.
    pub fn end(self) -> NaiveDate {
        self.end
    }

    /// The number of dates, at least 1.
    pub fn days(self) -> i64 {
        (self.end - self.start).num_days() + 1
    }

    /// Whether `date` lies in the span.
    pub fn contains(self, date: NaiveDate) -> bool {
        self.start <= date && date <= self.end
    }

    /// The dates both spans hold, if any.
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// From the first date of either span to the last of either.
    pub fn hull(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Every date of the span, ascending.
    pub fn dates(self) -> impl Iterator<Item = NaiveDate> {
        self.start.iter_days().take_while(move |date| *date <= self.end)
    }
}
