//! A dashboard, or one of its charts, as a picture.

use png::{BitDepth, ColorType, Compression, Encoder};
use resvg::tiny_skia::{PixmapMut, Transform};

use super::error::ExportError;
use super::paper::{Colour, Mark, Page, Place, Sheet, lay_out};
use super::picture::Picture;
use super::report::Report;

/// Pixels for one of CSS.
const DENSITY: f32 = 2.0;
/// The most pixels of a picture; beyond it the density falls, never below one.
const MOST_PIXELS: f32 = 32.0e6;
/// The most bytes of its pixels, as a picture that is too long for [`MOST_PIXELS`] has at a density of one.
const MOST_BYTES: usize = 1 << 30;
/// Bytes of a pixel as it is painted: red, green, blue, and how opaque it is.
const PAINTED: usize = 4;
/// The least rows of pixels that are worth a thread.
const BAND_ROWS: usize = 256;

/// A part of the work that depends on no other.
pub type Job<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Who paints: this module has no threads of its own.
#[derive(Debug, Clone, Copy)]
pub struct Workers {
    /// How many jobs run at the same time.
    pub count: usize,
    /// Runs all jobs and returns when the last has ended.
    pub run: for<'a> fn(Vec<Job<'a>>),
}

impl Workers {
    /// The caller itself, one job after another.
    const CALLER: Self = Self {
        count: 1,
        run: one_after_another,
    };
}

fn one_after_another(jobs: Vec<Job<'_>>) {
    jobs.into_iter().for_each(|job| job());
}

/// The whole dashboard. `pictures` are the charts in the order of [`super::drawings`] for [`Sheet::screen`].
pub fn png(
    report: &Report,
    pictures: &[Result<Picture, String>],
    workers: Workers,
) -> Result<Vec<u8>, ExportError> {
    let sheet = Sheet::screen();
    let pages = lay_out(report, pictures, sheet);
    let page = pages
        .first()
        .ok_or_else(|| ExportError::Png("nothing to show".to_owned()))?;
    let height = (page.used + sheet.margin).ceil();
    let frame = Picture::read(svg(page, sheet.width, height))?;
    let mut canvas = Canvas::new(sheet.width, height)?;
    let mut painted = vec![Painted::whole(&frame)];
    for mark in &page.marks {
        if let Mark::Picture(index, place) = mark
            && let Some(Ok(picture)) = pictures.get(*index)
        {
            painted.push(Painted {
                picture,
                x: place.x,
                y: place.y,
                scale: place.width / picture.width(),
            });
        }
    }
    canvas.paint(&painted, workers);
    canvas.encoded()
}

/// One chart.
pub fn chart_png(picture: &Picture) -> Result<Vec<u8>, ExportError> {
    let mut canvas = Canvas::new(picture.width(), picture.height())?;
    canvas.paint(&[Painted::whole(picture)], Workers::CALLER);
    canvas.encoded()
}

/// A picture at its place on a canvas, in pixels of CSS.
struct Painted<'a> {
    picture: &'a Picture,
    x: f32,
    y: f32,
    scale: f32,
}

impl<'a> Painted<'a> {
    /// One that takes the canvas for itself.
    fn whole(picture: &'a Picture) -> Self {
        Self {
            picture,
            x: 0.0,
            y: 0.0,
            scale: 1.0,
        }
    }
}

/// White pixels to paint on, every one opaque.
struct Canvas {
    pixels: Vec<u8>,
    width: u32,
    height: u32,
    density: f32,
}

impl Canvas {
    /// A canvas of so many pixels of CSS.
    fn new(width: f32, height: f32) -> Result<Self, ExportError> {
        let fitting = (MOST_PIXELS / (width * height)).sqrt();
        let density = DENSITY.min(fitting.max(1.0));
        let side = |length: f32| (length * density).ceil() as u32;
        let (across, down) = (side(width), side(height));
        let count = (across as usize)
            .checked_mul(down as usize)
            .and_then(|count| count.checked_mul(PAINTED))
            .filter(|count| *count > 0 && *count <= MOST_BYTES)
            .ok_or_else(|| ExportError::Png(format!("{width} × {height} pixels are too many")))?;
        Ok(Self {
            pixels: vec![u8::MAX; count],
            width: across,
            height: down,
            density,
        })
    }

    /// Paints pictures over each other, in bands one below the other, one for each worker.
    fn paint(&mut self, pictures: &[Painted<'_>], workers: Workers) {
        let (width, density) = (self.width, self.density);
        let row_bytes = width as usize * PAINTED;
        let rows = (self.height as usize)
            .div_ceil(workers.count.max(1))
            .max(BAND_ROWS);
        let bands = self.pixels.chunks_mut(rows * row_bytes).enumerate();
        let jobs = bands.filter_map(|(index, band)| {
            let (top, height) = ((index * rows) as f32, (band.len() / row_bytes) as u32);
            let mut band = PixmapMut::from_bytes(band, width, height)?;
            let paint = move || {
                for painted in pictures {
                    painted.onto(&mut band, top, density);
                }
            };
            Some(Box::new(paint) as Job<'_>)
        });
        (workers.run)(jobs.collect());
    }

    /// As PNG, compressed by what takes a tenth of the time for a few more bytes.
    fn encoded(self) -> Result<Vec<u8>, ExportError> {
        let failed = |error: png::EncodingError| ExportError::Png(error.to_string());
        let opaque: Vec<u8> = self
            .pixels
            .chunks_exact(PAINTED)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&opaque).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(file)
    }
}

impl Painted<'_> {
    /// Paints what of it lies in a band that begins at the row of pixels `top` of the canvas.
    fn onto(&self, band: &mut PixmapMut<'_>, top: f32, density: f32) {
        let scale = self.scale * density;
        let (x, y) = (self.x * density, self.y * density - top);
        if y >= band.height() as f32 || y + self.picture.height() * scale <= 0.0 {
            return;
        }
        let transform = Transform::from_row(scale, 0.0, 0.0, scale, x, y);
        resvg::render(&self.picture.tree, transform, band);
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
