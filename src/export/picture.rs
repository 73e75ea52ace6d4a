//! A chart's drawing: an SVG, read once, then painted on paper or as pixels.

use resvg::usvg::{ImageHrefResolver, Options, Tree};

use super::error::ExportError;
use super::font;

/// The largest SVG that is read: a chart of 200 rows takes a tenth of it.
const MOST_BYTES: usize = 8 << 20;
/// The longest side of a drawing in pixels of CSS.
const LONGEST_SIDE: f32 = 8000.0;

/// A drawing.
#[derive(Debug)]
pub struct Picture {
    /// As SVG.
    pub svg: String,
    /// As shapes.
    pub tree: Tree,
}

impl Picture {
    /// Reads an SVG; images in it are left out, whatever they refer to.
    pub fn read(svg: String) -> Result<Self, ExportError> {
        if svg.len() > MOST_BYTES {
            return Err(ExportError::Picture(format!("{} bytes are too many", svg.len())));
        }
        let options = Options {
            fontdb: font::database(),
            font_family: "Inter".to_owned(),
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|_, _, _| None),
                resolve_string: Box::new(|_, _| None),
            },
            ..Options::default()
        };
        let tree = Tree::from_str(&svg, &options).map_err(|error| ExportError::Picture(error.to_string()))?;
        let picture = Self { svg, tree };
        match picture.width().max(picture.height()) > LONGEST_SIDE {
            true => Err(ExportError::Picture(format!(
                "{} × {} pixels are too many",
                picture.width(),
                picture.height()
            ))),
            false => Ok(picture),
        }
    }

    /// A character in it that no typeface has: a box stands for it.
    pub fn undrawn(&self) -> Option<char> {
        font::undrawn(&self.svg)
    }

    /// In pixels of CSS.
    pub fn width(&self) -> f32 {
        self.tree.size().width()
    }

    /// In pixels of CSS.
    pub fn height(&self) -> f32 {
        self.tree.size().height()
    }
}
