//! Files say the numbers that the API says: what cells of a workbook hold, what a PDF's text is, and what stands in pictures.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use dashloom::export::paper::{Mark, Sheet, lay_out};
use dashloom::export::{Paper, Report, pdf, xlsx};
use roxmltree::{Document, Node};
use serde_json::Value;
use zip::ZipArchive;

use crate::cases::{self, Rendered, View};
use crate::exports::report;

/// Each view of each case with its report, and its columns as the API gives them.
fn each(mut check: impl FnMut(&str, &Report, &Value, &Value)) {
    let mut views = 0;
    let all = cases::all()
        .iter()
        .flat_map(|case| case.views.iter().map(move |view| (case, view)));
    for (case, view) in all {
        let json = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let (processed, metrics) = (
            json(&view.dashboard.processed_data),
            json(&view.dashboard.metrics_summary),
        );
        check(&name(case, view), &report(case, view), &processed, &metrics);
        views += 1;
    }
    assert!(views > 25, "only {views} views");
}

fn name(case: &Rendered, view: &View) -> String {
    format!("{} {}", case.name, view.key)
}

#[test]
fn cells_of_a_workbook_hold_every_number_of_the_api() {
    let mut numbers = 0;
    each(|name, report, processed, metrics| {
        let pictures: Vec<_> = (0..report.charts.len())
            .map(|_| Err("left out".to_owned()))
            .collect();
        let book = Book::open(xlsx(report, &pictures).unwrap());
        for (index, dataset) in report.datasets.iter().enumerate() {
            let sheet = &book.sheets[index + 1];
            let rows = processed["datasets"][&dataset.name].as_array().unwrap();
            for (row, values) in rows.iter().enumerate() {
                for (column, of) in dataset.columns.iter().enumerate() {
                    let cell = sheet.get(&(row + 1, column));
                    let place = format!("{name}: {} row {row} {}", dataset.name, of.id);
                    match &values[&of.id] {
                        Value::Null => assert_eq!(cell, None, "{place}"),
                        Value::Number(number) => {
                            assert_eq!(cell, Some(&Held::Number(number.as_f64().unwrap())), "{place}");
                            numbers += 1;
                        }
                        Value::Bool(flag) => assert_eq!(cell, Some(&Held::Flag(*flag)), "{place}"),
                        Value::String(text) => match (cell, day(text)) {
                            (Some(Held::Number(held)), Some(day)) => assert_eq!(*held, day, "{place}"),
                            (held, _) => assert_eq!(held, Some(&Held::Text(text.clone())), "{place}"),
                        },
                        other => panic!("{place}: {other}"),
                    }
                }
            }
        }
        for (row, metric) in metrics["metrics"].as_array().into_iter().flatten().enumerate() {
            // The first row of metrics is below title, range, a blank and the head.
            let value = metric["value"].as_f64().map(Held::Number);
            assert_eq!(
                book.sheets[0].get(&(row + 4, 1)),
                value.as_ref(),
                "{name}: {metric}"
            );
        }
    });
    assert!(numbers > 5_000, "only {numbers} numbers");
}

#[test]
fn paper_and_pictures_show_every_number_of_the_api() {
    let mut numbers = 0;
    each(|name, report, processed, metrics| {
        let papers = [Paper::A4, Paper::Letter].map(|paper| (Sheet::paper(paper), printed(report, paper)));
        let screen = (Sheet::screen(), laid_out(report, Sheet::screen()));
        for (sheet, shown) in papers.into_iter().chain([screen]) {
            for metric in metrics["metrics"].as_array().into_iter().flatten().take(6) {
                let is_percent = metric["format"] == "percent";
                if let Some(value) = metric["value"].as_f64().filter(|_| !report.blocks.is_empty()) {
                    let is_shown = shown.iter().any(|text| says(text, value, is_percent));
                    assert!(
                        is_shown || has_no_cards(report),
                        "{name}: {value} of {} is not shown",
                        metric["id"]
                    );
                    numbers += 1;
                }
            }
            for dataset in report
                .datasets
                .iter()
                .filter(|dataset| is_table(report, &dataset.name))
            {
                let rows = processed["datasets"][&dataset.name].as_array().unwrap();
                for column in dataset
                    .columns
                    .iter()
                    .filter(|column| column.is_number() && column.role != "flag")
                {
                    let values: Vec<f64> = (rows.iter().take(sheet.most_rows))
                        .filter_map(|row| row[&column.id].as_f64())
                        .collect();
                    let is_percent = column.format == "percent";
                    // In the table's order: whatever else stands between them.
                    let mut texts = shown.iter();
                    for value in &values {
                        let found = texts.any(|text| says(text, *value, is_percent));
                        assert!(
                            found,
                            "{name}: {value} of {} in {} is not shown in order",
                            column.id, dataset.name
                        );
                        numbers += 1;
                    }
                }
            }
        }
    });
    assert!(numbers > 2_000, "only {numbers} numbers");
}

/// The lines of a report's PDF.
fn printed(report: &Report, paper: Paper) -> Vec<String> {
    let text = pdf_text(&pdf(report, &[], paper).unwrap());
    text.lines().map(str::to_owned).collect()
}

/// The text of a PDF, read from the file as any reader of PDF reads it.
pub fn pdf_text(pdf: &[u8]) -> String {
    let file = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = file.get_pages().into_keys().collect();
    file.extract_text(&pages).unwrap()
}

/// Every text of the layout that a picture is painted from, in the order in which it is put there.
fn laid_out(report: &Report, sheet: Sheet) -> Vec<String> {
    let pages = lay_out(report, &[], sheet);
    let marks = pages.into_iter().flat_map(|page| page.marks);
    marks
        .filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text),
            _ => None,
        })
        .collect()
}

/// Whether a text begins with that number, to the digits that it has.
fn says(text: &str, value: f64, is_percent: bool) -> bool {
    let number: String = text
        .chars()
        .take_while(|c| c.is_ascii_digit() || matches!(c, '-' | ',' | '.'))
        .filter(|c| *c != ',')
        .collect();
    let digits = number.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let value = if is_percent { value * 100.0 } else { value };
    let step = 10f64.powi(-i32::try_from(digits).unwrap());
    number
        .parse::<f64>()
        .is_ok_and(|read| (read - value).abs() <= step * 0.500_001 + value.abs() * 1e-12)
}

fn is_table(report: &Report, name: &str) -> bool {
    report.blocks.iter().any(|block| match &block.content {
        dashloom::export::report::Content::Table(place, _) => report.datasets[*place].name == name,
        _ => false,
    })
}

fn has_no_cards(report: &Report) -> bool {
    !report
        .blocks
        .iter()
        .any(|block| matches!(block.content, dashloom::export::report::Content::Metrics))
}

/// A date as spreadsheets count days.
fn day(text: &str) -> Option<f64> {
    let date: chrono::NaiveDate = text.parse().ok()?;
    let zero = chrono::NaiveDate::from_ymd_opt(1899, 12, 30)?;
    Some((date - zero).num_days() as f64)
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Number(f64),
    Text(String),
    Flag(bool),
}

/// A workbook, read without the program that wrote it: its sheets in order, their cells by row and column.
pub struct Book {
    pub sheets: Vec<BTreeMap<(usize, usize), Held>>,
    /// Every part of the file, by name.
    pub parts: BTreeMap<String, String>,
}

impl Book {
    pub fn open(bytes: Vec<u8>) -> Self {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut parts = BTreeMap::new();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let (mut bytes, name) = (Vec::new(), part.name().unwrap().into_owned());
            part.read_to_end(&mut bytes).unwrap();
            if name.ends_with(".xml") || name.ends_with(".rels") {
                parts.insert(name, String::from_utf8(bytes).unwrap());
            }
        }
        let strings = parts.get("xl/sharedStrings.xml").map_or_else(Vec::new, |part| {
            let document = Document::parse(part).unwrap();
            let items = document.descendants().filter(|node| node.has_tag_name(tag("si")));
            items.map(text_of).collect()
        });
        let sheets = (1..)
            .map_while(|number| parts.get(&format!("xl/worksheets/sheet{number}.xml")))
            .map(|part| cells(part, &strings))
            .collect();
        Self { sheets, parts }
    }
}

fn tag(name: &str) -> (&str, &str) {
    ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", name)
}

fn text_of(item: Node<'_, '_>) -> String {
    let texts = item.descendants().filter(|node| node.has_tag_name(tag("t")));
    texts.filter_map(|node| node.text()).collect()
}

fn cells(part: &str, strings: &[String]) -> BTreeMap<(usize, usize), Held> {
    let document = Document::parse(part).unwrap();
    let cells = document.descendants().filter(|node| node.has_tag_name(tag("c")));
    cells
        .filter_map(|cell| {
            let value = cell.children().find(|node| node.has_tag_name(tag("v")))?.text()?;
            let held = match cell.attribute("t") {
                Some("s") => Held::Text(strings[value.parse::<usize>().unwrap()].clone()),
                Some("b") => Held::Flag(value == "1"),
                None | Some("n") => Held::Number(value.parse().unwrap()),
                Some(other) => panic!("a cell of type {other}"),
            };
            Some((place(cell.attribute("r").unwrap()), held))
        })
        .collect()
}

/// `B3` as row 2 and column 1.
fn place(name: &str) -> (usize, usize) {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let column = letters
        .bytes()
        .fold(0, |sum, letter| sum * 26 + usize::from(letter - b'A') + 1);
    (name[letters.len()..].parse::<usize>().unwrap() - 1, column - 1)
}
