//! A dashboard, or one of its charts, as a picture.

use resvg::tiny_skia::{Color, Pixmap, Transform};

use super::error::ExportError;
use super::paper::{Colour, Mark, Page, Place, Sheet, lay_out};
use super::picture::Picture;
use super::report::Report;

/// Pixels for one of CSS.
const DENSITY: f32 = 2.0;
/// The most pixels of a picture; beyond it the density falls, never below one.
const MOST_PIXELS: f32 = 32.0e6;

/// The whole dashboard. `pictures` are the charts in the order of [`super::drawings`] for [`Sheet::screen`].
pub fn png(report: &Report, pictures: &[Result<Picture, String>]) -> Result<Vec<u8>, ExportError> {
    let sheet = Sheet::screen();
    let pages = lay_out(report, pictures, sheet);
    let page = pages
        .first()
        .ok_or_else(|| ExportError::Png("nothing to show".to_owned()))?;
    let height = (page.used + sheet.margin).ceil();
    let frame = Picture::read(svg(page, sheet.width, height))?;
    let mut canvas = Canvas::new(sheet.width, height)?;
    canvas.paint(&frame, 0.0, 0.0, 1.0);
    for mark in &page.marks {
        if let Mark::Picture(index, place) = mark
            && let Some(Ok(picture)) = pictures.get(*index)
        {
            canvas.paint(picture, place.x, place.y, place.width / picture.width());
        }
    }
    canvas.encoded()
}

/// One chart.
pub fn chart_png(picture: &Picture) -> Result<Vec<u8>, ExportError> {
    let mut canvas = Canvas::new(picture.width(), picture.height())?;
    canvas.paint(picture, 0.0, 0.0, 1.0);
    canvas.encoded()
}

/// White pixels to paint on.
struct Canvas {
    pixels: Pixmap,
    density: f32,
}

impl Canvas {
    /// A canvas of so many pixels of CSS.
    fn new(width: f32, height: f32) -> Result<Self, ExportError> {
        let fitting = (MOST_PIXELS / (width * height)).sqrt();
        let density = DENSITY.min(fitting.max(1.0));
        let side = |length: f32| (length * density).ceil() as u32;
        let mut pixels = Pixmap::new(side(width), side(height))
            .ok_or_else(|| ExportError::Png(format!("{width} × {height} pixels are too many")))?;
        pixels.fill(Color::WHITE);
        Ok(Self { pixels, density })
    }

    fn paint(&mut self, picture: &Picture, x: f32, y: f32, scale: f32) {
        let scale = scale * self.density;
        let transform = Transform::from_row(scale, 0.0, 0.0, scale, x * self.density, y * self.density);
        resvg::render(&picture.tree, transform, &mut self.pixels.as_mut());
    }

    fn encoded(self) -> Result<Vec<u8>, ExportError> {
        self.pixels
            .encode_png()
            .map_err(|error| ExportError::Png(error.to_string()))
    }
}

/// A page's texts, boxes and lines as SVG; drawings are left out.
pub fn svg(page: &Page, width: f32, height: f32) -> String {
    let mut out = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">");
    for mark in &page.marks {
        match mark {
            Mark::Text {
                x,
                y,
                size,
                weight,
                colour,
                text,
            } => {
                let (colour, weight) = (hex(*colour), weight.number());
                out.push_str(&format!(
                    "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-weight=\"{weight}\" font-family=\"Inter\" fill=\"{colour}\" xml:space=\"preserve\">"
                ));
                escape(&mut out, text);
                out.push_str("</text>");
            }
            Mark::Fill(place, colour) => rectangle(&mut out, place, &format!("fill=\"{}\"", hex(*colour))),
            Mark::Frame(place, colour) => {
                rectangle(
                    &mut out,
                    place,
                    &format!("fill=\"none\" stroke=\"{}\"", hex(*colour)),
                );
            }
            Mark::Rule(x, y, width, colour) => {
                let place = Place {
                    x: *x,
                    y: *y,
                    width: *width,
                    height: 1.0,
                };
                rectangle(&mut out, &place, &format!("fill=\"{}\"", hex(*colour)));
            }
            Mark::Picture(..) => {}
        }
    }
    out.push_str("</svg>");
    out
}

fn rectangle(out: &mut String, place: &Place, look: &str) {
    let Place { x, y, width, height } = place;
    out.push_str(&format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {look}/>"
    ));
}

fn hex(colour: Colour) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
}

/// Appends a text so that XML reads it as one; characters that XML forbids are left out.
pub fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            character => out.push(character),
        }
    }
}
