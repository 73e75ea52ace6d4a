//! Typefaces: those embedded, and those that an operator adds for what these lack.
//!
//! Inter draws what it has, DejaVu Sans the rest, and of the added ones the first that has a character, those nearest in weight
//! before others. Charts, PDF and PNG all measure and draw by this order, so what was measured is what is drawn.

use std::sync::{Arc, OnceLock};

use krilla::text::Font;
use resvg::usvg::fontdb;
use rustybuzz::{Face, ttf_parser};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::font::Weight;

macro_rules! embedded {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/render/", $name))
    };
}

/// The embedded files: Inter in three weights, DejaVu Sans in two.
const EMBEDDED: [&[u8]; 5] = [
    embedded!("Inter_400Regular.ttf"),
    embedded!("Inter_600SemiBold.ttf"),
    embedded!("Inter_700Bold.ttf"),
    embedded!("DejaVuSans.ttf"),
    embedded!("DejaVuSans-Bold.ttf"),
];
/// The embedded families, by the places of their files.
const INTER: &str = "Inter";
const DEJAVU: &str = "DejaVu Sans";

static TYPEFACES: OnceLock<Typefaces> = OnceLock::new();

/// Why a typeface cannot be added.
#[derive(Debug, Error)]
pub enum TypefaceError {
    /// The file is no TrueType or OpenType file, or a broken one.
    #[error("{file} is no typeface that can be read")]
    Unreadable {
        /// The file's name.
        file: String,
    },
    /// Its characters are pictures of one size.
    #[error("{file} has no outlines, only bitmaps: take a version of it with outlines")]
    NoOutlines {
        /// The file's name.
        file: String,
    },
    /// Something was measured already.
    #[error("typefaces are added before the first file is made, and once")]
    Late,
}

/// One typeface.
pub struct Typeface {
    /// How it shapes texts.
    pub face: Face<'static>,
    /// The same for PDF.
    pub font: Font,
    /// The family by which drawings name it.
    pub family: String,
    bytes: &'static [u8],
    index: u32,
}

/// All typefaces of this process.
pub struct Typefaces {
    all: Vec<Typeface>,
    /// The places of all that may draw a text, by weight.
    orders: [Vec<usize>; 3],
    database: Arc<fontdb::Database>,
    sha256: [u8; 32],
}

/// Adds typefaces, each a file with its name: TrueType, OpenType, or a collection of them. Their bytes stay for as long as the
/// process does.
///
/// # Errors
/// When one of them cannot draw texts, or something was drawn already.
pub fn add(files: Vec<(String, Vec<u8>)>) -> Result<(), TypefaceError> {
    let mut added = Vec::new();
    for (file, bytes) in files {
        added.extend(read(&file, bytes.leak())?);
    }
    TYPEFACES
        .set(Typefaces::with(added))
        .map_err(|_| TypefaceError::Late)
}

/// Those that there are; from the first call on no more can be added.
pub fn typefaces() -> &'static Typefaces {
    TYPEFACES.get_or_init(|| Typefaces::with(Vec::new()))
}

impl Typefaces {
    fn with(added: Vec<Typeface>) -> Self {
        let families = [INTER, INTER, INTER, DEJAVU, DEJAVU];
        let embedded = EMBEDDED.iter().zip(families);
        let embedded = embedded.filter_map(|(bytes, family)| typeface(bytes, 0, family.to_owned()));
        let mut all: Vec<Typeface> = embedded.collect();
        let mut database = fontdb::Database::new();
        for file in EMBEDDED {
            database.load_font_source(fontdb::Source::Binary(Arc::new(file)));
        }
        database.set_sans_serif_family(INTER);
        database.set_serif_family(INTER);
        database.set_monospace_family(DEJAVU);
        let mut hasher = Sha256::new();
        for (place, mut typeface) in (all.len()..).zip(added) {
            // By a name of its own each is found as it is, whatever it calls itself.
            typeface.family = format!("dashloom-{place}");
            database.push_face_info(typeface.info());
            hasher.update((typeface.bytes.len() as u64).to_be_bytes());
            hasher.update(typeface.bytes);
            all.push(typeface);
        }
        Self {
            orders: [Weight::Regular, Weight::SemiBold, Weight::Bold].map(|weight| order(&all, weight)),
            database: Arc::new(database),
            sha256: hasher.finalize().into(),
            all,
        }
    }

    /// The typeface at a place.
    pub fn get(&self, place: usize) -> Option<&Typeface> {
        self.all.get(place)
    }

    /// The places of those that may draw a text of a weight; the first one that has a character draws it.
    pub fn order(&self, weight: Weight) -> &[usize] {
        match weight {
            Weight::Regular => &self.orders[0],
            Weight::SemiBold => &self.orders[1],
            Weight::Bold => &self.orders[2],
        }
    }

    /// Whether any of them has a character.
    pub fn have(&self, character: char) -> bool {
        self.all.iter().any(|typeface| typeface.has(character))
    }

    /// The typefaces as SVG drawings look them up.
    pub fn database(&self) -> Arc<fontdb::Database> {
        Arc::clone(&self.database)
    }

    /// The hash of what was added.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

impl Typeface {
    /// Whether it has a character.
    pub fn has(&self, character: char) -> bool {
        self.face.glyph_index(character).is_some()
    }

    /// How drawings find it: by its family alone, in every weight.
    fn info(&self) -> fontdb::FaceInfo {
        fontdb::FaceInfo {
            id: fontdb::ID::dummy(),
            source: fontdb::Source::Binary(Arc::new(self.bytes)),
            index: self.index,
            families: vec![(self.family.clone(), fontdb::Language::English_UnitedStates)],
            post_script_name: self.family.clone(),
            style: fontdb::Style::Normal,
            weight: fontdb::Weight::NORMAL,
            stretch: fontdb::Stretch::Normal,
            monospaced: false,
        }
    }
}

/// The typefaces of a file.
fn read(file: &str, bytes: &'static [u8]) -> Result<Vec<Typeface>, TypefaceError> {
    let count = ttf_parser::fonts_in_collection(bytes).unwrap_or(1);
    let mut all = Vec::new();
    for index in 0..count {
        let unreadable = || TypefaceError::Unreadable {
            file: file.to_owned(),
        };
        let typeface = typeface(bytes, index, String::new()).ok_or_else(unreadable)?;
        let tables = typeface.face.tables();
        if tables.glyf.is_none() && tables.cff.is_none() && tables.cff2.is_none() {
            return Err(TypefaceError::NoOutlines {
                file: file.to_owned(),
            });
        }
        all.push(typeface);
    }
    Ok(all)
}

fn typeface(bytes: &'static [u8], index: u32, family: String) -> Option<Typeface> {
    Some(Typeface {
        face: Face::from_slice(bytes, index)?,
        font: Font::new(bytes.into(), index)?,
        family,
        bytes,
        index,
    })
}

/// Inter and DejaVu Sans of a weight, then what was added, the nearest in weight first.
fn order(all: &[Typeface], weight: Weight) -> Vec<usize> {
    let mut order = match weight {
        Weight::Regular => vec![0, 3],
        Weight::SemiBold => vec![1, 4],
        Weight::Bold => vec![2, 4],
    };
    let mut added: Vec<usize> = (EMBEDDED.len()..all.len()).collect();
    added.sort_by_key(|place| all[*place].face.weight().to_number().abs_diff(weight.number()));
    order.extend(added);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_is_a_typeface() {
        let typefaces = typefaces();
        assert_eq!(typefaces.all.len(), EMBEDDED.len());
        assert_eq!(typefaces.database().faces().count(), EMBEDDED.len());
    }

    #[test]
    fn added_typefaces_come_after_the_embedded_ones_the_nearest_in_weight_first() {
        let file = |place: usize| read("again.ttf", EMBEDDED[place]).unwrap();
        let added = [file(2), file(0)].into_iter().flatten().collect();
        let typefaces = Typefaces::with(added);
        assert_eq!(typefaces.order(Weight::Regular), [0, 3, 6, 5]);
        assert_eq!(typefaces.order(Weight::Bold), [2, 4, 5, 6]);
        assert_eq!(typefaces.get(6).unwrap().family, "dashloom-6");
        assert_eq!(typefaces.database().faces().count(), 7);
        assert_ne!(typefaces.sha256(), Typefaces::with(Vec::new()).sha256());
    }

    #[test]
    fn what_is_no_typeface_is_named() {
        let refused = read("notes.ttf", b"no typeface").err().unwrap();
        assert_eq!(refused.to_string(), "notes.ttf is no typeface that can be read");
        typefaces();
        assert!(matches!(add(Vec::new()), Err(TypefaceError::Late)));
    }
}
