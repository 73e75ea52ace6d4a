//! Charts beside each other as the dashboard's layout says.

use super::super::drawing::Drawing;
use super::super::font::{self, Weight};
use super::super::picture::Picture;
use super::super::report::Report;
use super::flow::{Flow, Style};
use super::mark::{Colour, Mark, Place};
use super::sheet::Sheet;

const GAP: f32 = 14.0;
const TITLE: Style = Style::new(10.0, Weight::SemiBold, Colour::INK);
const REASON: Style = Style::new(8.5, Weight::Regular, Colour::GREY);
/// The height of what stands for a chart that could not be drawn.
const PLACEHOLDER: f32 = 64.0;

/// A chart in a row: its place among the drawings, and its width in twelfths.
#[derive(Debug, Clone, Copy)]
pub struct InRow {
    pub drawing: usize,
    pub span: u8,
}

/// The width of so many twelfths of a sheet.
pub fn span_width(sheet: &Sheet, span: u8) -> f32 {
    let gap = GAP * sheet.text_scale;
    let column = (sheet.content_width() + gap) / 12.0;
    column * f32::from(span) - gap
}

/// Puts one row of drawings, none higher than a page.
pub fn row(
    flow: &mut Flow,
    report: &Report,
    drawings: &[Drawing],
    pictures: &[Result<Picture, String>],
    row: &[InRow],
) {
    let gap = flow.scaled(GAP);
    let places: Vec<(f32, f32)> = row
        .iter()
        .map(|in_row| size(flow, pictures.get(in_row.drawing), in_row.span))
        .collect();
    let height = places.iter().map(|(_, height)| *height).fold(0.0, f32::max);
    flow.need(height);
    let mut x = flow.sheet.margin;
    for (in_row, (width, height)) in row.iter().zip(&places) {
        let place = Place {
            x,
            y: flow.y,
            width: *width,
            height: *height,
        };
        match pictures.get(in_row.drawing) {
            Some(Ok(_)) => flow.put(Mark::Picture(in_row.drawing, place)),
            Some(Err(reason)) => {
                let title = drawings
                    .get(in_row.drawing)
                    .map(|drawing| report.charts[drawing.chart].title.as_str());
                placeholder(flow, place, title.unwrap_or_default(), reason);
            }
            None => {}
        }
        x += span_width(&flow.sheet, in_row.span) + gap;
    }
    flow.skip(height + gap);
}

/// A drawing's width and height on the sheet.
fn size(flow: &Flow, picture: Option<&Result<Picture, String>>, span: u8) -> (f32, f32) {
    let room = span_width(&flow.sheet, span);
    match picture {
        Some(Ok(picture)) => {
            let (width, height) = (picture.width(), picture.height());
            let scale = flow
                .sheet
                .chart_scale
                .min(room / width)
                .min(flow.sheet.content_height() / height);
            (width * scale, height * scale)
        }
        _ => (room, flow.scaled(PLACEHOLDER)),
    }
}

fn placeholder(flow: &mut Flow, place: Place, title: &str, reason: &str) {
    flow.put(Mark::Frame(place, Colour::RULE));
    let padding = flow.scaled(9.0);
    let most = place.width - 2.0 * padding;
    let title = font::shortened(title, TITLE.weight, flow.scaled(TITLE.size), most);
    flow.text(place.x + padding, place.y + flow.scaled(18.0), TITLE, title);
    let text = format!("This chart could not be drawn: {reason}.");
    let size = flow.scaled(REASON.size);
    for (index, line) in font::wrapped_to(&text, REASON.weight, size, most, 2)
        .into_iter()
        .enumerate()
    {
        let y = place.y + flow.scaled(34.0) + index as f32 * size * 1.35;
        flow.text(place.x + padding, y, REASON, line);
    }
}
