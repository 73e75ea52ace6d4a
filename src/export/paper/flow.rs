//! Putting marks on pages from top to bottom, turning the page where there is no room.

use super::super::font::{self, Weight};
use super::mark::{Colour, Mark, Page};
use super::sheet::Sheet;

/// Room for the running head of a page that is not the first, and for the foot, in sizes made for paper.
const HEAD: f32 = 22.0;
const FOOT: f32 = 16.0;

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Its size, made for paper.
    pub size: f32,
    /// How bold it is.
    pub weight: Weight,
    /// Its colour.
    pub colour: Colour,
}

impl Style {
    /// A style.
    pub const fn new(size: f32, weight: Weight, colour: Colour) -> Self {
        Self { size, weight, colour }
    }
}

/// The pages so far, and where the next mark goes.
#[derive(Debug)]
pub struct Flow {
    /// What is laid out for.
    pub sheet: Sheet,
    /// Full pages, and the current one as the last.
    pub pages: Vec<Page>,
    /// The upper edge of what is free on the current page.
    pub y: f32,
}

impl Flow {
    /// One empty page.
    pub fn new(sheet: Sheet) -> Self {
        Self {
            sheet,
            pages: vec![Page::default()],
            y: sheet.margin,
        }
    }

    /// A length made for paper on this sheet.
    pub fn scaled(&self, length: f32) -> f32 {
        length * self.sheet.text_scale
    }

    /// How much is free below.
    pub fn room(&self) -> f32 {
        self.sheet.height.map_or(f32::INFINITY, |height| {
            height - self.sheet.margin - self.scaled(FOOT) - self.y
        })
    }

    /// Turns the page unless so much is free; says whether it did.
    pub fn need(&mut self, height: f32) -> bool {
        // A rounding error must not leave a page empty.
        if height <= self.room() + 0.5 {
            return false;
        }
        self.pages.push(Page::default());
        self.y = self.sheet.margin + self.scaled(HEAD);
        true
    }

    /// Leaves so much free.
    pub fn skip(&mut self, height: f32) {
        self.y += height;
    }

    /// Puts a mark on the current page.
    pub fn put(&mut self, mark: Mark) {
        let bottom = match &mark {
            Mark::Text { y, size, .. } => y + size * 0.3,
            Mark::Fill(place, _) | Mark::Frame(place, _) | Mark::Picture(_, place) => place.y + place.height,
            Mark::Rule(_, y, ..) => *y,
        };
        if let Some(page) = self.pages.last_mut() {
            page.used = page.used.max(bottom);
            page.marks.push(mark);
        }
    }

    /// Puts a text with its left edge and baseline there.
    pub fn text(&mut self, x: f32, y: f32, style: Style, text: impl Into<String>) {
        let size = self.scaled(style.size);
        self.put(Mark::Text {
            x,
            y,
            size,
            weight: style.weight,
            colour: style.colour,
            text: text.into(),
        });
    }

    /// Puts a text with its right edge and baseline there.
    pub fn text_to(&mut self, right: f32, y: f32, style: Style, text: impl Into<String>) {
        let text = text.into();
        let x = right - self.width(&text, style);
        self.text(x, y, style, text);
    }

    /// The width of a text on this sheet.
    pub fn width(&self, text: &str, style: Style) -> f32 {
        font::width(text, style.weight, self.scaled(style.size))
    }

    /// Puts a paragraph at the current place, turning pages between its lines.
    pub fn paragraph(&mut self, indent: f32, style: Style, text: &str) {
        let size = self.scaled(style.size);
        let line_height = size * 1.4;
        let most = self.sheet.content_width() - indent;
        for line in font::wrapped(text, style.weight, size, most) {
            self.need(line_height);
            self.y += line_height;
            self.text(self.sheet.margin + indent, self.y - size * 0.35, style, line);
        }
    }

    /// Puts a section's title, together with so much of what follows it.
    pub fn section(&mut self, title: &str, with: f32) {
        const TITLE: Style = Style::new(13.0, Weight::SemiBold, Colour::INK);
        let (above, height) = (self.scaled(16.0), self.scaled(24.0));
        if self.y > self.sheet.margin + self.scaled(HEAD) {
            self.y += above.min(self.room().max(0.0));
        }
        self.need(height + with);
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.sections.push((title.to_owned(), y));
        }
        let most = self.sheet.content_width();
        let title = font::shortened(title, TITLE.weight, self.scaled(TITLE.size), most);
        self.text(self.sheet.margin, y + self.scaled(13.0), TITLE, title);
        self.y += height;
    }
}
