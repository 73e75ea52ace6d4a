//! The standard dashboard: headline metrics, trend, breakdowns, top table.

use super::chart::{self, Chart};
use super::coverage::Coverage;
use super::cube::Cube;
use super::dataset::{Dataset, PARTIAL};
use super::datasets::{breakdown, cross, crossed, table, trend};
use super::fields::Fields;
use super::grain::Grain;
use super::json;
use super::measures::Measure;
use super::metrics::HEADLINES;
use super::quality::data_quality;
use super::totals::{Formula, Totals};
use crate::aggregate::Kind;
use crate::dashboard::{Contribution, ViewInput};

/// The fewest rows of the table that make a scatter plot.
const FEWEST_POINTS: usize = 8;

/// The content of a standard dashboard.
#[derive(Debug)]
pub struct Standard<'a> {
    grain: Grain,
    trend: Dataset<'a>,
    breakdowns: Vec<Dataset<'a>>,
    crosses: Vec<Dataset<'a>>,
    table: Dataset<'a>,
}

impl<'a> Standard<'a> {
    /// Evaluates the datasets.
    pub fn of(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &'a Fields) -> Self {
        let grain = Grain::choose(input.cadence, &cube.shown.dates);
        let coverage = coverage(input, fields);
        let trend = trend(cube, fields, grain, coverage.as_ref());
        let breakdowns: Vec<(Dataset<'a>, Totals)> = (0..fields.dimensions.len())
            .map(|dimension| breakdown(cube, fields, dimension))
            .collect();
        let crosses = crossed(&breakdowns)
            .into_iter()
            .map(|pair| cross(cube, fields, pair, &breakdowns))
            .collect();
        Self {
            grain,
            table: table(cube, fields, &trend),
            trend,
            breakdowns: breakdowns.into_iter().map(|(dataset, _)| dataset).collect(),
            crosses,
        }
    }

    /// `processed_data`.
    pub fn processed_data(&self, input: &ViewInput<'_>, fields: &Fields) -> String {
        let mut datasets: Vec<&Dataset<'_>> = self.datasets().collect();
        datasets.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let mut out = String::with_capacity(4096);
        out.push_str("{\"columns\":");
        write_by_name(&mut out, &datasets, |out, dataset| {
            dataset.write_columns(out, &fields.measures)
        });
        out.push_str(",\"data_quality\":");
        out.push_str(&data_quality(&input.contributions, &datasets));
        out.push_str(",\"datasets\":");
        write_by_name(&mut out, &datasets, |out, dataset| {
            dataset.write_rows(out, &fields.measures)
        });
        out.extend([
            ",\"grain\":\"",
            self.grain.name(),
            "\",\"schema\":\"dashloom.processed/1\",\"stale_executions\":",
        ]);
        let mut stale = input.stale.clone();
        stale.sort_unstable();
        stale.dedup();
        json::array(&mut out, stale, |out, id| json::string(out, &id.to_string()));
        out.push('}');
        out
    }

    /// `charts_config`.
    pub fn charts_config(&self, fields: &Fields) -> String {
        let charts = self.charts(fields);
        let mut out =
            String::with_capacity(1024 + charts.iter().map(|chart| chart.spec.len() + 256).sum::<usize>());
        out.push_str("{\"charts\":");
        json::array(&mut out, &charts, |out, chart| chart.write(out));
        out.push_str(",\"layout\":");
        write_layout(&mut out, &charts);
        out.push_str(",\"schema\":\"dashloom.charts/1\"}");
        out
    }

    fn datasets(&self) -> impl Iterator<Item = &Dataset<'a>> {
        [&self.trend, &self.table]
            .into_iter()
            .chain(&self.breakdowns)
            .chain(&self.crosses)
    }

    fn charts(&self, fields: &'a Fields) -> Vec<Chart> {
        let shown = |dataset: &Dataset<'_>, measure: &Measure| {
            (0..dataset.len()).any(|row| {
                measure
                    .formula
                    .value(&dataset.totals, dataset.groups[row])
                    .is_some()
            })
        };
        let ranked = fields.ranked();
        let headline = fields.measures.iter().take(HEADLINES);
        let trends = headline.filter(|measure| shown(&self.trend, measure));
        let mut charts: Vec<Chart> = trends
            .map(|measure| chart::trend(&self.trend, measure, self.grain))
            .collect();
        let lead = ranked.or_else(|| {
            fields
                .measures
                .iter()
                .position(|measure| shown(&self.trend, measure))
        });
        let quotient = fields.measures.iter().position(is_quotient);
        for dataset in self.breakdowns.iter().filter(|dataset| dataset.len() > 1) {
            let drawn = lead
                .into_iter()
                .chain(quotient.filter(|index| Some(*index) != lead));
            for index in drawn.filter(|index| shown(dataset, &fields.measures[*index])) {
                charts.push(chart::bars(
                    dataset,
                    &fields.measures[index],
                    ranked == Some(index),
                ));
            }
        }
        for dataset in &self.crosses {
            let measure = lead
                .map(|index| &fields.measures[index])
                .filter(|measure| shown(dataset, measure));
            charts.extend(measure.map(|measure| chart::heatmap(dataset, measure)));
        }
        charts.extend(self.scatter(fields));
        charts
    }

    /// The first two measures that add up, against each other, where the table has enough rows by dimensions.
    fn scatter(&self, fields: &Fields) -> Option<Chart> {
        let mut additive = fields
            .measures
            .iter()
            .filter(|measure| measure.formula.is_additive());
        let (x, y) = (additive.next()?, additive.next()?);
        let enough = self.table.len() >= FEWEST_POINTS && !fields.dimensions.is_empty();
        enough.then(|| chart::scatter(&self.table, x, y))
    }
}

fn is_quotient(measure: &Measure) -> bool {
    matches!(measure.formula, Formula::Ratio(..) | Formula::Mean(_))
}

/// What tells steps that are covered to their end from others: nothing for results without dates, each of which is one
/// bucket wherever its window lies.
fn coverage(input: &ViewInput<'_>, fields: &Fields) -> Option<Coverage> {
    let shown = || {
        input
            .contributions
            .iter()
            .filter(|contribution: &&Contribution<'_>| contribution.in_view)
    };
    let timed = shown().all(|contribution| contribution.partial.kind != Kind::Untimed);
    (timed && !fields.has_id(PARTIAL)).then(|| Coverage::of(shown(), input.config.timezone()))
}

fn write_by_name(
    out: &mut String,
    datasets: &[&Dataset<'_>],
    mut write: impl FnMut(&mut String, &Dataset<'_>),
) {
    for (index, dataset) in datasets.iter().enumerate() {
        out.push(if index == 0 { '{' } else { ',' });
        json::string(out, &dataset.name);
        out.push(':');
        write(out, dataset);
    }
    out.push('}');
}

/// Appends the order of blocks on a page of 12 columns: the headline metrics, the charts, the table.
fn write_layout(out: &mut String, charts: &[Chart]) {
    out.push_str("{\"blocks\":[{\"kind\":\"metrics\",\"span\":12},");
    for chart in charts {
        out.push_str("{\"chart\":");
        json::string(out, &chart.id);
        let span = if chart.kind == "line" { "12" } else { "6" };
        out.extend([",\"kind\":\"chart\",\"span\":", span, "},"]);
    }
    out.push_str("{\"dataset\":\"table\",\"kind\":\"table\",\"span\":12}],\"columns\":12}");
}
