//! What stands above a report, and on the edges of its pages.

use super::super::font::{self, Weight};
use super::super::report::Report;
use super::flow::{Flow, Style};
use super::mark::{Colour, Mark};

const TITLE: Style = Style::new(20.0, Weight::Bold, Colour::INK);
const RANGE: Style = Style::new(10.0, Weight::Regular, Colour::GREY);
const EDGE: Style = Style::new(8.0, Weight::Regular, Colour::GREY);
/// The most lines of a title.
const TITLE_LINES: usize = 3;

/// Puts the title and the range.
pub fn heading(flow: &mut Flow, report: &Report) {
    let size = flow.scaled(TITLE.size);
    let (margin, most) = (flow.sheet.margin, flow.sheet.content_width());
    for line in font::wrapped_to(&report.title, TITLE.weight, size, most, TITLE_LINES) {
        flow.y += size * 1.2;
        flow.text(margin, flow.y - size * 0.25, TITLE, line);
    }
    let size = flow.scaled(RANGE.size);
    flow.y += size * 1.5;
    flow.text(margin, flow.y - size * 0.3, RANGE, report.range());
    flow.skip(size * 1.2);
}

/// Puts the running head on every page but the first, and the foot with its number on all.
pub fn edges(flow: &mut Flow, report: &Report) {
    let Some(height) = flow.sheet.height else { return };
    let (margin, right) = (flow.sheet.margin, flow.sheet.width - flow.sheet.margin);
    let count = flow.pages.len();
    let origin = report.origin();
    let origin = font::shortened(&origin, EDGE.weight, EDGE.size, flow.sheet.content_width() * 0.8);
    let head = font::shortened(
        &report.title,
        EDGE.weight,
        EDGE.size,
        flow.sheet.content_width() * 0.6,
    );
    let range = report.range();
    let range_width = flow.width(&range, EDGE);
    for (index, page) in flow.pages.iter_mut().enumerate() {
        let number = format!("Page {} of {count}", index + 1);
        let number_width = font::width(&number, EDGE.weight, EDGE.size);
        let foot = height - margin + 8.0;
        page.marks.push(edge(margin, foot, origin.clone()));
        page.marks.push(edge(right - number_width, foot, number));
        if index > 0 {
            page.marks.push(edge(margin, margin + 4.0, head.clone()));
            page.marks
                .push(edge(right - range_width, margin + 4.0, range.clone()));
            page.marks
                .push(Mark::Rule(margin, margin + 10.0, right - margin, Colour::RULE));
        }
    }
}

fn edge(x: f32, y: f32, text: String) -> Mark {
    Mark::Text {
        x,
        y,
        size: EDGE.size,
        weight: EDGE.weight,
        colour: EDGE.colour,
        text,
    }
}
