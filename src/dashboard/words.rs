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

/// `1 – 28 Nov 2026`, as much of both dates as differs.
pub fn window(window: Window) -> String {
    let (from, to) = (window.start(), window.end());
    let full = |date: NaiveDate| date.format("%-d %b %Y").to_string();
    if from == to {
        full(to)
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{} – {}", from.day(), full(to))
    } else if from.year() == to.year() {
        format!("{} – {}", from.format("%-d %b"), full(to))
    } else {
        format!("{} – {}", full(from), full(to))
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

    #[test]
    fn windows_say_what_differs() {
        let of =
            |from: &str, to: &str| window(Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap());
        assert_eq!(of("2026-11-01", "2026-11-28"), "1 – 28 Nov 2026");
        assert_eq!(of("2026-10-04", "2026-11-28"), "4 Oct – 28 Nov 2026");
        assert_eq!(of("2025-12-04", "2026-01-28"), "4 Dec 2025 – 28 Jan 2026");
        assert_eq!(of("2026-01-28", "2026-01-28"), "28 Jan 2026");
    }
}
