//! Distinct counts and quantiles: merged over whatever a group holds, and null where a result lacks what they need.

use std::collections::BTreeSet;
use std::fmt::Write;

use dashloom::dashboard::{DashboardType, VisualizationConfig};
use serde_json::Value;

use crate::cases;

const CONFIG: &str = r#"{"period":"all","measures":{"users":{"agg":"distinct","column":"user","order":1},
    "p90":{"agg":"quantile","column":"ms","q":0.9,"order":2},"rows":{"agg":"count","order":3}}}"#;

/// A thousand users in two results of five days; each user comes on several days, and takes as long as its number.
fn rows(days: std::ops::Range<u32>) -> String {
    let mut csv = "day,user,ms\n".to_owned();
    for day in days {
        for user in 0..500 {
            let user = (user * 7 + day * 131) % 1_000;
            writeln!(csv, "2026-03-{:02},user {user},{user}", day + 1).unwrap();
        }
    }
    csv
}

fn dashboard(formed_by: [&VisualizationConfig; 2]) -> (Value, Value) {
    let config = VisualizationConfig::parse(CONFIG).unwrap();
    let date = |text: &str| text.parse().unwrap();
    let windows = [
        (date("2026-03-01"), date("2026-03-05")),
        (date("2026-03-06"), date("2026-03-10")),
    ];
    let results: Vec<_> = (0..2)
        .map(|index| {
            let csv = rows(index as u32 * 5..index as u32 * 5 + 5);
            cases::executed(
                csv.into_bytes(),
                index,
                windows[index],
                "2026-03-11T00:00:00Z",
                &[],
                formed_by[index],
            )
        })
        .collect();
    let view = cases::views(DashboardType::Standard, &config, &results).remove(0);
    let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
    (
        read(&view.dashboard.metrics_summary),
        read(&view.dashboard.processed_data),
    )
}

#[test]
fn distinct_counts_and_quantiles_are_merged_over_the_whole_range() {
    let config = VisualizationConfig::parse(CONFIG).unwrap();
    let (metrics, data) = dashboard([&config, &config]);
    let lines: Vec<String> = (0..2)
        .flat_map(|part| {
            rows(part * 5..part * 5 + 5)
                .lines()
                .skip(1)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    let users: BTreeSet<&str> = lines.iter().map(|line| line.split(',').nth(1).unwrap()).collect();
    let mut times: Vec<f64> = lines
        .iter()
        .map(|line| line.split(',').nth(2).unwrap().parse().unwrap())
        .collect();
    times.sort_by(f64::total_cmp);
    let value = |index: usize| metrics["metrics"][index]["value"].as_f64().unwrap();
    let (distinct, p90) = (users.len() as f64, times[(times.len() - 1) * 9 / 10]);
    assert!(
        (value(0) / distinct - 1.0).abs() < 0.05,
        "{} of {distinct} users",
        value(0)
    );
    assert!((value(1) / p90 - 1.0).abs() <= 0.015, "{} for {p90}", value(1));
    let trend = data["datasets"]["trend"].as_array().unwrap();
    let by_day: f64 = trend.iter().map(|day| day["users"].as_f64().unwrap()).sum();
    assert!(by_day > value(0) * 3.0, "days must not add up: {by_day}");
    assert!((trend[0]["users"].as_f64().unwrap() / 500.0 - 1.0).abs() < 0.05);
}

#[test]
fn a_result_formed_before_the_sketch_was_declared_leaves_its_groups_null_and_no_others() {
    let (old, new) = (
        VisualizationConfig::default(),
        VisualizationConfig::parse(CONFIG).unwrap(),
    );
    let (metrics, data) = dashboard([&old, &new]);
    assert_eq!(metrics["metrics"][0]["value"], Value::Null);
    assert_eq!(metrics["metrics"][2]["value"], 5_000);
    let trend = data["datasets"]["trend"].as_array().unwrap();
    let known: Vec<bool> = trend
        .iter()
        .map(|day| day["users"].is_number() && day["p90"].is_number())
        .collect();
    assert_eq!(known, [vec![false; 5], vec![true; 5]].concat());
}
