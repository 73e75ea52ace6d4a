//! What a cell may hold does no harm in any file, and breaks none.

use std::fmt::Write;
use std::sync::Arc;

use dashloom::export::paper::{Mark, Sheet, lay_out};
use dashloom::export::{Format, Insight, Paper, Report, ReportSource};
use dashloom::render::{Exporter, Wanted};
use dashloom::window::Window;
use roxmltree::Document;

use crate::numbers::{Book, Held};

/// Texts as a stranger's table may hold them; the last is as long as a text can be.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(A1:A9)",
        "\t=1+1",
        "=HYPERLINK(\"https://evil.example\",\"here\")",
        "<script>alert(1)</script>",
        "</text></svg><img src=x onerror=alert(1)>",
        "]]>&amp;<!--",
        "\u{202e}gnp.exe",
        "שלום עולם, مرحبا بالعالم",
        "😀 👩‍👩‍👧‍👦 🏳️‍🌈",
        "数字表格 テスト 시험",
        "Z͑ͫ̓a̴l̷g̸o̵",
        "a\u{0}b\u{1}c\u{7f}d\u{fffe}",
        "_x0041_ \r\n\r\n two  lines",
        "(javascript:alert(1))",
    ]
    .map(str::to_owned)
    .into();
    texts.push("x".repeat(10_000_000));
    texts
}

/// A dashboard that has them everywhere: title, labels, cells, a chart's axis, insights, caveats.
fn report(texts: &[String]) -> Arc<Report> {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let mut rows = String::new();
    for (index, text) in texts.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(rows, "{comma}{{\"name\":{},\"n\":{}}}", json(text), index + 1).unwrap();
    }
    let (formula, script) = (json(&texts[0]), json(&texts[6]));
    let columns = format!(
        r#"[{{"id":"name","label":{formula},"role":"dimension","type":"string","unit":""}},{{"id":"n","label":{script},"role":"measure","type":"number","unit":{formula}}}]"#
    );
    let spec = r#"{"data":{"name":"by_name"},"mark":"bar","width":"container","height":{"step":20},"encoding":{"x":{"field":"n","type":"quantitative"},"y":{"field":"name","type":"nominal","sort":null}}}"#;
    let insights = texts.iter().take(12).map(|text| Insight {
        kind: "level_shift".to_owned(),
        text: text.clone(),
        confidence: Some("0.90".to_owned()),
    });
    let source = ReportSource {
        title: texts[7].clone(),
        covered: Window::new("2026-11-01".parse().unwrap(), "2026-11-05".parse().unwrap()),
        version: Some(1),
        processed_data: format!(
            r#"{{"columns":{{"by_name":{columns},"table":{columns}}},"datasets":{{"by_name":[{rows}],"table":[{rows}]}}}}"#
        ),
        charts_config: format!(
            r#"{{"charts":[{{"id":"c","title":{script},"kind":"bar","dataset":"by_name","spec":{spec}}}],
                "layout":{{"blocks":[{{"kind":"metrics"}},{{"kind":"chart","chart":"c","span":12}},{{"kind":"table","dataset":"table","span":12}}]}}}}"#
        ),
        metrics_summary: format!(
            r#"{{"metrics":[{{"id":"n","label":{formula},"value":12,"unit":{script},"format":"number","good":"up","compare":null}}]}}"#
        ),
        insights: insights.collect(),
        ..ReportSource::default()
    };
    Arc::new(Report::read(source).unwrap())
}

async fn file(format: Format) -> Vec<u8> {
    let made = Exporter::default()
        .file(report(&texts()), Wanted::new(format))
        .await;
    made.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_has_no_cell_that_a_spreadsheet_runs() {
    let bytes = file(Format::Csv).await;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(&bytes["\u{feff}".len()..]);
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 1 + texts().len());
    for (record, text) in records[1..].iter().zip(texts()) {
        assert!(
            !record[0].starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
            "{:.40}",
            &record[0]
        );
        assert_eq!(record[0].strip_prefix('\'').unwrap_or(&record[0]), text);
    }
    assert!(
        records[0].iter().all(|head| head.starts_with(['\'', '<'])),
        "{:?}",
        records[0]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workbook_has_texts_and_neither_formulas_nor_links() {
    let book = Book::open(file(Format::Xlsx).await);
    for (name, part) in &book.parts {
        Document::parse(part).unwrap_or_else(|error| panic!("{name}: {error}"));
        for active in ["<f>", "<f ", "<hyperlink", "TargetMode=\"External\"", "ddeLink"] {
            let is_chart = name.starts_with("xl/charts/") && active == "<f>";
            assert!(is_chart || !part.contains(active), "{active} in {name}");
        }
    }
    let texts = texts();
    for sheet in &book.sheets[1..] {
        for (row, text) in texts.iter().enumerate() {
            let Some(Held::Text(held)) = sheet.get(&(row + 1, 0)) else {
                panic!("{:.40} is no text: {:?}", text, sheet.get(&(row + 1, 0)));
            };
            let units = held.encode_utf16().count();
            assert!(units <= 32_767, "a cell holds no more, not {units}");
            let is_whole = held == text || text.contains('\u{1}') || text.contains('\r');
            assert!(is_whole || held.ends_with('…'), "{text:.40} became {held:.40}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_html_runs_and_fetches_nothing() {
    let page = String::from_utf8(file(Format::Html).await).unwrap();
    for active in [
        "<script", "<img", "<image", "<iframe", "<a ", "\u{0}", "\u{1}", "\u{202e}",
    ] {
        let found = page
            .find(active)
            .map(|at| page[at..].chars().take(80).collect::<String>());
        assert!(found.is_none(), "{active:?}: {found:?}");
    }
    assert!(page.len() < 1_000_000, "a long cell is cut: {} bytes", page.len());
    assert!(
        page.contains("数字表格 テスト 시험"),
        "readers' own typefaces have it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pdf_has_nothing_active_and_every_text_within_its_page() {
    let bytes = file(Format::Pdf).await;
    let raw = String::from_utf8_lossy(&bytes);
    for active in [
        "/JavaScript",
        "/JS",
        "/URI",
        "/Launch",
        "/OpenAction",
        "/EmbeddedFile",
    ] {
        assert!(!raw.contains(active), "{active}");
    }
    assert!(bytes.len() < 2_000_000, "{} bytes", bytes.len());
    within(Sheet::paper(Paper::A4), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_one_and_every_text_within_it() {
    let bytes = file(Format::Png).await;
    let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let picture = reader.next_frame(&mut pixels).unwrap();
    assert!(
        picture.width > 1_000 && picture.height < 10_000,
        "{} × {}",
        picture.width,
        picture.height
    );
    within(Sheet::screen(), 1);
}

/// Every line of text ends before the margin, and there are no more pages than so many.
fn within(sheet: Sheet, most_pages: usize) {
    let pages = lay_out(&report(&texts()), &[], sheet);
    assert!(pages.len() <= most_pages, "{} pages", pages.len());
    for mark in pages.iter().flat_map(|page| &page.marks) {
        if let Mark::Text {
            x,
            size,
            weight,
            text,
            ..
        } = mark
        {
            let right = x + dashloom::export::font::width(text, *weight, *size);
            assert!(
                *x >= 0.0 && right <= sheet.width - sheet.margin + 1.0,
                "{text:.60} ends at {right}"
            );
        }
    }
    let texts = pages
        .iter()
        .flat_map(|page| &page.marks)
        .filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
    let said: String = texts.collect();
    assert!(
        said.contains("none of the typefaces"),
        "what shows as boxes is told of"
    );
}
