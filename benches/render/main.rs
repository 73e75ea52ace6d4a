//! How long rendering a view takes, on one core: the everyday view, one with a year of history, and the other types over a
//! year; and how long files of it take.
//!
//! `cargo bench --bench render` prints the median of many rounds and the sizes of what was written, then of each format of file the
//! first one (engines start), the 95th percentile of those that follow, and what asking again for an unchanged view takes.
#![forbid(unsafe_code)]

mod files;

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use chrono::{Days, NaiveDate};
use dashloom::aggregate::{Partial, aggregate};
use dashloom::dashboard::{
    Candidate, Contribution, DashboardType, History, RowDays, ViewInput, VisualizationConfig, plan_views,
    render, winners,
};
use dashloom::event::{Compression, ResultFormat};
use dashloom::ids::ExecutionId;
use dashloom::rows::{Limits, read};
use dashloom::window::Window;
use uuid::Uuid;

const ROUNDS: usize = 2_000;

fn main() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
    let standard = |count, days| measure(&results(start, count, days), DashboardType::Standard, "{}");
    let (short, year, daily) = (standard(1, 34), standard(13, 28), standard(364, 1));
    let of_a_year = results(start, 13, 28);
    let of_type = |dashboard_type, config| measure(&of_a_year, dashboard_type, config);
    let funnel = of_type(DashboardType::Funnel, "{}");
    let comparison = of_type(DashboardType::Comparison, RATIO);
    let custom = of_type(DashboardType::Custom, PANELS);
    println!(
        "render: short_us={short:.1} year_us={year:.1} year_of_daily_us={daily:.1} funnel_us={funnel:.1} \
         comparison_us={comparison:.1} custom_us={custom:.1}"
    );
    with_input(&of_a_year, DashboardType::Standard, "{}", |input| {
        match render(input) {
            Ok(dashboard) => files::measure(dashboard),
            Err(error) => eprintln!("the view cannot be rendered: {error}"),
        }
    });
}

/// A comparison with a quotient, whose change divides into mix and rate.
const RATIO: &str = r#"{"measures":{"impressions":{"agg":"sum","column":"impressions"},"clicks":{"agg":"sum","column":"clicks"},
    "ctr":{"ratio":["clicks","impressions"],"format":"percent"}}}"#;

/// A panel of each kind that reads what others do not.
const PANELS: &str = r#"{"measures":{"impressions":{"agg":"sum","column":"impressions"},"clicks":{"agg":"sum","column":"clicks"},
        "ctr":{"ratio":["clicks","impressions"],"format":"percent"}},
    "dimensions":{"day":{"column":"date","type":"time"},"campaign":{"column":"campaign"}},
    "panels":[{"id":"kpi","mark":"kpi","y":"ctr","compare":"previous_period"},
        {"id":"line","mark":"line","x":"day","y":"ctr","color":"campaign"},
        {"id":"bars","mark":"bar","x":"campaign","y":"clicks"},
        {"id":"heat","mark":"heatmap","x":"day","y":"campaign","color":"ctr"},
        {"id":"funnel","mark":"funnel","stages":["impressions","clicks"]},
        {"id":"bridge","mark":"waterfall","x":"campaign","y":"clicks"},
        {"id":"table","mark":"table","x":"campaign","y":["impressions","ctr"]}]}"#;

/// So many results of so many days each, three campaigns and three measures a day.
fn results(start: NaiveDate, count: u64, days: u64) -> Vec<(Candidate, Partial)> {
    (0..count)
        .map(|index| result(start + Days::new(index * days), days, index))
        .collect()
}

fn result(start: NaiveDate, days: u64, index: u64) -> (Candidate, Partial) {
    let mut rows = "date,campaign,impressions,clicks,spend\n".to_owned();
    for day in 0..days {
        for (place, campaign) in ["brand", "generic", "retarget"].into_iter().enumerate() {
            let seed = (day * 3 + place as u64 + index * 7) * 7919 % 8_999;
            let date = start + Days::new(day);
            let _ = writeln!(
                rows,
                "{date},{campaign},{},{},{}.{:02}",
                1_000 + seed,
                seed % 97,
                seed,
                seed % 100
            );
        }
    }
    let config = VisualizationConfig::default();
    let window = Window::new(start, start + Days::new(days - 1)).unwrap_or(Window::day(start));
    let batches = read(
        ResultFormat::Csv,
        Compression::None,
        &Bytes::from(rows),
        &Limits::default(),
    );
    let batches = batches.unwrap_or_default();
    let partial =
        aggregate(&batches, window, &[], &config.partial_spec()).unwrap_or_else(|error| panic!("{error}"));
    let finished = window
        .end()
        .and_hms_opt(0, 0, 0)
        .map(|time| time.and_utc() + chrono::Duration::hours(30));
    let candidate = Candidate {
        execution_id: ExecutionId(Uuid::from_u128(u128::from(index) + 1)),
        run: 0,
        finished_at_ns: finished
            .and_then(|time| time.timestamp_nanos_opt())
            .unwrap_or_default(),
        window,
        kind: partial.kind,
        content_hash: [0; 32],
        shape: [0; 32],
        row_days: RowDays::of(window, partial.cells.dates.iter().copied()),
        withdrawn: false,
    };
    (candidate, partial)
}

/// Gives the input of the rolling view of the results as that type away.
fn with_input<T>(
    results: &[(Candidate, Partial)],
    dashboard_type: DashboardType,
    config: &str,
    then: impl FnOnce(&ViewInput<'_>) -> T,
) -> T {
    let config = VisualizationConfig::parse(config).unwrap_or_else(|problems| panic!("{problems:?}"));
    let candidates: Vec<Candidate> = results.iter().map(|(candidate, _)| candidate.clone()).collect();
    let winners = winners(&candidates);
    let history = History::new(&config, &candidates, &winners);
    let plans = plan_views(&history, &[]);
    let contributions: Vec<Contribution<'_>> = plans[0]
        .reads()
        .map(|(holding, in_view)| Contribution {
            execution_id: candidates[holding.candidate].execution_id,
            finished_at_ns: candidates[holding.candidate].finished_at_ns,
            from: holding.from,
            to: holding.to,
            in_view,
            partial: &results[holding.candidate].1,
        })
        .collect();
    let input = ViewInput {
        plan: &plans[0],
        period: config.period(),
        cadence: history.cadence,
        dashboard_type,
        config: &config,
        contributions,
        stale: Vec::new(),
    };
    then(&input)
}

/// The median time of rendering the rolling view of the results as that type, in microseconds.
fn measure(results: &[(Candidate, Partial)], dashboard_type: DashboardType, config: &str) -> f64 {
    with_input(results, dashboard_type, config, |input| {
        timed(input, results.len())
    })
}

fn timed(input: &ViewInput<'_>, results: usize) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let dashboard = black_box(render(black_box(input)));
            let time = began.elapsed().as_secs_f64() * 1e6;
            drop(dashboard);
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    if let Ok(dashboard) = render(input) {
        let sizes = [
            &dashboard.processed_data,
            &dashboard.charts_config,
            &dashboard.metrics_summary,
        ]
        .map(String::len);
        println!(
            "{results} results as {:?}: bytes={sizes:?} p10_us={:.1}",
            input.dashboard_type,
            times[ROUNDS / 10]
        );
    }
    times[ROUNDS / 2]
}
