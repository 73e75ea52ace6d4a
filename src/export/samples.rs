//! Reports for tests.

use chrono::NaiveDate;

use super::report::{Report, ReportSource};
use crate::window::Window;

/// A report with one dataset, `table`, of columns `(label, type)` and JSON rows.
pub fn report_of(columns: &[(&str, &str)], rows: &[String]) -> Report {
    let columns: Vec<String> = columns
        .iter()
        .map(|(label, kind)| {
            let role = if *kind == "number" { "measure" } else { "dimension" };
            let label = serde_json::to_string(label).unwrap();
            format!(
                "{{\"id\":{label},\"label\":{label},\"role\":\"{role}\",\"type\":\"{kind}\",\"unit\":\"\"}}"
            )
        })
        .collect();
    let date = NaiveDate::from_ymd_opt(2026, 11, 5).unwrap();
    Report::read(ReportSource {
        title: "Sample".to_owned(),
        covered: Some(Window::day(date)),
        processed_data: format!(
            "{{\"columns\":{{\"table\":[{}]}},\"datasets\":{{\"table\":[{}]}}}}",
            columns.join(","),
            rows.join(",")
        ),
        charts_config: "{\"layout\":{\"blocks\":[{\"kind\":\"table\",\"dataset\":\"table\",\"span\":12}]}}"
            .to_owned(),
        metrics_summary: "{\"metrics\":[]}".to_owned(),
        ..ReportSource::default()
    })
    .unwrap()
}
