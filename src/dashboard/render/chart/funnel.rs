//! Funnels: bars from the first stage down, and the conversion of each step by segment.

use super::Chart;
use super::parts::{
    COLOUR, in_row_order, list, object, quantity, series_colour, text, tooltip_of, tooltip_of_number, whole,
};
use crate::dashboard::render::dataset::Dataset;

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
        ("x", &quantity("count", "Count", false, true)),
        ("y", &in_row_order(stage)),
    ]);
    let bar = object(&[(
        "mark",
        &object(&[
            ("color", &text(COLOUR)),
            ("height", "{\"band\":0.42}"),
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
            "{\"align\":\"left\",\"baseline\":\"middle\",\"dx\":3,\"dy\":-12,\"type\":\"text\"}",
        ),
    ]);
    let subtitle = wrapped(counting);
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
    let encoding = object(&[
        ("color", &series_colour(stage)),
        ("shape", &shape),
        ("tooltip", &tooltip),
        ("x", &quantity("of_previous", "Of the stage before", true, true)),
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

/// Lines of at most so many characters, broken between words.
const LINE: usize = 64;

/// A text as a JSON array of lines.
fn wrapped(sentence: &str) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.len() - 1;
        if !lines[line].is_empty() && lines[line].chars().count() + 1 + word.chars().count() > LINE {
            lines.push(word.to_owned());
            continue;
        }
        if !lines[line].is_empty() {
            lines[line].push(' ');
        }
        lines[line].push_str(word);
    }
    let lines: Vec<String> = lines.iter().map(|line| text(line)).collect();
    list(&lines)
}
