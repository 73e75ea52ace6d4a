//! What a column's name says of how its values are written.

use super::money::{amount_word, is_told_count};
use super::names::Name;
use super::time;

/// Words of sizes of files and memories.
const SIZES: &[&str] = &[
    "size",
    "bytes",
    "disk",
    "memory",
    "mem",
    "ram",
    "storage",
    "rss",
    "größe",
    "taille",
    "tamaño",
    "dimensione",
];

/// Last words of what is told by classes that are written like short numbers (`loan band` 5K, `camera resolution` 4K).
const CLASSES: &[&str] = &[
    "tier",
    "band",
    "bracket",
    "bucket",
    "class",
    "category",
    "segment",
    "grade",
    "group",
    "type",
    "variant",
    "version",
    "model",
    "sizes",
    "resolution",
    "resistance",
    "resistor",
    "camera",
    "klasse",
    "stufe",
    "gruppe",
    "modell",
    "auflösung",
    "classe",
    "catégorie",
    "modèle",
    "tranche",
    "clase",
    "categoría",
    "modelo",
    "tramo",
    "categoria",
    "modello",
    "fascia",
    "klas",
];

/// What a column's name says of its values before they are seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::rows) struct Naming {
    /// Numbers like `202401` are weeks, not months.
    pub weeks: bool,
    /// Numbers like 45296 are days as spreadsheets count them.
    pub days: bool,
    /// Large numbers with a fraction are seconds since 1970.
    pub instants: bool,
    /// Its numbers are prices, means or ratios, of which many have exactly three decimals.
    pub decimals: bool,
    /// Its numbers are amounts, however they are written.
    pub amounts: bool,
    /// Its values like `10K` are none written short: sizes, of which a `B` is a byte and a `K` is 1,024, or names of classes.
    pub names: bool,
}

impl Naming {
    /// What the label says.
    pub(in crate::rows) fn of(label: &str) -> Self {
        let name = Name::of(label);
        Self {
            weeks: time::names_weeks(&name),
            days: time::names_dates(&name),
            instants: time::names_instants(&name),
            decimals: name.mean_word(None).is_some() || name.ratio_word().is_some(),
            amounts: amount_word(&name).is_some() || is_told_count(&name),
            names: name.word_of(SIZES).is_some() || CLASSES.contains(&name.last()),
        }
    }
}
