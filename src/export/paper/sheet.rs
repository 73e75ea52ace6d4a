//! What a report is laid out for.

use super::super::format::Paper;

/// A sheet, in points for paper and in pixels of CSS for a picture.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    /// Its width.
    pub width: f32,
    /// Its height; `None` for one page as long as it needs to be.
    pub height: Option<f32>,
    /// What is left free on each side.
    pub margin: f32,
    /// What a pixel of a chart measures on it.
    pub chart_scale: f32,
    /// What a size of text made for paper is multiplied by.
    pub text_scale: f32,
    /// The most rows of a table; the rest is counted.
    pub most_rows: usize,
}

impl Sheet {
    /// Pages of paper.
    pub fn paper(paper: Paper) -> Self {
        let (width, height) = paper.size();
        Self {
            width,
            height: Some(height),
            margin: 45.0,
            chart_scale: 0.74,
            text_scale: 1.0,
            most_rows: usize::MAX,
        }
    }

    /// One picture of the whole dashboard.
    pub fn screen() -> Self {
        Self {
            width: 1100.0,
            height: None,
            margin: 40.0,
            chart_scale: 1.0,
            text_scale: 1.35,
            most_rows: 20,
        }
    }

    /// The width between the margins.
    pub fn content_width(&self) -> f32 {
        self.width - 2.0 * self.margin
    }

    /// The height between the margins; infinite where there is one page.
    pub fn content_height(&self) -> f32 {
        self.height
            .map_or(f32::INFINITY, |height| height - 2.0 * self.margin - 24.0)
    }
}
