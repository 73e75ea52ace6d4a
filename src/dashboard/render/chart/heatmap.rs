//! A measure by the values of two dimensions: a heatmap.

use super::Chart;
use super::parts::{
    dimension_tooltip, fill, in_row_order, list, measure_tooltip, object, spec, step_title, steps_across,
    text, time_unit, tooltip_of, tooltip_of_measure, whole, with_unit,
};
use crate::dashboard::render::dataset::{Dataset, Key};
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::measures::Measure;

/// The chart of one measure over the cells of a breakdown by two dimensions; the first goes downwards.
pub fn heatmap(dataset: &Dataset, measure: &Measure, title: Option<String>) -> Chart {
    let (down, across) = (&dataset.axes[0], &dataset.axes[1]);
    let title =
        title.unwrap_or_else(|| format!("{} by {} and {}", measure.field.label, down.label, across.label));
    Chart {
        id: format!("{}.{}", dataset.name, measure.field.id),
        kind: "heatmap",
        dataset: dataset.name.clone(),
        spec: spec(|out| {
            let description = format!("Heatmap: {title}. Cells without rows are left out.");
            fill(
                out,
                &[
                    "{\"data\":{\"name\":",
                    &dataset.name,
                    "},\"description\":",
                    &description,
                    ",\"encoding\":{",
                ],
            );
            fill(
                out,
                &["\"color\":{\"field\":", &measure.field.id, ",\"legend\":{"],
            );
            out.push_str(if measure.is_percent() {
                "\"format\":\"~%\","
            } else {
                ""
            });
            fill(
                out,
                &[
                    "\"title\":",
                    &with_unit(measure),
                    "},\"scale\":{\"scheme\":\"cividis\"},",
                ],
            );
            out.push_str("\"type\":\"quantitative\"},\"tooltip\":[");
            dimension_tooltip(out, down);
            out.push(',');
            dimension_tooltip(out, across);
            out.push(',');
            measure_tooltip(out, measure);
            let angle = if lie_side_by_side(dataset) { "0" } else { "-40" };
            out.extend([
                "],\"x\":{\"axis\":{\"labelAngle\":",
                angle,
                ",\"labelLimit\":120},",
            ]);
            fill(
                out,
                &[
                    "\"field\":",
                    &across.id,
                    ",\"sort\":null,\"title\":",
                    &across.label,
                    ",\"type\":\"nominal\"},",
                ],
            );
            fill(
                out,
                &[
                    "\"y\":{\"axis\":{\"labelLimit\":180},\"field\":",
                    &down.id,
                    ",\"sort\":null,\"title\":",
                ],
            );
            fill(
                out,
                &[
                    "",
                    &down.label,
                    ",\"type\":\"nominal\"}},\"height\":{\"step\":20},\"mark\":{\"type\":\"rect\"}",
                ],
            );
            fill(out, &[",\"title\":", &title, ",\"width\":\"container\"}"]);
        }),
        title,
    }
}

/// The most characters that labels beside each other may have together.
const LEVEL_LABELS: usize = 40;

/// Whether the labels across are few and short enough to stand level.
fn lie_side_by_side(dataset: &Dataset) -> bool {
    let across = dataset.values_of(1);
    let longest = across.iter().map(|key| match key {
        Key::Text(text) => text.chars().count(),
        Key::Date(_) => 10,
    });
    longest.max().unwrap_or(0) * across.len() <= LEVEL_LABELS
}

/// The chart of one measure over a dataset of series: time goes across, the values downwards.
pub fn heatmap_over_time(dataset: &Dataset, measure: &Measure, grain: Grain, title: Option<String>) -> Chart {
    let (time, down) = (&dataset.axes[0], &dataset.axes[1]);
    let title =
        title.unwrap_or_else(|| format!("{} by {} and {}", measure.field.label, down.label, grain.name()));
    let format = if measure.is_percent() {
        "\"format\":\"~%\","
    } else {
        ""
    };
    let colour = object(&[
        ("field", &text(&measure.field.id)),
        (
            "legend",
            &format!("{{{format}\"title\":{}}}", text(&with_unit(measure))),
        ),
        ("scale", "{\"scheme\":\"cividis\"}"),
        ("type", "\"quantitative\""),
    ]);
    let of_time = object(&[
        ("field", &text(&time.id)),
        ("timeUnit", &text(time_unit(grain))),
        ("title", &text(step_title(grain))),
        ("type", "\"temporal\""),
    ]);
    let tooltip = list(&[of_time, tooltip_of(down), tooltip_of_measure(measure)]);
    let encoding = object(&[
        ("color", &colour),
        ("tooltip", &tooltip),
        ("x", &steps_across(time, grain)),
        ("y", &in_row_order(down)),
    ]);
    let description = format!("Heatmap: {title}. Steps without rows are left out.");
    Chart {
        id: format!("{}.{}", dataset.name, measure.field.id),
        kind: "heatmap",
        dataset: dataset.name.clone(),
        spec: whole(
            &dataset.name,
            &title,
            &description,
            &[
                ("encoding", &encoding),
                ("height", "{\"step\":20}"),
                ("mark", "{\"type\":\"rect\"}"),
            ],
        ),
        title,
    }
}
