//! Results beyond what a dashboard can show: very many values in a column, and very many columns. The dashboard stays of a
//! size, its totals stay exact, and it says what was summarised.

use std::fmt::Write;

use dashloom::dashboard::{DashboardType, VisualizationConfig};
use serde_json::Value;

use crate::cases::{self, View};

/// Rows of the long table; one in two has a term of its own.
const LONG: u64 = 160_000;
/// Columns of the wide table: a date, so many segments, numbers.
const WIDE: usize = 200;
const SEGMENTS: usize = 19;

fn mixed(value: u64) -> u64 {
    let value = (value ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    value ^ (value >> 32)
}

fn view(rows: String) -> View {
    let config = VisualizationConfig::parse(r#"{"period":"all"}"#).unwrap();
    let window = ("2026-01-01".parse().unwrap(), "2026-01-28".parse().unwrap());
    let result = cases::executed(rows.into_bytes(), 0, window, "2026-02-10T00:00:00Z", &[], &config);
    let mut views = cases::views(DashboardType::Standard, &config, &[result]);
    assert_eq!(views.len(), 1);
    views.remove(0)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// No dataset beyond what product and page bear.
fn assert_bounded(data: &Value) {
    for (name, rows) in data["datasets"].as_object().unwrap() {
        let (rows, most) = (
            rows.as_array().unwrap().len(),
            if name.contains("__") { 700 } else { 1_100 },
        );
        assert!(rows <= most, "{name} has {rows} rows");
    }
}

#[test]
fn a_column_of_very_many_values_is_summarised_and_said_to_be() {
    let mut rows = "day,search term,visits\n".to_owned();
    let mut total = 0;
    for number in 0..LONG {
        let (day, visits) = (mixed(number) % 28 + 1, mixed(number) % 90);
        total += visits;
        writeln!(rows, "2026-01-{day:02},words {:x},{visits}", mixed(number / 2)).unwrap();
    }
    let view = view(rows);
    let data = json(&view.dashboard.processed_data);
    assert_eq!(data["data_quality"]["summarised"], true);
    let bounds = data["data_quality"]["lower_bounds"].as_array().unwrap();
    assert!(
        bounds.iter().any(|name| name == "by_search_term"),
        "values that may be larger are said to be: {bounds:?}"
    );
    assert_bounded(&data);
    let of_days: u64 = (data["datasets"]["trend"].as_array().unwrap().iter())
        .map(|row| row["visits"].as_u64().unwrap())
        .sum();
    let of_terms: u64 = (data["datasets"]["by_search_term"].as_array().unwrap().iter())
        .map(|row| row["visits"].as_u64().unwrap())
        .sum();
    assert_eq!((of_days, of_terms), (total, total), "totals stay exact");
    let ranking = ["top_contributor", "bottom_contributor", "concentration_risk"];
    let ranked = |kind: &str| ranking.contains(&kind);
    assert!(
        view.insights
            .insights
            .iter()
            .all(|insight| !ranked(insight.insight_type)),
        "nothing is ranked by lower bounds"
    );
}

#[test]
fn a_table_of_two_hundred_columns_is_a_dashboard_of_a_size() {
    let mut rows = "day".to_owned();
    (0..SEGMENTS).for_each(|index| write!(rows, ",segment {index}").unwrap());
    (0..WIDE - SEGMENTS - 1).for_each(|index| write!(rows, ",amount {index}").unwrap());
    rows.push('\n');
    let mut totals = vec![0u64; WIDE - SEGMENTS - 1];
    for number in 0..600u64 {
        let mut random = mixed(number);
        write!(rows, "2026-01-{:02}", random % 28 + 1).unwrap();
        for index in 0..SEGMENTS as u64 {
            random = mixed(random);
            write!(rows, ",value {}", random % (index + 2)).unwrap();
        }
        for total in &mut totals {
            random = mixed(random);
            *total += random % 10_000;
            write!(rows, ",{}", random % 10_000).unwrap();
        }
        rows.push('\n');
    }
    let view = view(rows);
    let data = json(&view.dashboard.processed_data);
    assert_bounded(&data);
    let metrics = json(&view.dashboard.metrics_summary);
    let metrics = metrics["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), totals.len(), "every measure has its total");
    for (index, total) in totals.iter().enumerate() {
        let id = format!("amount_{index}");
        let metric = metrics.iter().find(|metric| metric["id"] == *id).unwrap();
        assert_eq!(metric["value"].as_u64(), Some(*total), "{id}");
    }
    let charts = json(&view.dashboard.charts_config);
    let charts = charts["charts"].as_array().unwrap().len();
    assert!(charts <= 60, "{charts} charts");
    let bytes = view.dashboard.processed_data.len() + view.dashboard.charts_config.len();
    assert!(bytes < 8 << 20, "{bytes} bytes");
}
