//! Files made of a stored view: CSV, XLSX, PNG, PDF, HTML. Pure: the same view gives the same bytes.
//!
//! * [`report`] reads a view's JSON columns and insights into a typed [`Report`].
//! * [`csv()`] and [`xlsx()`] write its numbers; texts in them never become formulas.
//! * [`paper`] lays it out; [`pdf()`] and [`png()`] paint that. Charts come in as [`Picture`]s, which whoever calls has
//!   drawn: [`drawings()`] says which, and how wide. A chart that could not be drawn leaves its reason in its place.
//! * [`html()`] writes the same as one page for browsers.
//! * [`font`] holds the typefaces that all of it is measured and drawn with.

mod cell;
mod csv;
mod drawing;
mod error;
pub mod font;
mod format;
mod html;
mod number;
pub mod paper;
mod pdf;
mod picture;
mod png;
pub mod report;
#[cfg(test)]
mod samples;
mod stored;
mod typeface;
mod xlsx;

pub use cell::Cell;
pub use csv::csv;
pub use drawing::{Drawing, drawings};
pub use error::ExportError;
pub use format::{Format, Paper};
pub use html::html;
pub use pdf::pdf;
pub use picture::Picture;
pub use png::{Job, Workers, chart_png, png};
pub use report::{Comparison, Insight, Report, ReportSource};
pub use typeface::{TypefaceError, add as add_typefaces, typefaces};
pub use xlsx::xlsx;
