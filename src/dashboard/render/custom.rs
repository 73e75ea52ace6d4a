//! The custom dashboard: the panels of its configuration, in their order.

use super::changes::Segments;
use super::chart::{self, Chart, Plot, PlotMark};
use super::comparison::is_quotient;
use super::content::{Block, Content, coverage};
use super::cube::Cube;
use super::dataset::Dataset;
use super::datasets::{MAX_ENTRIES, Ranked, by_code, capped_cross, ranked_breakdown, table, trend};
use super::fields::Fields;
use super::funnel::{stage_table, stages_title};
use super::grain::Grain;
use super::measures::Measure;
use super::series::{MAX_NAMED, SeriesOf, series};
use super::sides::Sides;
use super::totals::Formula;
use crate::dashboard::ViewInput;
use crate::dashboard::config::{Mark, Panel, Top};

/// The most points of a scatter plot by the values of a dimension.
const MAX_SCATTERED: usize = 200;
/// The most segments of a waterfall.
const MAX_STEPS: usize = 12;
/// The most values along an axis of a heatmap.
const MAX_ACROSS: usize = 17;

/// The content of a custom dashboard.
pub fn custom(input: &ViewInput<'_>, cube: &Cube<'_>, fields: &Fields) -> Content {
    let grain = Grain::choose(input.cadence, &cube.shown.dates);
    let trend = trend(cube, fields, grain, coverage(input, fields).as_ref());
    let table = table(cube, fields, &trend);
    let mut page = Page {
        input,
        cube,
        fields,
        grain,
        datasets: vec![trend, table],
        charts: Vec::new(),
        blocks: Vec::new(),
    };
    for panel in input.config.panels() {
        if let Err(problem) = page.add(panel) {
            page.blocks
                .push(Block::Note(format!("Panel \"{}\": {problem}.", panel.id)));
        }
    }
    if input.config.panels().is_empty() {
        page.blocks.push(Block::Note(NO_PANELS.to_owned()));
    }
    Content {
        grain,
        datasets: page.datasets,
        charts: page.charts,
        blocks: page.blocks,
        facts: Vec::new(),
    }
}

/// What is said where the configuration has no panels.
const NO_PANELS: &str = "A custom dashboard shows the panels of its configuration, and there are none.";

/// A page on which panels are put; its first datasets are the trend and the table.
struct Page<'a> {
    input: &'a ViewInput<'a>,
    cube: &'a Cube<'a>,
    fields: &'a Fields,
    grain: Grain,
    datasets: Vec<Dataset>,
    charts: Vec<Chart>,
    blocks: Vec<Block>,
}

impl Page<'_> {
    /// Adds a panel.
    ///
    /// # Errors
    /// Why it cannot be shown, as the rest of a sentence.
    fn add(&mut self, panel: &Panel) -> Result<(), String> {
        match panel.mark {
            Mark::Line => self.plots(panel, PlotMark::Line),
            Mark::Bar => self.plots(panel, PlotMark::Bar),
            Mark::Area => self.plots(panel, PlotMark::Area),
            Mark::Scatter => self.scatter(panel),
            Mark::Heatmap => self.heatmap(panel),
            Mark::Funnel => self.funnel(panel),
            Mark::Waterfall => self.waterfall(panel),
            Mark::Kpi => self.numbers(panel),
            Mark::Table => self.table(panel),
        }
    }

    fn numbers(&mut self, panel: &Panel) -> Result<(), String> {
        for measure in self.measures(&panel.y)? {
            let title = panel.title.as_ref().unwrap_or(&measure.field.label).clone();
            self.blocks.push(Block::Metric {
                id: measure.field.id.clone(),
                title,
                compare: panel.compare,
            });
        }
        Ok(())
    }

    fn table(&mut self, panel: &Panel) -> Result<(), String> {
        self.measures(&panel.y)?;
        let dataset = match panel.x.as_deref() {
            None => self.datasets[1].name.clone(),
            Some(x) if self.is_time(x) => self.datasets[0].name.clone(),
            Some(x) => {
                let dataset = self.breakdown(panel, x, MAX_ENTRIES)?;
                self.keep(dataset)
            }
        };
        self.blocks.push(Block::Table(dataset, panel.title.clone()));
        Ok(())
    }

    fn plots(&mut self, panel: &Panel, mark: PlotMark) -> Result<(), String> {
        let x = panel.x.as_deref().unwrap_or_default();
        let measures = self.measures(&panel.y)?;
        let own = match (self.is_time(x), panel.color.as_deref()) {
            (true, None) => None,
            (true, Some(color)) => Some(self.series(panel, color, MAX_NAMED)?),
            (false, None) => Some(self.breakdown(panel, x, MAX_ENTRIES)?),
            (false, Some(color)) => Some(self.cross(panel, x, color, MAX_NAMED + 1)?),
        };
        let dataset = own.as_ref().unwrap_or(&self.datasets[0]);
        let split = dataset.axes.get(1).map(|axis| axis.label.clone());
        let mut charts = Vec::new();
        for measure in &measures {
            let over = match self.is_time(x) {
                true => self.grain.name().to_owned(),
                false => dataset.axes[0].label.clone(),
            };
            let split = split
                .as_ref()
                .map_or(String::new(), |split| format!(" and {split}"));
            let title = self.title(panel, measure, measures.len(), || {
                format!("{} by {over}{split}", measure.field.label)
            });
            let of = Plot {
                id: String::new(),
                title: title.clone(),
                mark,
                dataset,
                measure,
                grain: self.grain,
            };
            charts.push(match (mark, self.is_time(x), split.is_empty()) {
                (PlotMark::Line, true, false) => chart::lines_titled(dataset, measure, self.grain, title),
                (PlotMark::Line, true, true) => chart::line(dataset, measure, self.grain, title),
                (PlotMark::Bar, false, true) => {
                    let in_order = dataset.is_ordered || self.ranks_by(panel, measure);
                    chart::bars(dataset, measure, in_order, Some(title))
                }
                _ => chart::plot(of),
            });
        }
        for (chart, measure) in charts.into_iter().zip(&measures) {
            let id = match measures.len() {
                1 => panel.id.clone(),
                _ => format!("{}.{}", panel.id, measure.field.id),
            };
            self.put(Chart { id, ..chart });
        }
        self.datasets.extend(own);
        Ok(())
    }

    fn scatter(&mut self, panel: &Panel) -> Result<(), String> {
        let x = self.measure(panel.x.as_deref().unwrap_or_default())?.clone();
        let own = match panel.color.as_deref() {
            Some(color) => Some(self.breakdown(panel, color, MAX_SCATTERED)?),
            None => None,
        };
        let dataset = own.as_ref().unwrap_or(&self.datasets[1]);
        let mut charts = Vec::new();
        let measures = self.measures(&panel.y)?;
        for y in &measures {
            let title = self.title(panel, y, measures.len(), || {
                format!("{} against {}", y.field.label, x.field.label)
            });
            let id = if measures.len() == 1 {
                panel.id.clone()
            } else {
                format!("{}.{}", panel.id, y.field.id)
            };
            charts.push(Chart {
                id,
                ..chart::scatter(dataset, &x, y, Some(title))
            });
        }
        charts.into_iter().for_each(|chart| self.put(chart));
        self.datasets.extend(own);
        Ok(())
    }

    fn heatmap(&mut self, panel: &Panel) -> Result<(), String> {
        let measure = self.measure(panel.color.as_deref().unwrap_or_default())?.clone();
        let (x, y) = (
            panel.x.as_deref().unwrap_or_default(),
            panel.y.first().map_or("", String::as_str),
        );
        let dataset = match (self.is_time(x), self.is_time(y)) {
            (true, true) => return Err("a heatmap needs a dimension besides the time".to_owned()),
            (true, false) => self.series(panel, y, MAX_ACROSS)?,
            (false, true) => self.series(panel, x, MAX_ACROSS)?,
            (false, false) => self.cross(panel, y, x, MAX_ACROSS)?,
        };
        let chart = match self.is_time(x) || self.is_time(y) {
            true => chart::heatmap_over_time(&dataset, &measure, self.grain, panel.title.clone()),
            false => chart::heatmap(&dataset, &measure, panel.title.clone()),
        };
        self.put(Chart {
            id: panel.id.clone(),
            ..chart
        });
        self.keep(dataset);
        Ok(())
    }

    fn funnel(&mut self, panel: &Panel) -> Result<(), String> {
        let stages: Vec<usize> = panel
            .stages
            .iter()
            .map(|id| self.fields.measure(id).ok_or_else(|| no_measure(id)))
            .collect::<Result<_, _>>()?;
        let dataset = stage_table(&dataset_name(panel), self.fields, &stages, &self.cube.whole());
        let title = panel
            .title
            .clone()
            .unwrap_or_else(|| stages_title(self.fields, &stages));
        let chart = chart::funnel(&dataset, &title, super::stages::BY_COLUMN);
        self.put(Chart {
            id: panel.id.clone(),
            ..chart
        });
        self.keep(dataset);
        Ok(())
    }

    /// The bridge of a measure that adds up, mix against rate of a quotient.
    fn waterfall(&mut self, panel: &Panel) -> Result<(), String> {
        let x = panel.x.as_deref().unwrap_or_default();
        let dimension = self.dimension(x)?;
        let sides = Sides::of_panel(self.input, panel.compare)?;
        let cap = panel.top.as_ref().map_or(MAX_STEPS, |top| top.n + 1);
        for id in &panel.y {
            let index = self.fields.measure(id).ok_or_else(|| no_measure(id))?;
            let measure = &self.fields.measures[index];
            let by = match measure.formula.is_additive() {
                true => &measure.formula,
                false => self.fields.ranked_by(),
            };
            let segments = Segments::of(&sides, self.cube, self.fields, dimension, by, cap);
            let title = panel.title.clone();
            let (explained, chart) = if measure.formula.is_additive() {
                let bridge = segments.bridge(self.fields, index, &sides.labels);
                let bridge = bridge.ok_or_else(|| format!("\"{id}\" has no value on one of the sides"))?;
                let chart = chart::waterfall(&bridge.dataset, measure, title);
                (bridge, chart)
            } else {
                let mix = segments.mix_rate(self.fields, index);
                let mix = mix.ok_or_else(|| match is_quotient(measure) {
                    true => format!("\"{id}\" has no value for one of the segments on one of the sides"),
                    false => format!("\"{id}\" neither adds up nor is a quotient of sums"),
                })?;
                let chart = chart::mix_rate(&mix.dataset, measure, title);
                (mix, chart)
            };
            let suffix = if panel.y.len() == 1 {
                String::new()
            } else {
                format!(".{id}")
            };
            let name = format!("{}{}", dataset_name(panel), suffix.replace('.', "_"));
            let chart = chart.renamed(&explained.dataset.name, &name);
            self.put(Chart {
                id: format!("{}{suffix}", panel.id),
                ..chart
            });
            self.keep(Dataset {
                name,
                ..explained.dataset
            });
        }
        Ok(())
    }

    fn put(&mut self, chart: Chart) {
        self.blocks.push(Block::of(&chart));
        self.charts.push(chart);
    }

    /// Adds a dataset; its name.
    fn keep(&mut self, dataset: Dataset) -> String {
        let name = dataset.name.clone();
        self.datasets.push(dataset);
        name
    }

    fn title(&self, panel: &Panel, measure: &Measure, of: usize, usual: impl Fn() -> String) -> String {
        match (&panel.title, of) {
            (Some(title), 1) => title.clone(),
            (Some(title), _) => format!("{title}: {}", measure.field.label),
            (None, _) => usual(),
        }
    }

    fn is_time(&self, id: &str) -> bool {
        self.fields.time.id == id
    }

    fn measure(&self, id: &str) -> Result<&Measure, String> {
        let index = self.fields.measure(id).ok_or_else(|| no_measure(id))?;
        Ok(&self.fields.measures[index])
    }

    fn measures(&self, ids: &[String]) -> Result<Vec<Measure>, String> {
        ids.iter().map(|id| self.measure(id).cloned()).collect()
    }

    fn dimension(&self, id: &str) -> Result<usize, String> {
        let none = || match self.is_time(id) {
            true => format!("\"{id}\" is the time, a dimension is needed here"),
            false => format!("no result has a dimension \"{id}\""),
        };
        self.fields.dimension(id).ok_or_else(none)
    }

    /// What values are ranked by: what the panel says, else its first measure where that adds up.
    fn ranked_by(&self, panel: &Panel) -> Result<Formula, String> {
        if let Some(id) = panel.top.as_ref().and_then(|top| top.by.as_deref()) {
            return Ok(self.measure(id)?.formula.clone());
        }
        let first = panel.y.first().and_then(|id| self.fields.measure(id));
        let first = first.map(|index| &self.fields.measures[index].formula);
        Ok(first
            .filter(|formula| formula.is_additive())
            .unwrap_or(self.fields.ranked_by())
            .clone())
    }

    fn ranks_by(&self, panel: &Panel, measure: &Measure) -> bool {
        self.ranked_by(panel)
            .is_ok_and(|formula| formula == measure.formula)
    }

    fn breakdown(&self, panel: &Panel, id: &str, cap: usize) -> Result<Dataset, String> {
        let dimension = self.dimension(id)?;
        let by = self.ranked_by(panel)?;
        let ranked = Ranked {
            by: &by,
            cap: panel.top.as_ref().map_or(cap, |top| top.n + 1),
            other: gathers(panel.top.as_ref()),
        };
        let by_code = by_code(self.cube, dimension);
        Ok(ranked_breakdown(
            self.cube,
            self.fields,
            dimension,
            &by_code,
            dataset_name(panel),
            ranked,
        ))
    }

    fn series(&self, panel: &Panel, id: &str, named: usize) -> Result<Dataset, String> {
        let by = self.ranked_by(panel)?;
        let of = SeriesOf {
            name: &dataset_name(panel),
            dimension: self.dimension(id)?,
            by: &by,
            named: panel.top.as_ref().map_or(named, |top| top.n.min(named)),
            other: gathers(panel.top.as_ref()),
        };
        Ok(series(self.cube, self.fields, self.grain, &self.datasets[0], of))
    }

    fn cross(&self, panel: &Panel, first: &str, second: &str, cap: usize) -> Result<Dataset, String> {
        let (a, b) = (self.dimension(first)?, self.dimension(second)?);
        if a == b {
            return Err(format!("\"{first}\" is given twice"));
        }
        let by = self.ranked_by(panel)?;
        let (of_a, of_b) = (by_code(self.cube, a), by_code(self.cube, b));
        let side = |cap, other| Ranked { by: &by, cap, other };
        // What a panel cuts down is its first dimension.
        let most = panel.top.as_ref().map_or(MAX_ACROSS, |top| top.n + 1);
        let sides = [
            (a, &of_a, side(most, gathers(panel.top.as_ref()))),
            (b, &of_b, side(cap, true)),
        ];
        Ok(capped_cross(self.cube, self.fields, dataset_name(panel), sides))
    }
}

fn gathers(top: Option<&Top>) -> bool {
    top.is_none_or(|top| top.other)
}

fn dataset_name(panel: &Panel) -> String {
    format!("panel_{}", panel.id)
}

fn no_measure(id: &str) -> String {
    format!("no measure has the id \"{id}\"")
}
