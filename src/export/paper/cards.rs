//! Metric cards: a label, a value, the change.

use super::super::font::{self, Weight};
use super::super::number;
use super::super::report::{Metric, Verdict};
use super::flow::{Flow, Style};
use super::mark::{Colour, Mark, Place};

const LABEL: Style = Style::new(8.5, Weight::Regular, Colour::GREY);
const VALUE: Style = Style::new(17.0, Weight::Bold, Colour::INK);
const CHANGE: Style = Style::new(8.0, Weight::SemiBold, Colour::GREY);
const WINDOW: Style = Style::new(7.0, Weight::Regular, Colour::GREY);
/// The smallest size that a long value shrinks to.
const SMALLEST_VALUE: f32 = 9.0;
const PADDING: f32 = 9.0;
const GAP: f32 = 8.0;
const HEIGHT: f32 = 72.0;
const LABEL_LINES: usize = 2;
/// Between a change and its window.
const BETWEEN: f32 = 4.0;

/// What a row grows by when a change and its window do not fit beside each other.
const MORE: f32 = 9.0;

/// Puts cards beside each other, three or four a row, each with its label.
pub fn cards(flow: &mut Flow, cards: &[(&str, &Metric)]) {
    if cards.is_empty() {
        return;
    }
    let columns = match cards.len() {
        1 | 2 => cards.len().max(2),
        3 | 5 | 6 => 3,
        _ => 4,
    };
    let gap = flow.scaled(GAP);
    let width = (flow.sheet.content_width() - gap * (columns as f32 - 1.0)) / columns as f32;
    let most = width - 2.0 * flow.scaled(PADDING);
    for row in cards.chunks(columns) {
        let is_tall = row.iter().any(|(_, metric)| !fits_beside(flow, metric, most));
        let height = flow.scaled(if is_tall { HEIGHT + MORE } else { HEIGHT });
        flow.need(height);
        for (index, (label, metric)) in row.iter().enumerate() {
            let x = flow.sheet.margin + index as f32 * (width + gap);
            let place = Place {
                x,
                y: flow.y,
                width,
                height,
            };
            card(flow, place, label, metric, is_tall);
        }
        flow.skip(height + gap);
    }
}

fn card(flow: &mut Flow, place: Place, label: &str, metric: &Metric, is_tall: bool) {
    flow.put(Mark::Frame(place, Colour::RULE));
    let x = place.x + flow.scaled(PADDING);
    let most = place.width - 2.0 * flow.scaled(PADDING);
    let line = flow.scaled(LABEL.size) * 1.2;
    let mut y = place.y + flow.scaled(5.0);
    for text in font::wrapped_to(label, LABEL.weight, flow.scaled(LABEL.size), most, LABEL_LINES) {
        y += line;
        flow.text(x, y, LABEL, text);
    }
    let value = number::with_unit(metric.value.get(), &metric.format, &metric.unit);
    let style = fitting(flow, &value, most);
    let value = font::shortened(&value, style.weight, flow.scaled(style.size), most);
    flow.text(x, place.y + flow.scaled(46.0), style, value);
    change(flow, x, place.y + flow.scaled(62.0), most, metric, is_tall);
}

/// The largest size at which a value fits into its card.
fn fitting(flow: &Flow, value: &str, most: f32) -> Style {
    let width = flow.width(value, VALUE);
    // Not to the last hair: rounding would cut the last digits off.
    let size = (VALUE.size * 0.99 * most / width.max(1.0)).clamp(SMALLEST_VALUE, VALUE.size);
    Style { size, ..VALUE }
}

/// Whether what stands below the value needs one line only.
fn fits_beside(flow: &Flow, metric: &Metric, most: f32) -> bool {
    match metric.change() {
        Some((change, compare)) => {
            let change = flow.width(&change, CHANGE) + flow.scaled(BETWEEN);
            change + flow.width(&compare.against(), WINDOW) <= most
        }
        None => flow.width(metric.why_no_change(), WINDOW) <= most,
    }
}

/// The change with the window it is against, or why there is none; in a tall row on two lines.
fn change(flow: &mut Flow, x: f32, y: f32, most: f32, metric: &Metric, is_tall: bool) {
    let size = flow.scaled(WINDOW.size);
    let below = y + flow.scaled(MORE);
    let Some((change, compare)) = metric.change() else {
        let lines = if is_tall { 2 } else { 1 };
        let reason = font::wrapped_to(metric.why_no_change(), WINDOW.weight, size, most, lines);
        for (line, y) in reason.into_iter().zip([y, below]) {
            flow.text(x, y, WINDOW, line);
        }
        return;
    };
    let style = Style {
        colour: colour(metric.verdict()),
        ..CHANGE
    };
    let beside = flow.width(&change, style) + flow.scaled(BETWEEN);
    flow.text(x, y, style, change);
    let (x, y, most) = match is_tall {
        true => (x, below, most),
        false => (x + beside, y, most - beside),
    };
    let against = font::shortened(&compare.against(), WINDOW.weight, size, most);
    flow.text(x, y, WINDOW, against);
}

fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Good => Colour::GOOD,
        Verdict::Bad => Colour::BAD,
        Verdict::Neither => Colour::INK,
        Verdict::Unchanged => Colour::GREY,
    }
}
