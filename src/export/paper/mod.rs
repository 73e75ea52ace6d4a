//! A report laid out: texts, boxes, lines and drawings at their places on pages. One layout, two painters: PDF and PNG.

mod blocks;
mod cards;
mod flow;
mod heading;
mod mark;
mod prose;
mod report;
mod sheet;
mod table;

pub use blocks::span_width;
pub use mark::{Colour, Mark, Page, Place};
pub use report::lay_out;
pub use sheet::Sheet;
