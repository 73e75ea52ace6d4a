//! Why a file cannot be made.

use thiserror::Error;

/// Why a file cannot be made of a view.
#[derive(Debug, Error)]
pub enum ExportError {
    /// What is stored of the view is not what this release writes.
    #[error("the view's {column} cannot be read")]
    Stored {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The view has no dataset of that name.
    #[error("there is no dataset {name:?}; there are {known}")]
    UnknownDataset {
        /// What was asked for.
        name: String,
        /// The names that there are, in words.
        known: String,
    },
    /// The view has no chart of that id.
    #[error("there is no chart {id:?}; there are {known}")]
    UnknownChart {
        /// What was asked for.
        id: String,
        /// The ids that there are, in words.
        known: String,
    },
    /// A chart could not be drawn.
    #[error("the chart {id:?} could not be drawn: {reason}")]
    Chart {
        /// Which one.
        id: String,
        /// Why.
        reason: String,
    },
    /// A chart's drawing is no picture that can be shown.
    #[error("a drawing cannot be shown: {0}")]
    Picture(String),
    /// The CSV could not be written.
    #[error("the CSV cannot be written")]
    Csv(#[from] csv::Error),
    /// The workbook could not be written.
    #[error("the workbook cannot be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The PDF could not be written.
    #[error("the PDF cannot be written: {0}")]
    Pdf(String),
    /// The PNG could not be written.
    #[error("the PNG cannot be written: {0}")]
    Png(String),
    /// `file_size_bytes` could not hold its size.
    #[error("the file has {size_bytes} bytes, more than 2 GiB")]
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
}
