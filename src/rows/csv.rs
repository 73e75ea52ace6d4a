//! CSV: a header line, then one row a record.
//!
//! The delimiter is the one of comma, `;`, tab and `|` that the header has and most of the first rows have as often as it,
//! outside of quotes; of several the one that the header has most of. Lines end in LF, CRLF or CR; wholly empty lines are skipped, and so is a first line `sep=;` as spreadsheets
//! write it. A row may be shorter than the header: the cells it lacks are null, as spreadsheets leave out trailing
//! blanks. A row may be longer only by blank cells: anything else means an unquoted delimiter has shifted values.

use std::io::Read;

use super::batches::Take;
use super::table::Table;
use super::text::TextBytes;
use super::{Limits, RowsError, labels};

/// Lines at the beginning that show which delimiter there is.
const LINES_LOOKED_AT: usize = 12;

/// Bytes of them at most: a lone quote makes one line of all that follows.
const BYTES_LOOKED_AT: usize = 256 << 10;

/// Whether so much of a text is enough to tell how it is written.
fn shows_its_dialect(begin: &str) -> bool {
    begin.len() >= BYTES_LOOKED_AT || lines(begin).nth(LINES_LOOKED_AT).is_some()
}

/// Reads the whole text.
pub(super) fn read(plain: impl Read, limits: &Limits, take: Take<'_>) -> Result<(), RowsError> {
    let mut text = TextBytes::new(plain);
    let begin = text
        .peek(shows_its_dialect)
        .map_err(|error| RowsError::from_io(error, "CSV"))?;
    let Dialect {
        skipped_bytes,
        skipped_lines,
        delimiter,
    } = Dialect::of(begin);
    text.skip(skipped_bytes);
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(64 << 10)
        .from_reader(text);
    let mut record = ::csv::StringRecord::new();
    let mut table = Table::new(limits, take).delimited_by(delimiter);
    if !next(&mut reader, &mut record)? {
        return table.finish();
    }
    if record.len() > limits.columns {
        return Err(RowsError::columns(limits));
    }
    table.set_windows_1252(reader.get_ref().is_windows_1252());
    for label in labels::distinct(record.iter().map(str::to_owned).collect()) {
        table.add_column(&label)?;
    }
    while next(&mut reader, &mut record)? {
        table.set_windows_1252(reader.get_ref().is_windows_1252());
        for (column, cell) in record.iter().enumerate() {
            if column < table.columns() {
                table.set(column, cell)?;
            } else if !cell.is_empty() {
                let line = record.position().map_or(0, ::csv::Position::line) + skipped_lines;
                return Err(too_long(line, record.len(), table.columns()));
            }
        }
        table.end_row()?;
    }
    table.finish()
}

/// How the text is written.
struct Dialect {
    /// Bytes of a `sep=` line, and how many lines that is.
    skipped_bytes: usize,
    skipped_lines: u64,
    delimiter: u8,
}

impl Dialect {
    /// The dialect of a text that begins like this.
    fn of(begin: &str) -> Self {
        let end = begin.find(['\r', '\n']).unwrap_or(begin.len());
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = begin.as_bytes()[..end]
            && delimiter.is_ascii()
        {
            let line_end = match &begin.as_bytes()[end..] {
                [b'\r', b'\n', ..] => 2,
                [] => 0,
                _ => 1,
            };
            return Self {
                skipped_bytes: end + line_end,
                skipped_lines: 1,
                delimiter,
            };
        }
        Self {
            skipped_bytes: 0,
            skipped_lines: 0,
            delimiter: sniffed(begin),
        }
    }
}

/// The lines of a text, without their ends and the empty ones; a line break inside of quotes ends none.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let next = move || {
        let mut quoted = false;
        let ends = |byte: u8| {
            quoted ^= byte == b'"';
            !quoted && matches!(byte, b'\n' | b'\r')
        };
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        (!line.is_empty() || !rest.is_empty()).then_some(line)
    };
    std::iter::from_fn(next).filter(|line| !line.is_empty())
}

/// How often a line has a delimiter outside of quotes.
fn count(line: &str, delimiter: u8) -> usize {
    let mut quoted = false;
    let counts = |byte: &u8| {
        quoted ^= *byte == b'"';
        !quoted && *byte == delimiter
    };
    line.bytes().filter(counts).count()
}

fn sniffed(text: &str) -> u8 {
    let mut lines = lines(text).take(LINES_LOOKED_AT);
    let header = lines.next().unwrap_or_default();
    let rows: Vec<&str> = lines.collect();
    let fit = |delimiter: &u8| {
        let wanted = count(header, *delimiter);
        let agree = rows.iter().filter(|row| count(row, *delimiter) == wanted).count();
        (wanted > 0).then_some((agree, wanted))
    };
    // Of equally good ones the last: a comma also stands before decimals and within texts.
    let candidates = [b',', b'|', b';', b'\t'].into_iter();
    let fitting = candidates.filter_map(|delimiter| Some((fit(&delimiter)?, delimiter)));
    fitting
        .max_by_key(|(fit, _)| *fit)
        .map_or(b',', |(_, delimiter)| delimiter)
}

fn next<R: Read>(
    reader: &mut ::csv::Reader<TextBytes<R>>,
    record: &mut ::csv::StringRecord,
) -> Result<bool, RowsError> {
    reader.get_mut().end_row();
    reader.read_record(record).map_err(|error| {
        let problem = error.to_string();
        match error.into_kind() {
            ::csv::ErrorKind::Io(error) => RowsError::from_io(error, "CSV"),
            _ => RowsError::Malformed {
                format: "CSV",
                problem,
                remedy: "quote cells that hold quotes, delimiters or line breaks",
            },
        }
    })
}

fn too_long(line: u64, cells: usize, columns: usize) -> RowsError {
    RowsError::Malformed {
        format: "CSV",
        problem: format!("line {line} has {cells} cells where the header has {columns}"),
        remedy: "quote cells that hold the delimiter",
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;

    use arrow_array::RecordBatch;

    use super::*;

    fn read(text: &str, limits: &Limits) -> Result<Vec<RecordBatch>, RowsError> {
        let mut batches = Vec::new();
        super::read(text.as_bytes(), limits, &mut |batch| {
            batches.push(batch.clone());
            Ok(())
        })?;
        Ok(batches)
    }

    #[test]
    fn a_lone_quote_does_not_make_it_look_at_everything() {
        let lone = |rows: usize| format!("a;\"b\n{}", "1;2\n".repeat(rows));
        assert!(!shows_its_dialect(&lone(20)));
        assert!(shows_its_dialect(&lone(BYTES_LOOKED_AT / 4)));
        assert!(shows_its_dialect(&"1;2\n".repeat(20)));
    }

    fn cells(text: &str) -> Vec<Vec<Option<String>>> {
        let batches = read(text, &Limits::default()).unwrap();
        let mut rows = vec![];
        for batch in &batches {
            let labels = batch
                .schema()
                .fields()
                .iter()
                .map(|field| Some(field.name().clone()))
                .collect();
            rows.push(labels);
            for row in 0..batch.num_rows() {
                let cell = |column: &arrow_array::ArrayRef| {
                    let column = column.as_string::<i32>();
                    column.is_valid(row).then(|| column.value(row).to_owned())
                };
                rows.push(batch.columns().iter().map(cell).collect());
            }
        }
        rows
    }

    fn row(cells: &[&str]) -> Vec<Option<String>> {
        cells
            .iter()
            .map(|cell| (*cell != "∅").then(|| (*cell).to_owned()))
            .collect()
    }

    #[test]
    fn reads_every_line_end_delimiter_and_ragged_row() {
        let expected = vec![
            row(&["a", "b"]),
            row(&["1", "x,\ny"]),
            row(&["2", ""]),
            row(&["3", "∅"]),
        ];
        assert_eq!(cells("a,b\n1,\"x,\ny\"\n2,\n3\n"), expected);
        assert_eq!(cells("a;b\r\n1;\"x,\ny\"\r\n2;\r\n\r\n3"), expected);
        assert_eq!(cells("a\tb\r1\t\"x,\ny\"\r2\t\r3"), expected);
        assert_eq!(cells("sep=;\r\na;b\n1;\"x,\ny\"\n2;;\n3\n"), expected);
    }

    #[test]
    fn the_delimiter_is_what_header_and_rows_agree_on() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("Name, first;Amount, EUR\nx;1,5\ny;2\n", b';'),
            ("Datum;Umsatz, netto;Kosten, netto\n05.01.2024;1,5;2,5\n", b';'),
            ("a,b;c\n1,2\n3,4\n", b','),
            ("id,tags;labels,x\n1,a;b,2\n", b','),
            ("a;b\n\"1;2\n3;4\";5\n", b';'),
            ("a\tb, c\n1\t2,5\n", b'\t'),
            ("a|b\r\n1|2,5\r\n", b'|'),
            ("only\n1,5\n", b','),
            ("a;b", b';'),
            ("", b','),
        ] {
            assert_eq!(char::from(super::sniffed(text)), char::from(expected), "{text}");
        }
    }

    #[test]
    fn headers_are_told_apart_and_kept() {
        assert_eq!(
            cells(",a,a,\n1,2,3,4\n"),
            vec![row(&["", "a", "a_2", "_2"]), row(&["1", "2", "3", "4"])]
        );
        assert_eq!(cells("a,b\n"), vec![row(&["a", "b"])]);
        assert!(cells("").is_empty());
    }

    #[test]
    fn a_shifted_row_is_refused_with_its_line() {
        let error = read("a,b\n1,2\n3,4,5\n", &Limits::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the result is not valid CSV: line 3 has 3 cells where the header has 2; quote cells that hold the delimiter"
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_is_no_endless_row() {
        let text = format!("a,b\n1,\"{}", "x,1\n".repeat(5 << 20));
        let error = read(&text, &Limits::default()).unwrap_err().to_string();
        assert!(error.contains("bytes in one row"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), text in "[a-c\",;\r\n\t]{0,80}") {
            let limits = Limits { rows: 5, columns: 3, ..Limits::default() };
            for bytes in [&bytes[..], text.as_bytes()] {
                let _ = super::read(bytes, &limits, &mut |batch| {
                    assert!(batch.num_rows() <= 5 && batch.num_columns() <= 3);
                    Ok(())
                });
            }
        }
    }

    #[test]
    fn caps_name_the_limit() {
        let limits = Limits {
            rows: 1,
            columns: 2,
            string_len: 3,
            ..Limits::default()
        };
        let error = |text: &str| read(text, &limits).unwrap_err().to_string();
        assert!(error("a\n1\n2\n").contains("more than 1 rows"));
        assert!(error("a,b,c\n").contains("more than 2 columns"));
        assert!(error("a\nfour\n").contains("more than 3 bytes in one cell"));
        assert!(error("label\n").contains("more than 3 bytes in one cell"));
    }
}
