//! How long finding a view's insights takes, on one core: the everyday view, one with a year of days, and one with as many
//! cells and tests as a view may have.
//!
//! `cargo bench --bench insights` prints the medians of many rounds, in microseconds; with the names of views after `--`
//! only of those.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use bytes::Bytes;
use chrono::{Days, NaiveDate};
use dashloom::aggregate::aggregate;
use dashloom::dashboard::{
    Candidate, Chronicle, Contribution, DashboardType, History, RowDays, ViewInput, VisualizationConfig,
    plan_views, render_with_chronicle, winners,
};
use dashloom::event::{Compression, ResultFormat};
use dashloom::ids::ExecutionId;
use dashloom::insight::{Frames, find};
use dashloom::rows::{Limits, read};
use dashloom::window::Window;
use uuid::Uuid;

fn main() -> Result<()> {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let mut line = "insights:".to_owned();
    for (name, days, values, rounds) in [
        ("short", 34, &[3][..], 2_000),
        ("year", 364, &[3], 500),
        ("full", 364, &[24, 12, 2], 20),
    ] {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            let median = measure(&table(days, values), rounds)?;
            let _ = write!(line, " {name}_us={median:.0}");
        }
    }
    println!("{line}");
    Ok(())
}

/// So many days of three measures for every combination of the dimensions' values.
fn table(days: u64, values: &[u64]) -> (Window, String) {
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
    let combinations: u64 = values.iter().product();
    let mut rows = "date".to_owned();
    (0..values.len()).for_each(|axis| {
        let _ = write!(rows, ",group_{axis}");
    });
    rows.push_str(",impressions,clicks,spend\n");
    let mut state = 7_u64;
    let mut random = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % most
    };
    for day in 0..days {
        for combination in 0..combinations {
            let _ = write!(rows, "{}", start + Days::new(day));
            let mut rest = combination;
            for values in values {
                let _ = write!(rows, ",value {}", rest % values);
                rest /= values;
            }
            let (views, clicks, cents) = (1_000 + random(9_000), random(97), random(100));
            let _ = writeln!(rows, ",{views},{clicks},{}.{cents:02}", clicks * 3);
        }
    }
    let window = Window::new(start, start + Days::new(days - 1)).unwrap_or(Window::day(start));
    (window, rows)
}

/// The median time of finding what is in the table's view, in microseconds.
fn measure((window, rows): &(Window, String), rounds: usize) -> Result<f64> {
    let (chronicle, cells) = chronicle(*window, rows)?;
    let frames = Frames::default();
    let time = |is_new: bool| {
        let mut times: Vec<f64> = (0..rounds)
            .map(|_| {
                let frames = if is_new {
                    frames.without_tests()
                } else {
                    frames.clone()
                };
                let began = Instant::now();
                black_box(find(black_box(&chronicle), 0.5, &frames));
                began.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times
    };
    // Where every series is new, and where an event left all of them as they were.
    let (times, again) = (time(true), time(false));
    let found = find(&chronicle, 0.5, &frames);
    println!(
        "{} days, {cells} cells: {} tests, {} series left out, {} insights, p10_us={:.0} again_us={:.0}",
        window.days(),
        found.tests,
        found.skipped,
        found.insights.len(),
        times[rounds / 10],
        again[rounds / 2]
    );
    Ok(times[rounds / 2])
}

fn chronicle(window: Window, rows: &str) -> Result<(Chronicle, usize)> {
    let config = VisualizationConfig::default();
    let rows = Bytes::from(rows.to_owned());
    let batches = read(ResultFormat::Csv, Compression::None, &rows, &Limits::default())?;
    let partial = aggregate(&batches, window, &[], &config.partial_spec())?;
    let finished = (window.end() + Days::new(10)).and_hms_opt(0, 0, 0);
    let finished_at_ns = finished.and_then(|time| time.and_utc().timestamp_nanos_opt());
    let candidates = [Candidate {
        execution_id: ExecutionId(Uuid::from_u128(1)),
        run: 0,
        finished_at_ns: finished_at_ns.unwrap_or_default(),
        window,
        kind: partial.kind,
        content_hash: [0; 32],
        shape: [0; 32],
        row_days: RowDays::of(window, partial.cells.dates.iter().copied()),
        withdrawn: false,
    }];
    let winners = winners(&candidates);
    let history = History::new(&config, &candidates, &winners);
    let plans = plan_views(&history, &[]);
    let plan = plans.last().context("no view")?;
    let contributions = plan.reads().map(|(holding, in_view)| Contribution {
        execution_id: candidates[holding.candidate].execution_id,
        finished_at_ns: candidates[holding.candidate].finished_at_ns,
        from: holding.from,
        to: holding.to,
        in_view,
        partial: &partial,
    });
    let input = ViewInput {
        plan,
        period: config.period(),
        cadence: history.cadence,
        dashboard_type: DashboardType::Standard,
        config: &config,
        contributions: contributions.collect(),
        stale: Vec::new(),
    };
    let (_, chronicle) = render_with_chronicle(&input)?;
    Ok((chronicle, partial.cells.dates.len()))
}
