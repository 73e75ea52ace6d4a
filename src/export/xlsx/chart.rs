//! Charts that a spreadsheet draws by itself, from the datasets' sheets.

use rust_xlsxwriter::{
    Chart as SheetChart, ChartAxisCrossing, ChartFormat, ChartLine, ChartMarker, ChartMarkerType, ChartRange,
    ChartSolidFill, ChartType,
};

use super::super::report::{Chart, Dataset, Report};
use super::encoding::Spec;

/// Okabe-Ito blue, as the drawn charts have.
const COLOUR: &str = "#0072B2";

/// How a spreadsheet draws a chart.
struct Native {
    kind: ChartType,
    /// Places of the columns in the dataset: of the categories or horizontal values, and of the values.
    categories: usize,
    values: usize,
}

/// Whether a spreadsheet can draw a chart; a picture stands for it where not.
pub fn is_native(report: &Report, chart: &Chart) -> bool {
    report
        .dataset(&chart.dataset)
        .is_ok_and(|dataset| native(dataset, chart).is_some())
}

/// The chart over the rows of its dataset's sheet; `None` where a picture must stand for it.
pub fn chart(dataset: &Dataset, sheet: &str, chart: &Chart) -> Option<SheetChart> {
    let native = native(dataset, chart)?;
    let rows = dataset.rows.len() as u32;
    let range = |column: usize| ChartRange::new_from_range(sheet, 1, column as u16, rows, column as u16);
    let mut drawn = SheetChart::new(native.kind);
    let series = drawn.add_series();
    series
        .set_categories(&range(native.categories))
        .set_values(&range(native.values))
        .set_name((sheet, 0, native.values as u16))
        .set_format(&mut look(native.kind));
    match native.kind {
        ChartType::Line if dataset.rows.len() > 60 => {}
        ChartType::Line | ChartType::Scatter => {
            let fill = &mut ChartFormat::new()
                .set_solid_fill(ChartSolidFill::new().set_color(COLOUR))
                .clone();
            series.set_marker(
                ChartMarker::new()
                    .set_type(ChartMarkerType::Circle)
                    .set_size(5)
                    .set_format(fill),
            );
        }
        _ => {
            series.set_gap(40);
        }
    }
    axes(&mut drawn, &native, dataset);
    drawn
        .title()
        .set_name(plain(&chart.title).as_str())
        .set_overlay(false);
    drawn.legend().set_hidden();
    drawn.set_alt_text(&chart.title);
    Some(drawn)
}

fn native(dataset: &Dataset, chart: &Chart) -> Option<Native> {
    let spec: Spec = serde_json::from_str(chart.spec.get()).ok()?;
    let axes = spec.axes()?;
    let place = |id: &str| dataset.columns.iter().position(|column| column.id == id);
    let (x, y) = (place(&axes.x)?, place(&axes.y)?);
    let is_number = |place: usize| dataset.columns[place].is_number();
    let several = axes.series.is_some_and(|series| place(&series).is_some());
    if dataset.rows.is_empty() || several {
        return None;
    }
    match chart.kind.as_str() {
        "line" if is_number(y) && !is_number(x) => Some(Native {
            kind: ChartType::Line,
            categories: x,
            values: y,
        }),
        "bar" if is_number(y) && !is_number(x) => Some(Native {
            kind: ChartType::Column,
            categories: x,
            values: y,
        }),
        "bar" if is_number(x) && !is_number(y) => Some(Native {
            kind: ChartType::Bar,
            categories: y,
            values: x,
        }),
        "scatter" if is_number(x) && is_number(y) => Some(Native {
            kind: ChartType::Scatter,
            categories: x,
            values: y,
        }),
        _ => None,
    }
}

fn look(kind: ChartType) -> ChartFormat {
    let mut format = ChartFormat::new();
    match kind {
        ChartType::Line => format.set_line(ChartLine::new().set_color(COLOUR).set_width(2.0)),
        ChartType::Scatter => format.set_line(ChartLine::new().set_hidden(true)),
        _ => format.set_solid_fill(ChartSolidFill::new().set_color(COLOUR)),
    };
    format
}

/// Names the axes. The horizontal one is x, also where bars lie: there the categories stand on y, from the top down as in the
/// drawn charts. Bars begin at zero.
fn axes(drawn: &mut SheetChart, native: &Native, dataset: &Dataset) {
    let (categories, values) = (
        &dataset.columns[native.categories],
        &dataset.columns[native.values],
    );
    let is_lying = native.kind == ChartType::Bar;
    let category_axis = if is_lying { drawn.y_axis() } else { drawn.x_axis() };
    if categories.is_date() {
        category_axis.set_date_axis(true).set_num_format("yyyy-mm-dd");
    } else {
        category_axis.set_name(plain(&categories.heading()).as_str());
    }
    if is_lying {
        // Turned round, the axis of the values would stand at the top.
        category_axis.set_reverse().set_crossing(ChartAxisCrossing::Max);
    }
    let value_axis = if is_lying { drawn.x_axis() } else { drawn.y_axis() };
    value_axis.set_name(plain(&values.heading()).as_str());
    if matches!(native.kind, ChartType::Bar | ChartType::Column) {
        let numbers = dataset
            .rows
            .iter()
            .filter_map(|row| row.get(native.values)?.as_f64());
        let (least, most) = numbers.fold((0.0, 0.0), |(least, most): (f64, f64), number| {
            (least.min(number), most.max(number))
        });
        if least == 0.0 {
            value_axis.set_min(0.0);
        } else if most == 0.0 {
            value_axis.set_max(0.0);
        }
    }
}

/// A title that is not taken for a reference to cells, as what begins with `=` and what ends like `!A1` are.
fn plain(text: &str) -> String {
    let apart = text.replacen(
        '!',
        "! ",
        usize::from(text.ends_with(|last: char| last.is_ascii_digit())),
    );
    match apart.starts_with('=') {
        true => format!(" {apart}"),
        false => apart,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::DeflateDecoder;

    use super::super::super::report::ReportSource;
    use super::super::workbook::xlsx;
    use super::*;

    /// A part of a workbook, which is a ZIP archive.
    fn part(workbook: &[u8], name: &str) -> String {
        let place = workbook
            .windows(name.len())
            .position(|bytes| bytes == name.as_bytes())
            .unwrap();
        let extra = usize::from(u16::from_le_bytes([workbook[place - 2], workbook[place - 1]]));
        let mut text = String::new();
        let mut packed = DeflateDecoder::new(&workbook[place + name.len() + extra..]);
        packed.read_to_string(&mut text).unwrap();
        text
    }

    /// The axis of that kind in a chart's XML.
    fn axis(chart: &str, kind: &str) -> String {
        let begin = chart.find(&format!("<c:{kind}>")).unwrap();
        let end = chart.find(&format!("</c:{kind}>")).unwrap();
        chart[begin..end].to_owned()
    }

    #[test]
    fn lying_bars_begin_at_the_top_and_at_zero() {
        let spec = r#"{"mark":"bar","encoding":{"x":{"field":"clicks"},"y":{"field":"campaign"}}}"#;
        let report = Report::read(ReportSource {
            title: "Bars".to_owned(),
            processed_data:
                r#"{"columns":{"d":[{"id":"campaign","label":"Campaign","role":"dimension","type":"string"},
                {"id":"clicks","label":"Clicks","role":"measure","type":"number"}]},
                "datasets":{"d":[{"campaign":"a","clicks":90},{"campaign":"b","clicks":80}]}}"#
                    .to_owned(),
            charts_config: format!(
                r#"{{"charts":[{{"id":"c","title":"Bars","kind":"bar","dataset":"d","spec":{spec}}}],
                    "layout":{{"blocks":[{{"kind":"chart","chart":"c","span":12}}]}}}}"#
            ),
            metrics_summary: "{}".to_owned(),
            ..ReportSource::default()
        });
        let workbook = xlsx(&report.unwrap(), &[]).unwrap();
        let chart = part(&workbook, "xl/charts/chart1.xml");
        let (categories, values) = (axis(&chart, "catAx"), axis(&chart, "valAx"));
        assert!(
            categories.contains("maxMin") && categories.contains("Campaign"),
            "{categories}"
        );
        assert!(
            values.contains("<c:min val=\"0\"/>") && values.contains("Clicks"),
            "{values}"
        );
        assert!(!values.contains("maxMin"), "{values}");
    }
}
