//! Bars, areas and lines as a panel asks for them: over time or over the values of a dimension, split by another or not.

use super::Chart;
use super::parts::{
    COLOUR, in_row_order, list, object, quantity, series_colour, step_title, steps_across, text, time_across,
    time_unit, tooltip_of, tooltip_of_measure, whole, with_unit,
};
use super::scale;
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::fields::Field;
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::measures::Measure;

/// Bars over time beyond which the gaps between them are narrow.
const MANY_BARS: usize = 24;

/// How a plot is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlotMark {
    /// Bars: upright over time, lying over values.
    Bar,
    /// Areas; those of a split stand on each other where the measure adds up.
    Area,
    /// Lines.
    Line,
}

/// A plot of one measure over the first key of a dataset, split by its second, if it has one.
#[derive(Debug)]
pub struct Plot<'a> {
    /// The chart's id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How it is drawn.
    pub mark: PlotMark,
    /// What it draws.
    pub dataset: &'a Dataset,
    /// The measure.
    pub measure: &'a Measure,
    /// The step of time.
    pub grain: Grain,
}

/// The chart of a plot.
pub fn plot(of: Plot<'_>) -> Chart {
    let (name, kind) = match of.mark {
        PlotMark::Bar => ("Bar chart", "bar"),
        PlotMark::Area => ("Area chart", "area"),
        PlotMark::Line => ("Line chart", "line"),
    };
    let lies = of.mark == PlotMark::Bar && !of.is_over_time();
    let height = if lies { "{\"step\":20}" } else { "240" };
    let description = format!("{name}: {}.", of.title);
    let (encoding, mark) = (of.encoding(lies), of.mark_definition());
    let mut members = vec![
        ("encoding", encoding.as_str()),
        ("height", height),
        ("mark", mark.as_str()),
    ];
    if of.mark == PlotMark::Area {
        members.push(("transform", "[{\"filter\":\"!datum._partial\"}]"));
    }
    Chart {
        spec: whole(&of.dataset.name, &of.title, &description, &members),
        id: of.id,
        kind,
        dataset: of.dataset.name.clone(),
        title: of.title,
    }
}

impl Plot<'_> {
    fn axis(&self) -> &Field {
        &self.dataset.axes[0]
    }

    fn split(&self) -> Option<&Field> {
        self.dataset.axes.get(1)
    }

    fn is_over_time(&self) -> bool {
        self.axis().kind == "date"
    }

    fn mark_definition(&self) -> String {
        let colour = text(COLOUR);
        let overlaps = self.split().is_some() && !self.measure.formula.is_additive();
        let opacity = if overlaps { "0.35" } else { "0.8" };
        // Edges must not close the gaps between narrow bars.
        let is_crowded = self.is_over_time() && self.dataset.values_of(0).len() > MANY_BARS;
        let edge = if is_crowded { "0.5" } else { "1" };
        // What Vega-Lite lays over a mark does not take its colour.
        let own = object(&[("color", &colour), ("opacity", "1")]);
        let overlay = if self.split().is_none() {
            own.as_str()
        } else {
            "{\"opacity\":1}"
        };
        let mut members = match self.mark {
            PlotMark::Bar => vec![("strokeWidth", edge), ("type", "\"bar\"")],
            PlotMark::Area => vec![("line", overlay), ("opacity", opacity), ("type", "\"area\"")],
            PlotMark::Line => vec![("point", overlay), ("type", "\"line\"")],
        };
        if self.split().is_none() {
            members.push(("color", &colour));
            members.extend((self.mark == PlotMark::Bar).then_some(("stroke", colour.as_str())));
        }
        object(&members)
    }

    fn encoding(&self, lies: bool) -> String {
        let additive = self.measure.formula.is_additive();
        let grouped = self.mark == PlotMark::Bar && self.split().is_some() && !additive;
        let from_zero = self.mark != PlotMark::Line || self.measure.formula.counts_from_zero();
        let title = with_unit(self.measure);
        let mut value = quantity(
            &self.measure.field.id,
            &title,
            self.measure.is_percent(),
            scale::of_measure(self.dataset, self.measure, from_zero),
        );
        if self.mark == PlotMark::Area || grouped {
            // "stack" stands between "scale" and "type".
            let stack = if additive { "\"zero\"" } else { "null" };
            value = value.replace(",\"type\":", &format!(",\"stack\":{stack},\"type\":"));
        }
        let key = self.key_channel();
        let tooltip = self.tooltip();
        let (across, down, offset) = if lies {
            (value, key, "yOffset")
        } else {
            (key, value, "xOffset")
        };
        let mut members = vec![("tooltip", tooltip), ("x", across), ("y", down)];
        if let Some(split) = self.split() {
            members.push(("color", series_colour(split)));
            let place = object(&[
                ("field", &text(&split.id)),
                ("sort", "null"),
                ("type", "\"nominal\""),
            ]);
            members.extend(grouped.then_some((offset, place)));
        }
        if self.mark == PlotMark::Bar && self.is_over_time() {
            let pale = "{\"condition\":{\"test\":\"datum._partial\",\"value\":0.25},\"value\":1}";
            members.push(("fillOpacity", pale.to_owned()));
            members.extend(self.split().map(|split| ("stroke", series_colour(split))));
        }
        let members: Vec<(&str, &str)> = members
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        object(&members)
    }

    fn key_channel(&self) -> String {
        match (self.is_over_time(), self.mark) {
            (true, PlotMark::Bar) => steps_across(self.axis(), self.grain),
            (true, PlotMark::Area | PlotMark::Line) => {
                time_across(self.axis(), self.grain, self.dataset.values_of(0).len())
            }
            (false, PlotMark::Bar) => in_row_order(self.axis()),
            (false, PlotMark::Area | PlotMark::Line) => object(&[
                ("axis", "{\"labelAngle\":-40,\"labelLimit\":120,\"title\":null}"),
                ("field", &text(&self.axis().id)),
                ("sort", "null"),
                ("type", "\"nominal\""),
            ]),
        }
    }

    fn tooltip(&self) -> String {
        let key = match self.is_over_time() {
            true => object(&[
                ("field", &text(&self.axis().id)),
                ("timeUnit", &text(time_unit(self.grain))),
                ("title", &text(step_title(self.grain))),
                ("type", "\"temporal\""),
            ]),
            false => tooltip_of(self.axis()),
        };
        let mut entries = vec![key];
        entries.extend(self.split().map(tooltip_of));
        entries.push(tooltip_of_measure(self.measure));
        list(&entries)
    }
}
