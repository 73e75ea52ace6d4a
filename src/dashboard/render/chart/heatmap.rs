//! A measure by the values of two dimensions: a heatmap.

use super::Chart;
use super::parts::{
    GREY, guide_title, in_row_order, list, object, step_title, steps_across, text, tick_format, time_unit,
    tooltip_of, tooltip_of_measure, whole, with_unit,
};
use crate::dashboard::render::dataset::{Dataset, Key};
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::measures::Measure;

/// The chart of one measure over the cells of a breakdown by two dimensions; the first goes downwards.
pub fn heatmap(dataset: &Dataset, measure: &Measure, title: Option<String>) -> Chart {
    let (down, across) = (&dataset.axes[0], &dataset.axes[1]);
    let title =
        title.unwrap_or_else(|| format!("{} by {} and {}", measure.field.label, down.label, across.label));
    let description = format!("Heatmap: {title}. Cells without rows are left out.");
    let axis = object(&[
        ("labelAngle", angle(dataset)),
        ("labelLimit", "120"),
        ("title", &guide_title(&across.label)),
        ("titleLimit", "240"),
    ]);
    let x = object(&[
        ("axis", &axis),
        ("field", &text(&across.id)),
        ("sort", "null"),
        ("type", "\"nominal\""),
    ]);
    let tooltip = list(&[tooltip_of(down), tooltip_of(across), tooltip_of_measure(measure)]);
    chart(
        dataset,
        measure,
        title,
        &description,
        [&x, &in_row_order(down), &tooltip],
    )
}

/// What a heatmap across half a page has for its cells and the labels beside them, in pixels.
const ROOM: usize = 400;
/// What a character takes of that.
const CHARACTER: usize = 6;
/// The most of it that labels down take.
const LABELS_DOWN: usize = 180;

/// How labels across stand: level where all have room beside each other, else leaning, else upright.
fn angle(dataset: &Dataset) -> &'static str {
    let longest = |axis| {
        let length = |key: &&Key| match key {
            Key::Text(text) => text.chars().count(),
            Key::Date(_) => 10,
        };
        dataset.values_of(axis).iter().map(length).max().unwrap_or(0) * CHARACTER
    };
    let room = (ROOM - longest(0).min(LABELS_DOWN)) / dataset.values_of(1).len().max(1);
    match room {
        _ if longest(1) + CHARACTER <= room => "0",
        18.. => "-40",
        _ => "-90",
    }
}

/// The chart of one measure over a dataset of series: time goes across, the values downwards.
pub fn heatmap_over_time(dataset: &Dataset, measure: &Measure, grain: Grain, title: Option<String>) -> Chart {
    let (time, down) = (&dataset.axes[0], &dataset.axes[1]);
    let title =
        title.unwrap_or_else(|| format!("{} by {} and {}", measure.field.label, down.label, grain.name()));
    let of_time = object(&[
        ("field", &text(&time.id)),
        ("timeUnit", &text(time_unit(grain))),
        ("title", &text(step_title(grain))),
        ("type", "\"temporal\""),
    ]);
    let tooltip = list(&[of_time, tooltip_of(down), tooltip_of_measure(measure)]);
    let description = format!("Heatmap: {title}. Steps without rows are left out.");
    let x = steps_across(time, grain);
    chart(
        dataset,
        measure,
        title,
        &description,
        [&x, &in_row_order(down), &tooltip],
    )
}

/// Cells up to which each has an edge, which tells the darkest and the lightest from the ground; more would be all edges.
const EDGED: usize = 60;

/// Pixels of the bar of colours; beside long labels or on a narrow screen it must not be longer than the chart.
const GRADIENT_LENGTH: &str = "{\"expr\":\"min(160, width)\"}";

fn chart(
    dataset: &Dataset,
    measure: &Measure,
    title: String,
    description: &str,
    [x, y, tooltip]: [&str; 3],
) -> Chart {
    let legend_title = guide_title(&with_unit(measure));
    let mut legend = tick_format(measure.is_percent());
    legend.extend([
        ("direction", "\"horizontal\""),
        ("gradientLength", GRADIENT_LENGTH),
        ("orient", "\"top\""),
        ("title", &legend_title),
        ("titleLimit", "240"),
    ]);
    let colour = object(&[
        ("field", &text(&measure.field.id)),
        ("legend", &object(&legend)),
        ("scale", "{\"scheme\":\"cividis\"}"),
        ("type", "\"quantitative\""),
    ]);
    let encoding = object(&[("color", &colour), ("tooltip", tooltip), ("x", x), ("y", y)]);
    let is_edged = dataset.values_of(0).len().max(dataset.values_of(1).len()) <= EDGED;
    let edge = format!("{{\"stroke\":\"{GREY}\",\"strokeWidth\":0.5,\"type\":\"rect\"}}");
    let mark = if is_edged { &edge } else { "{\"type\":\"rect\"}" };
    Chart {
        id: format!("{}.{}", dataset.name, measure.field.id),
        kind: "heatmap",
        dataset: dataset.name.clone(),
        spec: whole(
            &dataset.name,
            &title,
            description,
            &[
                ("encoding", &encoding),
                ("height", "{\"step\":20}"),
                ("mark", mark),
            ],
        ),
        title,
    }
}
