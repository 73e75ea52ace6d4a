//! How long an ordinary result takes, of which a service sees thousands for each large one.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use chrono::TimeDelta;
use dashloom::aggregate::{PartialSpec, aggregate};
use dashloom::event::{Compression, ResultFormat};
use dashloom::rows::{Limits, read};
use dashloom::window::Window;

use crate::table::first;

const DAYS: i64 = 33;
const ROUNDS: usize = 30;
const RESULTS: usize = 200;

/// Microseconds from the bytes to the partial, in the best of some rounds.
pub fn microseconds() -> Result<f64> {
    let data = rows();
    let last = first() + TimeDelta::days(DAYS - 1);
    let window = Window::new(first(), last).context("a window")?;
    let (limits, spec) = (Limits::default(), PartialSpec::default());
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..RESULTS {
            let batches = read(ResultFormat::JsonRows, Compression::None, &data, &limits)?;
            let partial = aggregate(&batches, window, &[], &spec)?;
            ensure!(partial.quality.rows == 99, "every row counts");
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / RESULTS as f64);
    }
    eprintln!("rows: ordinary, 99 rows, {} bytes: {best:.1} µs", data.len());
    Ok((best * 10.0).round() / 10.0)
}

/// 33 dates × 3 campaigns, about 8.4 KB of JSON rows.
fn rows() -> Bytes {
    let mut rows = Vec::new();
    for day in 0..DAYS {
        let date = first() + TimeDelta::days(day);
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
    Bytes::from(format!("[{}]", rows.join(",")))
}
