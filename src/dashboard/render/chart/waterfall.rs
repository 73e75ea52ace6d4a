//! A waterfall: from one total to another, a bar for what each segment changed.

use super::Chart;
use super::parts::{in_row_order, list, object, quantity, tooltip_of, tooltip_of_number, whole, with_unit};
use super::scale;
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::measures::Measure;

/// The chart of a bridge. Totals are grey, what adds is blue, what takes away is orange; amounts stand at the right.
pub fn waterfall(dataset: &Dataset, measure: &Measure, title: Option<String>) -> Chart {
    let step = &dataset.axes[0];
    let title = title.unwrap_or_else(|| {
        let rest = if dataset.is_cut {
            ", the largest and the rest"
        } else {
            ""
        };
        format!(
            "What made the difference in {}, by {}{rest}",
            measure.field.label, step.label
        )
    });
    let tooltip = list(&[
        tooltip_of(step),
        tooltip_of_number("amount", &with_unit(measure), ",.12~r"),
    ]);
    let colour = object(&[
        ("field", "\"kind\""),
        ("legend", "null"),
        (
            "scale",
            "{\"domain\":[\"total\",\"more\",\"less\"],\"range\":[\"#767676\",\"#0072B2\",\"#D55E00\"]}",
        ),
        ("type", "\"nominal\""),
    ]);
    let encoding = object(&[("tooltip", &tooltip), ("y", &in_row_order(step))]);
    let values = scale::of_columns(dataset, &["start", "end"], None);
    let bars = object(&[
        (
            "encoding",
            &object(&[
                ("color", &colour),
                ("stroke", &colour),
                ("x", &quantity("start", &with_unit(measure), false, values)),
                ("x2", "{\"field\":\"end\"}"),
            ]),
        ),
        ("mark", "{\"minBandSize\":1,\"strokeWidth\":1,\"type\":\"bar\"}"),
    ]);
    let labels = object(&[
        (
            "encoding",
            &object(&[
                ("text", "{\"field\":\"label\",\"type\":\"nominal\"}"),
                ("x", "{\"value\":\"width\"}"),
            ]),
        ),
        ("mark", "{\"align\":\"left\",\"dx\":6,\"type\":\"text\"}"),
    ]);
    let description =
        format!("Waterfall: {title}. Grey bars are totals, blue ones add, orange ones take away.");
    let spec = whole(
        &dataset.name,
        &title,
        &description,
        &[
            ("encoding", &encoding),
            ("height", "{\"step\":22}"),
            ("layer", &list(&[bars, labels])),
        ],
    );
    Chart {
        id: dataset.name.clone(),
        kind: "waterfall",
        dataset: dataset.name.clone(),
        spec,
        title,
    }
}
