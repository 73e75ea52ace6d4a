//! A waterfall: from one total to another, a bar for what each segment changed.

use super::Chart;
use super::parts::{in_row_order, list, object, quantity, tooltip_of, tooltip_of_number, whole, with_unit};
use super::scale;
use crate::dashboard::render::dataset::{Cell, Dataset};
use crate::dashboard::render::measures::Measure;
use crate::dashboard::render::value::Value;
use crate::decimal::Decimal;

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
    let levels = levels(dataset);
    let (scale, axis) = match scale_of_steps(&levels) {
        Some(scale) => (scale, format!("{}, not from zero", with_unit(measure))),
        None => {
            let from_zero = scale::of_columns(dataset, &["start", "end"], None);
            (from_zero.to_owned(), with_unit(measure))
        }
    };
    let bars = object(&[
        (
            "encoding",
            &object(&[
                ("color", &colour),
                ("stroke", &colour),
                ("x", &quantity("start", &axis, false, &scale)),
                ("x2", "{\"field\":\"end\"}"),
            ]),
        ),
        (
            "mark",
            "{\"clip\":true,\"minBandSize\":1,\"strokeWidth\":1,\"type\":\"bar\"}",
        ),
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

/// Every level that the bars go from and to, but the zero that totals stand on.
fn levels(dataset: &Dataset) -> Vec<Decimal> {
    let of = |id: &str| {
        let derived = dataset.derived.iter().find(|derived| derived.field.id == id);
        let cells = derived.map_or(&[][..], |derived| &derived.cells);
        let numbers = cells.iter().filter_map(|cell| match cell {
            Cell::Number(value) => value.and_then(Value::decimal),
            Cell::Text(_) => None,
        });
        numbers.collect::<Vec<Decimal>>()
    };
    let mut levels = of("start");
    levels.retain(|level| !level.is_zero());
    levels.extend(of("end"));
    levels
}

/// A scale that begins below the lowest level as far as the levels lie apart, where they would have less than a third of one
/// from zero and its steps could hardly be seen; the bars of totals are cut off there.
fn scale_of_steps(levels: &[Decimal]) -> Option<String> {
    let (lowest, highest) = (*levels.iter().min()?, *levels.iter().max()?);
    let apart = highest - lowest;
    let is_squashed = lowest > Decimal::ZERO && !apart.is_zero() && apart + apart + apart < highest;
    let foot = lowest - apart;
    is_squashed.then(|| format!("{{\"domain\":[{foot},{highest}],\"nice\":true,\"zero\":false}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_steps_between_large_totals_are_given_room() {
        let of = |levels: &[&str]| {
            let levels: Vec<Decimal> = levels
                .iter()
                .map(|level| Decimal::parse(level).unwrap())
                .collect();
            scale_of_steps(&levels)
        };
        assert_eq!(
            of(&["25710", "25800", "25171.5"]).as_deref(),
            Some(r#"{"domain":[24543,25800],"nice":true,"zero":false}"#)
        );
        for visible in [&["188", "1013"][..], &["-5", "100", "101"], &["100", "100"], &[]] {
            assert_eq!(of(visible), None, "{visible:?}");
        }
    }
}
