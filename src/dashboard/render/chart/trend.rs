//! A measure over time: a line, or bars where there are few steps.

use super::Chart;
use super::breaks::{STRETCH, stretches};
use super::parts::{
    COLOUR, fill, measure_tooltip, spec, step_title, time_axis, time_format, time_unit, value_axis,
};
use super::scale;
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::grain::Grain;
use crate::dashboard::render::measures::Measure;

/// The most steps that are drawn as bars.
const MAX_BARS: usize = 12;
/// The most bars that would be broader than high where they shared the width of a chart.
const FEW_BARS: usize = 3;
/// Steps beyond which points on the line would run into each other.
const MANY_STEPS: usize = 60;

/// The chart of one measure over the steps of the trend. Steps not covered to their end stand apart: hollow points off
/// the line, or pale bars.
pub fn trend(dataset: &Dataset, measure: &Measure, grain: Grain) -> Chart {
    let few = dataset.len() <= MAX_BARS;
    let title = format!("{} by {}", measure.field.label, grain.name());
    Chart {
        id: format!("trend.{}", measure.field.id),
        kind: if few { "bar" } else { "line" },
        dataset: dataset.name.clone(),
        spec: spec(|out| match few {
            true => write_bars(out, &title, dataset, measure, grain),
            false => write_line(out, &title, dataset, measure, grain),
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
        spec: spec(|out| write_line(out, &title, dataset, measure, grain)),
        title,
    }
}

fn write_line(out: &mut String, title: &str, dataset: &Dataset, measure: &Measure, grain: Grain) {
    let time = &dataset.axes[0].id;
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
    out.push_str(",\"x\":{\"axis\":");
    out.push_str(&time_axis(grain, dataset.len()));
    fill(out, &[",\"field\":", time]);
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
        scale::of_measure(dataset, measure, measure.formula.counts_from_zero()),
    );
    let stretches = stretches(dataset).map(|transforms| format!(",{transforms}"));
    let detail = match &stretches {
        Some(_) => format!("\"encoding\":{{\"detail\":{STRETCH}}},"),
        None => String::new(),
    };
    let size = if dataset.len() > MANY_STEPS { "4" } else { "12" };
    let layers = [
        "},\"height\":240,\"layer\":[{",
        &detail,
        "\"mark\":{\"color\":\"",
        COLOUR,
        "\",\"strokeWidth\":2,\"type\":\"line\"},\"transform\":[{\"filter\":\"!datum._partial\"}",
        stretches.as_deref().unwrap_or_default(),
        "]},{\"encoding\":{\"fillOpacity\":{\"condition\":{\"test\":\"datum._partial\",\"value\":0},\"value\":1},",
        "\"size\":{\"condition\":{\"test\":\"datum._partial\",\"value\":36},\"value\":",
        size,
        "}},\"mark\":{\"fill\":\"",
        COLOUR,
        "\",\"opacity\":1,\"stroke\":\"",
        COLOUR,
        "\",\"type\":\"point\"}}],\"title\":",
    ];
    out.extend(layers);
    fill(out, &["", title, ",\"width\":\"container\"}"]);
}

fn write_bars(out: &mut String, title: &str, dataset: &Dataset, measure: &Measure, grain: Grain) {
    let time = &dataset.axes[0].id;
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
        "\"fillOpacity\":{\"condition\":{\"test\":\"datum._partial\",\"value\":0.25},\"value\":1},\"tooltip\":",
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
    write_value_axis(out, measure, scale::of_measure(dataset, measure, true));
    let width = match dataset.len() {
        ..=FEW_BARS => ",\"width\":{\"band\":0.4}",
        _ => "",
    };
    out.extend([
        "},\"height\":240,\"mark\":{\"color\":\"",
        COLOUR,
        "\",\"stroke\":\"",
        COLOUR,
        "\",\"strokeWidth\":1,\"type\":\"bar\"",
        width,
        "},\"title\":",
    ]);
    fill(out, &["", title, ",\"width\":\"container\"}"]);
}

fn write_value_axis(out: &mut String, measure: &Measure, scale: &str) {
    out.extend(["{\"axis\":", &value_axis(measure)]);
    fill(out, &[",\"field\":", &measure.field.id, ",\"scale\":"]);
    out.extend([scale, ",\"type\":\"quantitative\"}"]);
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
