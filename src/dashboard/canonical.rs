//! Canonical JSON and the content hash: equal content has equal bytes.
//!
//! Keys are sorted bytewise, there are no blanks, and numbers are plain decimals without exponent, trailing zeros or
//! `-0`. PostgreSQL's jsonb re-sorts keys and may print numbers otherwise, so what it returns is canonicalised before
//! it is compared.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::ids::ExecutionId;

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 128;
/// How many digits a number may have when it is written out; jsonb holds no more before its point.
const MAX_DIGITS: usize = 131_072;

/// Why a text has no canonical form.
#[derive(Debug, Error)]
pub enum CanonicalError {
    /// It is no JSON.
    #[error("the text is no JSON")]
    NoJson(#[from] serde_json::Error),
    /// It nests too deep.
    #[error("the JSON nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A number is too long to be written out.
    #[error("a number has more than {MAX_DIGITS} digits")]
    TooLong,
}

/// The canonical form of a JSON text. Of a member that occurs twice the last counts, as in jsonb.
///
/// # Errors
/// When the text is no JSON, nests too deep, or holds a number too long to be written out.
pub fn canonical_json(json: &str) -> Result<String, CanonicalError> {
    let value: &RawValue = serde_json::from_str(json)?;
    let mut out = String::with_capacity(json.len());
    write_value(value.get(), MAX_DEPTH, &mut out)?;
    Ok(out)
}

fn write_value(json: &str, depth: usize, out: &mut String) -> Result<(), CanonicalError> {
    let inner = depth.checked_sub(1).ok_or(CanonicalError::TooDeep)?;
    match json.as_bytes().first() {
        Some(b'{') => write_object(json, inner, out),
        Some(b'[') => write_array(json, inner, out),
        Some(b'"') => write_string(&serde_json::from_str::<String>(json)?, out),
        Some(b'-' | b'0'..=b'9') => write_number(json, out),
        _ => {
            out.push_str(json);
            Ok(())
        }
    }
}

fn write_object(json: &str, depth: usize, out: &mut String) -> Result<(), CanonicalError> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(json)?;
    out.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(name, out)?;
        out.push(':');
        write_value(value.get(), depth, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_array(json: &str, depth: usize, out: &mut String) -> Result<(), CanonicalError> {
    let items: Vec<&RawValue> = serde_json::from_str(json)?;
    out.push('[');
    for (index, value) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_value(value.get(), depth, out)?;
    }
    out.push(']');
    Ok(())
}

/// Appends a JSON string: only `"`, `\` and control characters are escaped.
fn write_string(text: &str, out: &mut String) -> Result<(), CanonicalError> {
    out.push_str(&serde_json::to_string(text)?);
    Ok(())
}

/// Appends a JSON number as a plain decimal.
fn write_number(number: &str, out: &mut String) -> Result<(), CanonicalError> {
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().unwrap_or(i64::MAX)),
        None => (number, 0),
    };
    let (sign, magnitude) = match mantissa.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", mantissa),
    };
    let (integer, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits = [integer, fraction].concat();
    let significant = digits.trim_start_matches('0');
    let dropped = digits.len() - significant.len();
    let significant = significant.trim_end_matches('0');
    if significant.is_empty() {
        out.push('0');
        return Ok(());
    }
    // The number is 0.significant × 10^point.
    let point = (integer.len() as i64 - dropped as i64).saturating_add(exponent);
    if point.unsigned_abs() as usize > MAX_DIGITS || significant.len() > MAX_DIGITS {
        return Err(CanonicalError::TooLong);
    }
    out.push_str(sign);
    match usize::try_from(point) {
        Ok(point) if point >= significant.len() => {
            out.push_str(significant);
            out.extend(std::iter::repeat_n('0', point - significant.len()));
        }
        Ok(point) if point > 0 => {
            out.push_str(&significant[..point]);
            out.push('.');
            out.push_str(&significant[point..]);
        }
        _ => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
            out.push_str(significant);
        }
    }
    Ok(())
}

/// The hash of a view's data: key, dates, executions and the three canonical JSON texts, each with its length, so
/// that no two contents share their bytes.
pub fn content_sha256(
    period_key: &str,
    start: NaiveDate,
    end: NaiveDate,
    execution_ids: &[ExecutionId],
    processed_data: &str,
    charts_config: &str,
    metrics_summary: &str,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut text = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    text(period_key);
    text(&start.to_string());
    text(&end.to_string());
    text(processed_data);
    text(charts_config);
    text(metrics_summary);
    hash.update((execution_ids.len() as u64).to_be_bytes());
    for id in execution_ids {
        hash.update(id.0.as_bytes());
    }
    hash.finalize().into()
}

/// The hash of a view's content, from the hash of everything but its insights and what these are made of.
pub fn with_insights<'a>(data_sha256: &[u8; 32], parts: impl Iterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(data_sha256);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decimal::Decimal;

    fn canonical(json: &str) -> String {
        canonical_json(json).unwrap()
    }

    #[test]
    fn numbers_become_plain_decimals() {
        for (input, output) in [
            ("1.50", "1.5"),
            ("1E+2", "100"),
            ("1.0", "1"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("0.000", "0"),
            ("120", "120"),
            ("1.25e-3", "0.00125"),
            ("12.5e1", "125"),
            ("-0.5", "-0.5"),
            ("100.0010", "100.001"),
            ("0e999999999999999999999", "0"),
            (
                "123456789012345678901234567890.10",
                "123456789012345678901234567890.1",
            ),
        ] {
            assert_eq!(canonical(input), output, "{input}");
        }
        assert!(matches!(
            canonical_json("1e999999999"),
            Err(CanonicalError::TooLong)
        ));
        assert!(matches!(
            canonical_json("1e-99999999999999999999"),
            Err(CanonicalError::TooLong)
        ));
    }

    #[test]
    fn keys_are_sorted_bytewise_without_blanks() {
        let json =
            r#" { "b" : [ 1.0 , null, true ], "aa": {}, "Z": "\u0041\u000a\u00e9/", "a": [] , "b": 2 } "#;
        assert_eq!(canonical(json), r#"{"Z":"A\né/","a":[],"aa":{},"b":2}"#);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1,]", "01", "nul", "{\"a\":1}}"] {
            assert!(canonical_json(text).is_err(), "{text}");
        }
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(matches!(canonical_json(&deep), Err(CanonicalError::TooDeep)));
    }

    #[test]
    fn the_hash_covers_every_part() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        let hash = |key, a, b| content_sha256(key, date, date, &[], a, b, "{}");
        assert_ne!(hash("all", "{}", "[]"), hash("rolling", "{}", "[]"));
        assert_ne!(hash("all", "ab", "c"), hash("all", "a", "bc"));
        let data = hash("all", "a", "b");
        let whole = |parts: &[&str]| with_insights(&data, parts.iter().copied());
        assert_ne!(whole(&["ab", "c"]), whole(&["a", "bc"]));
        assert_ne!(whole(&[]), whole(&[""]));
    }

    proptest! {
        #[test]
        fn canonical_text_is_a_fixed_point(steps in any::<i64>(), text in ".*", exponent in -30i32..30) {
            let plain = Decimal::from_steps(i128::from(steps)).to_string();
            prop_assert_eq!(canonical(&plain), plain.clone());
            let value = serde_json::json!({ "b": [plain.clone()], "text": text }).to_string();
            prop_assert_eq!(canonical(&canonical(&value)), canonical(&value));
            let scientific = format!("{steps}e{exponent}");
            prop_assert_eq!(canonical(&canonical(&scientific)), canonical(&scientific));
            if let Some(decimal) = Decimal::from_scaled(i128::from(steps), -exponent).filter(|_| exponent > -12) {
                prop_assert_eq!(canonical(&scientific), decimal.to_string());
            }
        }
    }
}
