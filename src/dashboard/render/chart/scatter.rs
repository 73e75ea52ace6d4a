//! Two measures against each other: a scatter plot of the table's rows.

use super::Chart;
use super::parts::{COLOUR, dimension_tooltip, fill, measure_tooltip, spec, value_axis};
use super::scale;
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::measures::Measure;

/// The chart of one measure against another over the rows of the table, of which there are too few to need bins; its
/// last row, which gathers the rest, is left out.
pub fn scatter(dataset: &Dataset, x: &Measure, y: &Measure, title: Option<String>) -> Chart {
    let title = title.unwrap_or_else(|| format!("{} against {}", y.field.label, x.field.label));
    Chart {
        id: format!("{}.{}.{}", dataset.name, x.field.id, y.field.id),
        kind: "scatter",
        dataset: dataset.name.clone(),
        spec: spec(|out| {
            let description = format!("Scatter plot: {title}, one point for each row of the table.");
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
            out.push_str("\"tooltip\":[");
            for axis in &dataset.axes {
                dimension_tooltip(out, axis);
                out.push(',');
            }
            measure_tooltip(out, x);
            out.push(',');
            measure_tooltip(out, y);
            out.push_str("],\"x\":");
            write_axis(out, dataset, x);
            out.push_str(",\"y\":");
            write_axis(out, dataset, y);
            out.extend([
                "},\"height\":300,\"mark\":{\"color\":\"",
                COLOUR,
                "\",\"opacity\":1,\"type\":\"point\"}",
            ]);
            fill(out, &[",\"title\":", &title]);
            if let Some(rest) = dataset.rest_text() {
                let test = format!("datum['{}'] !== '{rest}'", dataset.axes[0].id);
                fill(out, &[",\"transform\":[{\"filter\":", &test, "}]"]);
            }
            out.push_str(",\"width\":\"container\"}");
        }),
        title,
    }
}

fn write_axis(out: &mut String, dataset: &Dataset, measure: &Measure) {
    out.extend(["{\"axis\":", &value_axis(measure)]);
    fill(out, &[",\"field\":", &measure.field.id, ",\"scale\":"]);
    out.push_str(scale::of_measure(dataset, measure, false));
    out.push_str(",\"type\":\"quantitative\"}");
}
