//! From a table's text to the insights of its dashboard, by the same functions as the service.

use std::path::PathBuf;

use bytes::Bytes;
use chrono::{Days, NaiveDate};
use dashloom::aggregate::{Partial, aggregate};
use dashloom::dashboard::{
    Candidate, Contribution, DashboardType, History, Holding, RowDays, ViewInput, VisualizationConfig,
    plan_views, render_with_chronicle, winners,
};
use dashloom::event::{Compression, ResultFormat};
use dashloom::ids::ExecutionId;
use dashloom::insight::{Frames, Insight, find};
use dashloom::rows::{Limits, read};
use dashloom::window::Window;
use serde_json::Value;
use uuid::Uuid;

use crate::skip::skipped;

/// A file of the tables, where they are at hand.
pub fn table(path: &str) -> Option<String> {
    let found = file(path).and_then(|path| std::fs::read_to_string(path).ok());
    if found.is_none() {
        skipped(format_args!("../shared/data/{path} is not at hand"));
    }
    found
}

/// A path among the tables: beside the project, or up to a few folders above it.
pub fn file(path: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut above = root
        .ancestors()
        .map(|folder| folder.join("shared/data").join(path));
    above.find(|path| path.exists())
}

/// A result: its rows as CSV and its window.
pub struct Result {
    pub rows: String,
    pub window: Window,
}

/// One result whose rows span the dates.
pub fn result(rows: impl Into<String>, from: &str, to: &str) -> Result {
    let date = |text: &str| -> NaiveDate { text.parse().unwrap() };
    Result {
        rows: rows.into(),
        window: Window::new(date(from), date(to)).unwrap(),
    }
}

/// The insights of the view with the key, or of the newest one.
pub fn insights(results: &[Result], config: &str, key: Option<&str>) -> Vec<Insight> {
    let config = VisualizationConfig::parse(config).unwrap();
    let formed: Vec<(Candidate, Partial)> = results
        .iter()
        .enumerate()
        .map(|(index, result)| form(index, result, &config))
        .collect();
    let candidates: Vec<Candidate> = formed.iter().map(|(candidate, _)| candidate.clone()).collect();
    let winners = winners(&candidates);
    let history = History::new(&config, &candidates, &winners);
    let plans = plan_views(&history, &[]);
    let plan = match key {
        Some(key) => plans.iter().find(|plan| plan.key.to_string() == key),
        None => plans.last(),
    };
    let plan = plan.unwrap();
    let contribution = |(holding, in_view): (Holding, bool)| Contribution {
        execution_id: candidates[holding.candidate].execution_id,
        finished_at_ns: candidates[holding.candidate].finished_at_ns,
        from: holding.from,
        to: holding.to,
        in_view,
        partial: &formed[holding.candidate].1,
    };
    let input = ViewInput {
        plan,
        period: config.period(),
        cadence: history.cadence,
        dashboard_type: DashboardType::Standard,
        config: &config,
        contributions: plan.reads().map(contribution).collect(),
        stale: Vec::new(),
    };
    let (_, chronicle) = render_with_chronicle(&input).unwrap();
    let found = find(&chronicle, 0.5, &Frames::default());
    println!("{} tests, {} series left out", found.tests, found.skipped);
    for insight in &found.insights {
        println!(
            "{:3} {:24} {}",
            insight.confidence, insight.insight_type, insight.text
        );
    }
    found.insights
}

/// Results finish ten days after their window, when everything has settled.
fn form(index: usize, result: &Result, config: &VisualizationConfig) -> (Candidate, Partial) {
    let data = Bytes::from(result.rows.clone());
    let batches = read(ResultFormat::Csv, Compression::None, &data, &Limits::default()).unwrap();
    let spec = config.partial_spec();
    let partial = aggregate(&batches, result.window, &[], &spec).unwrap();
    let finished = (result.window.end() + Days::new(10))
        .and_hms_opt(0, 0, 0)
        .unwrap()
        .and_utc();
    let candidate = Candidate {
        execution_id: ExecutionId(Uuid::from_u128(index as u128 + 1)),
        run: 0,
        finished_at_ns: finished.timestamp_nanos_opt().unwrap(),
        window: result.window,
        kind: partial.kind,
        content_hash: [0; 32],
        shape: spec.shape(),
        row_days: RowDays::of(result.window, partial.cells.dates.iter().copied()),
        withdrawn: false,
    };
    (candidate, partial)
}

/// The insights of a type.
pub fn of_type<'a>(insights: &'a [Insight], insight_type: &str) -> Vec<&'a Insight> {
    insights
        .iter()
        .filter(|insight| insight.insight_type == insight_type)
        .collect()
}

/// The evidence of an insight.
pub fn evidence(insight: &Insight) -> Value {
    serde_json::from_str(&insight.data_points).unwrap()
}

/// The columns of a CSV by name, as text.
pub struct Csv {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Csv {
    /// Reads a table.
    pub fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let rows = reader
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect();
        Self { names, rows }
    }

    /// The columns' names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The cells of a row under the names.
    pub fn cells<'a>(&'a self, names: &[&str]) -> impl Iterator<Item = Vec<&'a str>> + use<'a> {
        let places: Vec<usize> = names
            .iter()
            .map(|name| self.names.iter().position(|known| known == name).unwrap())
            .collect();
        self.rows
            .iter()
            .map(move |row| places.iter().map(|place| row[*place].as_str()).collect())
    }
}
