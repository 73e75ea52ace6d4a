//! The whole dashboard as one page for browsers, which needs neither network nor script: charts as SVG, texts as texts.

mod page;
mod text;

pub use page::html;
