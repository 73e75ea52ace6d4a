//! Where a replay begins or ends, as an operator writes it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// One end of a stretch of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The first record the log holds.
    Earliest,
    /// The end of the log when the replay begins.
    Latest,
    /// An offset, the same in each partition.
    Offset(i64),
    /// The first record at or after a time in milliseconds since 1970.
    Time(i64),
}

/// A text that names no bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place in the log; use a time (2026-11-05T06:00:00Z), a date (2026-11-05, its midnight UTC), an offset, earliest or latest"
)]
pub struct BoundError(String);

impl FromStr for Bound {
    type Err = BoundError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "earliest" => return Ok(Self::Earliest),
            "latest" => return Ok(Self::Latest),
            _ => {}
        }
        let offset = text.trim().parse::<i64>().ok().filter(|offset| *offset >= 0);
        let date = || text.trim().parse::<NaiveDate>().ok();
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        let time = || DateTime::parse_from_rfc3339(text.trim()).ok();
        (offset.map(Self::Offset))
            .or_else(|| date().map(|date| Self::Time(midnight(date))))
            .or_else(|| time().map(|time| Self::Time(time.timestamp_millis())))
            .ok_or_else(|| BoundError(text.to_owned()))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::Offset(offset) => write!(f, "{offset}"),
            Self::Time(timestamp_ms) => {
                let time = DateTime::<Utc>::from_timestamp_millis(*timestamp_ms).unwrap_or_default();
                write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.fZ"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_place_or_a_time() {
        let read = |text: &str| text.parse::<Bound>();
        assert_eq!(read("earliest"), Ok(Bound::Earliest));
        assert_eq!(read("120"), Ok(Bound::Offset(120)));
        assert_eq!(read("1970-01-02"), Ok(Bound::Time(86_400_000)));
        assert_eq!(read("1970-01-01T01:00:00+01:00"), Ok(Bound::Time(0)));
        for wrong in ["", "-1", "yesterday", "2026-13-01", "2026-11-05 06:00"] {
            let refusal = read(wrong).unwrap_err().to_string();
            assert!(refusal.contains("earliest or latest"), "{refusal}");
        }
    }

    #[test]
    fn a_bound_reads_as_it_is_written() {
        for text in [
            "earliest",
            "latest",
            "7",
            "2026-11-05T06:00:00Z",
            "2026-11-05T06:00:00.250Z",
        ] {
            assert_eq!(text.parse::<Bound>().unwrap().to_string(), text);
        }
    }
}
