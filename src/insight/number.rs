//! Numbers as they are compared and stored: floats to nine significant digits, as plain decimals.

/// Significant digits of a statistic.
const DIGITS: i32 = 9;
/// The least and the first too large whole number of so many digits.
const LEAST: f64 = 1e8;
const BEYOND: f64 = 1e9;
/// The powers of ten that a float holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The float of nine significant digits that is nearest; what platforms may compute differently lies behind them.
/// Nothing where it is not finite.
pub fn rounded(value: f64) -> f64 {
    let (digits, exponent) = decimal(value.abs());
    let size = match power(exponent.unsigned_abs()) {
        Some(power) if exponent >= 0 => f64::from(digits) * power,
        Some(power) => f64::from(digits) / power,
        None => format!("{digits}e{exponent}").parse().unwrap_or_default(),
    };
    if value < 0.0 { -size } else { size }
}

/// Appends a float as a plain decimal of at most nine significant digits, without `-0`.
pub fn write(out: &mut String, value: f64) {
    let (mut digits, mut exponent) = decimal(value.abs());
    if digits == 0 {
        out.push('0');
        return;
    }
    while digits % 10 == 0 {
        digits /= 10;
        exponent += 1;
    }
    if value < 0.0 {
        out.push('-');
    }
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(digits);
    let zeros = |out: &mut String, count: i32| (0..count).for_each(|_| out.push('0'));
    let whole = digits.len() as i32 + exponent;
    if exponent >= 0 {
        out.push_str(digits);
        zeros(out, exponent);
    } else if whole <= 0 {
        out.push_str("0.");
        zeros(out, -whole);
        out.push_str(digits);
    } else {
        let (whole, fraction) = digits.split_at(whole as usize);
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    }
}

/// The plain decimal of a float.
pub fn text(value: f64) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

/// The nine digits of a size and the power of ten they are multiplied by; zeros where there are none.
fn decimal(size: f64) -> (u32, i32) {
    if size == 0.0 || !size.is_finite() {
        return (0, 0);
    }
    // The binary exponent tells the decimal one, but for one.
    let binary = (size.to_bits() >> 52) as i32 - 1023;
    let mut places = DIGITS - 1 - (binary * 30_103).div_euclid(100_000);
    let mut scaled = shifted(size, places);
    if scaled.is_some_and(|scaled| scaled >= BEYOND) {
        places -= 1;
        scaled = shifted(size, places);
    }
    let Some(scaled) = scaled.filter(|scaled| *scaled >= LEAST) else {
        return decimal_of_text(size);
    };
    match libm::rint(scaled) {
        digits if digits < BEYOND => (digits as u32, -places),
        _ => (LEAST as u32, 1 - places),
    }
}

fn power(exponent: u32) -> Option<f64> {
    POWERS.get(exponent as usize).copied()
}

/// A size with its point moved to the right by so many places; `None` where that is not exact enough.
fn shifted(size: f64, places: i32) -> Option<f64> {
    let power = power(places.unsigned_abs())?;
    Some(if places >= 0 { size * power } else { size / power })
}

/// As [`decimal`], of the very large and the very small.
fn decimal_of_text(size: f64) -> (u32, i32) {
    let text = format!("{size:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    (digits.parse().unwrap_or_default(), exponent - (DIGITS - 1))
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
    fn it_is_what_printing_nine_digits_makes() {
        let mut value = 3.7e-40;
        while value < 1e40 {
            for value in [value, -value, value * 1.000_000_000_7] {
                let printed: f64 = format!("{value:.8e}").parse().unwrap();
                assert_eq!(rounded(value), printed, "{value:e}");
                assert_eq!(text(value).parse::<f64>().unwrap(), printed, "{value:e}");
            }
            value *= 1.618_033_988_7;
        }
        assert_eq!(rounded(0.999_999_999_9), 1.0);
        assert_eq!(
            text(f64::MIN_POSITIVE / 4.0).parse::<f64>().unwrap(),
            rounded(f64::MIN_POSITIVE / 4.0)
        );
    }

    #[test]
    fn what_lies_behind_nine_digits_is_no_difference() {
        assert_eq!(rounded(0.123_456_789_04), rounded(0.123_456_789_01));
        assert_ne!(rounded(0.123_456_789), rounded(0.123_456_788));
    }
}
