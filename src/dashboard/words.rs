//! Numbers and windows in words, for labels and terminals: rounded for reading, never for computing.

use chrono::{Datelike, NaiveDate};

use crate::decimal::{Decimal, FRACTION_DIGITS};
use crate::window::Window;

/// Digits behind the point of an amount.
const PLACES: u32 = 2;
/// Digits that tell of what would vanish with these.
const SIGNIFICANT: u32 = 3;

/// An amount with thousands apart, to two digits behind the point, to three significant ones below a tenth: `286,397.02`,
/// `0.00417`.
pub fn amount(value: Decimal) -> String {
    let zeros = match value.steps().unsigned_abs().checked_ilog10() {
        Some(log) => (FRACTION_DIGITS - 1).saturating_sub(log),
        None => 0,
    };
    let places = match zeros {
        0 => PLACES,
        zeros => (zeros + SIGNIFICANT).min(FRACTION_DIGITS),
    };
    fixed(value.steps(), places)
}

/// As [`amount`], with its sign: `+11,644.1`.
pub fn signed(value: Decimal) -> String {
    let sign = if value > Decimal::ZERO { "+" } else { "" };
    format!("{sign}{}", amount(value))
}

/// A quotient in percent, to one digit behind the point, to two below 1%: `13.4%`, `0.27%`.
pub fn percent(value: Decimal) -> String {
    let Some(steps) = value.steps().checked_mul(100) else {
        return format!("{}×", amount(value));
    };
    let places = if steps.abs() < Decimal::ONE.steps() { 2 } else { 1 };
    match fixed(steps, places) {
        text if text == "0" && steps > 0 => "under 0.01%".to_owned(),
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

/// A window by its name: of whole calendar months theirs, else its dates.
pub fn named(span: Window) -> String {
    calendar(span).unwrap_or_else(|| window(span))
}

/// What a change over a window is against. Calendar months, quarters and years are named, `Nov 2026 vs Oct 2026`: the last month
/// is another one for who reads it later. So are other dates, `1 – 28 Nov 2026 vs the 28 days before`, unless the window
/// ends with the dates `covered`: `last 28 days vs the 28 before`. What is everything covered needs no name.
pub fn comparison(current: Window, previous: Window, covered: Window) -> String {
    let named = calendar(current).zip(calendar(previous));
    let is_following = previous.end().succ_opt() == Some(current.start());
    let days = current.days();
    if named.is_some() || !is_following || previous.days() != days {
        let (own, against) = named.unwrap_or_else(|| (window(current), window(previous)));
        return match current == covered {
            true => format!("vs {against}"),
            false => format!("{own} vs {against}"),
        };
    }
    let (length, before) = match days {
        1 => ("day".to_owned(), "one".to_owned()),
        _ => (format!("{days} days"), days.to_string()),
    };
    if current == covered {
        format!("vs the {length} before")
    } else if current.end() == covered.end() {
        format!("last {length} vs the {before} before")
    } else {
        format!("{} vs the {length} before", window(current))
    }
}

/// The name of whole calendar months: `Nov 2026`, `Q4 2026`, `2026`, or from the first to the last of them.
fn calendar(window: Window) -> Option<String> {
    let (from, to) = (window.start(), window.end());
    if from.day() != 1 || to.succ_opt()?.day() != 1 {
        return None;
    }
    let is_one_year = from.year() == to.year();
    Some(match (from.month(), to.month()) {
        (1, 12) if is_one_year => to.year().to_string(),
        (1, 12) => format!("{} – {}", from.year(), to.year()),
        (first, last) if is_one_year && first == last => month(to),
        (first, last) if is_one_year && first + 2 == last && last % 3 == 0 => {
            format!("Q{} {}", last / 3, to.year())
        }
        _ if is_one_year => format!("{} – {}", from.format("%b"), month(to)),
        _ => format!("{} – {}", month(from), month(to)),
    })
}

fn month(date: NaiveDate) -> String {
    date.format("%b %Y").to_string()
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
            ("-0.001", "-0.001"),
            ("0.0041666", "0.00417"),
            ("0.31", "0.31"),
            ("0", "0"),
            ("999.995", "1,000"),
        ] {
            assert_eq!(amount(exact(number)), text, "{number}");
        }
        assert_eq!(signed(exact("11644.0953")), "+11,644.1");
        assert_eq!(percent(exact("0.1343")), "13.4%");
        assert_eq!(percent(exact("0.00273")), "0.27%");
        assert_eq!(percent(exact("-0.0034")), "-0.34%");
        assert_eq!(percent(exact("0.00001")), "under 0.01%");
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
        assert_eq!(of(november, october, november), "vs Oct 2026");
        for (current, previous, told) in [
            (november, october, "Nov 2026 vs Oct 2026"),
            (november, ["2025-11-01", "2025-11-30"], "Nov 2026 vs Nov 2025"),
            (
                ["2026-09-01", "2026-11-30"],
                ["2026-06-01", "2026-08-31"],
                "Sep – Nov 2026 vs Jun – Aug 2026",
            ),
            (
                ["2026-01-01", "2026-03-31"],
                ["2025-10-01", "2025-12-31"],
                "Q1 2026 vs Q4 2025",
            ),
            (
                ["2025-12-01", "2026-02-28"],
                ["2025-09-01", "2025-11-30"],
                "Dec 2025 – Feb 2026 vs Sep – Nov 2025",
            ),
            (
                ["2026-01-01", "2026-12-31"],
                ["2025-01-01", "2025-12-31"],
                "2026 vs 2025",
            ),
            (
                ["2025-01-01", "2026-12-31"],
                ["2023-01-01", "2024-12-31"],
                "2025 – 2026 vs 2023 – 2024",
            ),
        ] {
            assert_eq!(of(current, previous, ["2020-01-01", current[1]]), told);
            assert_eq!(of(current, previous, ["2020-01-01", "2027-06-30"]), told);
        }
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
