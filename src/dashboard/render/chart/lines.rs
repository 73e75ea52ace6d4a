//! A measure over time, a line for each value of a dimension.

use super::Chart;
use super::parts::{
    SERIES, axis_format, list, measure_tooltip, object, step_title, steps_across, text, time_across,
    time_unit, tooltip_of, with_unit,
};
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::measures::Measure;

/// Steps up to which each has its place and its label; a scale of time would put ticks between them.
const FEW_STEPS: usize = 12;
/// Steps beyond which points on the lines would run into each other.
const MANY_STEPS: usize = 60;

/// The chart of one measure over a dataset by time and one more key. Steps not covered to their end are hollow points off
/// the lines.
pub fn lines(dataset: &Dataset, measure: &Measure, grain: Grain) -> Chart {
    let split = &dataset.axes[1];
    let mut title = format!("{} by {} and {}", measure.field.label, grain.name(), split.label);
    if dataset.is_cut {
        title.push_str(", the largest and the rest");
    }
    lines_titled(dataset, measure, grain, title)
}

/// As [`lines`], under another title.
pub fn lines_titled(dataset: &Dataset, measure: &Measure, grain: Grain, title: String) -> Chart {
    let (time, split) = (&dataset.axes[0], &dataset.axes[1]);
    let legend = object(&[
        ("columns", "3"),
        ("labelLimit", "180"),
        ("orient", "\"top\""),
        ("title", "null"),
    ]);
    let colours: Vec<String> = SERIES.iter().map(|colour| text(colour)).collect();
    let split_id = text(&split.id);
    let series = |legend: &str, range: &str| {
        object(&[
            ("field", &split_id),
            ("legend", legend),
            ("scale", &object(&[("range", range)])),
            ("sort", "null"),
            ("type", "\"nominal\""),
        ])
    };
    let steps = dataset.values_of(0).len();
    let x = if steps <= FEW_STEPS {
        steps_across(time, grain)
    } else {
        time_across(time, grain)
    };
    let zero = if measure.formula.counts_from_zero() {
        "{\"zero\":true}"
    } else {
        "{\"zero\":false}"
    };
    let y = object(&[
        (
            "axis",
            &format!(
                "{{{}\"title\":{}}}",
                axis_format(measure),
                text(&with_unit(measure))
            ),
        ),
        ("field", &text(&measure.field.id)),
        ("scale", zero),
        ("type", "\"quantitative\""),
    ]);
    let mut of_measure = String::new();
    measure_tooltip(&mut of_measure, measure);
    let of_time = object(&[
        ("field", &text(&time.id)),
        ("timeUnit", &text(time_unit(grain))),
        ("title", &text(step_title(grain))),
        ("type", "\"temporal\""),
    ]);
    let tooltip = list(&[of_time, tooltip_of(split), of_measure]);
    let encoding = object(&[
        ("color", &series(&legend, &list(&colours))),
        ("tooltip", &tooltip),
        ("x", &x),
        ("y", &y),
    ]);
    let crowded = steps > MANY_STEPS;
    let dashes = "[[1,0],[1,0],[1,0],[1,0],[1,0],[4,3]]";
    let line = object(&[
        ("encoding", &object(&[("strokeDash", &series(&legend, dashes))])),
        ("mark", "{\"strokeWidth\":2,\"type\":\"line\"}"),
        ("transform", "[{\"filter\":\"!datum._partial\"}]"),
    ]);
    let by_partial = |partial: &str, whole: &str| {
        format!("{{\"condition\":{{\"test\":\"datum._partial\",\"value\":{partial}}},\"value\":{whole}}}")
    };
    let points = object(&[
        (
            "encoding",
            &object(&[
                ("fill", &series(&legend, &list(&colours))),
                ("fillOpacity", &by_partial("0", "1")),
                ("size", &by_partial("36", if crowded { "4" } else { "16" })),
            ]),
        ),
        ("mark", "{\"type\":\"point\"}"),
    ]);
    let description = format!("Line chart: {title}. Hollow points are not covered to their end.");
    let spec = object(&[
        ("data", &object(&[("name", &text(&dataset.name))])),
        ("description", &text(&description)),
        ("encoding", &encoding),
        ("height", "240"),
        ("layer", &list(&[line, points])),
        ("title", &text(&title)),
        ("width", "\"container\""),
    ]);
    Chart {
        id: format!("{}.{}", dataset.name, measure.field.id),
        kind: "line",
        dataset: dataset.name.clone(),
        spec,
        title,
    }
}
