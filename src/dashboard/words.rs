//! Numbers and windows in words, for labels and terminals: rounded for reading, never for computing.

use chrono::{Datelike, NaiveDate};

use crate::decimal::{Decimal, FRACTION_DIGITS};
use crate::window::Window;

/// Digits behind the point of an amount.
const PLACES: u32 = 2;

/// An amount with thousands apart, to two digits behind the point: `286,397.02`.
pub fn amount(value: Decimal) -> String {
    fixed(value.steps(), PLACES)
}

/// As [`amount`], with its sign: `+11,644.1`.
pub fn signed(value: Decimal) -> String {
    let sign = if value > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{}", amount(value))
}

/// A quotient in percent, to one digit behind the point: `13.4%`.
pub fn percent(value: Decimal) -> String {
    let Some(steps) = value.steps().checked_mul(100) else {
        return format!("{}×", amount(value));
    };
    match fixed(steps, 1) {
        text if text == "0" && steps > 0 => "under 0.1%".to_owned(),
        text => format!("{text}%"),
    }
}

/// How sure a claim is, by its confidence from 0 to 1: a bound, for more claims are right than it says; `exact` where it is
/// arithmetic.
pub fn sure(confidence: Decimal) -> String {
    match confidence == Decimal::ONE {
        true => "exact".to_owned(),
        false => format!("at least {} sure", percent(confidence)),
    }
}

/// A date: `7 Mar 2026`.
pub fn date(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// `1 – 28 Nov 2026`, as much of both dates as differs.
pub fn window(window: Window) -> String {
    let (from, to) = (window.start(), window.end());
    if from == to {
        date(to)
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{} – {}", from.day(), date(to))
    } else if from.year() == to.year() {
        format!("{} – {}", from.format("%-d %b"), date(to))
    } else {
        format!("{} – {}", date(from), date(to))
    }
}

/// What a change over a window is against: `last 28 days vs the 28 before`, where the window ends with the dates `covered`;
/// else it is named, `1 – 28 Nov 2026 vs the 28 days before`, and not at all where it is everything covered.
pub fn comparison(current: Window, previous: Window, covered: Window) -> String {
    let is_newest = current != covered && current.end() == covered.end();
    let Some((length, step)) = common_length(current, previous) else {
        let against = format!("vs {}", window(previous));
        return match current == covered {
            true => against,
            false => format!("{} {against}", window(current)),
        };
    };
    let steps = match length {
        1 => step.to_owned(),
        _ => format!("{length} {step}s"),
    };
    match is_newest {
        true if length == 1 => format!("last {step} vs the one before"),
        true => format!("last {steps} vs the {length} before"),
        false if current == covered => format!("vs the {steps} before"),
        false => format!("{} vs the {steps} before", window(current)),
    }
}

/// How long two windows are that follow each other: whole calendar months, or else days; `None` where they are not alike.
fn common_length(current: Window, previous: Window) -> Option<(i64, &'static str)> {
    if previous.end().succ_opt() != Some(current.start()) {
        return None;
    }
    match (whole_months(current), current.days()) {
        (Some(months), _) if whole_months(previous) == Some(months) => Some((months, "month")),
        (_, days) => (previous.days() == days).then_some((days, "day")),
    }
}

/// The number of calendar months that the window is made of.
fn whole_months(window: Window) -> Option<i64> {
    let (from, next) = (window.start(), window.end().succ_opt()?);
    let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    (from.day() == 1 && next.day() == 1).then(|| month(next) - month(from))
}

/// A count and its word: `1 row`, `2,000 rows`.
pub fn count(number: u64, one: &str, several: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{} {several}", amount(Decimal::from_count(number))),
    }
}

/// Steps of 10^-12 to so many digits behind the point, half away from zero, without trailing zeros.
fn fixed(steps: i128, places: u32) -> String {
    let unit = 10u128.pow(FRACTION_DIGITS - places);
    let rounded = (steps.unsigned_abs() + unit / 2) / unit;
    let (whole, rest) = (rounded / 10u128.pow(places), rounded % 10u128.pow(places));
    let digits = whole.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    if steps < 0 && rounded > 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let fraction = format!("{rest:0width$}", width = places as usize);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_grouped_for_reading() {
        let exact = |text: &str| Decimal::parse(text).unwrap();
        for (number, text) in [
            ("286397.0217", "286,397.02"),
            ("-12348.3187", "-12,348.32"),
            ("1000", "1,000"),
            ("-0.001", "0"),
            ("999.995", "1,000"),
        ] {
            assert_eq!(amount(exact(number)), text, "{number}");
        }
        assert_eq!(signed(exact("11644.0953")), "+11,644.1");
        assert_eq!(percent(exact("0.1343")), "13.4%");
        assert_eq!(percent(exact("0.0001")), "under 0.1%");
    }

    fn dates(from: &str, to: &str) -> Window {
        Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_change_says_what_it_compares() {
        let of = |current: [&str; 2], previous: [&str; 2], covered: [&str; 2]| {
            let [current, previous, covered] = [current, previous, covered].map(|[from, to]| dates(from, to));
            comparison(current, previous, covered)
        };
        let newest = ["2026-11-03", "2026-11-30"];
        let before = ["2026-10-06", "2026-11-02"];
        let year = |to: &'static str| ["2026-01-01", to];
        assert_eq!(
            of(newest, before, year("2026-11-30")),
            "last 28 days vs the 28 before"
        );
        assert_eq!(
            of(newest, before, year("2026-12-02")),
            "3 – 30 Nov 2026 vs the 28 days before"
        );
        assert_eq!(of(newest, before, newest), "vs the 28 days before");
        assert_eq!(
            of(newest, ["2025-11-04", "2025-12-01"], year("2026-11-30")),
            "3 – 30 Nov 2026 vs 4 Nov – 1 Dec 2025"
        );
        let november = ["2026-11-01", "2026-11-30"];
        let october = ["2026-10-01", "2026-10-31"];
        assert_eq!(of(november, october, november), "vs the month before");
        assert_eq!(
            of(november, october, year("2026-11-30")),
            "last month vs the one before"
        );
        assert_eq!(
            of(
                ["2026-09-01", "2026-11-30"],
                ["2026-06-01", "2026-08-31"],
                year("2026-11-30")
            ),
            "last 3 months vs the 3 before"
        );
        let february = ["2026-02-01", "2026-02-28"];
        assert_eq!(
            of(february, ["2026-01-04", "2026-01-31"], year("2026-02-28")),
            "last 28 days vs the 28 before"
        );
        let day = |date: &'static str| [date, date];
        assert_eq!(
            of(day("2026-11-30"), day("2026-11-29"), year("2026-11-30")),
            "last day vs the one before"
        );
    }

    #[test]
    fn counts_stand_with_their_word() {
        assert_eq!(count(1, "row", "rows"), "1 row");
        assert_eq!(count(0, "row", "rows"), "0 rows");
        assert_eq!(count(12_330, "row", "rows"), "12,330 rows");
    }

    #[test]
    fn windows_say_what_differs() {
        let of = |from: &str, to: &str| window(dates(from, to));
        assert_eq!(of("2026-11-01", "2026-11-28"), "1 – 28 Nov 2026");
        assert_eq!(of("2026-10-04", "2026-11-28"), "4 Oct – 28 Nov 2026");
        assert_eq!(of("2025-12-04", "2026-01-28"), "4 Dec 2025 – 28 Jan 2026");
        assert_eq!(of("2026-01-28", "2026-01-28"), "28 Jan 2026");
    }
}
