//! What a dashboard holds besides its metrics, whatever its type: datasets, charts and their order on the page.

use super::chart::Chart;
use super::coverage::Coverage;
use super::dataset::{Dataset, PARTIAL};
use super::fields::Fields;
use super::grain::Grain;
use super::json;
use super::quality::data_quality;
use crate::aggregate::Kind;
use crate::dashboard::config::PanelCompare;
use crate::dashboard::{Contribution, ViewInput};

/// The content of a dashboard.
#[derive(Debug)]
pub struct Content {
    /// The step in which it draws time.
    pub grain: Grain,
    /// Its datasets, in any order.
    pub datasets: Vec<Dataset>,
    /// Its charts.
    pub charts: Vec<Chart>,
    /// What stands on the page, in order.
    pub blocks: Vec<Block>,
    /// More members of `processed_data`: a key and its canonical JSON.
    pub facts: Vec<(&'static str, String)>,
}

/// A block of the page, which is twelve columns wide.
#[derive(Debug)]
pub enum Block {
    /// The headline metrics.
    Metrics,
    /// One metric under a heading.
    Metric {
        /// The metric's id.
        id: String,
        /// The heading.
        title: String,
        /// What it is compared with, where that is asked for.
        compare: Option<PanelCompare>,
    },
    /// A chart by its id, and so many columns wide.
    Chart(String, u8),
    /// A dataset as a table, under a heading.
    Table(String, Option<String>),
    /// A sentence.
    Note(String),
}

impl Content {
    /// `processed_data`.
    pub fn processed_data(&self, input: &ViewInput<'_>, fields: &Fields) -> String {
        let mut datasets: Vec<&Dataset> = self.datasets.iter().collect();
        datasets.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let by_name = |write: &dyn Fn(&mut String, &Dataset)| {
            let mut out = String::with_capacity(4096);
            write_by_name(&mut out, &datasets, write);
            out
        };
        let columns = by_name(&|out, dataset| dataset.write_columns(out, &fields.measures));
        let quality = data_quality(&input.contributions, &datasets, fields);
        let rows = by_name(&|out, dataset| dataset.write_rows(out, &fields.measures));
        let grain = json::quoted(self.grain.name());
        let mut stale = input.stale.clone();
        stale.sort_unstable();
        stale.dedup();
        let mut stale_executions = String::new();
        json::array(&mut stale_executions, stale, |out, id| {
            json::string(out, &id.to_string())
        });
        let mut members = vec![
            ("columns", columns.as_str()),
            ("data_quality", quality.as_str()),
            ("datasets", rows.as_str()),
            ("grain", grain.as_str()),
            ("schema", "\"dashloom.processed/1\""),
            ("stale_executions", stale_executions.as_str()),
        ];
        members.extend(self.facts.iter().map(|(key, value)| (*key, value.as_str())));
        let mut out = String::with_capacity(rows.len() + columns.len() + 1024);
        json::object(&mut out, members);
        out
    }

    /// `charts_config`.
    pub fn charts_config(&self) -> String {
        let room = self.charts.iter().map(|chart| chart.spec.len() + 256);
        let mut out = String::with_capacity(1024 + room.sum::<usize>());
        out.push_str("{\"charts\":");
        json::array(&mut out, &self.charts, |out, chart| chart.write(out));
        out.push_str(",\"layout\":{\"blocks\":");
        json::array(&mut out, &self.blocks, |out, block| block.write(out));
        out.push_str(",\"columns\":12},\"schema\":\"dashloom.charts/1\"}");
        out
    }
}

impl Block {
    /// The block of a chart: lines, and funnels with their long labels, over the whole width, others two beside each other.
    pub fn of(chart: &Chart) -> Self {
        let span = if matches!(chart.kind, "line" | "funnel") {
            12
        } else {
            6
        };
        Self::Chart(chart.id.clone(), span)
    }

    fn write(&self, out: &mut String) {
        let (kind, span, members) = match self {
            Self::Metrics => ("metrics", 12, Vec::new()),
            Self::Metric { id, title, compare } => {
                let compare = compare.iter().map(|compare| ("compare", compare.name()));
                (
                    "metric",
                    3,
                    compare
                        .chain([("metric", id.as_str()), ("title", title)])
                        .collect(),
                )
            }
            Self::Chart(id, span) => ("chart", *span, vec![("chart", id.as_str())]),
            Self::Table(dataset, title) => {
                let title = title.iter().map(|title| ("title", title.as_str()));
                (
                    "table",
                    12,
                    title.chain([("dataset", dataset.as_str())]).collect(),
                )
            }
            Self::Note(text) => ("note", 12, vec![("text", text.as_str())]),
        };
        let members: Vec<(&str, String)> = members
            .into_iter()
            .map(|(key, value)| (key, json::quoted(value)))
            .chain([("kind", json::quoted(kind)), ("span", span.to_string())])
            .collect();
        let members = members.iter().map(|(key, value)| (*key, value.as_str()));
        json::object(out, members.collect());
    }
}

fn write_by_name(out: &mut String, datasets: &[&Dataset], write: impl Fn(&mut String, &Dataset)) {
    out.push('{');
    for (index, dataset) in datasets.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        json::string(out, &dataset.name);
        out.push(':');
        write(out, dataset);
    }
    out.push('}');
}

/// What tells steps that are covered to their end from others: nothing for results without dates, each of which is one
/// bucket wherever its window lies.
pub fn coverage(input: &ViewInput<'_>, fields: &Fields) -> Option<Coverage> {
    let shown = || {
        input
            .contributions
            .iter()
            .filter(|contribution: &&Contribution<'_>| contribution.in_view)
    };
    let timed = shown().all(|contribution| contribution.partial.kind != Kind::Untimed);
    (timed && !fields.has_id(PARTIAL)).then(|| Coverage::of(shown(), input.config.timezone(), input.cadence))
}
