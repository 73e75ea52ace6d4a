//! Cells of datasets, typed.

use chrono::NaiveDate;
use serde_json::value::RawValue;

/// A cell of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A decimal as it is stored, `-12.5`.
    Number(String),
    /// A text.
    Text(String),
    /// The first day of a step of time.
    Date(NaiveDate),
    /// A mark, such as that of steps which are not covered to their end.
    Flag(bool),
}

impl Cell {
    /// Reads a JSON value; `is_date` says that its column holds dates. Whatever is neither number, text nor flag stays as
    /// its JSON text.
    pub fn read(value: &RawValue, is_date: bool) -> Self {
        let json = value.get();
        match json.as_bytes().first() {
            Some(b'n') | None => Self::Null,
            Some(b't') => Self::Flag(true),
            Some(b'f') => Self::Flag(false),
            Some(b'"') => {
                let text: String = serde_json::from_str(json).unwrap_or_default();
                match NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
                    Ok(date) if is_date => Self::Date(date),
                    _ => Self::Text(text),
                }
            }
            Some(b'{' | b'[') => Self::Text(json.to_owned()),
            Some(_) => Self::Number(json.to_owned()),
        }
    }

    /// The nearest binary float of a number, as spreadsheets and drawings need it.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            Self::Null | Self::Text(_) | Self::Date(_) | Self::Flag(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, is_date: bool) -> Cell {
        Cell::read(serde_json::from_str(json).unwrap(), is_date)
    }

    #[test]
    fn cells_keep_their_type_and_every_digit() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 5).unwrap();
        assert_eq!(read("null", false), Cell::Null);
        assert_eq!(
            read("123456789012.345678901234", false),
            Cell::Number("123456789012.345678901234".into())
        );
        assert_eq!(read("\"2026-11-05\"", true), Cell::Date(date));
        assert_eq!(read("\"2026-11-05\"", false), Cell::Text("2026-11-05".into()));
        assert_eq!(read("\"=1+1\"", false), Cell::Text("=1+1".into()));
        assert_eq!(read("true", false), Cell::Flag(true));
    }
}
