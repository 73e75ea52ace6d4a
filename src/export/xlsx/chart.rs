//! Charts that a spreadsheet draws by itself, from the datasets' sheets.

use rust_xlsxwriter::{
    Chart as SheetChart, ChartFormat, ChartLine, ChartMarker, ChartMarkerType, ChartRange, ChartSolidFill,
    ChartType,
};

use super::super::report::{Chart, Column, Dataset, Report};
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
    let (across, up) = (
        &dataset.columns[native.categories],
        &dataset.columns[native.values],
    );
    axes(&mut drawn, native.kind, across, up);
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

/// Names the axes; bars begin at the top, as the drawn ones do.
fn axes(drawn: &mut SheetChart, kind: ChartType, across: &Column, up: &Column) {
    if across.is_date() {
        drawn.x_axis().set_date_axis(true).set_num_format("yyyy-mm-dd");
    } else {
        drawn.x_axis().set_name(plain(&across.heading()).as_str());
    }
    if kind == ChartType::Bar {
        drawn.x_axis().set_reverse();
    }
    drawn.y_axis().set_name(plain(&up.heading()).as_str());
}

/// A title that is not taken for a reference to cells.
fn plain(text: &str) -> String {
    match text.starts_with('=') {
        true => format!(" {text}"),
        false => text.to_owned(),
    }
}
