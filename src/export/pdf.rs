//! A report on paper: vector graphics, texts as texts, the typefaces' used glyphs embedded.

use chrono::{Datelike, Timelike};
use krilla::Document;
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::TextDirection;
use krilla_svg::{SurfaceExt, SvgSettings};

use super::error::ExportError;
use super::font;
use super::format::Paper;
use super::paper::{Colour, Mark, Page, Place, Sheet, lay_out};
use super::picture::Picture;
use super::report::Report;
use super::typeface::typefaces;

const STROKE: f32 = 0.6;

/// A report as PDF. `pictures` are the charts in the order of [`super::drawings`] for that paper.
pub fn pdf(
    report: &Report,
    pictures: &[Result<Picture, String>],
    paper: Paper,
) -> Result<Vec<u8>, ExportError> {
    let pages = lay_out(report, pictures, Sheet::paper(paper));
    let mut document = Document::new();
    document.set_metadata(metadata(report));
    for page in &pages {
        paint(&mut document, page, pictures, paper)?;
    }
    document.set_outline(outline(report, &pages));
    document
        .finish()
        .map_err(|error: KrillaError| ExportError::Pdf(format!("{error:?}")))
}

fn paint(
    document: &mut Document,
    page: &Page,
    pictures: &[Result<Picture, String>],
    paper: Paper,
) -> Result<(), ExportError> {
    let (width, height) = paper.size();
    let settings = PageSettings::from_wh(width, height)
        .ok_or_else(|| ExportError::Pdf("a page without a size".to_owned()))?;
    let mut sheet = document.start_page_with(settings);
    let mut surface = sheet.surface();
    for mark in &page.marks {
        draw(&mut surface, mark, pictures);
    }
    surface.finish();
    sheet.finish();
    Ok(())
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, pictures: &[Result<Picture, String>]) {
    match mark {
        Mark::Text {
            x,
            y,
            size,
            weight,
            colour,
            text,
        } => {
            surface.set_fill(Some(fill(*colour)));
            surface.set_stroke(None);
            let mut x = *x;
            for piece in font::pieces(text, *weight) {
                let Some(typeface) = typefaces().get(piece.typeface) else {
                    continue;
                };
                let direction = match piece.is_rtl {
                    true => TextDirection::RightToLeft,
                    false => TextDirection::LeftToRight,
                };
                surface.draw_text(
                    Point::from_xy(x, *y),
                    typeface.font.clone(),
                    *size,
                    piece.text,
                    false,
                    direction,
                );
                x += font::width(piece.text, *weight, *size);
            }
        }
        Mark::Fill(place, colour) => {
            surface.set_fill(Some(fill(*colour)));
            surface.set_stroke(None);
            rectangle(surface, place);
        }
        Mark::Frame(place, colour) => {
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*colour)));
            rectangle(surface, place);
        }
        Mark::Rule(x, y, width, colour) => {
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*colour)));
            let mut path = PathBuilder::new();
            path.move_to(*x, *y);
            path.line_to(x + width, *y);
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Mark::Picture(index, place) => {
            if let (Some(Ok(picture)), Some(size)) =
                (pictures.get(*index), Size::from_wh(place.width, place.height))
            {
                surface.push_transform(&Transform::from_translate(place.x, place.y));
                surface.draw_svg(&picture.tree, size, SvgSettings::default());
                surface.pop();
            }
        }
    }
}

fn rectangle(surface: &mut Surface<'_>, place: &Place) {
    let Some(rect) = Rect::from_xywh(place.x, place.y, place.width, place.height) else {
        return;
    };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn paint_of(colour: Colour) -> krilla::paint::Paint {
    rgb::Color::new(colour.0, colour.1, colour.2).into()
}

fn fill(colour: Colour) -> Fill {
    Fill {
        paint: paint_of(colour),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }
}

fn stroke(colour: Colour) -> Stroke {
    Stroke {
        paint: paint_of(colour),
        width: STROKE,
        ..Stroke::default()
    }
}

/// A dashboard's sections as bookmarks.
fn outline(report: &Report, pages: &[Page]) -> Outline {
    let mut outline = Outline::new();
    let at = |page: usize, y: f32| XyzDestination::new(page, Point::from_xy(0.0, y));
    outline.push_child(OutlineNode::new(report.title.clone(), at(0, 0.0)));
    for (index, page) in pages.iter().enumerate() {
        for (title, y) in &page.sections {
            outline.push_child(OutlineNode::new(title.clone(), at(index, *y)));
        }
    }
    outline
}

/// Every date and id in it follows from the view, so that the same view gives the same bytes.
fn metadata(report: &Report) -> Metadata {
    let date = match report.updated_at {
        Some(at) => DateTime::new(at.year().clamp(0, 9999) as u16)
            .month(at.month() as u8)
            .day(at.day() as u8)
            .hour(at.hour() as u8)
            .minute(at.minute() as u8)
            .second(at.second() as u8),
        None => DateTime::new(report.last_date().year().clamp(0, 9999) as u16)
            .month(report.last_date().month() as u8)
            .day(report.last_date().day() as u8),
    };
    let id: String = report.sha256[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Metadata::new()
        .title(report.title.clone())
        .description(format!("Dashboard over {}", report.range()))
        .language("en".to_owned())
        .creator("dashloom".to_owned())
        .producer(concat!("dashloom ", env!("CARGO_PKG_VERSION")).to_owned())
        .creation_date(date.utc_offset_hour(0).utc_offset_minute(0))
        .document_id(id)
}
