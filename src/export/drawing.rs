//! Which charts a file needs drawn, and how wide.

use super::format::{Format, Paper};
use super::paper::{Sheet, span_width};
use super::report::{Content, Report};
use super::xlsx::is_native;

/// The width of a chart that stands in a workbook as a picture, in pixels of CSS.
const WORKBOOK_WIDTH: u32 = 620;

/// A chart to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawing {
    /// Its place in [`Report::charts`].
    pub chart: usize,
    /// How wide, in pixels of CSS.
    pub width: u32,
}

/// The charts that a file of a format needs drawn, in the order in which it expects them.
pub fn drawings(report: &Report, format: Format, paper: Paper) -> Vec<Drawing> {
    match format {
        Format::Pdf => on_sheet(report, &Sheet::paper(paper)),
        Format::Png | Format::Html => on_sheet(report, &Sheet::screen()),
        Format::Xlsx => in_workbook(report),
        Format::Csv => Vec::new(),
    }
}

/// The charts as wide as the layout makes them on a sheet.
pub fn on_sheet(report: &Report, sheet: &Sheet) -> Vec<Drawing> {
    charts(report)
        .map(|(chart, span)| Drawing {
            chart,
            width: (span_width(sheet, span) / sheet.chart_scale).floor() as u32,
        })
        .collect()
}

/// Those that a spreadsheet cannot draw by itself.
fn in_workbook(report: &Report) -> Vec<Drawing> {
    charts(report)
        .filter(|(chart, _)| !is_native(report, &report.charts[*chart]))
        .map(|(chart, _)| Drawing {
            chart,
            width: WORKBOOK_WIDTH,
        })
        .collect()
}

fn charts(report: &Report) -> impl Iterator<Item = (usize, u8)> {
    report.blocks.iter().filter_map(|block| match block.content {
        Content::Chart(chart) => Some((chart, block.span)),
        _ => None,
    })
}
