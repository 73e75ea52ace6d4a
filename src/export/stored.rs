//! The JSON columns of a view as they are written, and what a report takes from them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::cell::Cell;
use super::report::{Block, Chart, Column, Content, Dataset, Metric};
use crate::dashboard::words;

/// `metrics_summary`; empty of an archived view.
#[derive(Debug, Deserialize)]
pub struct StoredMetrics {
    #[serde(default)]
    pub metrics: Vec<Metric>,
}

/// `charts_config`; empty of an archived view.
#[derive(Debug, Deserialize)]
pub struct StoredCharts {
    #[serde(default)]
    pub charts: Vec<Chart>,
    #[serde(default)]
    layout: StoredLayout,
}

#[derive(Debug, Default, Deserialize)]
struct StoredLayout {
    #[serde(default)]
    blocks: Vec<StoredBlock>,
}

#[derive(Debug, Deserialize)]
struct StoredBlock {
    kind: String,
    #[serde(default)]
    span: u8,
    chart: Option<String>,
    metric: Option<String>,
    dataset: Option<String>,
    title: Option<String>,
    text: Option<String>,
}

/// `processed_data`; empty of an archived view.
#[derive(Debug, Deserialize)]
pub struct StoredProcessed {
    #[serde(default)]
    columns: BTreeMap<String, Vec<Column>>,
    #[serde(default)]
    datasets: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    data_quality: StoredQuality,
    #[serde(default)]
    stale_executions: Vec<String>,
    comparison: Option<StoredComparison>,
}

/// What a comparison's dashboard compares.
#[derive(Debug, Deserialize)]
struct StoredComparison {
    /// Both sides in words, the base first: dates or values; `None` where there is nothing to compare.
    sides: Option<[String; 2]>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StoredQuality {
    rows_outside_window: u64,
    rows_without_date: u64,
    rows_of_totals: u64,
    lines_above_header: u64,
    results_in_windows_1252: u64,
    values_out_of_range: u64,
    values_rounded: u64,
    partial_steps: u64,
    summarised: bool,
    notes: Vec<String>,
}

impl StoredCharts {
    /// The blocks that show something there is; without a layout, all there is in its order.
    pub fn blocks(&self, metrics: &[Metric], datasets: &[Dataset]) -> Vec<Block> {
        self.layout
            .blocks
            .iter()
            .filter_map(|block| {
                Some(Block {
                    span: block.span.clamp(1, 12),
                    content: self.content(block, metrics, datasets)?,
                })
            })
            .collect()
    }

    fn content(&self, block: &StoredBlock, metrics: &[Metric], datasets: &[Dataset]) -> Option<Content> {
        match block.kind.as_str() {
            "metrics" => Some(Content::Metrics),
            "metric" => {
                let id = block.metric.as_deref()?;
                let place = metrics.iter().position(|metric| metric.id == id)?;
                let title = block
                    .title
                    .clone()
                    .unwrap_or_else(|| metrics[place].label.clone());
                Some(Content::Metric(place, title))
            }
            "chart" => {
                let id = block.chart.as_deref()?;
                Some(Content::Chart(
                    self.charts.iter().position(|chart| chart.id == id)?,
                ))
            }
            "table" => {
                let name = block.dataset.as_deref()?;
                let place = datasets.iter().position(|dataset| dataset.name == name)?;
                let title = block.title.clone().unwrap_or_else(|| name_in_words(name));
                Some(Content::Table(place, title))
            }
            "note" => block.text.clone().map(Content::Note),
            _ => None,
        }
    }
}

impl StoredProcessed {
    /// The datasets with typed cells; a column's numbers are written as the metric of its id is.
    pub fn into_datasets(self, metrics: &[Metric]) -> Result<Vec<Dataset>, serde_json::Error> {
        let mut columns = self.columns;
        if let Some(sides) = self.comparison.and_then(|comparison| comparison.sides) {
            columns
                .values_mut()
                .for_each(|columns| name_sides(columns, &sides));
        }
        self.datasets
            .into_iter()
            .map(|(name, json)| {
                let mut columns = columns.remove(&name).unwrap_or_default();
                for column in columns.iter_mut().filter(|column| column.format.is_empty()) {
                    let metric = metrics.iter().find(|metric| metric.id == column.id);
                    column.format = metric.map(|metric| metric.format.clone()).unwrap_or_default();
                }
                let rows = typed_rows(&json, &columns)?;
                Ok(Dataset {
                    name,
                    columns,
                    rows,
                    json,
                })
            })
            .collect()
    }

    /// What was left out or altered, a sentence each.
    pub fn caveats(&self) -> Vec<String> {
        let quality = &self.data_quality;
        let counted = [
            (
                quality.rows_outside_window,
                "row lies",
                "rows lie",
                "outside of its result's window and is in no number",
                "outside of their results' windows and are in no number",
            ),
            (
                quality.rows_without_date,
                "row has",
                "rows have",
                "no readable date and is in no number",
                "no readable date and are in no number",
            ),
            (
                quality.rows_of_totals,
                "row is",
                "rows are",
                "a total of other rows and is in no number",
                "totals of other rows and are in no number",
            ),
            (
                quality.lines_above_header,
                "line of titles stands",
                "lines of titles stand",
                "above a header and was left out",
                "above a header and were left out",
            ),
            (
                quality.results_in_windows_1252,
                "result is",
                "results are",
                "no UTF-8 and was read as Windows-1252",
                "no UTF-8 and were read as Windows-1252",
            ),
            (
                quality.values_out_of_range,
                "value was",
                "values were",
                "too large or no number and counts as missing",
                "too large or no numbers and count as missing",
            ),
            (
                quality.values_rounded,
                "value was",
                "values were",
                "rounded to twelve fraction digits",
                "rounded to twelve fraction digits",
            ),
            (
                quality.partial_steps,
                "step of time is",
                "steps of time are",
                "not covered to its end",
                "not covered to their end",
            ),
            (
                self.stale_executions.len() as u64,
                "result lacks",
                "results lack",
                "what the configuration asks for now; a replay repairs it",
                "what the configuration asks for now; a replay repairs them",
            ),
        ];
        let mut caveats: Vec<String> = counted
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many, of_one, of_many)| {
                words::count(count, &format!("{one} {of_one}."), &format!("{many} {of_many}."))
            })
            .collect();
        if quality.summarised {
            caveats.push(
                "Results were summarised: totals are exact, named values may be larger than shown."
                    .to_owned(),
            );
        }
        caveats.extend(quality.notes.iter().map(|note| format!("{note}.")));
        caveats
    }
}

/// Says in the labels of a measure's two sides which is which: a file is read where no chart stands beside it.
fn name_sides(columns: &mut [Column], [base, current]: &[String; 2]) {
    let bases: Vec<(usize, String)> = columns
        .iter()
        .enumerate()
        .filter_map(|(place, column)| Some((place, column.id.split_once("__before")?.0.to_owned())))
        .collect();
    for (place, of) in bases {
        // Of two values of a dimension the base's is in its label already.
        let is_named = columns[place].label.ends_with(&format!(", {base}"));
        let label = |label: &str, side: &str| match is_named {
            true => format!("{label}, {side}"),
            false => format!("{label} ({side})"),
        };
        if !is_named {
            columns[place].label = label(&columns[place].label, base);
        }
        if let Some(measure) = columns.iter_mut().find(|column| column.id == of) {
            measure.label = label(&measure.label, current);
        }
    }
}

fn typed_rows(json: &RawValue, columns: &[Column]) -> Result<Vec<Vec<Cell>>, serde_json::Error> {
    let rows: Vec<BTreeMap<String, Box<RawValue>>> = serde_json::from_str(json.get())?;
    let cell = |row: &BTreeMap<String, Box<RawValue>>, column: &Column| {
        row.get(&column.id)
            .map_or(Cell::Null, |value| Cell::read(value, column.is_date()))
    };
    Ok(rows
        .iter()
        .map(|row| columns.iter().map(|column| cell(row, column)).collect())
        .collect())
}

/// A dataset's name in words: `by_campaign__device` is "By campaign and device".
pub fn name_in_words(name: &str) -> String {
    let words = name.replace("__", " and ").replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
