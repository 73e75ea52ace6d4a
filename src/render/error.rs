//! Why a chart or a file could not be made.

use thiserror::Error;

use crate::export::ExportError;

/// Why a chart or a file could not be made.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The engine could not be started; a defect of the build, not of a chart.
    #[error("the engine that draws charts does not start: {0}")]
    Engine(String),
    /// The chart's spec is refused by Vega, or takes more memory than a chart may.
    #[error("{0}")]
    Chart(String),
    /// The chart takes a processor for longer than one may.
    #[error("it takes more than {0} s")]
    Late(f32),
    /// The file could not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Too many charts wait to be drawn.
    #[error("too many charts wait to be drawn; try again soon")]
    Busy,
    /// Drawing ended without an answer.
    #[error("drawing ended without an answer")]
    Lost,
}

impl RenderError {
    /// Whether the same may succeed later: it says nothing of the chart.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Engine(_) | Self::Busy | Self::Lost)
    }
}
