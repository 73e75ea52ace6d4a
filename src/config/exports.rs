//! Exported files: where they are kept, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use super::objects::check_place;
use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "exports.location",
        Kind::Text,
        "",
        "Where exported files are kept: `s3://bucket/exports`, `gs://bucket`, `az://container/exports` or `file:///var/exports`, reached with the \
         credentials of `objects`. All processes with the role `http` or `sweep` need the same one. Unset means a folder among the \
         system's temporary files where there is no login (`http.auth`), and no exports over HTTP where there is one.",
    ),
    setting(
        "exports.keep",
        Kind::Duration,
        "30d",
        "How long an exported file can be downloaded; then it is removed.",
    ),
    setting(
        "exports.fonts",
        Kind::Text,
        "",
        "A folder with typefaces (`.ttf`, `.otf`, `.ttc`, `.otc`) for PDF, PNG and pictures in XLSX, which draw what the embedded ones lack: \
         Chinese, Japanese, Korean, Thai, Devanagari, emoji. The first by name that has a character draws it. They need outlines, \
         and stay in memory. In a cluster `fonts.existingClaim` of the chart mounts them.",
    ),
];

/// Exported files.
#[derive(Debug, Clone, Default)]
pub struct ExportsConfig {
    /// Where they are kept, as a URI.
    pub location: Option<String>,
    /// How long they are kept.
    pub keep: Duration,
    /// Where typefaces lie that are drawn with besides the embedded ones.
    pub fonts: Option<PathBuf>,
}

impl ExportsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let location = reader.optional_text("exports.location");
        if let Some(place) = &location {
            check_place(reader, "exports.location", place);
        }
        Self {
            location,
            keep: reader.duration("exports.keep"),
            fonts: reader.optional_text("exports.fonts").map(PathBuf::from),
        }
    }
}
