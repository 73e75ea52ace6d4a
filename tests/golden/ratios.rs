//! A ratio is that of the columns its cells are the quotient of, whatever its name may mean besides.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use dashloom::dashboard::{DashboardType, VisualizationConfig};
use serde_json::Value;

use crate::cases;

/// The metric of a ratio over two weeks of a table.
fn metric(id: &str, header: &str, row: impl Fn(u64) -> String) -> Value {
    let first = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    let mut rows = format!("date,{header}\n");
    for day in 0..14 {
        let _ = writeln!(rows, "{},{}", first + Days::new(day), row(day));
    }
    let config = VisualizationConfig::parse("{}").unwrap();
    let window = (first, first + Days::new(13));
    let result = cases::executed(rows.into_bytes(), 0, window, "2027-01-01T00:00:00Z", &[], &config);
    let view = cases::views(DashboardType::Standard, &config, &[result]).remove(0);
    let metrics: Value = serde_json::from_str(&view.dashboard.metrics_summary).unwrap();
    let metrics = metrics["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["id"] == id).unwrap().clone()
}

#[test]
fn cells_decide_between_the_columns_that_a_name_may_mean() {
    let header = "sessions,clicks,conversions,conversion_rate";
    // 20 of 1,000 sessions, 20 of 200 clicks.
    let of_sessions = metric("conversion_rate", header, |day| {
        format!("{},200,{},0.02", 1_000 + 50 * day, 20 + day)
    });
    assert_eq!(
        of_sessions["denominator"],
        (0..14).map(|day| 1_000 + 50 * day).sum::<u64>()
    );
    let of_clicks = metric("conversion_rate", header, |_| "1000,200,20,0.1".to_owned());
    assert_eq!(
        (&of_clicks["value"], &of_clicks["denominator"]),
        (&0.1.into(), &2800.into())
    );
    let in_percent = metric("conversion_rate", header, |_| "1000,200,20,2".to_owned());
    assert_eq!(in_percent["denominator"], 14_000);
}

#[test]
fn a_ratio_whose_cells_contradict_its_name_is_of_no_columns() {
    // The rate of those who saw it, of which no column tells.
    let open = metric("open_rate", "sent,opens,open_rate", |day| {
        format!("1000,{},{}", 200 + day, ["0.61", "0.58"][(day % 2) as usize])
    });
    // One value a day is averaged; nothing is divided by what was sent.
    assert_eq!(open["denominator"], 14);
    let rounded = metric("open_rate", "sent,opens,open_rate", |day| {
        format!("1000,{},{}%", 204 + day % 3, 20)
    });
    assert_eq!(rounded["denominator"], 14_000);
}
