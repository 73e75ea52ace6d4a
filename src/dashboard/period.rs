//! Periods: how a workflow's results are cut into views, and the key that names each view.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, IsoWeek, NaiveDate, Weekday};

use super::Cadence;
use crate::ids::ExecutionId;
use crate::window::Window;

/// How a workflow's results are cut into views (`visualization_config.period`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Period {
    /// One view that ends at the newest covered date and holds 371 days, or 180 steps of a coarser cadence.
    #[default]
    Rolling,
    /// One view of everything.
    All,
    /// A view for each execution; runs do not compete for dates.
    Execution,
    /// A view for each date.
    Day,
    /// A view for each ISO week.
    Week,
    /// A view for each calendar month.
    Month,
    /// A view for each calendar quarter.
    Quarter,
    /// A view for each calendar year.
    Year,
}

/// The names of the periods, in the order they are documented.
const NAMES: [(&str, Period); 8] = [
    ("rolling", Period::Rolling),
    ("all", Period::All),
    ("execution", Period::Execution),
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
    ("quarter", Period::Quarter),
    ("year", Period::Year),
];

impl Period {
    /// The period's name in the configuration.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, period)| *period == self)
            .map_or("rolling", |(name, _)| name)
    }

    /// The calendar step one view of this period spans; `None` where views are not calendar periods.
    pub fn calendar_step(self) -> Option<Cadence> {
        match self {
            Self::Rolling | Self::All | Self::Execution => None,
            Self::Day => Some(Cadence::Day),
            Self::Week => Some(Cadence::Week),
            Self::Month => Some(Cadence::Month),
            Self::Quarter => Some(Cadence::Quarter),
            Self::Year => Some(Cadence::Year),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Period {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, period)| *period)
            .ok_or(())
    }
}

/// The key that names a view among those of its configuration.
///
/// Its text is `rolling`, `all`, the execution id, `2026-11-05`, `2026-W45`, `2026-11`, `2026-Q4` or `2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKey {
    /// The rolling view.
    Rolling,
    /// The view of everything.
    All,
    /// The view of one execution.
    Execution(ExecutionId),
    /// The view of the calendar period that starts at this date.
    Calendar(Cadence, NaiveDate),
}

impl PeriodKey {
    /// The key of the calendar period (`step` long) that `date` lies in.
    pub fn calendar(step: Cadence, date: NaiveDate) -> Self {
        Self::Calendar(step, step.around(date).start())
    }

    /// The period whose views have keys of this shape. A view whose key has another shape than the configured period
    /// is frozen.
    pub fn period(&self) -> Period {
        match self {
            Self::Rolling => Period::Rolling,
            Self::All => Period::All,
            Self::Execution(_) => Period::Execution,
            Self::Calendar(Cadence::Day, _) => Period::Day,
            Self::Calendar(Cadence::Week, _) => Period::Week,
            Self::Calendar(Cadence::Month, _) => Period::Month,
            Self::Calendar(Cadence::Quarter, _) => Period::Quarter,
            Self::Calendar(Cadence::Year, _) => Period::Year,
        }
    }

    /// The dates of a calendar period; `None` for the other keys.
    pub fn calendar_range(&self) -> Option<Window> {
        match self {
            Self::Calendar(step, start) => Some(step.around(*start)),
            Self::Rolling | Self::All | Self::Execution(_) => None,
        }
    }
}

impl fmt::Display for PeriodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling => f.write_str("rolling"),
            Self::All => f.write_str("all"),
            Self::Execution(id) => id.fmt(f),
            Self::Calendar(Cadence::Day, date) => date.fmt(f),
            Self::Calendar(Cadence::Week, date) => write_week(date.iso_week(), f),
            Self::Calendar(Cadence::Month, date) => write!(f, "{:04}-{:02}", date.year(), date.month()),
            Self::Calendar(Cadence::Quarter, date) => write!(f, "{:04}-Q{}", date.year(), date.quarter()),
            Self::Calendar(Cadence::Year, date) => write!(f, "{:04}", date.year()),
        }
    }
}

fn write_week(week: IsoWeek, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{:04}-W{:02}", week.year(), week.week())
}

impl FromStr for PeriodKey {
    type Err = ();

    /// Reads exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, ()> {
        let key = match text {
            "rolling" => Self::Rolling,
            "all" => Self::All,
            _ => match text.parse() {
                Ok(id) => Self::Execution(id),
                Err(_) => read_calendar(text).ok_or(())?,
            },
        };
        (key.to_string() == text).then_some(key).ok_or(())
    }
}

fn read_calendar(text: &str) -> Option<PeriodKey> {
    let year: i32 = text.get(..4)?.parse().ok()?;
    let rest = &text[4..];
    if rest.is_empty() {
        return Some(PeriodKey::Calendar(
            Cadence::Year,
            NaiveDate::from_ymd_opt(year, 1, 1)?,
        ));
    }
    let rest = rest.strip_prefix('-')?;
    if let Some(week) = rest.strip_prefix('W') {
        let monday = NaiveDate::from_isoywd_opt(year, week.parse().ok()?, Weekday::Mon)?;
        return Some(PeriodKey::Calendar(Cadence::Week, monday));
    }
    if let Some(quarter) = rest.strip_prefix('Q') {
        let quarter: u32 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
        let start = NaiveDate::from_ymd_opt(year, quarter * 3 - 2, 1)?;
        return Some(PeriodKey::Calendar(Cadence::Quarter, start));
    }
    match rest.split_once('-') {
        Some((month, day)) => {
            let date = NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)?;
            Some(PeriodKey::Calendar(Cadence::Day, date))
        }
        None => {
            let start = NaiveDate::from_ymd_opt(year, rest.parse().ok()?, 1)?;
            Some(PeriodKey::Calendar(Cadence::Month, start))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn keys_name_calendar_periods() {
        for (step, day, key) in [
            (Cadence::Day, "2026-11-05", "2026-11-05"),
            (Cadence::Week, "2026-11-05", "2026-W45"),
            (Cadence::Week, "2027-01-03", "2026-W53"),
            (Cadence::Week, "2024-12-30", "2025-W01"),
            (Cadence::Month, "2026-11-30", "2026-11"),
            (Cadence::Quarter, "2026-11-05", "2026-Q4"),
            (Cadence::Year, "2026-11-05", "2026"),
            (Cadence::Year, "0099-11-05", "0099"),
        ] {
            let named = PeriodKey::calendar(step, date(day));
            assert_eq!(named.to_string(), key);
            assert_eq!(key.parse(), Ok(named));
            assert!(named.calendar_range().unwrap().contains(date(day)));
        }
    }

    #[test]
    fn keys_have_the_shape_of_one_period() {
        for (key, period) in [
            ("rolling", Period::Rolling),
            ("all", Period::All),
            ("2f1d7a52-6f3e-4d7b-9d8e-0c3a5b1e7f42", Period::Execution),
            ("2026-11-05", Period::Day),
            ("2026-W45", Period::Week),
            ("2026-11", Period::Month),
            ("2026-Q4", Period::Quarter),
            ("2026", Period::Year),
        ] {
            assert_eq!(key.parse::<PeriodKey>().unwrap().period(), period, "{key}");
            assert_eq!(period.name().parse(), Ok(period));
        }
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in [
            "",
            "2026-W54",
            "2026-Q5",
            "2026-Q0",
            "2026-13",
            "2026-1",
            "2026-1-1",
            "26",
            "Rolling",
            "2026-11-31",
            "20é6",
            "2F1D7A52-6F3E-4D7B-9D8E-0C3A5B1E7F42",
        ] {
            assert_eq!(text.parse::<PeriodKey>(), Err(()), "{text}");
        }
    }
}
