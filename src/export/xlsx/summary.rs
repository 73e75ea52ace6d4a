//! The first sheet: what it is about, metrics, insights, charts.

use rust_xlsxwriter::{Format, FormatAlign, Image, Worksheet, XlsxError};

use super::super::cell::Cell;
use super::super::error::ExportError;
use super::super::picture::Picture;
use super::super::png::chart_png;
use super::super::report::{Content, Metric, Report};
use super::chart;
use super::data::{write_cell, write_text};
use crate::dashboard::words;
use crate::window::Window;

const CHART_WIDTH: u32 = 620;
const CHART_HEIGHT: u32 = 300;
const GAP: u32 = 16;
const ROW_PIXELS: u32 = 20;
/// The table of metrics: its columns, each with its width in characters.
const COLUMNS: [(&str, f64); 9] = [
    ("Metric", 34.0),
    ("Value", 18.0),
    ("Unit", 10.0),
    ("Change", 12.0),
    ("Window", 26.0),
    ("Value in it", 18.0),
    ("Window before", 26.0),
    ("Value in it", 18.0),
    ("Steps with values", 30.0),
];

/// Writes the sheet. `sheets` are the names of the datasets' sheets, `pictures` the charts that a spreadsheet cannot draw.
pub fn write(
    sheet: &mut Worksheet,
    report: &Report,
    sheets: &[String],
    pictures: &[Result<Picture, String>],
) -> Result<(), ExportError> {
    sheet.set_screen_gridlines(false);
    for (column, (_, width)) in COLUMNS.iter().enumerate() {
        sheet.set_column_width(column as u16, *width)?;
    }
    let title = Format::new().set_bold().set_font_size(16);
    sheet.write_string_with_format(0, 0, text_of(&report.title), &title)?;
    write_text(sheet, 1, 0, &report.range())?;
    let mut row = metrics(sheet, &report.metrics, 3)?;
    row = insights(sheet, report, row + 1)?;
    row = caveats(sheet, report, pictures, row + 1)?;
    charts(sheet, report, sheets, pictures, row + 1)
}

/// Writes the metrics from a row on; gives the row behind them.
fn metrics(sheet: &mut Worksheet, metrics: &[Metric], first: u32) -> Result<u32, XlsxError> {
    if metrics.is_empty() {
        return Ok(first);
    }
    let head = Format::new().set_bold().set_background_color("#E9EBEE");
    for (column, (name, _)) in COLUMNS.iter().enumerate() {
        sheet.write_string_with_format(first, column as u16, *name, &head)?;
    }
    for (index, metric) in metrics.iter().enumerate() {
        let row = first + 1 + index as u32;
        write_text(sheet, row, 0, &metric.label)?;
        write_cell(sheet, row, 1, &Cell::read(&metric.value, false), &pattern(metric))?;
        write_text(sheet, row, 2, &metric.unit)?;
        if let Some(compare) = &metric.compare {
            let percent = Format::new().set_num_format("+0.0%;-0.0%;0.0%");
            write_cell(sheet, row, 3, &Cell::read(&compare.change, false), &percent)?;
            let sides = [
                (4, compare.window, &compare.value),
                (6, compare.previous_window, &compare.previous),
            ];
            for (column, (from, to), value) in sides {
                let window = Window::new(from, to).unwrap_or(Window::day(to));
                write_text(sheet, row, column, &words::window(window))?;
                write_cell(
                    sheet,
                    row,
                    column + 1,
                    &Cell::read(value, false),
                    &pattern(metric),
                )?;
            }
            write_text(sheet, row, 8, &compare.unequal().unwrap_or_default())?;
        }
    }
    Ok(first + 1 + metrics.len() as u32)
}

fn pattern(metric: &Metric) -> Format {
    let is_whole = metric
        .value
        .get()
        .parse::<f64>()
        .is_ok_and(|value| value.fract() == 0.0);
    let pattern = match metric.format.as_str() {
        "percent" => "0.00%",
        "integer" => "#,##0",
        "currency" => "#,##0.00",
        _ if is_whole => "#,##0",
        _ => "#,##0.00##",
    };
    Format::new().set_num_format(pattern)
}

fn insights(sheet: &mut Worksheet, report: &Report, first: u32) -> Result<u32, XlsxError> {
    if report.insights.is_empty() {
        return Ok(first);
    }
    sheet.write_string_with_format(first, 0, "Insights", &Format::new().set_bold())?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (index, insight) in report.insights.iter().enumerate() {
        let row = first + 1 + index as u32;
        write_text(sheet, row, 0, &insight.kind)?;
        if let Some(confidence) = &insight.confidence {
            write_cell(
                sheet,
                row,
                1,
                &Cell::Number(confidence.clone()),
                &Format::new().set_num_format("0.00"),
            )?;
        }
        sheet.merge_range(row, 2, row, 5, &text_of(&insight.text), &wrapped)?;
        // A merged cell does not grow by itself.
        let lines = insight.text.chars().count() / 80 + 1;
        sheet.set_row_height_pixels(row, ROW_PIXELS * lines.min(8) as u32)?;
    }
    Ok(first + 1 + report.insights.len() as u32)
}

/// Writes what was left out or altered, and what the pictures cannot show; gives the row behind it.
fn caveats(
    sheet: &mut Worksheet,
    report: &Report,
    pictures: &[Result<Picture, String>],
    first: u32,
) -> Result<u32, XlsxError> {
    let undrawn = pictures.iter().flatten().find_map(Picture::undrawn);
    let undrawn = undrawn.map(|character| {
        format!(
            "Some characters, such as U+{:04X}, are in none of the typefaces that pictures of charts are drawn with and show as \
             boxes there; the cells have them, and an operator can add typefaces (exports.fonts).",
            u32::from(character)
        )
    });
    let mut row = first;
    for caveat in report.caveats.iter().chain(&undrawn) {
        write_text(sheet, row, 0, caveat)?;
        row += 1;
    }
    Ok(row)
}

/// Puts the charts two beside each other below a row, in the order of the dashboard.
fn charts(
    sheet: &mut Worksheet,
    report: &Report,
    sheets: &[String],
    pictures: &[Result<Picture, String>],
    first: u32,
) -> Result<(), ExportError> {
    let mut pictures = pictures.iter();
    let mut placed = 0;
    for block in &report.blocks {
        let Content::Chart(place) = block.content else {
            continue;
        };
        let (column, line) = (placed % 2, placed / 2);
        let row = first + line * ((CHART_HEIGHT + GAP) / ROW_PIXELS + 1);
        let x = column * (CHART_WIDTH + GAP);
        let of = &report.charts[place];
        let dataset = report
            .datasets
            .iter()
            .position(|dataset| dataset.name == of.dataset);
        let native = dataset.and_then(|at| chart::chart(&report.datasets[at], &sheets[at], of));
        match native {
            Some(mut drawn) => {
                drawn.set_width(CHART_WIDTH).set_height(CHART_HEIGHT);
                sheet.insert_chart_with_offset(row, 0, &drawn, x, 0)?;
            }
            None => match pictures.next() {
                Some(Ok(picture)) => {
                    let image = Image::new_from_buffer(&chart_png(picture)?)?
                        .set_scale_to_size(CHART_WIDTH, CHART_HEIGHT, true)
                        .set_alt_text(&of.title);
                    sheet.insert_image_with_offset(row, 0, &image, x, 0)?;
                }
                Some(Err(reason)) => {
                    write_text(sheet, row, column as u16 * 3, &format!("{}: {reason}", of.title))?
                }
                None => {}
            },
        }
        placed += 1;
    }
    Ok(())
}

/// A text that a cell can hold.
fn text_of(text: &str) -> String {
    text.chars().take(2000).collect()
}
