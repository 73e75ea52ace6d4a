//! What a batch's schema tells of how its cells were written, besides their types.

use std::collections::HashMap;

use arrow_schema::{Field, Schema};

/// Metadata of a schema: the character between the cells of a row of text.
const DELIMITER: &str = "delimiter";
/// Metadata of a schema: the text was read as Windows-1252.
const WINDOWS_1252: &str = "windows_1252";
/// Metadata of a text column: some of its cells are numbers that a machine wrote, with a point before their decimals.
const TYPED_NUMBERS: &str = "typed_numbers";

/// The schema of rows whose cells are delimited so, and whose text was encoded so.
pub(super) fn of_text(schema: Schema, delimiter: Option<u8>, is_windows_1252: bool) -> Schema {
    let delimiter = delimiter.map(|delimiter| (DELIMITER.to_owned(), char::from(delimiter).to_string()));
    let encoding = is_windows_1252.then(|| (WINDOWS_1252.to_owned(), String::new()));
    schema.with_metadata(delimiter.into_iter().chain(encoding).collect::<HashMap<_, _>>())
}

/// Whether the text was read as Windows-1252.
pub(super) fn is_windows_1252(schema: &Schema) -> bool {
    schema.metadata().contains_key(WINDOWS_1252)
}

/// Whether semicolons stand between cells, as where a comma stands before decimals.
pub(super) fn has_semicolons(schema: &Schema) -> bool {
    schema
        .metadata()
        .get(DELIMITER)
        .is_some_and(|delimiter| delimiter == ";")
}

/// The field of a text column that holds numbers as a machine writes them.
pub(super) fn with_typed_numbers(field: Field) -> Field {
    field.with_metadata(HashMap::from([(TYPED_NUMBERS.to_owned(), String::new())]))
}

/// Whether the field is that of such a column.
pub(super) fn has_typed_numbers(field: &Field) -> bool {
    field.metadata().contains_key(TYPED_NUMBERS)
}
