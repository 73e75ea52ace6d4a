//! What a file is made of: a stored view with its insights, read from their JSON columns.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::cell::Cell;
use super::error::ExportError;
use super::number;
use super::stored::{StoredCharts, StoredMetrics, StoredProcessed};
use crate::dashboard::words;
use crate::decimal::Decimal;
use crate::window::Window;

/// Metrics that stand on cards; the others are in tables.
pub const HEADLINES: usize = 6;

/// The most of the others that are named below the cards.
const MOST_NAMED: usize = 6;

/// What is stored of a view.
#[derive(Debug, Clone, Default)]
pub struct ReportSource {
    /// What the report is called: the workflow's name.
    pub title: String,
    /// From the first to the last covered date; `None` where there are none.
    pub covered: Option<Window>,
    /// The view's version; `None` where no service stored it.
    pub version: Option<i64>,
    /// When the view last changed; `None` where no service stored it.
    pub updated_at: Option<DateTime<Utc>>,
    /// The column `processed_data`.
    pub processed_data: String,
    /// The column `charts_config`.
    pub charts_config: String,
    /// The column `metrics_summary`.
    pub metrics_summary: String,
    /// The insights, those that matter most first.
    pub insights: Vec<Insight>,
}

/// An insight as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insight {
    /// Its type, `level_shift`.
    pub kind: String,
    /// Its sentences.
    pub text: String,
    /// How sure it is, `0.93`; `None` where none is given.
    pub confidence: Option<String>,
}

impl Insight {
    /// Its type in words, and how sure it is: `Level shift · at least 93% sure`. More claims are right than their confidence
    /// says (docs/calibration.md).
    pub fn heading(&self) -> String {
        let kind = self.kind.replace('_', " ");
        let mut letters = kind.chars();
        let kind: String = letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
        let confidence = self.confidence.as_deref().and_then(Decimal::parse);
        match confidence {
            Some(confidence) => format!("{kind} · {}", words::sure(confidence)),
            None => kind,
        }
    }
}

/// A view with its insights, ready to become a file.
#[derive(Debug)]
pub struct Report {
    /// What it is called.
    pub title: String,
    /// From the first to the last covered date.
    pub covered: Option<Window>,
    /// The view's version.
    pub version: Option<i64>,
    /// When the view last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Every metric in its order; the first six are the headline.
    pub metrics: Vec<Metric>,
    /// Every dataset, by name.
    pub datasets: Vec<Dataset>,
    /// Every chart in its order.
    pub charts: Vec<Chart>,
    /// What stands where, in reading order.
    pub blocks: Vec<Block>,
    /// The insights.
    pub insights: Vec<Insight>,
    /// What was left out or altered on the way to the numbers, a sentence each.
    pub caveats: Vec<String>,
    /// The hash of all that a file is made of.
    pub sha256: [u8; 32],
}

/// A metric.
#[derive(Debug, Clone, Deserialize)]
pub struct Metric {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Its value over the whole range, a JSON number or null.
    pub value: Box<RawValue>,
    /// Its unit; may be empty.
    #[serde(default)]
    pub unit: String,
    /// `number`, `integer`, `percent` or `currency`.
    #[serde(default)]
    pub format: String,
    /// Which direction is good: `up`, `down` or `neutral`.
    #[serde(default)]
    pub good: String,
    /// The comparison; `None` where there is none.
    pub compare: Option<Comparison>,
    /// Why there is no comparison, or no change.
    pub compare_reason: Option<String>,
    /// Why it has no value, or none over several rows.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What a metric's change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It went where it should.
    Good,
    /// It went where it should not.
    Bad,
    /// No direction is better than the other.
    Neither,
    /// It did not change.
    Unchanged,
}

impl Metric {
    /// Its change with its sign, `+4.2%`, and what was compared; `None` where no change can be given.
    pub fn change(&self) -> Option<(String, &Comparison)> {
        let compare = self.compare.as_ref()?;
        Some((number::change(compare.change.get())?, compare))
    }

    /// Both windows' values, `1,234 vs 980 EUR`; `None` where no change can be given.
    pub fn compared(&self) -> Option<String> {
        let (_, compare) = self.change()?;
        let value = number::written(compare.value.get(), &self.format);
        let previous = number::with_unit(compare.previous.get(), &self.format, &self.unit);
        Some(format!("{value} vs {previous}"))
    }

    /// Why no change is given: where there is no value, why that is so.
    pub fn why_no_change(&self) -> &str {
        let missing = self.reason.as_deref().filter(|_| self.value.get() == "null");
        missing
            .or(self.compare_reason.as_deref())
            .unwrap_or("no change can be given")
    }

    /// What its change means.
    pub fn verdict(&self) -> Verdict {
        let change = self.compare.as_ref().map(|compare| compare.change.get());
        let change: f64 = change.and_then(|change| change.parse().ok()).unwrap_or_default();
        match self.good.as_str() {
            _ if change == 0.0 => Verdict::Unchanged,
            "up" if change > 0.0 => Verdict::Good,
            "down" if change < 0.0 => Verdict::Good,
            "up" | "down" => Verdict::Bad,
            _ => Verdict::Neither,
        }
    }
}

/// A metric's newer window against the one before.
#[derive(Debug, Clone, Deserialize)]
pub struct Comparison {
    /// The value before, a JSON number or null.
    pub previous: Box<RawValue>,
    /// First and last date of the window before.
    pub previous_window: (NaiveDate, NaiveDate),
    /// The value of the newer window, a JSON number or null.
    pub value: Box<RawValue>,
    /// First and last date of the newer window.
    pub window: (NaiveDate, NaiveDate),
    /// The change in proportion, a JSON number or null.
    pub change: Box<RawValue>,
    /// In how many steps each window holds a value, where that differs.
    pub with_values: Option<StepsWithValues>,
}

/// In how many steps each window holds a value.
#[derive(Debug, Clone, Deserialize)]
pub struct StepsWithValues {
    /// Those of the newer window.
    pub window: u64,
    /// Those of the window before.
    pub previous: u64,
    /// What a step is: `day`, `week`, …
    pub step: String,
}

impl Comparison {
    /// What is compared, `last 28 days vs the 28 before`; `covered` are the dates of the whole report, `None` where its results
    /// have no dates of their own.
    pub fn windows(&self, covered: Option<Window>) -> String {
        let Some(covered) = covered else {
            return "vs the result before".to_owned();
        };
        let window = |(from, to)| Window::new(from, to).unwrap_or(Window::day(to));
        let [current, previous] = [self.window, self.previous_window].map(window);
        words::comparison(current, previous, covered)
    }

    /// In how many steps the windows hold values, where that differs: `25 days with values, 28 before`.
    pub fn unequal(&self) -> Option<String> {
        let StepsWithValues {
            window,
            previous,
            step,
        } = self.with_values.as_ref()?;
        let steps = words::count(*window, step, &format!("{step}s"));
        Some(format!("{steps} with values, {previous} before"))
    }
}

/// A dataset with typed cells.
#[derive(Debug)]
pub struct Dataset {
    /// Its name, `by_campaign`.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// The rows as they are stored, which charts are drawn from.
    pub json: Box<RawValue>,
}

/// A column of a dataset.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Its key in the rows.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// `time`, `dimension`, `measure`, `ratio` or `flag`.
    pub role: String,
    /// `date`, `string`, `number` or `boolean`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its unit; may be empty.
    #[serde(default)]
    pub unit: String,
    /// How its numbers are written; empty where a metric of the same id says so.
    #[serde(default)]
    pub format: String,
}

impl Column {
    /// Whether it holds dates.
    pub fn is_date(&self) -> bool {
        self.role == "time" || self.kind == "date"
    }

    /// Whether it holds numbers.
    pub fn is_number(&self) -> bool {
        self.kind == "number"
    }

    /// The label with the unit behind it, `Spend (EUR)`.
    pub fn heading(&self) -> String {
        match self.unit.is_empty() {
            true => self.label.clone(),
            false => format!("{} ({})", self.label, self.unit),
        }
    }
}

/// A chart.
#[derive(Debug, Clone, Deserialize)]
pub struct Chart {
    /// Its id.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// `line`, `bar`, `heatmap`, `scatter`, …
    pub kind: String,
    /// The dataset it draws.
    pub dataset: String,
    /// Its Vega-Lite spec.
    pub spec: Box<RawValue>,
}

/// A part of a dashboard, so many twelfths of its width.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its width in twelfths, 1 to 12.
    pub span: u8,
    /// What it shows.
    pub content: Content,
}

/// What a block shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The headline metrics.
    Metrics,
    /// One metric under a title of its own: its place in [`Report::metrics`], and the title.
    Metric(usize, String),
    /// A chart: its place in [`Report::charts`].
    Chart(usize),
    /// A dataset as a table: its place in [`Report::datasets`], and the title.
    Table(usize, String),
    /// A sentence.
    Note(String),
}

impl Report {
    /// Reads what is stored.
    pub fn read(source: ReportSource) -> Result<Self, ExportError> {
        let sha256 = digest(&source);
        let metrics: StoredMetrics = stored("metrics_summary", &source.metrics_summary)?;
        let charts: StoredCharts = stored("charts_config", &source.charts_config)?;
        let processed: StoredProcessed = stored("processed_data", &source.processed_data)?;
        let caveats = processed.caveats();
        let datasets = processed
            .into_datasets(&metrics.metrics)
            .map_err(|source| ExportError::Stored {
                column: "processed_data",
                source,
            })?;
        let blocks = charts.blocks(&metrics.metrics, &datasets);
        Ok(Self {
            title: source.title,
            covered: source.covered,
            version: source.version,
            updated_at: source.updated_at,
            metrics: metrics.metrics,
            datasets,
            charts: charts.charts,
            blocks,
            insights: source.insights,
            caveats,
            sha256,
        })
    }

    /// The dataset of that name.
    pub fn dataset(&self, name: &str) -> Result<&Dataset, ExportError> {
        let found = self.datasets.iter().find(|dataset| dataset.name == name);
        found.ok_or_else(|| ExportError::UnknownDataset {
            name: name.to_owned(),
            known: listed(self.datasets.iter().map(|dataset| dataset.name.as_str())),
        })
    }

    /// The place of the chart of that id.
    pub fn chart(&self, id: &str) -> Result<usize, ExportError> {
        let found = self.charts.iter().position(|chart| chart.id == id);
        found.ok_or_else(|| ExportError::UnknownChart {
            id: id.to_owned(),
            known: listed(self.charts.iter().map(|chart| chart.id.as_str())),
        })
    }

    /// The metrics that stand on cards, and what to say of the others: `and 2 more metrics: CTR, CPC`.
    pub fn headlines(&self) -> (&[Metric], Option<String>) {
        let (shown, others) = self.metrics.split_at(self.metrics.len().min(HEADLINES));
        let names: Vec<&str> = others
            .iter()
            .take(MOST_NAMED)
            .map(|metric| metric.label.as_str())
            .collect();
        let rest = if others.len() > MOST_NAMED { ", …" } else { "" };
        let count = words::count(others.len() as u64, "more metric", "more metrics");
        let told = (!others.is_empty()).then(|| format!("and {count}: {}{rest}", names.join(", ")));
        (shown, told)
    }

    /// Where the numbers come from, in words.
    pub fn origin(&self) -> String {
        let mut parts = vec!["dashloom".to_owned()];
        parts.extend(self.version.map(|version| format!("version {version}")));
        let updated = |at: DateTime<Utc>| format!("updated {} UTC", at.format("%Y-%m-%d %H:%M"));
        parts.extend(self.updated_at.map(updated));
        parts.join(" · ")
    }

    /// The covered dates in words, `1 – 28 Nov 2026`.
    pub fn range(&self) -> String {
        self.covered.map_or_else(|| "No dates".to_owned(), words::window)
    }

    /// The date that stands for when the report was made, where nothing else says it: the last covered one.
    pub fn last_date(&self) -> NaiveDate {
        self.covered.map(Window::end).unwrap_or_default()
    }
}

fn stored<'a, T: Deserialize<'a>>(column: &'static str, json: &'a str) -> Result<T, ExportError> {
    serde_json::from_str(json).map_err(|source| ExportError::Stored { column, source })
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

/// The hash of everything in a source, each part with its length before it.
fn digest(source: &ReportSource) -> [u8; 32] {
    let mut parts = vec![
        source.title.clone(),
        format!("{:?}", source.covered),
        source
            .version
            .map(|version| version.to_string())
            .unwrap_or_default(),
        source.updated_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        source.processed_data.clone(),
        source.charts_config.clone(),
        source.metrics_summary.clone(),
    ];
    for insight in &source.insights {
        let confidence = insight.confidence.clone().unwrap_or_default();
        parts.extend([insight.kind.clone(), insight.text.clone(), confidence]);
    }
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
