//! The standard dashboard: headline metrics, trend, breakdowns, top table.

use super::chart::{self, Chart};
use super::content::{Block, Content, coverage};
use super::cube::Cube;
use super::dataset::Dataset;
use super::datasets::{breakdown, cross, crossed, table, trend};
use super::fields::Fields;
use super::grain::Grain;
use super::measures::Measure;
use super::metrics::HEADLINES;
use super::series::{MAX_NAMED, SeriesOf, series};
use super::totals::{Formula, Totals};
use crate::aggregate::Kind;
use crate::dashboard::{Contribution, ViewInput};

/// The fewest rows of the table that make a scatter plot.
const FEWEST_POINTS: usize = 8;
/// The most dimensions whose values get a line each.
const MAX_SERIES: usize = 2;

/// The datasets of a standard dashboard, by what they are drawn as.
#[derive(Debug)]
struct Parts {
    grain: Grain,
    trend: Dataset,
    /// Whether there is anything to see over time: a single result without dates has no steps.
    is_over_time: bool,
    series: Vec<Dataset>,
    breakdowns: Vec<Dataset>,
    crosses: Vec<Dataset>,
    table: Dataset,
}

/// The content of a standard dashboard.
pub fn standard(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields) -> Content {
    let parts = Parts::of(input, cube, fields);
    let charts = parts.charts(fields);
    let mut blocks = vec![Block::Metrics];
    blocks.extend(charts.iter().map(Block::of));
    blocks.push(Block::Table(parts.table.name.clone(), None));
    let mut datasets = vec![parts.trend, parts.table];
    datasets.extend(parts.series);
    datasets.extend(parts.breakdowns);
    datasets.extend(parts.crosses);
    Content {
        grain: parts.grain,
        datasets,
        charts,
        blocks,
        facts: Vec::new(),
    }
}

impl Parts {
    fn of(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields) -> Self {
        let grain = Grain::choose(input.cadence, &cube.shown.dates);
        let coverage = coverage(input, fields);
        let trend = trend(cube, fields, grain, coverage.as_ref());
        let breakdowns: Vec<(Dataset, Totals)> = (0..fields.dimensions.len())
            .map(|dimension| breakdown(cube, fields, dimension))
            .collect();
        let crosses = crossed(fields, &breakdowns)
            .into_iter()
            .map(|pair| cross(cube, fields, pair, &breakdowns))
            .collect();
        let has_dates = |read: &Contribution<'_>| read.in_view && read.partial.kind == Kind::Timed;
        Self {
            grain,
            is_over_time: trend.len() > 1 || input.contributions.iter().any(has_dates),
            table: table(cube, fields, &trend),
            series: all_series(cube, fields, grain, &trend, &breakdowns),
            trend,
            breakdowns: breakdowns.into_iter().map(|(dataset, _)| dataset).collect(),
            crosses,
        }
    }

    fn charts(&self, fields: &Fields) -> Vec<Chart> {
        let ranked = fields.ranked();
        let headline = fields.measures.iter().take(HEADLINES);
        let trends = headline.filter(|measure| self.is_over_time && self.trend.shows(measure));
        let mut charts: Vec<Chart> = trends
            .map(|measure| chart::trend(&self.trend, measure, self.grain))
            .collect();
        let shown = |measure: &Measure| self.trend.shows(measure);
        let lead = ranked.or_else(|| fields.measures.iter().position(shown));
        let quotient = fields.measures.iter().position(is_quotient);
        let drawn = || {
            lead.into_iter()
                .chain(quotient.filter(|index| Some(*index) != lead))
        };
        let of_lead = |dataset: &&Dataset| lead.is_some_and(|lead| dataset.shows(&fields.measures[lead]));
        for dataset in self.series.iter().filter(of_lead) {
            charts.extend(lead.map(|lead| chart::lines(dataset, &fields.measures[lead], self.grain)));
        }
        let by_currency = |measure: &&Measure| !measure.currencies.is_empty();
        let in_currencies = || fields.measures.iter().take(HEADLINES).filter(by_currency);
        for dataset in &self.series {
            let shown = in_currencies().filter(|measure| dataset.shows(measure));
            charts.extend(shown.map(|measure| chart::lines(dataset, measure, self.grain)));
        }
        for dataset in self.breakdowns.iter().filter(|dataset| dataset.len() > 1) {
            let shown = in_currencies().filter(|measure| dataset.shows(measure));
            charts.extend(shown.map(|measure| chart::bars(dataset, measure, dataset.is_ordered, None)));
            for index in drawn().filter(|index| dataset.shows(&fields.measures[*index])) {
                let in_order = ranked == Some(index) || dataset.is_ordered;
                charts.push(chart::bars(dataset, &fields.measures[index], in_order, None));
            }
        }
        for dataset in self.crosses.iter().filter(of_lead) {
            charts.extend(lead.map(|lead| chart::heatmap(dataset, &fields.measures[lead], None)));
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
        enough.then(|| chart::scatter(&self.table, x, y, None))
    }
}

/// The lines of the first dimensions with several values, those with few values first, where there are several steps.
fn all_series(
    cube: &Cube<'_>,
    fields: &Fields,
    grain: Grain,
    trend: &Dataset,
    breakdowns: &[(Dataset, Totals)],
) -> Vec<Dataset> {
    if trend.len() < 2 {
        return Vec::new();
    }
    let of = |dimension: usize| {
        let name = format!("trend_by_{}", fields.dimensions[dimension].field.id);
        let of = SeriesOf {
            name: &name,
            dimension,
            by: fields.ranked_by(),
            named: MAX_NAMED,
            other: true,
        };
        series(cube, fields, grain, trend, of)
    };
    let mut several: Vec<usize> = (0..breakdowns.len())
        .filter(|dimension| breakdowns[*dimension].0.len() > 1)
        .collect();
    let names_currency = |dimension: usize| fields.names_currency(&fields.dimensions[dimension].field.id);
    several.sort_by_key(|dimension| (!names_currency(*dimension), breakdowns[*dimension].0.is_cut));
    several.into_iter().take(MAX_SERIES).map(of).collect()
}

fn is_quotient(measure: &Measure) -> bool {
    matches!(
        measure.formula,
        Formula::Ratio(..) | Formula::Mean(_) | Formula::Level(_)
    )
}
