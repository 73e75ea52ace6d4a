//! Every case becomes a file of every format, the same bytes each time; the files stay for looking at.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use dashloom::export::{Format, Insight, Report, ReportSource};
use dashloom::render::{Exporter, Wanted};
use dashloom::window::Window;

use crate::cases::{self, Rendered, View};

/// Where the files go.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("exports");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A view as the service would store it; the insights are of the test.
pub fn report(case: &Rendered, view: &View) -> Report {
    let insight = |kind: &str, text: &str, confidence: &str| Insight {
        kind: kind.to_owned(),
        text: text.to_owned(),
        confidence: Some(confidence.to_owned()),
    };
    Report::read(ReportSource {
        title: case.about.clone(),
        covered: view
            .dashboard
            .start
            .zip(view.dashboard.end)
            .and_then(|(start, end)| Window::new(start, end)),
        version: Some(1),
        updated_at: None,
        processed_data: view.dashboard.processed_data.clone(),
        charts_config: view.dashboard.charts_config.clone(),
        metrics_summary: view.dashboard.metrics_summary.clone(),
        insights: vec![
            insight("level_shift", "The level stands a step higher since the middle of the range, and what came before does not explain it: the weekday pattern is the same on both sides of the step.", "0.93"),
            insight("data_quality", "=1+1 <b>שלום</b> 😀 is a text, whatever it looks like.", "1.00"),
        ],
    })
    .unwrap()
}

/// Cases that have between them every type, odd labels, no dates, nothing to show; drawing all of them takes minutes.
const CHOSEN: [&str; 7] = [
    "empty",
    "funnel_furthest",
    "comparison_year",
    "custom_problems",
    "labels",
    "long_labels",
    "no_time",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_become_every_format() {
    write(|case| CHOSEN.contains(&case.name.as_str())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn every_case_becomes_every_format() {
    write(|_| true).await;
}

async fn write(is_wanted: impl Fn(&Rendered) -> bool) {
    let (exporter, another) = (Exporter::default(), Exporter::default());
    for case in cases::all().iter().filter(|case| is_wanted(case)) {
        let view = case.views.last().unwrap();
        let report = Arc::new(report(case, view));
        for format in Format::ALL {
            let name = format!("{}.{}", case.name, format.name());
            let file = exporter.file(Arc::clone(&report), Wanted::new(format)).await;
            let file = file.unwrap_or_else(|error| panic!("{name}: {error}"));
            fs::write(folder().join(&name), &file).unwrap();
            let again = another
                .file(Arc::clone(&report), Wanted::new(format))
                .await
                .unwrap();
            assert_eq!(file, again, "{name} has other bytes the second time");
            let begins: &[u8] = match format {
                Format::Pdf => b"%PDF-",
                Format::Png => b"\x89PNG",
                Format::Csv => "\u{feff}".as_bytes(),
                Format::Xlsx => b"PK",
                Format::Html => b"<!doctype html>",
            };
            assert!(file.starts_with(begins), "{name}");
        }
    }
}
