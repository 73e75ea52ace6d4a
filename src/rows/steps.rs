//! What steps of time texts name, and whether dates are those of longer steps.

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;

use super::NamedStep;
use super::value::date::{self, Form, Order};
use super::value::moment::{year_month, year_month_day};
use super::value::{month_named, trim};

/// What may be a year by itself.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2100;

/// Whether all texts are dates on which months begin or end, or all of one weekday: what belongs to one of them belongs to its
/// month or week.
pub fn are_steps<'v>(texts: impl Iterator<Item = &'v str> + Clone) -> bool {
    let dates = |order: Order| -> Option<Vec<NaiveDate>> {
        let date = |text: &'v str| Some(date::read(trim(text.as_bytes()), order)?.moment.date_in(Tz::UTC));
        texts.clone().map(date).collect()
    };
    [Order::MonthFirst, Order::DayFirst]
        .into_iter()
        .filter_map(dates)
        .any(|dates| {
            let ends_month = |date: &NaiveDate| (*date + Days::new(1)).day() == 1;
            let is_same_weekday = |date: &NaiveDate| date.weekday() == dates[0].weekday();
            dates.iter().all(|date| date.day() == 1)
                || dates.iter().all(ends_month)
                || dates.iter().all(is_same_weekday)
        })
}

/// The step of time that a text by itself names: a year (`2024`), a quarter, a month with or without its year, a week, a day.
pub fn step_named(text: &str) -> Option<NamedStep> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return match text.len() {
            4 if YEARS.contains(&number) => Some(NamedStep::Year),
            6 => year_month(number).map(|_| NamedStep::Month),
            8 => year_month_day(number).map(|_| NamedStep::Day),
            _ => None,
        };
    }
    let written = text.replace('_', "-");
    match date::read(written.as_bytes(), Order::MonthFirst) {
        Some(found) if found.moment.time.is_none() => Some(match found.form {
            Form::Month | Form::MonthLike => NamedStep::Month,
            Form::Quarter => NamedStep::Quarter,
            Form::Week => NamedStep::Week,
            Form::Clear | Form::MonthFirst | Form::DayFirst | Form::Open => NamedStep::Day,
        }),
        Some(_) => None,
        None => month_named(text).map(|_| NamedStep::Month),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_steps() {
        for (texts, step) in [
            (&["2024", "1999"][..], Some(NamedStep::Year)),
            (&["2024-Q1", "Q3 2023"], Some(NamedStep::Quarter)),
            (
                &[
                    "Jan 2024",
                    "2024-02",
                    "2024_02",
                    "03/2024",
                    "März 2024",
                    "202401",
                    "Dez",
                    "March",
                ],
                Some(NamedStep::Month),
            ),
            (&["2024-W05"], Some(NamedStep::Week)),
            (
                &["2024-01-05", "1/22/20", "20240105", "05.01.2024"],
                Some(NamedStep::Day),
            ),
            (
                &["", "clicks", "1234", "9001", "3000", "Q1", "2024 plan", "5"],
                None,
            ),
        ] {
            for text in texts {
                assert_eq!(step_named(text), step, "{text}");
            }
        }
    }

    #[test]
    fn months_and_weeks_are_steps() {
        for (texts, expected) in [
            (&["2026-01-01", "2026-02-01", "2026-05-01"][..], true),
            (&["31/01/2026", "28/02/2026"], true),
            (&["01.01.2026", "01.02.2026"], true),
            (&["2026-01-05", "2026-01-12", "2026-02-02"], true),
            (&["2026-01-01", "2026-02-02"], false),
            (&["2026-01-01", "unknown"], false),
        ] {
            assert_eq!(are_steps(texts.iter().copied()), expected, "{texts:?}");
        }
    }
}
