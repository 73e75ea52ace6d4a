//! Values that have an order of their own, which no ranking should break: months, weekdays, parts of a calendar, dates.

use chrono::NaiveDate;

use super::names::snake_case;
use crate::rows::{month_named, weekday_named};

/// Words of a label whose numbers are parts of a calendar or of a day.
const CALENDAR_WORDS: [&str; 42] = [
    "year",
    "quarter",
    "month",
    "week",
    "weekday",
    "day",
    "dow",
    "hour",
    "minute",
    "jahr",
    "quartal",
    "monat",
    "woche",
    "wochentag",
    "tag",
    "stunde",
    "année",
    "annee",
    "trimestre",
    "mois",
    "semaine",
    "heure",
    "año",
    "ano",
    "anno",
    "mes",
    "mês",
    "mese",
    "semana",
    "hora",
    "jaar",
    "kwartaal",
    "maand",
    "uur",
    "weekdays",
    "dayofweek",
    "wday",
    "jour",
    "giorno",
    "día",
    "dia",
    "dag",
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
    let is_calendar = snake_case(label)
        .split('_')
        .any(|word| CALENDAR_WORDS.contains(&word));
    all(&|value: &str| month_named(value).map(i64::from))
        .or_else(|| all(&|value: &str| weekday(value, is_calendar).map(i64::from)))
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

/// The number of a weekday's name; two letters (`SA`, `FR`, `MA`) are more often countries.
fn weekday(name: &str, is_calendar: bool) -> Option<u32> {
    let is_short = name.trim_end_matches('.').chars().count() == 2;
    weekday_named(name).filter(|_| is_calendar || !is_short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendars_have_an_order_and_other_values_none() {
        for (label, values, expected) in [
            ("Month", vec!["Feb", "June", "Aug"], Some(vec![2, 6, 8])),
            ("Monat", vec!["März", "MAI", "Dez."], Some(vec![3, 5, 12])),
            ("mois", vec!["janv.", "août", "déc."], Some(vec![1, 8, 12])),
            ("mes", vec!["enero", "septiembre"], Some(vec![1, 9])),
            ("mese", vec!["giu", "gennaio"], Some(vec![6, 1])),
            ("mês", vec!["fev", "outubro"], Some(vec![2, 10])),
            ("maand", vec!["mrt", "mei"], Some(vec![3, 5])),
            ("d", vec!["Sun", "monday"], Some(vec![7, 1])),
            ("Tag", vec!["So", "Di", "Mi"], Some(vec![7, 2, 3])),
            ("jour", vec!["mar.", "lundi"], Some(vec![2, 1])),
            ("día", vec!["sáb", "miércoles"], Some(vec![6, 3])),
            ("dia", vec!["Segunda-feira", "sex"], Some(vec![1, 5])),
            ("dag", vec!["zo", "woensdag"], Some(vec![7, 3])),
            ("Stunde", vec!["10", "9"], Some(vec![10, 9])),
            ("hour_of_day", vec!["10", "9"], Some(vec![10, 9])),
            ("giorno", vec!["lun", "gio"], Some(vec![1, 4])),
            ("country", vec!["FR", "SA", "ZA", "MA"], None),
            ("x", vec!["sun", "sat"], Some(vec![7, 6])),
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
