//! How long an ordinary result takes to read.

use bytes::Bytes;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::reader::{ColumnReader, Number};
use super::{Limits, Observation, read};
use crate::event::{Compression, ResultFormat};

/// A result of 34 dates × 3 campaigns, about 8.4 KB of JSON rows.
fn ordinary_result() -> Bytes {
    let mut rows = Vec::new();
    for day in 0..34 {
        let date = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::TimeDelta::days(day);
        for (index, campaign) in ["brand", "generic", "retargeting"].iter().enumerate() {
            let impressions = 1000 + day * 37 + index as i64 * 911;
            rows.push(format!(
                r#"{{"date":"{date}","campaign":"{campaign}","impressions":{impressions},"clicks":{},"spend":"{}.{:02}"}}"#,
                impressions / 23,
                impressions / 9,
                impressions % 97
            ));
        }
    }
    rows.truncate(100);
    Bytes::from(format!("[{}]", rows.join(",")))
}

/// How long an ordinary result takes; run with `cargo test --release -- --ignored --nocapture an_ordinary_result`.
#[test]
#[ignore = "a measurement, meaningful only in a release build"]
fn an_ordinary_result_is_read_in_microseconds() {
    let data = ordinary_result();
    let limits = Limits::default();
    let mut best = [f64::MAX; 3];
    for _ in 0..30 {
        let mut spent = [0f64; 3];
        for _ in 0..200 {
            let start = std::time::Instant::now();
            let batches = read(ResultFormat::JsonRows, Compression::None, &data, &limits).unwrap();
            let read_at = std::time::Instant::now();
            let mut observation = Observation::new(None);
            batches.iter().for_each(|batch| observation.take(batch));
            let observed_at = std::time::Instant::now();
            let readings = observation.readings();
            let mut sum = crate::decimal::Decimal::ZERO;
            for (column, reading) in batches[0].columns().iter().zip(&readings).skip(2) {
                let column = ColumnReader::new(column, *reading);
                for row in 0..column.len() {
                    if let Number::Value(value) = column.number(row) {
                        sum += value;
                    }
                }
            }
            let date = ColumnReader::new(batches[0].column(0), readings[0]);
            let dates = (0..date.len()).filter_map(|row| date.date(row, Tz::UTC)).count();
            assert!(std::hint::black_box(sum) > crate::decimal::Decimal::ZERO && dates == 100);
            spent[0] += (read_at - start).as_secs_f64();
            spent[1] += (observed_at - read_at).as_secs_f64();
            spent[2] += observed_at.elapsed().as_secs_f64();
        }
        for (best, spent) in best.iter_mut().zip(spent) {
            *best = best.min(spent * 1e6 / 200.0);
        }
    }
    let [read, observe, numbers] = best;
    println!(
        "rows: bytes={} read_us={read:.1} observe_us={observe:.1} numbers_us={numbers:.1} total_us={:.1}",
        data.len(),
        read + observe + numbers
    );
}
