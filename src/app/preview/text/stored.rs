//! What the text takes from the JSON columns of a dashboard.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::export::Comparison;

#[derive(Deserialize)]
pub(super) struct Metrics {
    pub(super) metrics: Vec<Metric>,
}

#[derive(Deserialize)]
pub(super) struct Metric {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) value: Option<Box<RawValue>>,
    pub(super) unit: String,
    pub(super) format: String,
    pub(super) compare: Option<Comparison>,
    pub(super) compare_reason: Option<String>,
    pub(super) reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Data {
    pub(super) columns: BTreeMap<String, Vec<Column>>,
    pub(super) datasets: BTreeMap<String, Vec<BTreeMap<String, Box<RawValue>>>>,
    pub(super) data_quality: BTreeMap<String, Box<RawValue>>,
    pub(super) grain: String,
    pub(super) comparison: Option<Sides>,
    pub(super) funnel: Option<Funnel>,
}

#[derive(Deserialize)]
pub(super) struct Funnel {
    /// How things count, as a sentence.
    pub(super) counting_text: String,
}

#[derive(Deserialize)]
pub(super) struct Sides {
    /// Both sides in words, the base first.
    pub(super) sides: Option<[String; 2]>,
}

#[derive(Deserialize)]
pub(super) struct Column {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) role: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// How its numbers are written; empty where the metric of its id says so.
    #[serde(default)]
    pub(super) format: String,
}

#[derive(Deserialize)]
pub(super) struct Charts {
    pub(super) charts: Vec<Chart>,
    pub(super) layout: Layout,
}

#[derive(Deserialize)]
pub(super) struct Chart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) dataset: String,
}

#[derive(Deserialize)]
pub(super) struct Layout {
    pub(super) blocks: Vec<Block>,
}

#[derive(Deserialize)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) chart: Option<String>,
    pub(super) dataset: Option<String>,
    pub(super) title: Option<String>,
    pub(super) text: Option<String>,
}

impl Data {
    /// Gives each column that says nothing itself the format of the metric of its id.
    pub(super) fn format_as(&mut self, metrics: &[Metric]) {
        let columns = self.columns.values_mut().flatten();
        for column in columns.filter(|column| column.format.is_empty()) {
            let metric = metrics.iter().find(|metric| metric.id == column.id);
            column.format = metric.map_or_else(String::new, |metric| metric.format.clone());
        }
    }

    /// Says in the label of a measure on the newer side which one that is, as that of the base does.
    pub(super) fn name_sides(&mut self) {
        let Some([base, current]) = self.comparison.as_ref().and_then(|of| of.sides.as_ref()) else {
            return;
        };
        for columns in self.columns.values_mut() {
            let bases: Vec<(String, String)> = (columns.iter())
                .filter_map(|column| {
                    Some((
                        column.id.strip_suffix("__before")?.to_owned(),
                        column.label.clone(),
                    ))
                })
                .collect();
            for column in columns.iter_mut() {
                let Some((_, other)) = bases.iter().find(|(of, _)| *of == column.id) else {
                    continue;
                };
                let is_value = other.strip_prefix(&column.label) == Some(&format!(", {base}"));
                let side = if is_value { current.as_str() } else { "after" };
                column.label = format!("{}, {side}", column.label);
            }
        }
    }
}
