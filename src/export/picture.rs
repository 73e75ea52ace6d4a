//! A chart's drawing: an SVG, read once, then painted on paper or as pixels.

use resvg::usvg::{FontResolver, ImageHrefResolver, Options, Tree};

use super::error::ExportError;
use super::font::{self, Weight};
use super::typeface::typefaces;

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
            fontdb: typefaces().database(),
            font_family: "Inter".to_owned(),
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|_, _, _| None),
                resolve_string: Box::new(|_, _| None),
            },
            // Each piece names its typeface: another would draw more of the line than was measured with it.
            font_resolver: FontResolver {
                select_fallback: Box::new(|_, _, _| None),
                ..FontResolver::default()
            },
            ..Options::default()
        };
        let svg = spanned(svg);
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

/// An SVG whose texts name the typeface of each piece that Inter lacks: as it was measured, so it is drawn.
fn spanned(svg: String) -> String {
    if svg.is_ascii() {
        return svg;
    }
    let mut out = String::with_capacity(svg.len());
    let mut weight = None;
    for part in svg.split_inclusive('>') {
        let (text, tag) = part.split_at(part.find('<').unwrap_or(part.len()));
        match weight {
            Some(weight) => put_spans(&mut out, text, weight),
            None => out.push_str(text),
        }
        if tag.starts_with("<text ") || tag.starts_with("<text>") {
            weight = Some(weight_of(tag));
        } else if tag.starts_with("</text") {
            weight = None;
        }
        out.push_str(tag);
    }
    out
}

/// Escapes are of characters that Inter has, so no piece ends within one.
fn put_spans(out: &mut String, text: &str, weight: Weight) {
    let first = typefaces().order(weight).first().copied();
    for (place, run) in font::runs(text, weight) {
        match typefaces().get(place).filter(|_| Some(place) != first) {
            Some(typeface) => {
                let family = &typeface.family;
                out.push_str(&format!("<tspan font-family=\"{family}, Inter\">{run}</tspan>"));
            }
            None => out.push_str(run),
        }
    }
}

fn weight_of(tag: &str) -> Weight {
    let value = tag.split_once("font-weight=\"");
    let value = value.and_then(|(_, rest)| rest.split_once('"'));
    Weight::from_css(value.map_or("normal", |(value, _)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_inter_lacks_is_drawn_by_the_typeface_that_it_is_measured_with() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><title>שלום</title><g><text font-weight=\"bold\">a &amp; שלום 1<tspan>é</tspan></text></g></svg>";
        let expected = svg.replace(
            "a &amp; שלום 1",
            "a &amp; <tspan font-family=\"DejaVu Sans, Inter\">שלום </tspan>1",
        );
        assert_eq!(Picture::read(svg.to_owned()).unwrap().svg, expected);
    }
}
