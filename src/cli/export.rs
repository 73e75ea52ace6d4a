//! Flags of `export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use uuid::Uuid;

use crate::export::{Format, Paper};

/// Flags of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The dashboard's id (`dashboard_views.id`).
    #[arg(long, value_name = "ID")]
    pub view: Uuid,
    /// The format; without it, what the file's name ends in.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatName>,
    /// The file to write; what it held is replaced.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What a PDF is laid out for; A4 where nothing is said.
    #[arg(long, value_name = "PAPER")]
    pub paper: Option<PaperName>,
    /// Only this chart, by id, as PNG.
    #[arg(long, value_name = "ID")]
    pub chart: Option<String>,
    /// The dataset of a CSV; without it the table.
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// A report on paper.
    Pdf,
    /// The dashboard, or one chart of it, as a picture.
    Png,
    /// One dataset.
    Csv,
    /// Every dataset, with charts that a spreadsheet draws.
    Xlsx,
    /// One page for browsers that needs nothing else.
    Html,
}

/// The sizes of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PaperName {
    /// 210 × 297 mm.
    A4,
    /// 8½ × 11 inches.
    Letter,
}

impl ExportArgs {
    /// The format asked for, else that of the file's name.
    pub fn format(&self) -> Option<Format> {
        self.format
            .map(Format::from)
            .or_else(|| Format::of_file(&self.out))
    }
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Pdf => Self::Pdf,
            FormatName::Png => Self::Png,
            FormatName::Csv => Self::Csv,
            FormatName::Xlsx => Self::Xlsx,
            FormatName::Html => Self::Html,
        }
    }
}

impl From<PaperName> for Paper {
    fn from(name: PaperName) -> Self {
        match name {
            PaperName::A4 => Self::A4,
            PaperName::Letter => Self::Letter,
        }
    }
}
