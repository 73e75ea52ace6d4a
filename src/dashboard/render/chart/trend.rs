//! A measure over time: a line, or bars where there are few steps.

use super::Chart;
use super::parts::{
    COLOUR, axis_format, fill, measure_tooltip, spec, step_title, time_format, time_unit, with_unit,
};
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::measures::Measure;

/// The most steps that are drawn as bars.
const MAX_BARS: usize = 12;

/// The chart of one measure over the steps of the trend. Steps not covered to their end stand apart: hollow points off
/// the line, or pale bars.
pub fn trend(dataset: &Dataset, measure: &Measure, grain: Grain) -> Chart {
    let few = dataset.len() <= MAX_BARS;
    let title = format!("{} by {}", measure.field.label, grain.name());
    let time = &dataset.axes[0].id;
    Chart {
        id: format!("trend.{}", measure.field.id),
        kind: if few { "bar" } else { "line" },
        dataset: dataset.name.clone(),
        spec: spec(|out| match few {
            true => write_bars(out, &title, time, measure, grain),
            false => write_line(out, &title, time, measure, grain),
        }),
        title,
    }
}

/// The line of one measure over the steps of the trend, however few, under a title.
pub fn line(dataset: &Dataset, measure: &Measure, grain: Grain, title: String) -> Chart {
    Chart {
        id: format!("trend.{}", measure.field.id),
        kind: "line",
        dataset: dataset.name.clone(),
        spec: spec(|out| write_line(out, &title, &dataset.axes[0].id, measure, grain)),
        title,
    }
}

fn write_line(out: &mut String, title: &str, time: &str, measure: &Measure, grain: Grain) {
    let description = format!("Line chart: {title}. Hollow points are not covered to their end.");
    fill(
        out,
        &[
            "{\"data\":{\"name\":\"trend\"},\"description\":",
            &description,
            ",\"encoding\":{\"tooltip\":",
        ],
    );
    write_tooltip(out, time, measure, grain);
    let format = time_format(grain);
    fill(
        out,
        &[
            ",\"x\":{\"axis\":{\"format\":",
            format,
            ",\"labelOverlap\":true,\"title\":null},\"field\":",
            time,
        ],
    );
    fill(
        out,
        &[
            ",\"scale\":{\"type\":\"utc\"},\"timeUnit\":",
            time_unit(grain),
            ",\"type\":\"temporal\"},\"y\":",
        ],
    );
    // The line of a sum or a count starts at zero too; levels (means, quotients) are read by their changes.
    write_value_axis(
        out,
        measure,
        if measure.formula.counts_from_zero() {
            "true"
        } else {
            "false"
        },
    );
    let layers = [
        "},\"height\":240,\"layer\":[{\"mark\":{\"color\":\"",
        COLOUR,
        "\",\"strokeWidth\":2,\"type\":\"line\"},\"transform\":[{\"filter\":\"!datum._partial\"}]},",
        "{\"encoding\":{\"fillOpacity\":{\"condition\":{\"test\":\"datum._partial\",\"value\":0},\"value\":1},",
        "\"size\":{\"condition\":{\"test\":\"datum._partial\",\"value\":36},\"value\":12}},\"mark\":{\"fill\":\"",
        COLOUR,
        "\",\"stroke\":\"",
        COLOUR,
        "\",\"type\":\"point\"}}],\"title\":",
    ];
    out.extend(layers);
    fill(out, &["", title, ",\"width\":\"container\"}"]);
}

fn write_bars(out: &mut String, title: &str, time: &str, measure: &Measure, grain: Grain) {
    let description = format!("Bar chart: {title}. Pale bars are not covered to their end.");
    fill(
        out,
        &[
            "{\"data\":{\"name\":\"trend\"},\"description\":",
            &description,
            ",\"encoding\":{",
        ],
    );
    out.push_str(
        "\"opacity\":{\"condition\":{\"test\":\"datum._partial\",\"value\":0.45},\"value\":1},\"tooltip\":",
    );
    write_tooltip(out, time, measure, grain);
    let label = format!("utcFormat(datum.value,'{}')", time_format(grain));
    fill(
        out,
        &[
            ",\"x\":{\"axis\":{\"labelAngle\":0,\"labelExpr\":",
            &label,
            ",\"labelOverlap\":true,\"title\":null},\"field\":",
            time,
            ",\"timeUnit\":",
            time_unit(grain),
            ",\"type\":\"ordinal\"},\"y\":",
        ],
    );
    write_value_axis(out, measure, "true");
    out.extend([
        "},\"height\":240,\"mark\":{\"color\":\"",
        COLOUR,
        "\",\"type\":\"bar\"},\"title\":",
    ]);
    fill(out, &["", title, ",\"width\":\"container\"}"]);
}

fn write_value_axis(out: &mut String, measure: &Measure, zero: &str) {
    out.extend(["{\"axis\":{", axis_format(measure)]);
    fill(
        out,
        &[
            "\"title\":",
            &with_unit(measure),
            "},\"field\":",
            &measure.field.id,
            ",\"scale\":{\"zero\":",
        ],
    );
    out.extend([zero, "},\"type\":\"quantitative\"}"]);
}

fn write_tooltip(out: &mut String, time: &str, measure: &Measure, grain: Grain) {
    fill(
        out,
        &[
            "[{\"field\":",
            time,
            ",\"timeUnit\":",
            time_unit(grain),
            ",\"title\":",
            step_title(grain),
            ",\"type\":\"temporal\"},",
        ],
    );
    measure_tooltip(out, measure);
    out.push(']');
}
