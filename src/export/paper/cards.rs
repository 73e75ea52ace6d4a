//! Metric cards: a label, a value, the change.

use super::super::font::{self, Weight};
use super::super::number;
use super::super::report::{Comparison, Metric};
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
    let height = flow.scaled(HEIGHT);
    for row in cards.chunks(columns) {
        flow.need(height);
        for (index, (label, metric)) in row.iter().enumerate() {
            let x = flow.sheet.margin + index as f32 * (width + gap);
            let place = Place {
                x,
                y: flow.y,
                width,
                height,
            };
            card(flow, place, label, metric);
        }
        flow.skip(height + gap);
    }
}

fn card(flow: &mut Flow, place: Place, label: &str, metric: &Metric) {
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
    change(flow, x, place.y + flow.scaled(62.0), most, metric);
}

/// The largest size at which a value fits into its card.
fn fitting(flow: &Flow, value: &str, most: f32) -> Style {
    let width = flow.width(value, VALUE);
    let size = (VALUE.size * most / width.max(1.0)).clamp(SMALLEST_VALUE, VALUE.size);
    Style { size, ..VALUE }
}

/// The change with the window it is against, or why there is none.
fn change(flow: &mut Flow, x: f32, y: f32, most: f32, metric: &Metric) {
    let size = flow.scaled(WINDOW.size);
    let compared = metric.compare.as_ref();
    let Some((compare, text)) =
        compared.and_then(|compare| Some((compare, number::change(compare.change.get())?)))
    else {
        let reason = metric
            .compare_reason
            .as_deref()
            .unwrap_or("no change can be given");
        flow.text(x, y, WINDOW, font::shortened(reason, WINDOW.weight, size, most));
        return;
    };
    let style = Style {
        colour: colour(&metric.good, compare.change.get()),
        ..CHANGE
    };
    let width = flow.width(&text, style) + flow.scaled(4.0);
    flow.text(x, y, style, text);
    let against = against(compare);
    let against = font::shortened(&against, WINDOW.weight, size, most - width);
    flow.text(x + width, y, WINDOW, against);
}

fn colour(good: &str, change: &str) -> Colour {
    let change: f64 = change.parse().unwrap_or_default();
    match good {
        _ if change == 0.0 => Colour::GREY,
        "up" if change > 0.0 => Colour::GOOD,
        "down" if change < 0.0 => Colour::GOOD,
        "up" | "down" => Colour::BAD,
        _ => Colour::INK,
    }
}

/// Which window's change it is, in few words.
fn against(compare: &Comparison) -> String {
    let (from, to) = compare.window;
    let (before, _) = compare.previous_window;
    match (to - from).num_days() + 1 {
        1 => format!("{to} after {before}"),
        days => format!("{days} days to {to}"),
    }
}
