//! CSV: a header line, then one row a record.
//!
//! What stands between cells and where the header is, the first lines show ([`Dialect`]). Lines end in LF, CRLF or CR; wholly
//! empty lines are skipped. A row may be shorter than the header: the cells it lacks are null, as spreadsheets leave out
//! trailing blanks. A row may be longer only by blank cells: anything else means an unquoted delimiter has shifted values.

use std::io::Read;

use super::batches::Take;
use super::dialect::{Dialect, shows_its_dialect};
use super::table::Table;
use super::text::TextBytes;
use super::{Limits, RowsError, labels};

/// Reads the whole text.
pub(super) fn read(plain: impl Read, limits: &Limits, take: Take<'_>) -> Result<(), RowsError> {
    let mut text = TextBytes::new(plain);
    let begin = text
        .peek(shows_its_dialect)
        .map_err(|error| RowsError::from_io(error, "CSV"))?;
    let Dialect {
        skipped_bytes,
        skipped_lines,
        titles,
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
    let mut table = Table::new(limits, take)
        .delimited_by(delimiter)
        .below_titles(titles);
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
