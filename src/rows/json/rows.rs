//! Rows of JSON objects into a table.

use std::io::Read;

use super::feed::Feed;
use super::scan::{Cell, Scanner, Trouble};
use crate::rows::batches::Take;
use crate::rows::table::Table;
use crate::rows::{Limits, RowsError};

/// Reads an array of objects.
pub(in crate::rows) fn read_rows(plain: impl Read, limits: &Limits, take: Take<'_>) -> Result<(), RowsError> {
    read(plain, limits, take, Layout::Array, "JSON rows")
}

/// Reads objects one after the other, each on a line of its own.
pub(in crate::rows) fn read_lines(
    plain: impl Read,
    limits: &Limits,
    take: Take<'_>,
) -> Result<(), RowsError> {
    read(plain, limits, take, Layout::Lines, "NDJSON")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Array,
    Lines,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The array's beginning.
    Open,
    /// A row, or the array's end.
    FirstRow,
    /// A comma and a row, or the array's end.
    OtherRow,
    /// A row, or the end of the text.
    Line,
    /// The end of the text.
    Nothing,
}

fn read(
    plain: impl Read,
    limits: &Limits,
    take: Take<'_>,
    layout: Layout,
    format: &'static str,
) -> Result<(), RowsError> {
    let mut feed = Feed::new(plain, format);
    let mut table = Table::new(limits, take);
    let mut next = match layout {
        Layout::Array => Next::Open,
        Layout::Lines => Next::Line,
    };
    loop {
        table.set_windows_1252(feed.is_windows_1252());
        let mut reader = Reader {
            scanner: Scanner::new(feed.text(), limits.depth),
            table: &mut table,
            key: String::new(),
            scratch: String::new(),
        };
        let (used, trouble) = reader.steps(&mut next);
        let Some((trouble, at)) = trouble else {
            feed.consume(used);
            if !feed.more()? {
                return match next {
                    Next::Line | Next::Nothing => table.finish(),
                    _ => Err(malformed(
                        format,
                        Trouble::Expected(next.wanted()),
                        &feed,
                        0,
                        table.rows(),
                        limits,
                    )),
                };
            }
            continue;
        };
        // What is wrong may only be that the text is not all there yet.
        let ran_out =
            matches!(trouble, Trouble::Expected(_)) && at + Scanner::LOOKS_AHEAD >= feed.text().len();
        if !ran_out || feed.is_whole() {
            return Err(malformed(format, trouble, &feed, at, table.rows(), limits));
        }
        table.drop_row();
        feed.consume(used);
        if !feed.more()? {
            feed.set_whole();
        }
    }
}

impl Next {
    fn wanted(self) -> &'static str {
        match self {
            Self::Open => "an array of objects",
            Self::FirstRow => "an object as the row",
            Self::OtherRow => "a comma or the end of the array",
            Self::Line | Self::Nothing => "the end of the text",
        }
    }
}

fn malformed<R>(
    format: &'static str,
    trouble: Trouble,
    feed: &Feed<R>,
    at: usize,
    rows: u64,
    limits: &Limits,
) -> RowsError {
    let problem = match trouble {
        Trouble::Rows(error) => return error,
        Trouble::TooDeep => return RowsError::depth(limits),
        Trouble::Expected(what) => format!("expected {what}"),
    };
    RowsError::Malformed {
        format,
        problem: format!("{problem} at {} (row {})", feed.place(at), rows + 1),
        remedy: "deliver an object for each row, with plain values under its column names",
    }
}

/// Rows on their way from a piece of text into the table.
struct Reader<'a, 't, 'l> {
    scanner: Scanner<'a>,
    table: &'t mut Table<'l>,
    /// Keys and strings that had escapes.
    key: String,
    scratch: String,
}

impl Reader<'_, '_, '_> {
    /// Goes as far as the piece of text reaches: how much of it is done with, and what stopped the rest and where.
    fn steps(&mut self, next: &mut Next) -> (usize, Option<(Trouble, usize)>) {
        let mut done = 0;
        while !self.scanner.at_end() {
            match self.step(*next) {
                Ok(then) => {
                    *next = then;
                    done = self.scanner.position();
                }
                Err(trouble) => return (done, Some((trouble, self.scanner.position()))),
            }
        }
        (self.scanner.position(), None)
    }

    fn step(&mut self, next: Next) -> Result<Next, Trouble> {
        match next {
            Next::Open => {
                self.scanner.expect(b'[', next.wanted())?;
                Ok(Next::FirstRow)
            }
            Next::FirstRow | Next::OtherRow if self.scanner.accept(b']') => Ok(Next::Nothing),
            Next::FirstRow => self.row().map(|()| Next::OtherRow),
            Next::OtherRow => {
                self.scanner.expect(b',', next.wanted())?;
                self.row().map(|()| Next::OtherRow)
            }
            Next::Line => self.row().map(|()| Next::Line),
            Next::Nothing => Err(Trouble::Expected(next.wanted())),
        }
    }

    fn row(&mut self) -> Result<(), Trouble> {
        self.scanner.expect(b'{', "an object as the row")?;
        let mut expected = 0;
        if !self.scanner.accept(b'}') {
            loop {
                expected = self.member(expected)? + 1;
                if !self.scanner.accept(b',') {
                    break;
                }
            }
            self.scanner.expect(b'}', "a comma or the end of the object")?;
        }
        Ok(self.table.end_row()?)
    }

    fn member(&mut self, expected: usize) -> Result<usize, Trouble> {
        let as_before = self
            .table
            .expected(expected)
            .is_some_and(|label| self.scanner.accept_key(label));
        let column = if as_before {
            expected
        } else {
            let label = self.scanner.string(&mut self.key)?.unwrap_or(&self.key);
            self.table.column(expected, label)?
        };
        self.scanner.expect(b':', "a colon behind the key")?;
        match self.scanner.value(&mut self.scratch)? {
            Cell::Null => self.table.unset(column),
            Cell::Source(text) => self.table.set(column, text)?,
            Cell::Number(text) => self.table.set_number(column, text)?,
            Cell::Scratch => self.table.set(column, &self.scratch)?,
        }
        Ok(column)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::{Array, RecordBatch};
    use proptest::prelude::*;

    use super::*;

    fn collected(
        read: impl FnOnce(Take<'_>) -> Result<(), RowsError>,
    ) -> Result<Vec<RecordBatch>, RowsError> {
        let mut batches = Vec::new();
        read(&mut |batch| {
            batches.push(batch.clone());
            Ok(())
        })?;
        Ok(batches)
    }

    fn read_rows(text: &str, limits: &Limits) -> Result<Vec<RecordBatch>, RowsError> {
        collected(|take| super::read_rows(text.as_bytes(), limits, take))
    }

    fn read_lines(text: &str, limits: &Limits) -> Result<Vec<RecordBatch>, RowsError> {
        collected(|take| super::read_lines(text.as_bytes(), limits, take))
    }

    fn table(batches: &[RecordBatch]) -> Vec<(String, Vec<Option<String>>)> {
        let Some(first) = batches.first() else {
            return vec![];
        };
        let column = |index: usize| {
            let cells = batches.iter().flat_map(|batch| {
                let column = batch.column(index).as_string::<i32>();
                (0..column.len()).map(|row| column.is_valid(row).then(|| column.value(row).to_owned()))
            });
            (first.schema().field(index).name().clone(), cells.collect())
        };
        (0..first.num_columns()).map(column).collect()
    }

    fn rows(text: &str) -> Vec<(String, Vec<Option<String>>)> {
        table(&read_rows(text, &Limits::default()).unwrap())
    }

    fn column(label: &str, cells: &[&str]) -> (String, Vec<Option<String>>) {
        (
            label.to_owned(),
            cells
                .iter()
                .map(|cell| (*cell != "∅").then(|| (*cell).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn columns_are_the_union_of_keys() {
        let text = r#"[{"a":1,"b":"x"}, {"b":"y","a":2,"c":true}, {}, {"c":null,"a":-1.50e3}]"#;
        assert_eq!(
            rows(text),
            [
                column("a", &["1", "2", "∅", "-1.50e3"]),
                column("b", &["x", "y", "∅", "∅"]),
                column("c", &["∅", "true", "∅", "∅"])
            ]
        );
        let lines = text.replace("[", "").replace("]", "").replace("}, ", "}\r\n");
        assert_eq!(
            table(&read_lines(&lines, &Limits::default()).unwrap()),
            rows(text)
        );
    }

    #[test]
    fn the_last_of_a_repeated_key_counts() {
        assert_eq!(
            rows(r#"[{"a":1,"a":2},{"a":3,"a":null}]"#),
            [column("a", &["2", "∅"])]
        );
    }

    #[test]
    fn strings_lose_their_escapes_and_nested_values_are_compact() {
        let text = r#"[{"\u0061":"q\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","n":{ "k" : [ 1 , "a b" ] }}]"#;
        assert_eq!(
            rows(text),
            [
                column("a", &["q\"\\/\u{8}\u{c}\n\r\té😀"]),
                column("n", &[r#"{"k":[1,"a b"]}"#])
            ]
        );
        assert_eq!(
            rows(r#"[{"a":"\u0000\ud800x\udc00"}]"#),
            [column("a", &["\u{FFFD}\u{FFFD}x\u{FFFD}"])]
        );
        assert_eq!(
            rows(r#"[{"a":NaN,"b":-Infinity}]"#),
            [column("a", &["NaN"]), column("b", &["-Infinity"])]
        );
    }

    #[test]
    fn what_is_no_row_is_refused_with_its_place() {
        for text in [
            "",
            "{}",
            "[1]",
            "[{]",
            "[{\"a\":}]",
            "[{\"a\":1},]",
            "[{\"a\":01}]",
            "[{\"a\":1.}]",
            "[{\"a\":+1}]",
            "[{\"a\":tru}]",
            "[{\"a\":\"x]",
            "[{\"a\":\"\\x\"}]",
            "[{\"a\":\"\\u12\"}]",
            "[{\"a\":[1,]}]",
            "[{}] x",
            "[{\"a\":\"tab\t\"}]",
            "[{\"a\" 1}]",
            "[{'a':1}]",
            "[{\"a\":{\"b\"}}]",
        ] {
            assert!(
                matches!(
                    read_rows(text, &Limits::default()),
                    Err(RowsError::Malformed { .. })
                ),
                "{text}"
            );
        }
        let error = read_rows("[{\"a\":1},\n{\"a\":x}]", &Limits::default()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected a value at line 2, column 6 (row 2)"),
            "{error}"
        );
    }

    #[test]
    fn caps_name_the_limit() {
        let limits = Limits {
            depth: 3,
            columns: 2,
            rows: 2,
            ..Limits::default()
        };
        let error = |text: &str| read_rows(text, &limits).unwrap_err().to_string();
        assert!(error(r#"[{"a":[[[1]]]}]"#).contains("more than 3 levels of nesting"));
        assert!(error(r#"[{"a":1,"b":1,"c":1}]"#).contains("more than 2 columns"));
        assert!(error("[{},{},{}]").contains("more than 2 rows"));
        let small = Limits {
            bytes: 100,
            ..Limits::default()
        };
        let wide = r#"[{"a":1,"b":1,"c":1},{},{},{},{},{},{},{}]"#;
        assert!(
            read_rows(wide, &small)
                .unwrap_err()
                .to_string()
                .contains("more than 100 bytes")
        );
    }

    #[test]
    fn late_columns_are_missing_in_earlier_batches() {
        let mut text = String::from("{\"a\":1}\n").repeat(30_000);
        text.push_str("{\"late\":2}\n");
        let batches = read_lines(&text, &Limits::default()).unwrap();
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert!(batches.len() > 2 && rows == 30_001);
        assert_eq!(batches[0].num_columns(), 1);
        let last = batches.last().unwrap();
        assert_eq!(last.column(1).null_count(), last.num_rows() - 1);
        assert_eq!(last.column(1).as_string::<i32>().value(last.num_rows() - 1), "2");
    }

    #[test]
    fn pieces_of_the_text_do_not_show() {
        let long = "ä".repeat(50_000);
        let row = |number: usize| {
            format!(
                "{{\"id\":{number},\"t\":\"x\\n{}\"}}",
                &long[..number % 7 * 2_000]
            )
        };
        let all: Vec<String> = (0..200).map(row).collect();
        let as_rows = read_rows(&format!("[{}]", all.join(",\n")), &Limits::default()).unwrap();
        let as_lines = read_lines(&all.join("\n"), &Limits::default()).unwrap();
        assert_eq!(table(&as_rows), table(&as_lines));
        let ids: Vec<Option<String>> = (0..200).map(|number| Some(number.to_string())).collect();
        assert_eq!(table(&as_rows)[0].1, ids);
        let broken = format!("[{},\n{{\"id\":x}}]", all.join(",\n"));
        let error = read_rows(&broken, &Limits::default()).unwrap_err().to_string();
        assert!(error.contains("at line 201, column 7 (row 201)"), "{error}");
    }

    #[test]
    fn a_text_that_ends_early_is_refused() {
        for text in ["[", "[{\"a\":1}", "[{\"a\":1},", "[{\"a\":1", "{\"a\":1"] {
            assert!(read_rows(text, &Limits::default()).is_err(), "{text}");
        }
        assert!(read_lines("{\"a\":1}\n{\"a\"", &Limits::default()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\",:0-9aeE.+\\\\utrf\\- ]{0,60}") {
            let _ = read_rows(&text, &Limits::default());
            let _ = read_lines(&text, &Limits::default());
        }

        #[test]
        fn agrees_with_serde_json(text in "\\[\\{\"a\":[-+0-9.eE\\[\\]{}\",:a\\\\un ]{1,12}\\}\\]") {
            let ours = read_rows(&text, &Limits::default());
            let theirs = serde_json::from_str::<Vec<serde_json::Map<String, serde_json::Value>>>(&text);
            let number_too_large = |error: &serde_json::Error| error.to_string().contains("out of range");
            match theirs {
                Ok(_) => prop_assert!(ours.is_ok(), "{text}"),
                // Lone surrogates and huge exponents are fine here.
                Err(error) if number_too_large(&error) || text.contains("\\u") => {}
                Err(_) => prop_assert!(ours.is_err(), "{text}"),
            }
        }

        #[test]
        fn strings_survive(value in "\\PC{0,20}") {
            let text = format!("[{{\"a\":{}}}]", serde_json::to_string(&value).unwrap());
            prop_assert_eq!(rows(&text), [("a".to_owned(), vec![Some(value)])]);
        }
    }
}
