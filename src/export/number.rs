//! How numbers are written for people: `1,234.5`, `4.2%`, `12,345.00 EUR`.

use super::cell::Cell;

/// A no-break space, so that a number and its unit stay together.
const SPACE: char = '\u{a0}';
/// What stands for a missing number.
pub const MISSING: &str = "–";

/// A cell's number in a metric's or column's format (`number`, `integer`, `percent`, `currency`), without its unit.
/// `value` is a JSON number; null and whatever else is missing gives a dash.
pub fn written(value: &str, format: &str) -> String {
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() => match format {
            "percent" => format!("{}%", grouped(number * 100.0, 2, 1)),
            "integer" => grouped(number, 0, 0),
            "currency" => grouped(number, 2, 2),
            _ => grouped(number, digits_behind_the_point(number), 0),
        },
        _ => MISSING.to_owned(),
    }
}

/// As [`written`], with the unit behind it.
pub fn with_unit(value: &str, format: &str, unit: &str) -> String {
    let text = written(value, format);
    match unit.is_empty() || text == MISSING || format == "percent" {
        true => text,
        false => format!("{text}{SPACE}{unit}"),
    }
}

/// A change in proportion with its sign, `+4.2%`.
pub fn change(value: &str) -> Option<String> {
    let percent = value.parse::<f64>().ok()? * 100.0;
    let sign = if percent > 0.0 { "+" } else { "" };
    let decimals = if percent.abs() >= 1000.0 { 0 } else { 1 };
    Some(format!("{sign}{}%", grouped(percent, decimals, decimals)))
}

/// A cell as a table shows it, in its column's format.
pub fn cell(cell: &Cell, format: &str) -> String {
    match cell {
        Cell::Null => MISSING.to_owned(),
        Cell::Number(number) => written(number, format),
        Cell::Text(text) => text.clone(),
        Cell::Date(date) => date.to_string(),
        Cell::Flag(true) => "yes".to_owned(),
        Cell::Flag(false) => String::new(),
    }
}

/// Two digits behind the point, more for what would vanish: four significant ones below 1.
fn digits_behind_the_point(number: f64) -> usize {
    let magnitude = number.abs();
    if magnitude >= 1.0 || magnitude == 0.0 {
        return 2;
    }
    let leading_zeros = -magnitude.log10().floor() as i32 - 1;
    (leading_zeros + 4).clamp(2, 12) as usize
}

/// Thousands in groups; at most `most` digits behind the point, of which trailing zeros beyond `least` are left out.
fn grouped(number: f64, most: usize, least: usize) -> String {
    let text = format!("{:.most$}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::with_capacity(text.len() + 8);
    let is_zero = text.bytes().all(|digit| matches!(digit, b'0' | b'.'));
    if number < 0.0 && !is_zero {
        out.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let kept = fraction.trim_end_matches('0').len().max(least);
    if kept > 0 {
        out.push('.');
        out.push_str(&fraction[..kept]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_groups_and_keep_what_matters() {
        let cases = [
            ("350217607", "number", "350,217,607"),
            ("1234.5", "number", "1,234.5"),
            ("-999.999", "number", "-1,000"),
            ("0.000123456", "number", "0.0001235"),
            ("0", "number", "0"),
            ("-0.001", "integer", "0"),
            ("0.0178", "percent", "1.78%"),
            ("0.5", "percent", "50.0%"),
            ("12345", "currency", "12,345.00"),
            ("null", "number", "–"),
        ];
        for (value, format, expected) in cases {
            assert_eq!(written(value, format), expected, "{value} as {format}");
        }
    }

    #[test]
    fn units_follow_and_changes_have_signs() {
        assert_eq!(with_unit("12.5", "number", "km"), "12.5\u{a0}km");
        assert_eq!(with_unit("null", "number", "km"), "–");
        assert_eq!(change("0.042").as_deref(), Some("+4.2%"));
        assert_eq!(change("-0.2").as_deref(), Some("-20.0%"));
        assert_eq!(change("43.88").as_deref(), Some("+4,388%"));
        assert_eq!(change("null"), None);
    }
}
