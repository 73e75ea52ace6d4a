//! A workbook: a sheet with metrics, insights and charts that the spreadsheet draws, then a sheet for each dataset.

mod chart;
mod data;
mod encoding;
mod names;
mod summary;
mod workbook;

pub use chart::is_native;
pub use workbook::xlsx;
