//! A measure by the values of two dimensions: a heatmap.

use super::Chart;
use super::parts::{dimension_tooltip, fill, measure_tooltip, spec, with_unit};
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::measures::Measure;

/// The chart of one measure over the cells of a breakdown by two dimensions; the first goes downwards.
pub fn heatmap(dataset: &Dataset<'_>, measure: &Measure) -> Chart {
    let (down, across) = (dataset.axes[0], dataset.axes[1]);
    let title = format!("{} by {} and {}", measure.field.label, down.label, across.label);
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
            out.push_str("],\"x\":{\"axis\":{\"labelAngle\":-40,\"labelLimit\":120},");
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
