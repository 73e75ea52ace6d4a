//! A measure by the values of a dimension: sorted horizontal bars.

use super::Chart;
use super::parts::{COLOUR, dimension_tooltip, fill, measure_tooltip, spec, value_axis};
use super::scale;
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::measures::Measure;

/// The chart of one measure over a breakdown; `is_ranked` says that the dataset's rows are sorted by this measure, or
/// stand in an order of their own. Without a title it is named after what it shows.
pub fn bars(dataset: &Dataset, measure: &Measure, is_ranked: bool, title: Option<String>) -> Chart {
    let dimension = &dataset.axes[0];
    let title = title.unwrap_or_else(|| {
        let rest = if dataset.is_cut {
            ", the largest and the rest"
        } else {
            ""
        };
        format!("{} by {}{rest}", measure.field.label, dimension.label)
    });
    Chart {
        id: format!("{}.{}", dataset.name, measure.field.id),
        kind: "bar",
        dataset: dataset.name.clone(),
        spec: spec(|out| {
            fill(
                out,
                &[
                    "{\"data\":{\"name\":",
                    &dataset.name,
                    "},\"description\":",
                    &format!("Bar chart: {title}."),
                ],
            );
            out.push_str(",\"encoding\":{\"tooltip\":[");
            dimension_tooltip(out, dimension);
            out.push(',');
            measure_tooltip(out, measure);
            out.extend(["],\"x\":{\"axis\":", &value_axis(measure)]);
            fill(out, &[",\"field\":", &measure.field.id, ",\"scale\":"]);
            out.push_str(scale::of_measure(dataset, measure, true));
            out.push_str(",\"type\":\"quantitative\"},\"y\":{\"axis\":{\"labelLimit\":180,");
            fill(out, &["\"title\":null},\"field\":", &dimension.id, ",\"sort\":"]);
            out.push_str(if is_ranked { "null" } else { "\"-x\"" });
            out.push_str(",\"type\":\"nominal\"}},\"height\":{\"step\":20},\"mark\":{\"color\":\"");
            // The edge is what is seen of a bar of zero; nothing is seen of no value.
            out.extend([
                COLOUR,
                "\",\"stroke\":\"",
                COLOUR,
                "\",\"strokeWidth\":1,\"type\":\"bar\"}",
            ]);
            fill(out, &[",\"title\":", &title, ",\"width\":\"container\"}"]);
        }),
        title,
    }
}
