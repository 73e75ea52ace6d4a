//! One dataset as CSV: RFC 4180, UTF-8 with a byte order mark, because spreadsheets take it for Latin otherwise.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::cell::Cell;
use super::error::ExportError;
use super::report::{Dataset, Report};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// What makes a spreadsheet take a cell for a formula or a command, in full width too.
const ACTIVE: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The dataset of that name; without a name the table, else the first.
pub fn csv(report: &Report, dataset: Option<&str>) -> Result<Vec<u8>, ExportError> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .terminator(Terminator::CRLF)
        .flexible(true)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    if let Some(dataset) = chosen(report, dataset)? {
        writer.write_record(dataset.columns.iter().map(|column| harmless(&column.heading())))?;
        for row in &dataset.rows {
            writer.write_record(row.iter().map(field))?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| ExportError::Csv(error.into_error().into()))
}

/// The dataset that a CSV holds: the one asked for, else `table`, else the first; none of an empty view.
fn chosen<'a>(report: &'a Report, name: Option<&str>) -> Result<Option<&'a Dataset>, ExportError> {
    match name {
        Some(name) => report.dataset(name).map(Some),
        None => Ok(report.dataset("table").ok().or_else(|| report.datasets.first())),
    }
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Number(number) => number.clone(),
        Cell::Text(text) => harmless(text),
        Cell::Date(date) => date.to_string(),
        Cell::Flag(flag) => flag.to_string(),
    }
}

/// A text that no spreadsheet runs: an apostrophe stands before one that begins like a formula.
fn harmless(text: &str) -> String {
    match text.starts_with(ACTIVE) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::ReportSource;
    use super::super::samples::report_of;
    use super::*;

    const HOSTILE: [&str; 14] = [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "＝1+1",
        "=HYPERLINK(\"//x\",\"y\")",
        "a,b\"c\r\nd",
        "<script>alert(1)</script>",
        "\u{202e}drowssap",
        "😀 emoji",
        "",
    ];

    #[test]
    fn hostile_cells_come_out_as_texts() {
        let rows: Vec<String> = HOSTILE
            .iter()
            .map(|text| format!("{{\"name\":{},\"n\":-1.5}}", serde_json::to_string(text).unwrap()))
            .collect();
        let report = report_of(&[("name", "string"), ("n", "number")], &rows);
        let bytes = csv(&report, None).unwrap();
        let mut reader = csv::Reader::from_reader(&bytes[BYTE_ORDER_MARK.len()..]);
        let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(read.len(), HOSTILE.len());
        for (record, text) in read.iter().zip(HOSTILE) {
            let cell = &record[0];
            assert!(!cell.starts_with(ACTIVE), "{cell:?} is active");
            assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), text);
            assert_eq!(&record[1], "-1.5", "a negative number stays a number");
        }
    }

    #[test]
    fn headings_are_cells_too() {
        let report = report_of(&[("=1+1", "string")], &["{\"=1+1\":\"a\"}".to_owned()]);
        assert_eq!(csv(&report, None).unwrap(), "\u{feff}'=1+1\r\na\r\n".as_bytes());
    }

    #[test]
    fn the_sides_of_a_comparison_are_named_in_its_headings() {
        let column = |id: &str, label: &str| {
            format!(r#"{{"id":"{id}","label":"{label}","role":"measure","type":"number"}}"#)
        };
        let columns = [column("n", "Sales"), column("n__before", "Sales, before")].join(",");
        let report = Report::read(ReportSource {
            processed_data: format!(
                r#"{{"columns":{{"table":[{columns}]}},"datasets":{{"table":[]}},"comparison":{{"sides":["4 – 31 Oct 2026","1 – 28 Nov 2026"]}}}}"#
            ),
            charts_config: "{}".to_owned(),
            metrics_summary: "{}".to_owned(),
            ..ReportSource::default()
        });
        let headings = "Sales (1 – 28 Nov 2026),\"Sales, before (4 – 31 Oct 2026)\"\r\n";
        assert_eq!(
            csv(&report.unwrap(), None).unwrap(),
            format!("\u{feff}{headings}").as_bytes()
        );
    }

    #[test]
    fn an_unknown_dataset_names_those_there_are() {
        let report = report_of(&[("a", "number")], &[]);
        let error = csv(&report, Some("tabel")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no dataset \"tabel\"; there are table"
        );
    }
}
