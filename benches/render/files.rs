//! How long files of a view take.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use dashloom::dashboard::Dashboard;
use dashloom::export::{Format, Report, ReportSource};
use dashloom::render::{Exporter, Wanted};
use dashloom::window::Window;

/// Files of each format; the 95th percentile needs some.
const ROUNDS: usize = 60;

/// Prints for each format, in milliseconds: the first file, the 95th percentile of files of views that changed, and of those of a
/// view that did not.
pub fn measure(dashboard: Dashboard) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        return eprintln!("no runtime can be had");
    };
    let mut line = "export:".to_owned();
    for format in Format::ALL {
        let exporter = Exporter::default();
        let report = |round: usize| Report::read(source(&dashboard, round)).map(Arc::new);
        let file = |report: Arc<Report>| {
            let began = Instant::now();
            let made = runtime.block_on(exporter.file(report, Wanted::new(format)));
            let ms = began.elapsed().as_secs_f64() * 1e3;
            made.map(|bytes| (ms, bytes.len()))
        };
        let timed = |rounds: &mut dyn Iterator<Item = usize>| -> Option<Vec<f64>> {
            rounds
                .map(|round| Some(file(report(round).ok()?).ok()?.0))
                .collect()
        };
        let times = (
            timed(&mut (0..1)),
            timed(&mut (1..=ROUNDS)),
            timed(&mut (0..ROUNDS).map(|_| 1)),
        );
        let (Some(first), Some(changed), Some(unchanged)) = times else {
            return eprintln!("no {} can be made", format.name());
        };
        let name = format.name();
        let (first, changed, unchanged) = (p95(first), p95(changed), p95(unchanged));
        let _ = write!(
            line,
            " {name}_first_ms={first:.1} {name}_p95_ms={changed:.1} {name}_unchanged_p95_ms={unchanged:.3}"
        );
    }
    println!("{line}");
}

/// What is stored of the view; each version makes other files.
fn source(dashboard: &Dashboard, version: usize) -> ReportSource {
    let covered = dashboard.start.zip(dashboard.end);
    ReportSource {
        title: "Spring campaigns".to_owned(),
        covered: covered.and_then(|(start, end)| Window::new(start, end)),
        version: i64::try_from(version).ok(),
        processed_data: dashboard.processed_data.clone(),
        charts_config: dashboard.charts_config.clone(),
        metrics_summary: dashboard.metrics_summary.clone(),
        ..ReportSource::default()
    }
}

fn p95(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let place = (times.len() * 95).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}
