//! Appending canonical JSON to a text, without a tree in between.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};

use super::value::Value;

/// Appends a JSON string.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') {
        out.push_str(&rest[..at]);
        escape(out, rest.as_bytes()[at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// The JSON string of a text.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    string(&mut out, text);
    out
}

/// Appends a number, or `null` where there is none.
pub fn number(out: &mut String, value: Option<Value>) {
    match value {
        Some(value) => value.write_to(out),
        None => out.push_str("null"),
    }
}

/// Appends a date as a JSON string, `"2026-11-05"`.
pub fn date(out: &mut String, date: NaiveDate) {
    let year = date.year();
    if !(0..=9999).contains(&year) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\"{date}\"");
        return;
    }
    out.push('"');
    two_digits(out, year as u32 / 100);
    two_digits(out, year as u32 % 100);
    out.push('-');
    two_digits(out, date.month());
    out.push('-');
    two_digits(out, date.day());
    out.push('"');
}

/// Appends an object whose members are given as keys and JSON values; sorts them bytewise by key.
pub fn object(out: &mut String, mut members: Vec<(&str, &str)>) {
    members.sort_unstable();
    out.push('{');
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        string(out, key);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
}

/// Appends an array, each item by `write`.
pub fn array<T>(out: &mut String, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    out.push('[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

fn two_digits(out: &mut String, value: u32) {
    out.push(char::from(b'0' + (value / 10 % 10) as u8));
    out.push(char::from(b'0' + (value % 10) as u8));
}

fn escape(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x08 => out.push_str("\\b"),
        0x0c => out.push_str("\\f"),
        _ => {
            let _ = write!(out, "\\u{byte:04x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_serde_json_does() {
        for text in [
            "",
            "plain",
            "a\"b\\c",
            "\u{1}\u{8}\u{c}\n\r\t\u{1f}",
            "é \u{2028} 漢 😀",
            "end\\",
        ] {
            assert_eq!(quoted(text), serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn dates_have_four_digit_years() {
        let mut out = String::new();
        for (year, month, day) in [(2026, 11, 5), (99, 1, 31)] {
            date(&mut out, NaiveDate::from_ymd_opt(year, month, day).unwrap());
        }
        assert_eq!(out, "\"2026-11-05\"\"0099-01-31\"");
    }
}
