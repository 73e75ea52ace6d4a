//! Numbers as they are compared and stored: floats to nine significant digits, as plain decimals.

use std::fmt::Write;

/// Significant digits of a statistic.
const DIGITS: usize = 9;

/// The float of nine significant digits that is nearest; what platforms may compute differently lies behind them.
pub fn rounded(value: f64) -> f64 {
    match value.is_finite() {
        true => format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value),
        false => 0.0,
    }
}

/// Appends a float as a plain decimal of at most nine significant digits, without `-0`.
pub fn write(out: &mut String, value: f64) {
    let value = rounded(value);
    if value == 0.0 {
        out.push('0');
        return;
    }
    let text = format!("{value:.*e}", DIGITS - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let places = (DIGITS as i32 - 1 - exponent).max(0) as usize;
    let negative = mantissa.starts_with('-');
    let plain = format!("{:.*}", places, value.abs());
    let plain = match plain.contains('.') {
        true => plain.trim_end_matches('0').trim_end_matches('.'),
        false => &plain,
    };
    // Writing into a String cannot fail.
    let _ = write!(out, "{}{plain}", if negative { "-" } else { "" });
}

/// The plain decimal of a float.
pub fn text(value: f64) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_become_plain_decimals_of_nine_digits() {
        for (value, plain) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (-4.31, "-4.31"),
            (1.0 / 3.0, "0.333333333"),
            (1.0e-7 / 3.0, "0.0000000333333333"),
            (123_456_789_012.0, "123456789000"),
            (200_000.0, "200000"),
            (f64::NAN, "0"),
        ] {
            assert_eq!(text(value), plain, "{value}");
        }
    }

    #[test]
    fn what_lies_behind_nine_digits_is_no_difference() {
        assert_eq!(rounded(0.123_456_789_04), rounded(0.123_456_789_01));
        assert_ne!(rounded(0.123_456_789), rounded(0.123_456_788));
    }
}
