//! Insights, notes and caveats.

use super::super::font::Weight;
use super::super::report::{Insight, Report};
use super::flow::{Flow, Style};
use super::mark::Colour;

const TEXT: Style = Style::new(9.5, Weight::Regular, Colour::INK);
const KIND: Style = Style::new(8.0, Weight::SemiBold, Colour::GREY);
const NOTE: Style = Style::new(9.0, Weight::Regular, Colour::GREY);
const CAVEAT: Style = Style::new(8.0, Weight::Regular, Colour::GREY);

/// Puts the insights under a title; nothing where there are none.
pub fn insights(flow: &mut Flow, report: &Report) {
    if report.insights.is_empty() {
        return;
    }
    flow.section("Insights", flow.scaled(40.0));
    for insight in &report.insights {
        one(flow, insight);
    }
}

/// Its kind and how sure it is, above its sentences.
fn one(flow: &mut Flow, insight: &Insight) {
    let size = flow.scaled(KIND.size);
    // The kind never stands alone at the foot of a page.
    flow.need(size * 1.5 + flow.scaled(TEXT.size) * 2.8);
    flow.y += size * 1.5;
    flow.text(flow.sheet.margin, flow.y - size * 0.3, KIND, kind(insight));
    flow.paragraph(0.0, TEXT, &insight.text);
    flow.skip(flow.scaled(7.0));
}

fn kind(insight: &Insight) -> String {
    let words = insight.kind.replace('_', " ");
    let mut letters = words.chars();
    let words: String = letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    match &insight.confidence {
        Some(confidence) => format!("{words} · confidence {confidence}"),
        None => words,
    }
}

/// Puts a sentence of the dashboard's own.
pub fn note(flow: &mut Flow, text: &str) {
    flow.skip(flow.scaled(4.0));
    flow.paragraph(0.0, NOTE, text);
    flow.skip(flow.scaled(6.0));
}

/// Puts what was left out or altered under a title; nothing where that is nothing.
pub fn caveats(flow: &mut Flow, report: &Report) {
    if report.caveats.is_empty() {
        return;
    }
    flow.section("About the data", flow.scaled(CAVEAT.size) * 1.4);
    for caveat in &report.caveats {
        flow.paragraph(0.0, CAVEAT, caveat);
    }
}
