//! Rows of JSON objects into a table.

use arrow_array::RecordBatch;

use super::scan::{Cell, Scanner, Trouble};
use crate::rows::table::Table;
use crate::rows::{Limits, RowsError};

/// Reads an array of objects.
pub(in crate::rows) fn read_rows(text: &str, limits: &Limits) -> Result<Vec<RecordBatch>, RowsError> {
    let mut reader = Reader::new(text, limits, "JSON rows");
    reader.array().map_err(|trouble| reader.error(trouble))?;
    reader.table.finish()
}

/// Reads objects one after the other, each on a line of its own.
pub(in crate::rows) fn read_lines(text: &str, limits: &Limits) -> Result<Vec<RecordBatch>, RowsError> {
    let mut reader = Reader::new(text, limits, "NDJSON");
    reader.lines().map_err(|trouble| reader.error(trouble))?;
    reader.table.finish()
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    table: Table<'a>,
    /// Keys and strings that had escapes.
    key: String,
    scratch: String,
    format: &'static str,
    limits: &'a Limits,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, limits: &'a Limits, format: &'static str) -> Self {
        Self {
            scanner: Scanner::new(text, limits.depth),
            table: Table::new(limits),
            key: String::new(),
            scratch: String::new(),
            format,
            limits,
        }
    }

    fn array(&mut self) -> Result<(), Trouble> {
        self.scanner.expect(b'[', "an array of objects")?;
        if !self.scanner.accept(b']') {
            loop {
                self.row()?;
                if !self.scanner.accept(b',') {
                    break;
                }
            }
            self.scanner.expect(b']', "a comma or the end of the array")?;
        }
        match self.scanner.at_end() {
            true => Ok(()),
            false => Err(Trouble::Expected("the end of the text")),
        }
    }

    fn lines(&mut self) -> Result<(), Trouble> {
        while !self.scanner.at_end() {
            self.row()?;
        }
        Ok(())
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
            Cell::Scratch => self.table.set(column, &self.scratch)?,
        }
        Ok(column)
    }

    fn error(&self, trouble: Trouble) -> RowsError {
        let problem = match trouble {
            Trouble::Rows(error) => return error,
            Trouble::TooDeep => return RowsError::depth(self.limits),
            Trouble::Expected(what) => format!("expected {what}"),
        };
        RowsError::Malformed {
            format: self.format,
            problem: format!(
                "{problem} at {} (row {})",
                self.scanner.place(),
                self.table.rows() + 1
            ),
            remedy: "deliver an object for each row, with plain values under its column names",
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use proptest::prelude::*;

    use super::*;

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
    fn late_columns_are_null_in_earlier_batches() {
        let mut text = String::from("{\"a\":1}\n").repeat((1 << 16) + 1);
        text.push_str("{\"late\":2}\n");
        let batches = read_lines(&text, &Limits::default()).unwrap();
        assert_eq!(batches.len(), 2);
        assert_eq!(batches[0].num_columns(), 2);
        assert_eq!(batches[0].column(1).null_count(), 1 << 16);
        assert_eq!(batches[1].column(1).as_string::<i32>().value(1), "2");
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
