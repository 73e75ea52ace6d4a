//! Two bars for each segment: before and after, rate and mix.

use super::Chart;
use super::parts::{
    in_row_order, list, object, quantity, text, tooltip_format, tooltip_of, tooltip_of_number, whole,
    with_unit,
};
use super::scale;
use crate::dashboard::render::dataset::Dataset;
use crate::dashboard::render::measures::Measure;

/// The two columns that are drawn: id and what the legend says.
type Columns<'a> = [(&'a str, &'a str); 2];

/// A measure on both sides of a comparison, base first, by segment, from a dataset of changes.
pub fn before_after(dataset: &Dataset, measure: &Measure, sides: &[String; 2]) -> Chart {
    let (segment, [base, other]) = (&dataset.axes[0], sides);
    let title = format!("{} by {}, {base} and {other}", measure.field.label, segment.label);
    let before = dataset.derived.iter().find(|derived| {
        derived
            .field
            .id
            .starts_with(&format!("{}__before", measure.field.id))
    });
    let before = before.map_or("", |derived| derived.field.id.as_str());
    let columns = [
        (before, base.as_str()),
        (measure.field.id.as_str(), other.as_str()),
    ];
    chart(dataset, measure, title, columns, measure.is_percent())
}

/// Mix against rate by segment; the remainder's row is left out.
pub fn mix_rate(dataset: &Dataset, measure: &Measure, title: Option<String>) -> Chart {
    let segment = &dataset.axes[0];
    let title = title.unwrap_or_else(|| {
        format!(
            "What made the difference in {}, by {}: rate and mix",
            measure.field.label, segment.label
        )
    });
    let columns = [
        ("rate_effect", "by its own rate"),
        ("mix_effect", "by its weight"),
    ];
    chart(dataset, measure, title, columns, measure.is_percent())
}

fn chart(
    dataset: &Dataset,
    measure: &Measure,
    title: String,
    columns: Columns<'_>,
    is_percent: bool,
) -> Chart {
    let segment = &dataset.axes[0];
    let ids = columns.map(|(id, _)| text(id));
    let which = |extra: &[(&str, &str)]| {
        let mut members = vec![("field", "\"_column\""), ("type", "\"nominal\"")];
        members.extend_from_slice(extra);
        object(&members)
    };
    let domain = object(&[("domain", &list(&ids)), ("range", "[\"#767676\",\"#0072B2\"]")]);
    let names = columns.map(|(_, name)| text(name));
    let label = format!("datum.value === {} ? {} : {}", ids[0], names[0], names[1]);
    let legend = object(&[
        ("columns", "2"),
        ("labelExpr", &text(&label)),
        ("labelLimit", "140"),
        ("orient", "\"top\""),
        ("title", "null"),
    ]);
    let format = if is_percent {
        ".6~p"
    } else {
        tooltip_format(measure)
    };
    let tooltips = list(&[
        tooltip_of(segment),
        tooltip_of_number(columns[0].0, columns[0].1, format),
        tooltip_of_number(columns[1].0, columns[1].1, format),
    ]);
    let beside = (columns[1].0 == measure.field.id).then_some(measure);
    let values = scale::of_columns(dataset, &columns.map(|(id, _)| id), beside);
    // Filled and edged alike: the edge is what is seen of a bar of zero.
    let colour = which(&[("legend", &legend), ("scale", &domain)]);
    let encoding = object(&[
        ("color", &colour),
        ("stroke", &colour),
        ("tooltip", &tooltips),
        ("x", &quantity("_amount", &with_unit(measure), is_percent, values)),
        ("y", &in_row_order(segment)),
        (
            "yOffset",
            &which(&[("scale", &object(&[("domain", &list(&ids))]))]),
        ),
    ]);
    let filter = format!("isValid(datum[{}]) || isValid(datum[{}])", ids[0], ids[1]);
    let fold = object(&[("as", "[\"_column\",\"_amount\"]"), ("fold", &list(&ids))]);
    let transform = list(&[object(&[("filter", &text(&filter))]), fold]);
    let description = format!(
        "Bar chart: {title}; grey is {}, blue is {}.",
        columns[0].1, columns[1].1
    );
    let spec = whole(
        &dataset.name,
        &title,
        &description,
        &[
            ("encoding", &encoding),
            ("height", "{\"for\":\"position\",\"step\":34}"),
            ("mark", "{\"strokeWidth\":1,\"type\":\"bar\"}"),
            ("transform", &transform),
        ],
    );
    Chart {
        id: format!("{}.{}", dataset.name, columns[1].0),
        kind: "bar",
        dataset: dataset.name.clone(),
        spec,
        title,
    }
}
