//! What people give in place of a table: workbooks, documents, pages.

use super::{BeginningOfText, RowsError};

/// Bytes of a file's beginning that show what it is.
pub const BEGINNING: usize = 512;

/// What each kind of file begins with, what it is, and what to do about it.
const SIGNATURES: [(&[u8], NoTable); 3] = [
    (
        b"PK\x03\x04",
        NoTable {
            what: "a workbook or an archive",
            remedy: "save its sheet as CSV, or unpack it",
        },
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        NoTable {
            what: "a workbook or a document of an old Office",
            remedy: "save its sheet as CSV",
        },
    ),
    (
        b"%PDF-",
        NoTable {
            what: "a PDF document",
            remedy: "export the table that it shows as CSV",
        },
    ),
];

/// A file of another kind, from which anything could be read as a table, but whose rows would be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTable {
    /// What it is.
    pub what: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

impl NoTable {
    /// What begins with these bytes, if that is certainly no table.
    pub fn of(beginning: &[u8]) -> Option<Self> {
        let signed = SIGNATURES.iter().find(|(bytes, _)| beginning.starts_with(bytes));
        let markup = Self {
            what: "a page of HTML or XML",
            remedy: "look whether a message was saved in place of the result",
        };
        let is_markup = || is_markup(BeginningOfText::of(beginning).text.trim_start());
        signed
            .map(|(_, told)| *told)
            .or_else(|| is_markup().then_some(markup))
    }
}

impl From<NoTable> for RowsError {
    fn from(NoTable { what, remedy }: NoTable) -> Self {
        Self::Unsupported {
            what: what.to_owned(),
            remedy,
        }
    }
}

/// Whether a text is of HTML or XML. Headers may begin with `<`, too: `<unset>,clicks` has a delimiter, as few first tags have.
fn is_markup(text: &str) -> bool {
    let begins = |tag: &&str| {
        let own = text.get(..tag.len());
        own.is_some_and(|own| own.eq_ignore_ascii_case(tag))
    };
    if ["<!doctype", "<html", "<?xml"].iter().any(begins) {
        return true;
    }
    let is_tag =
        |rest: &str| rest.starts_with(|first: char| first.is_ascii_alphabetic() || "!?".contains(first));
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix('<').is_some_and(is_tag) && !line.contains([',', ';', '\t', '|'])
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::event::{Compression, ResultFormat};
    use crate::rows::{Limits, read};

    #[test]
    fn what_is_no_table_is_told_as_what_it_is() {
        for (beginning, told) in [
            (&b"<!DOCTYPE html>\n<html>"[..], "HTML"),
            (b"<HTML lang=\"en\"><style>a,b;c</style>", "HTML"),
            (b"<head>\n<title>Log in, please</title>", "HTML"),
            (b"  <?xml version=\"1.0\"?>", "XML"),
            (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "HTML"),
            (b"PK\x03\x04\x14\0", "workbook"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "old Office"),
            (b"%PDF-1.7\n", "PDF"),
        ] {
            let found = NoTable::of(beginning);
            assert!(
                found.is_some_and(|found| found.what.contains(told)),
                "{beginning:?}"
            );
        }
        for table in [
            &b""[..],
            b"date,n\n",
            b"<unset>,clicks\n",
            b"<5 EUR,5-10 EUR,more\n",
            b"PK,n\n1,5\n",
            b"%PDF,pages\n3,5\n",
            b"[{\"a\":\"<html>\"}]",
        ] {
            assert_eq!(NoTable::of(table), None, "{table:?}");
        }
    }

    #[test]
    fn such_a_result_is_refused_with_what_to_do_whatever_it_is_called() {
        for format in [ResultFormat::Csv, ResultFormat::JsonRows, ResultFormat::Ndjson] {
            let refused = |bytes: &'static [u8]| {
                let data = Bytes::from_static(bytes);
                read(format, Compression::None, &data, &Limits::default()).unwrap_err()
            };
            let error = refused(b"PK\x03\x04\x14\0\x06\0");
            assert_eq!(
                error.to_string(),
                "a workbook or an archive cannot be read; save its sheet as CSV, or unpack it"
            );
            assert_eq!(error.reason(), "unsupported_result");
            assert!(
                refused(b"<html><body>Log in</body></html>")
                    .to_string()
                    .contains("a message was saved")
            );
        }
    }
}
