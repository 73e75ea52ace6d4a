//! Values that have an order of their own, which no ranking should break: months, weekdays, parts of a calendar, dates.

use chrono::NaiveDate;

use super::names::snake_case;

/// English month names as they are spelt, abbreviated too.
const MONTHS: [&[&str]; 12] = [
    &["january", "jan"],
    &["february", "feb"],
    &["march", "mar"],
    &["april", "apr"],
    &["may"],
    &["june", "jun"],
    &["july", "jul"],
    &["august", "aug"],
    &["september", "sep", "sept"],
    &["october", "oct"],
    &["november", "nov"],
    &["december", "dec"],
];

/// English weekday names, Monday first.
const WEEKDAYS: [&[&str]; 7] = [
    &["monday", "mon"],
    &["tuesday", "tue", "tues"],
    &["wednesday", "wed"],
    &["thursday", "thu", "thur", "thurs"],
    &["friday", "fri"],
    &["saturday", "sat"],
    &["sunday", "sun"],
];

/// Words of a label whose numbers are parts of a calendar or of a day.
const CALENDAR_WORDS: [&str; 9] = [
    "year", "quarter", "month", "week", "weekday", "day", "dow", "hour", "minute",
];

/// The place of each value in the order they have of their own; none where they have no such order. `label` is that of
/// their column.
pub fn places(label: &str, values: &[&str]) -> Option<Vec<i64>> {
    if values.len() < 2 {
        return None;
    }
    let all = |place: &dyn Fn(&str) -> Option<i64>| -> Option<Vec<i64>> {
        values.iter().map(|value| place(value)).collect()
    };
    let named = |names: &'static [&'static [&'static str]]| {
        move |value: &str| {
            let value = value.trim_end_matches('.').to_lowercase();
            let place = names.iter().position(|names| names.contains(&value.as_str()))?;
            i64::try_from(place).ok()
        }
    };
    let is_calendar = snake_case(label)
        .split('_')
        .any(|word| CALENDAR_WORDS.contains(&word));
    all(&named(&MONTHS))
        .or_else(|| all(&named(&WEEKDAYS)))
        .or_else(|| {
            all(&|value: &str| {
                Some(
                    value
                        .parse::<NaiveDate>()
                        .ok()?
                        .signed_duration_since(NaiveDate::MIN)
                        .num_days(),
                )
            })
        })
        .or_else(|| all(&|value: &str| value.parse().ok()).filter(|_| is_calendar))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_have_an_order_and_other_values_none() {
        for (label, values, expected) in [
            ("Month", vec!["Feb", "June", "Aug"], Some(vec![1, 5, 7])),
            ("d", vec!["Sun", "monday"], Some(vec![6, 0])),
            ("hour_of_day", vec!["10", "9"], Some(vec![10, 9])),
            ("Region", vec!["10", "9"], None),
            ("Month", vec!["Feb", "Spring"], None),
            ("Month", vec!["Feb"], None),
        ] {
            assert_eq!(places(label, &values), expected, "{label} {values:?}");
        }
        let dates = places("signup", &["2026-01-02", "2026-01-01"]).unwrap();
        assert_eq!(dates[0] - dates[1], 1);
    }
}
