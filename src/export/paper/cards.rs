//! Metric cards: a label, a value, the change.

use super::super::font::{self, Weight};
use super::super::number;
use super::super::report::{Metric, Verdict};
use super::flow::{Flow, Style};
use super::mark::{Colour, Mark, Place};
use crate::window::Window;

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

/// What a row grows by for each line below the first one under a value.
const MORE: f32 = 9.0;
/// Lines that a reason for no change may take.
const REASON_LINES: usize = 3;

/// Puts cards beside each other, three or four a row, each with its label; `covered` are the dates of the whole report.
pub fn cards(flow: &mut Flow, covered: Option<Window>, cards: &[(&str, &Metric)]) {
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
        let below: Vec<Below> = row
            .iter()
            .map(|(_, metric)| below(flow, metric, covered, most))
            .collect();
        let lines = below.iter().map(Below::lines).max().unwrap_or(1);
        let height = flow.scaled(HEIGHT + MORE * (lines.max(1) - 1) as f32);
        flow.need(height);
        for (index, ((label, metric), below)) in row.iter().zip(below).enumerate() {
            let x = flow.sheet.margin + index as f32 * (width + gap);
            let place = Place {
                x,
                y: flow.y,
                width,
                height,
            };
            card(flow, place, label, metric, below);
        }
        flow.skip(height + gap);
    }
}

fn card(flow: &mut Flow, place: Place, label: &str, metric: &Metric, below: Below) {
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
    let style = Style {
        colour: colour(metric.verdict()),
        ..CHANGE
    };
    put(flow, x, place.y + flow.scaled(62.0), style, below);
}

/// The largest size at which a value fits into its card.
fn fitting(flow: &Flow, value: &str, most: f32) -> Style {
    let width = flow.width(value, VALUE);
    // Not to the last hair: rounding would cut the last digits off.
    let size = (VALUE.size * 0.99 * most / width.max(1.0)).clamp(SMALLEST_VALUE, VALUE.size);
    Style { size, ..VALUE }
}

/// What stands below a value.
struct Below {
    /// The change, where there is one.
    change: Option<String>,
    /// Whether the first line stands beside the change.
    is_beside: bool,
    lines: Vec<String>,
}

impl Below {
    fn lines(&self) -> usize {
        self.lines.len() + usize::from(self.change.is_some() && !self.is_beside)
    }
}

/// The change, what it compares and both values; or why there is none.
fn below(flow: &Flow, metric: &Metric, covered: Option<Window>, most: f32) -> Below {
    let size = flow.scaled(WINDOW.size);
    let Some((change, compare)) = metric.change() else {
        return Below {
            change: None,
            is_beside: false,
            lines: font::wrapped_to(metric.why_no_change(), WINDOW.weight, size, most, REASON_LINES),
        };
    };
    let windows = compare.windows(covered);
    let beside = flow.width(&change, CHANGE) + flow.scaled(BETWEEN) + flow.width(&windows, WINDOW);
    let texts = [Some(windows), metric.compared(), compare.unequal()];
    let cut = |text: String| font::shortened(&text, WINDOW.weight, size, most);
    Below {
        change: Some(change),
        is_beside: beside <= most,
        lines: texts.into_iter().flatten().map(cut).collect(),
    }
}

/// Puts what stands below a value, from a line's foot on.
fn put(flow: &mut Flow, x: f32, mut y: f32, style: Style, below: Below) {
    let mut from = x;
    if let Some(change) = below.change {
        let width = flow.width(&change, style) + flow.scaled(BETWEEN);
        flow.text(x, y, style, change);
        match below.is_beside {
            true => from += width,
            false => y += flow.scaled(MORE),
        }
    }
    for line in below.lines {
        flow.text(from, y, WINDOW, line);
        from = x;
        y += flow.scaled(MORE);
    }
}

fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Good => Colour::GOOD,
        Verdict::Bad => Colour::BAD,
        Verdict::Neither => Colour::INK,
        Verdict::Unchanged => Colour::GREY,
    }
}
