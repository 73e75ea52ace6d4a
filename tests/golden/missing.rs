//! What is missing is no zero: values that are blank, and dates that a view does not read.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use dashloom::dashboard::{DashboardType, VisualizationConfig};
use serde_json::Value;

use crate::cases::{self, View};

/// The views of one table over its days, finished long after.
fn views(kind: DashboardType, config: &str, rows: &str, (first, days): (NaiveDate, u64)) -> Vec<View> {
    let config = VisualizationConfig::parse(config).unwrap();
    let window = (first, first + Days::new(days - 1));
    let result = cases::executed(
        rows.as_bytes().to_vec(),
        0,
        window,
        "2028-01-01T00:00:00Z",
        &[],
        &config,
    );
    cases::views(kind, &config, &[result])
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Fourteen days of two teams, a week against the one before; each with its cost by week and team.
fn teams(cost: impl Fn(u64, &str) -> Option<u64>) -> Value {
    let first = day(2026, 1, 5);
    let mut rows = "date,team,orders,cost\n".to_owned();
    for at in 0..14 {
        for team in ["a", "b"] {
            let cost = cost(at / 7, team)
                .map(|cost| cost.to_string())
                .unwrap_or_default();
            let _ = writeln!(rows, "{},{team},{},{cost}", first + Days::new(at), 10 + at / 7);
        }
    }
    let config = r#"{"measures":{"cost":{"agg":"sum","column":"cost"},"orders":{"agg":"sum","column":"orders"},
        "cpo":{"ratio":["cost","orders"]}}}"#;
    let view = views(DashboardType::Comparison, config, &rows, (first, 14)).remove(0);
    serde_json::from_str(&view.dashboard.processed_data).unwrap()
}

#[test]
fn what_a_whole_side_lacks_is_no_way_down_to_zero() {
    let data = teams(|week, _| (week == 0).then_some(20));
    let datasets = data["datasets"].as_object().unwrap();
    assert!(!datasets.contains_key("bridge_cost_by_team"));
    assert!(!datasets.contains_key("mix_rate_cpo_by_team"));
    // What has values on both sides is told as ever: 7 × 10 orders and 7 × 11.
    let bridge = datasets["bridge_orders_by_team"].as_array().unwrap();
    assert_eq!(
        (&bridge[0]["amount"], &bridge[3]["amount"]),
        (&140.into(), &154.into())
    );
    for row in datasets["change_by_team"].as_array().unwrap() {
        assert_eq!(row["cost"], Value::Null);
        assert_eq!(row["cost__difference"], Value::Null);
        assert_eq!(row["cpo__difference"], Value::Null);
        assert_eq!(row["orders__difference"], 7);
    }
}

#[test]
fn the_rate_of_a_segment_without_values_is_not_known() {
    let data = teams(|week, team| (week == 0 || team == "b").then_some(20));
    let datasets = data["datasets"].as_object().unwrap();
    assert!(!datasets.contains_key("mix_rate_cpo_by_team"));
    let rows = datasets["change_by_team"].as_array().unwrap();
    let of = |team: &str| rows.iter().find(|row| row["team"] == team).unwrap();
    assert_eq!(of("a")["cost__difference"], Value::Null);
    assert_eq!(of("b")["cost__difference"], 0);
    assert!(
        datasets.contains_key("bridge_cost_by_team"),
        "both sides have a cost"
    );
    let complete = teams(|week, _| Some(20 + week));
    assert!(complete["datasets"].get("mix_rate_cpo_by_team").is_some());
}

#[test]
fn days_between_a_month_and_what_it_is_compared_with_are_not_missing() {
    // 1 January to 24 February: February is compared with the first 24 days of January.
    let (first, days) = (day(2027, 1, 1), 55);
    let mut rows = "date,orders\n".to_owned();
    for at in 0..days {
        let level = [100, 104, 98, 101, 99, 60, 55][(at % 7) as usize];
        let _ = writeln!(rows, "{},{}", first + Days::new(at), level + at * 37 % 5);
    }
    let views = views(
        DashboardType::Standard,
        r#"{"period":"month"}"#,
        &rows,
        (first, days),
    );
    let february = views.iter().find(|view| view.key == "2027-02").unwrap();
    let texts: Vec<&str> = (february.insights.insights.iter())
        .map(|insight| insight.text.as_str())
        .collect();
    assert!(
        texts.iter().any(|text| text.contains(" has a weekly pattern: ")),
        "{texts:#?}"
    );
    assert!(
        texts.iter().all(|text| !text.contains("have values")),
        "{texts:#?}"
    );
}
