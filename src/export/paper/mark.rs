//! What stands on a page.

use super::super::font::Weight;

/// A colour, red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Of texts.
    pub const INK: Self = Self(0x1a, 0x1a, 0x1a);
    /// Of what matters less: 5.9:1 on white.
    pub const GREY: Self = Self(0x60, 0x64, 0x6b);
    /// Of what is good: 5.1:1 on white.
    pub const GOOD: Self = Self(0x00, 0x76, 0x55);
    /// Of what is not: 5.4:1 on white.
    pub const BAD: Self = Self(0xb8, 0x3a, 0x14);
    /// Of frames and rules.
    pub const RULE: Self = Self(0xd4, 0xd7, 0xdc);
    /// Behind a table's head.
    pub const HEAD: Self = Self(0xe9, 0xeb, 0xee);
    /// Behind every second row.
    pub const BAND: Self = Self(0xf6, 0xf7, 0xf8);
}

/// A rectangle: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// Something on a page; places are in the sheet's unit from its upper left corner.
#[derive(Debug)]
pub enum Mark {
    /// A line of text, `y` at its baseline.
    Text {
        /// Left edge.
        x: f32,
        /// Baseline.
        y: f32,
        /// Size.
        size: f32,
        /// How bold.
        weight: Weight,
        /// Colour.
        colour: Colour,
        /// The text.
        text: String,
    },
    /// A filled rectangle.
    Fill(Place, Colour),
    /// A rectangle's outline.
    Frame(Place, Colour),
    /// A horizontal line: left, height of it, width.
    Rule(f32, f32, f32, Colour),
    /// A drawing, by its place among the report's drawings.
    Picture(usize, Place),
}

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// What stands on it.
    pub marks: Vec<Mark>,
    /// Sections that begin on it: their titles, and how far down.
    pub sections: Vec<(String, f32)>,
    /// How far down anything stands.
    pub used: f32,
}
