//! What a batch's schema tells of how its cells were written, besides their types.

use std::collections::HashMap;

use arrow_schema::{Field, Schema};

/// Metadata of a schema: the character between the cells of a row of text.
const DELIMITER: &str = "delimiter";
/// Metadata of a schema: the text was read as Windows-1252.
const WINDOWS_1252: &str = "windows_1252";
/// Metadata of a schema: how many lines of titles stood above the header.
const TITLES: &str = "titles";
/// Metadata of a text column: some of its cells are numbers that a machine wrote, with a point before their decimals.
const TYPED_NUMBERS: &str = "typed_numbers";

/// How the text of a result was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Notation {
    /// The character between the cells of a row.
    pub delimiter: Option<u8>,
    /// Whether it was read as Windows-1252.
    pub is_windows_1252: bool,
    /// Lines of titles above the header.
    pub titles: u64,
}

impl Notation {
    /// How the rows of a schema were written.
    pub(super) fn told_by(schema: &Schema) -> Self {
        let told = |key| schema.metadata().get(key);
        Self {
            delimiter: told(DELIMITER).and_then(|told| told.bytes().next()),
            is_windows_1252: told(WINDOWS_1252).is_some(),
            titles: told(TITLES).and_then(|told| told.parse().ok()).unwrap_or(0),
        }
    }

    /// The schema of rows that were written so.
    pub(super) fn of(self, schema: Schema) -> Schema {
        let delimiter = self
            .delimiter
            .map(|delimiter| (DELIMITER, char::from(delimiter).to_string()));
        let encoding = self.is_windows_1252.then(|| (WINDOWS_1252, String::new()));
        let titles = (self.titles > 0).then(|| (TITLES, self.titles.to_string()));
        let told = [delimiter, encoding, titles].into_iter().flatten();
        schema.with_metadata(
            told.map(|(key, value)| (key.to_owned(), value))
                .collect::<HashMap<_, _>>(),
        )
    }
}

/// The field of a text column that holds numbers as a machine writes them.
pub(super) fn with_typed_numbers(field: Field) -> Field {
    field.with_metadata(HashMap::from([(TYPED_NUMBERS.to_owned(), String::new())]))
}

/// Whether the field is that of such a column.
pub(super) fn has_typed_numbers(field: &Field) -> bool {
    field.metadata().contains_key(TYPED_NUMBERS)
}
