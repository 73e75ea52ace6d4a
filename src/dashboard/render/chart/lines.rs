//! A measure over time, a line for each value of a dimension.

use super::Chart;
use super::breaks::{STRETCH, stretches};
use super::parts::{
    COLOUR, GREY, LEGEND, SERIES, list, measure_tooltip, object, quantity, step_title, steps_across, text,
    time_across, time_unit, tooltip_of, with_unit,
};
use super::scale;
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
    // The sixth is that of "Other".
    lines_looking(
        dataset,
        measure,
        grain,
        title,
        (&SERIES, "[[1,0],[1,0],[1,0],[1,0],[1,0],[4,3]]"),
    )
}

/// Two lines, of which the second is what the first is compared with.
pub fn compared(dataset: &Dataset, measure: &Measure, grain: Grain, title: String) -> Chart {
    lines_looking(dataset, measure, grain, title, (&[COLOUR, GREY], "[[1,0],[4,3]]"))
}

fn lines_looking(
    dataset: &Dataset,
    measure: &Measure,
    grain: Grain,
    title: String,
    (colours, dashes): (&[&str], &str),
) -> Chart {
    let (time, split) = (&dataset.axes[0], &dataset.axes[1]);
    let colours: Vec<String> = colours.iter().map(|colour| text(colour)).collect();
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
        time_across(time, grain, steps)
    };
    let values = scale::of_measure(dataset, measure, measure.formula.counts_from_zero());
    let y = quantity(
        &measure.field.id,
        &with_unit(measure),
        measure.is_percent(),
        values,
    );
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
        ("color", &series(LEGEND, &list(&colours))),
        ("tooltip", &tooltip),
        ("x", &x),
        ("y", &y),
    ]);
    let crowded = steps > MANY_STEPS;
    let (mut of_line, mut transforms) = (
        vec![("strokeDash", series(LEGEND, dashes))],
        "{\"filter\":\"!datum._partial\"}".to_owned(),
    );
    if let Some(stretches) = stretches(dataset).filter(|_| steps > FEW_STEPS) {
        of_line.push(("detail", STRETCH.to_owned()));
        transforms = format!("{transforms},{stretches}");
    }
    let of_line: Vec<(&str, &str)> = of_line
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let line = object(&[
        ("encoding", &object(&of_line)),
        ("mark", "{\"strokeWidth\":2,\"type\":\"line\"}"),
        ("transform", &format!("[{transforms}]")),
    ]);
    let by_partial = |partial: &str, whole: &str| {
        format!("{{\"condition\":{{\"test\":\"datum._partial\",\"value\":{partial}}},\"value\":{whole}}}")
    };
    let points = object(&[
        (
            "encoding",
            &object(&[
                ("fill", &series(LEGEND, &list(&colours))),
                ("fillOpacity", &by_partial("0", "1")),
                ("size", &by_partial("36", if crowded { "4" } else { "16" })),
            ]),
        ),
        ("mark", "{\"opacity\":1,\"type\":\"point\"}"),
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
