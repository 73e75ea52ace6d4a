//! The order of a report: heading, then the dashboard's blocks with insights where the charts end, then caveats.

use super::super::drawing::{Drawing, on_sheet};
use super::super::font;
use super::super::picture::Picture;
use super::super::report::{Content, Metric, Report};
use super::blocks::{self, InRow};
use super::cards::cards;
use super::flow::Flow;
use super::heading::{edges, heading};
use super::mark::{Mark, Page};
use super::prose::{caveats, insights, note};
use super::sheet::Sheet;
use super::table::table;

/// Lays a report out. `pictures` are the drawings of its charts in order, each as it was drawn or with the reason why it was not.
pub fn lay_out(report: &Report, pictures: &[Result<Picture, String>], sheet: Sheet) -> Vec<Page> {
    let mut layout = Layout {
        drawings: on_sheet(report, &sheet),
        flow: Flow::new(sheet),
        report,
        pictures,
        drawn: 0,
        row: Vec::new(),
        cards: Vec::new(),
        has_insights: false,
    };
    heading(&mut layout.flow, report);
    for block in &report.blocks {
        layout.block(block.span, &block.content);
    }
    layout.end_rows();
    layout.insights();
    let undrawn = undrawn(&layout.flow, pictures);
    caveats(&mut layout.flow, report, undrawn);
    edges(&mut layout.flow, report);
    layout.flow.pages
}

/// A character of the report that no typeface has.
fn undrawn(flow: &Flow, pictures: &[Result<Picture, String>]) -> Option<char> {
    let marks = flow.pages.iter().flat_map(|page| &page.marks);
    let texts = marks.filter_map(|mark| match mark {
        Mark::Text { text, .. } => Some(text.as_str()),
        Mark::Fill(..) | Mark::Frame(..) | Mark::Picture(..) | Mark::Rule(..) => None,
    });
    let drawn = pictures.iter().flatten().find_map(Picture::undrawn);
    texts.into_iter().find_map(font::undrawn).or(drawn)
}

struct Layout<'a> {
    flow: Flow,
    report: &'a Report,
    drawings: Vec<Drawing>,
    pictures: &'a [Result<Picture, String>],
    /// How many charts have come up.
    drawn: usize,
    /// Charts that wait for their row to be full.
    row: Vec<InRow>,
    /// Single metrics that wait for the last of them.
    cards: Vec<(&'a str, &'a Metric)>,
    has_insights: bool,
}

impl<'a> Layout<'a> {
    fn block(&mut self, span: u8, content: &'a Content) {
        match content {
            Content::Chart(_) => {
                self.end_cards();
                let used: u8 = self.row.iter().map(|in_row| in_row.span).sum();
                if used + span > 12 {
                    self.end_row();
                }
                self.row.push(InRow {
                    drawing: self.drawn,
                    span,
                });
                self.drawn += 1;
                return;
            }
            Content::Metric(place, title) => {
                self.end_row();
                self.cards.push((title, &self.report.metrics[*place]));
                return;
            }
            Content::Metrics | Content::Table(..) | Content::Note(_) => self.end_rows(),
        }
        match content {
            Content::Metrics => {
                let (shown, others) = self.report.headlines();
                let shown: Vec<(&str, &Metric)> = (shown.iter())
                    .map(|metric| (metric.label.as_str(), metric))
                    .collect();
                cards(&mut self.flow, self.report.covered, &shown);
                if let Some(others) = others {
                    note(&mut self.flow, &others);
                }
                self.flow.skip(self.flow.scaled(6.0));
            }
            Content::Table(place, title) => {
                self.insights();
                table(&mut self.flow, title, &self.report.datasets[*place]);
            }
            Content::Note(text) => note(&mut self.flow, text),
            Content::Chart(_) | Content::Metric(..) => {}
        }
    }

    fn end_rows(&mut self) {
        self.end_row();
        self.end_cards();
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        if !row.is_empty() {
            blocks::row(&mut self.flow, self.report, &self.drawings, self.pictures, &row);
        }
    }

    fn end_cards(&mut self) {
        let waiting = std::mem::take(&mut self.cards);
        cards(&mut self.flow, self.report.covered, &waiting);
    }

    /// Puts the insights before the first table, else at the end.
    fn insights(&mut self) {
        if !self.has_insights {
            self.has_insights = true;
            insights(&mut self.flow, self.report);
        }
    }
}
