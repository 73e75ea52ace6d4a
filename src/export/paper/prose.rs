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
    flow.text(flow.sheet.margin, flow.y - size * 0.3, KIND, insight.heading());
    flow.paragraph(0.0, TEXT, &insight.text);
    flow.skip(flow.scaled(7.0));
}

/// Puts a sentence of the dashboard's own.
pub fn note(flow: &mut Flow, text: &str) {
    flow.skip(flow.scaled(4.0));
    flow.paragraph(0.0, NOTE, text);
    flow.skip(flow.scaled(6.0));
}

/// Puts what was left out or altered under a title, and what cannot be drawn; nothing where that is nothing.
pub fn caveats(flow: &mut Flow, report: &Report, undrawn: Option<char>) {
    let undrawn = undrawn.map(|character| {
        format!(
            "Some characters, such as U+{:04X}, are in none of the typefaces here and show as boxes; HTML, XLSX and CSV have them, and an \
             operator can add typefaces (exports.fonts).",
            u32::from(character)
        )
    });
    let caveats: Vec<&String> = report.caveats.iter().chain(&undrawn).collect();
    if caveats.is_empty() {
        return;
    }
    flow.section("About the data", flow.scaled(CAVEAT.size) * 1.4);
    for caveat in caveats {
        flow.paragraph(0.0, CAVEAT, caveat);
    }
}
