//! Values that have an order of their own, which no ranking should break: months, weekdays, parts of a calendar, dates, and numbers
//! of what follows on each other (rounds, terms, stages).

use super::scales;
use chrono::NaiveDate;

use super::names::snake_case;
use crate::rows::roles::names_ordinals;
use crate::rows::{month_named, weekday_named};

/// Words of a label whose numbers are parts of a calendar or of a day, a row for each language or several that are akin: English,
/// German, French, Spanish, Italian and Portuguese, Dutch, Swedish with Danish and Norwegian, Polish, Czech, Finnish.
#[rustfmt::skip]
const CALENDAR_WORDS: [&str; 82] = [
    "year", "quarter", "month", "week", "weekday", "weekdays", "day", "dow", "dayofweek", "wday", "hour", "minute",
    "period", "months", "weeks", "days",
    "jahr", "quartal", "monat", "woche", "wochentag", "tag", "stunde",
    "année", "annee", "trimestre", "mois", "semaine", "jour", "heure",
    "año", "ano", "mes", "semana", "día", "dia", "hora",
    "anno", "mese", "giorno", "mês",
    "jaar", "kwartaal", "maand", "dag", "uur",
    "år", "kvartal", "månad", "vecka", "veckodag", "måned", "uge", "ugedag", "uke", "ukedag", "timme",
    "rok", "kwartał", "kwartal", "miesiąc", "miesiac", "tydzień", "tydzien", "dzień", "dzien", "godzina",
    "čtvrtletí", "ctvrtleti", "měsíc", "mesic", "týden", "tyden", "den", "hodina",
    "vuosi", "neljännes", "kuukausi", "viikko", "viikonpäivä", "päivä", "tunti",
];
/// What else stands before the number of a part of a year: `Q1`, `KW 5`, `FY2025`.
const UNITS: [&str; 8] = ["q", "h", "w", "wk", "kw", "cw", "fy", "cy"];

/// The place of each value in the order they have of their own; none where they have no such order. `label` is that of
/// their column.
pub fn places(label: &str, values: &[&str]) -> Option<Vec<i64>> {
    if values.len() < 2 {
        return None;
    }
    let all = |place: &dyn Fn(&str) -> Option<i64>| -> Option<Vec<i64>> {
        values.iter().map(|value| place(value)).collect()
    };
    let is_calendar = is_of_calendar(label);
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
        .or_else(|| all(&|value: &str| value.parse().ok()).filter(|_| is_calendar || names_ordinals(label)))
        .or_else(|| scales::places(values))
}

/// Whether most of a column's values name parts of a calendar, with or without an order: months, weekdays, dates, `Q1`, `2026-W05`,
/// `Jan 2026`, `FY2025`, and plain numbers where the label says so. A few may be anything else, such as `Unknown`.
pub fn is_calendar(label: &str, values: &[&str]) -> bool {
    let is_labelled = is_of_calendar(label);
    let is_part = |value: &&&str| {
        month_named(value).is_some()
            || weekday(value, is_labelled).is_some()
            || names_step(value, is_labelled)
    };
    let parts = values.iter().filter(is_part).count();
    parts > 1 && 2 * parts > values.len()
}

/// Whether a label has a word of the calendar.
fn is_of_calendar(label: &str) -> bool {
    snake_case(label)
        .split('_')
        .any(|word| CALENDAR_WORDS.contains(&word))
}

/// Whether a text is made of numbers and words of the calendar alone: with a word, with a year before or behind other numbers, or
/// a number under a label that says what of.
fn names_step(text: &str, is_labelled: bool) -> bool {
    let text = text.trim().to_lowercase();
    let numbers: Vec<&str> = (text.split(|c: char| !c.is_ascii_digit()))
        .filter(|number| !number.is_empty())
        .collect();
    let mut words = (text.split(|c: char| !c.is_alphabetic()))
        .filter(|word| !word.is_empty())
        .peekable();
    let is_year = |number: &&str| number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    let is_short = |number: &&str| number.len() <= 2;
    let years = numbers.iter().filter(|number| is_year(number)).count();
    let fits = years <= 2 && numbers.iter().all(|number| is_year(number) || is_short(number));
    let has_word = words.peek().is_some();
    let is_known =
        |word: &str| UNITS.contains(&word) || CALENDAR_WORDS.contains(&word) || month_named(word).is_some();
    fits && match (has_word, numbers.len()) {
        (_, 0) => false,
        (true, _) => words.all(is_known),
        (false, 1) => is_labelled,
        (false, 2 | 3) => years > 0,
        (false, _) => false,
    }
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
            ("matchday", vec!["10", "9", "2"], Some(vec![10, 9, 2])),
            ("onboarding step", vec!["1", "12", "2"], Some(vec![1, 12, 2])),
            ("months_since_signup", vec!["0", "10", "2"], Some(vec![0, 10, 2])),
            ("shop", vec!["10", "9", "2"], None),
            ("term", vec!["2023/24", "9"], None),
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
        for label in ["Vecka", "Måned", "miesiąc", "Týden", "Kuukausi"] {
            assert_eq!(places(label, &["10", "9"]), Some(vec![10, 9]), "{label}");
        }
        let dates = places("signup", &["2026-01-02", "2026-01-01"]).unwrap();
        assert_eq!(dates[0] - dates[1], 1);
    }

    #[test]
    fn steps_of_a_calendar_are_known_by_most_of_their_values() {
        for values in [
            vec!["Q1", "Q2", "Q3", "Q4"],
            vec!["2026-01", "2026-02"],
            vec!["01/2026", "02/2026"],
            vec!["Jan 2026", "Feb 2026", "Unknown"],
            vec!["2026-W05", "2026-W06", "2026-W07"],
            vec!["FY2025", "FY2026"],
            vec!["KW 5", "KW 6"],
            vec!["vecka 5", "vecka 6"],
            vec!["2025/26", "2026/27"],
            vec!["2026-01-05", "2026-01-12"],
            vec!["Monday", "Tuesday", "(none)"],
        ] {
            assert!(is_calendar("Period", &values), "{values:?}");
        }
        assert!(is_calendar("Year", &["2025", "2026", "n/a"]));
        for values in [
            vec!["Spring sale 2026", "Winter sale 2025"],
            vec!["A1", "A2"],
            vec!["2025", "2026"],
            vec!["10-20", "20-30"],
            vec!["Q1", "brand", "generic"],
            vec!["Jan 2026"],
            vec!["May", "North", "South", "Jan"],
            vec!["1.2.3", "1.2.4"],
            vec!["555-2026", "555-2025"],
        ] {
            assert!(!is_calendar("Model", &values), "{values:?}");
        }
    }
}
