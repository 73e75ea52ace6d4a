//! Whether dates are those of longer steps.

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;

use super::value::date::{self, Order};
use super::value::trim;

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

#[cfg(test)]
mod tests {
    use super::*;

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
