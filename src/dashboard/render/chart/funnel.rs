//! Funnels: bars from the first stage down, and the conversion of each step by segment.

use super::Chart;
use super::parts::{
    COLOUR, in_row_order, list, object, quantity, series_colour, text, tooltip_of, tooltip_of_number, whole,
    wrapped,
};
use super::scale;
use crate::dashboard::render::dataset::Dataset;

/// Characters of a line under a title.
const LINE: usize = 64;

/// The bars of a dataset of stages: each with its count and its share of the first stage and of the one before in words
/// above it. How things count stands under the title.
pub fn funnel(dataset: &Dataset, title: &str, counting: &str) -> Chart {
    let stage = &dataset.axes[0];
    let tooltip = list(&[
        tooltip_of(stage),
        tooltip_of_number("count", "Count", ",.12~r"),
        tooltip_of_number("of_first", "Of the first", ".6~p"),
        tooltip_of_number("of_previous", "Of the stage before", ".6~p"),
        tooltip_of_number("drop_off", "Lost since the stage before", ",.12~r"),
    ]);
    let encoding = object(&[
        ("tooltip", &tooltip),
        (
            "x",
            &quantity(
                "count",
                "Count",
                false,
                scale::of_columns(dataset, &["count"], None),
            ),
        ),
        ("y", &in_row_order(stage)),
    ]);
    let bar = object(&[(
        "mark",
        &object(&[
            ("color", &text(COLOUR)),
            ("height", "{\"band\":0.42}"),
            ("stroke", &text(COLOUR)),
            ("strokeWidth", "1"),
            ("type", "\"bar\""),
            ("yOffset", "8"),
        ]),
    )]);
    let label = object(&[
        (
            "encoding",
            &object(&[
                ("text", "{\"field\":\"label\",\"type\":\"nominal\"}"),
                ("x", "{\"value\":0}"),
            ]),
        ),
        (
            "mark",
            "{\"align\":\"left\",\"baseline\":\"middle\",\"dx\":3,\"dy\":-12,\"limit\":{\"expr\":\"width - 6\"},\"type\":\"text\"}",
        ),
    ]);
    let lines: Vec<String> = wrapped(counting, LINE).iter().map(|line| text(line)).collect();
    let subtitle = list(&lines);
    let heading = object(&[("subtitle", &subtitle), ("text", &text(title))]);
    let description = format!("Funnel: {title}. {counting}");
    let spec = whole(
        &dataset.name,
        title,
        &description,
        &[
            ("encoding", &encoding),
            ("height", "{\"step\":48}"),
            ("layer", &list(&[bar, label])),
            ("title", &heading),
        ],
    );
    Chart {
        id: dataset.name.clone(),
        kind: "funnel",
        dataset: dataset.name.clone(),
        spec,
        title: title.to_owned(),
    }
}

/// The share of the stage before by segment, a colour a stage; the first stage has none.
pub fn steps(dataset: &Dataset) -> Chart {
    let (segment, stage) = (&dataset.axes[0], &dataset.axes[1]);
    let title = format!("Conversion of each step by {}", segment.label);
    let tooltip = list(&[
        tooltip_of(segment),
        tooltip_of(stage),
        tooltip_of_number("of_previous", "Of the stage before", ".6~p"),
        tooltip_of_number("count", "Count", ",.12~r"),
    ]);
    let shape = object(&[
        ("field", &text(&stage.id)),
        ("legend", super::parts::LEGEND),
        ("sort", "null"),
        ("type", "\"nominal\""),
    ]);
    let of_previous = scale::of_columns(dataset, &["of_previous"], None);
    let encoding = object(&[
        ("color", &series_colour(stage)),
        ("shape", &shape),
        ("tooltip", &tooltip),
        (
            "x",
            &quantity("of_previous", "Of the stage before", true, of_previous),
        ),
        ("y", &in_row_order(segment)),
    ]);
    let description = format!("Dot plot: {title}, a shape and a colour for each stage that is reached.");
    let spec = whole(
        &dataset.name,
        &title,
        &description,
        &[
            ("encoding", &encoding),
            ("height", "{\"step\":24}"),
            (
                "mark",
                "{\"filled\":true,\"opacity\":1,\"size\":70,\"type\":\"point\"}",
            ),
            ("transform", "[{\"filter\":\"isValid(datum.of_previous)\"}]"),
        ],
    );
    Chart {
        id: format!("{}.of_previous", dataset.name),
        kind: "dots",
        dataset: dataset.name.clone(),
        spec,
        title,
    }
}
