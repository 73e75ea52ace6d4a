//! The page: heading, the dashboard's blocks with insights where the charts end, then caveats, as on paper.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::usvg::{Indent, WriteOptions};

use super::super::number;
use super::super::picture::Picture;
use super::super::report::{Content, Dataset, Metric, Report, Verdict};
use super::text::Text;

const STYLE: &str = include_str!("style.css");
/// Inter as browsers take it, Latin only: what it lacks the reader's own typefaces draw.
const FONT: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/web/dist/render/inter-latin.woff2"
));
/// Nothing is loaded and nothing runs, whatever a value may have smuggled in.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'";

/// Writes a report. `pictures` are the drawings of its charts in order, each as it was drawn or with the reason why it was not.
pub fn html(report: &Report, pictures: &[Result<Picture, String>]) -> Vec<u8> {
    let mut page = Page {
        report,
        pictures,
        out: String::new(),
        drawn: 0,
        open: None,
        has_insights: false,
    };
    page.head();
    for block in &report.blocks {
        page.block(block.span, &block.content);
    }
    page.open(None);
    page.insights();
    page.foot();
    page.out.into_bytes()
}

/// What stands side by side until something else comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Charts,
    Cards,
}

struct Page<'a> {
    report: &'a Report,
    pictures: &'a [Result<Picture, String>],
    out: String,
    /// How many charts have come up.
    drawn: usize,
    open: Option<Group>,
    has_insights: bool,
}

impl Page<'_> {
    fn put(&mut self, markup: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(markup);
    }

    fn head(&mut self) {
        let title = Text(&self.report.title);
        let font = STANDARD.encode(FONT);
        self.put(format_args!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"content-security-policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>\n@font-face {{ font-family: Inter; font-weight: 100 900; src: url(data:font/woff2;base64,{font}); }}\n\
             {STYLE}</style>\n</head>\n<body>\n<main>\n<h1 dir=\"auto\">{title}</h1>\n<p class=\"grey\">{}</p>\n",
            self.report.range()
        ));
    }

    fn block(&mut self, span: u8, content: &Content) {
        let report = self.report;
        match content {
            Content::Metrics => {
                self.open(Some(Group::Cards));
                let (shown, others) = report.headlines();
                for metric in shown {
                    self.card(&metric.label, metric);
                }
                self.open(None);
                if let Some(others) = others {
                    self.note(&others);
                }
            }
            Content::Metric(place, title) => {
                self.open(Some(Group::Cards));
                self.card(title, &report.metrics[*place]);
            }
            Content::Chart(chart) => {
                self.open(Some(Group::Charts));
                self.chart(span, *chart);
            }
            Content::Table(place, title) => {
                self.open(None);
                self.insights();
                self.put(format_args!("<section>\n<h2 dir=\"auto\">{}</h2>\n", Text(title)));
                self.table(&report.datasets[*place]);
                self.put(format_args!("</section>\n"));
            }
            Content::Note(text) => {
                self.open(None);
                self.note(text);
            }
        }
    }

    /// A sentence of the dashboard's own.
    fn note(&mut self, text: &str) {
        self.put(format_args!(
            "<p class=\"grey\" dir=\"auto\">{}</p>\n",
            Text(text)
        ));
    }

    /// Ends what stands side by side unless it is of the same kind, and begins anew.
    fn open(&mut self, group: Option<Group>) {
        if self.open == group {
            return;
        }
        let markup = |group| match group {
            Group::Charts => ("<div class=\"charts\">\n", "</div>\n"),
            Group::Cards => ("<dl class=\"cards\">\n", "</dl>\n"),
        };
        if let Some(ended) = self.open {
            self.out.push_str(markup(ended).1);
        }
        if let Some(begun) = group {
            self.out.push_str(markup(begun).0);
        }
        self.open = group;
    }

    fn card(&mut self, label: &str, metric: &Metric) {
        let value = number::with_unit(metric.value.get(), &metric.format, &metric.unit);
        self.put(format_args!(
            "<div class=\"card\"><dt dir=\"auto\">{}</dt><dd class=\"value\">{}</dd><dd>",
            Text(label),
            Text(&value)
        ));
        match metric.change() {
            Some((change, compare)) => {
                let class = match metric.verdict() {
                    Verdict::Good => "good",
                    Verdict::Bad => "bad",
                    Verdict::Neither | Verdict::Unchanged => "",
                };
                let lines = [metric.compared(), compare.unequal()];
                self.put(format_args!(
                    "<b class=\"{class}\">{}</b> {}",
                    Text(&change),
                    compare.windows(self.report.covered)
                ));
                for line in lines.iter().flatten() {
                    self.put(format_args!("</dd><dd>{}", Text(line)));
                }
            }
            None => self.put(format_args!("{}", Text(metric.why_no_change()))),
        }
        self.put(format_args!("</dd></div>\n"));
    }

    fn chart(&mut self, span: u8, chart: usize) {
        let chart = &self.report.charts[chart];
        let title = Text(&chart.title);
        self.put(format_args!(
            "<figure style=\"--span: {span}\" aria-label=\"{title}\">\n"
        ));
        match self.pictures.get(self.drawn) {
            Some(Ok(picture)) => {
                let svg = inline(picture, self.drawn);
                self.put(format_args!("<div class=\"scroll\" tabindex=\"0\">{svg}</div>\n"));
            }
            Some(Err(reason)) => self.put(format_args!(
                "<div class=\"lost\"><b>{title}</b><br>This chart could not be drawn: {}.</div>\n",
                Text(reason)
            )),
            None => {}
        }
        self.drawn += 1;
        if let Ok(dataset) = self.report.dataset(&chart.dataset) {
            self.put(format_args!("<details><summary>In figures</summary>\n"));
            self.table(dataset);
            self.put(format_args!("</details>\n"));
        }
        self.put(format_args!("</figure>\n"));
    }

    fn table(&mut self, dataset: &Dataset) {
        let columns: Vec<usize> = (0..dataset.columns.len())
            .filter(|index| dataset.columns[*index].role != "flag")
            .collect();
        let class = |index: usize| match dataset.columns[index].is_number() {
            true => " class=\"number\"",
            false => " dir=\"auto\"",
        };
        self.put(format_args!(
            "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>"
        ));
        for &index in &columns {
            let heading = dataset.columns[index].heading();
            self.put(format_args!(
                "<th scope=\"col\"{}>{}</th>",
                class(index),
                Text(&heading)
            ));
        }
        self.put(format_args!("</tr></thead>\n<tbody>\n"));
        for row in &dataset.rows {
            self.put(format_args!("<tr>"));
            for &index in &columns {
                let text = row
                    .get(index)
                    .map(|cell| number::cell(cell, &dataset.columns[index].format));
                let text = text.unwrap_or_default();
                self.put(format_args!("<td{}>{}</td>", class(index), Text(&text)));
            }
            self.put(format_args!("</tr>\n"));
        }
        self.put(format_args!("</tbody>\n</table></div>\n"));
        if dataset.rows.is_empty() {
            self.put(format_args!("<p class=\"grey\">No rows.</p>\n"));
        }
    }

    /// Puts the insights before the first table, else at the end.
    fn insights(&mut self) {
        let report = self.report;
        if self.has_insights || report.insights.is_empty() {
            return;
        }
        self.has_insights = true;
        self.put(format_args!(
            "<section>\n<h2>Insights</h2>\n<ul class=\"insights\">\n"
        ));
        for insight in &report.insights {
            let (heading, text) = (insight.heading(), Text(&insight.text));
            self.put(format_args!(
                "<li dir=\"auto\"><b>{}</b>{text}</li>\n",
                Text(&heading)
            ));
        }
        self.put(format_args!("</ul>\n</section>\n"));
    }

    fn foot(&mut self) {
        let report = self.report;
        if !report.caveats.is_empty() {
            self.put(format_args!("<section>\n<h2>About the data</h2>\n"));
            for caveat in &report.caveats {
                self.put(format_args!("<p class=\"grey\">{}</p>\n", Text(caveat)));
            }
            self.put(format_args!("</section>\n"));
        }
        let origin = report.origin();
        self.put(format_args!(
            "<footer>{}</footer>\n</main>\n</body>\n</html>\n",
            Text(&origin)
        ));
    }
}

/// A drawing as part of the page. It is written anew from its shapes, so that nothing but shapes and texts is in it, and its names
/// are those of no other drawing.
fn inline(picture: &Picture, place: usize) -> String {
    let options = WriteOptions {
        id_prefix: Some(format!("chart{place}-")),
        preserve_text: true,
        coordinates_precision: 3,
        indent: Indent::None,
        ..WriteOptions::default()
    };
    let (width, height) = (picture.width(), picture.height());
    let svg = picture.tree.to_string(&options);
    let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" style=\"--width: {width}px\" aria-hidden=\"true\">{inner}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::report::{Insight, ReportSource};
    use super::super::super::samples::report_of;
    use super::*;
    use crate::window::Window;

    const DRAWING: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><defs><clipPath id="clip0"><rect width="9" height="9"/></clipPath></defs><script>alert(1)</script><g clip-path="url(#clip0)"><rect width="90" height="40" fill="red" onload="alert(1)"/></g><a href="javascript:alert(1)"><text x="5" y="20" font-family="Inter" font-size="12">&lt;/svg&gt;&lt;script&gt; &amp; more</text></a><image href="https://example.org/x.png"/></svg>"##;

    fn with_charts(count: usize) -> Report {
        let chart = |index: usize| {
            format!(
                r#"{{"id":"c{index}","title":"</figure><script>","kind":"bar","dataset":"d","spec":{{}}}}"#
            )
        };
        let block = |index: usize| format!(r#"{{"kind":"chart","chart":"c{index}","span":6}}"#);
        let list = |of: &dyn Fn(usize) -> String| (0..count).map(of).collect::<Vec<_>>().join(",");
        Report::read(ReportSource {
            title: "<script>alert(1)</script>".to_owned(),
            processed_data: "{}".to_owned(),
            charts_config: format!(
                r#"{{"charts":[{}],"layout":{{"blocks":[{}]}}}}"#,
                list(&chart),
                list(&block)
            ),
            metrics_summary: "{}".to_owned(),
            insights: vec![Insight {
                kind: "level_shift".to_owned(),
                text: "<img src=x onerror=alert(1)>".to_owned(),
                confidence: Some("0.93".to_owned()),
            }],
            ..ReportSource::default()
        })
        .unwrap()
    }

    fn written(report: &Report, pictures: &[Result<Picture, String>]) -> String {
        String::from_utf8(html(report, pictures)).unwrap()
    }

    #[test]
    fn nothing_on_the_page_runs_or_is_fetched() {
        let drawn = || Picture::read(DRAWING.to_owned()).map_err(|error| error.to_string());
        let page = written(&with_charts(2), &[drawn(), drawn()]);
        for active in [
            "<script",
            "<img",
            "<image",
            "onload",
            "javascript:",
            "https://",
            "</svg></script",
        ] {
            assert!(!page.contains(active), "{active} is in {page}");
        }
        assert!(
            page.contains("&lt;/svg>&lt;script> &amp; more"),
            "texts of drawings stay: {page}"
        );
        assert!(page.contains("Level shift · at least 93% sure"));
    }

    #[test]
    fn a_change_says_what_it_compares_and_where_days_are_missing() {
        let report = Report::read(ReportSource {
            covered: Window::new("2026-01-01".parse().unwrap(), "2026-11-30".parse().unwrap()),
            processed_data: "{}".to_owned(),
            charts_config: r#"{"layout":{"blocks":[{"kind":"metrics"}]}}"#.to_owned(),
            metrics_summary: r#"{"metrics":[{"id":"n","label":"Sales","value":5000,"unit":"EUR","compare":{"change":0.4,
                "value":1400,"window":["2026-11-03","2026-11-30"],"previous":1000,"previous_window":["2026-10-06","2026-11-02"],
                "with_values":{"window":28,"previous":25,"step":"day"}}}]}"#
                .to_owned(),
            ..ReportSource::default()
        });
        let page = written(&report.unwrap(), &[]);
        for part in [
            "last 28 days vs the 28 before",
            "1,400 vs 1,000\u{a0}EUR",
            "28 days with values, 25 before",
        ] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
    }

    #[test]
    fn cards_say_that_there_are_more_metrics() {
        let of = |labels: &[&str]| {
            let metric = |label: &&str| format!(r#"{{"id":"{label}","label":"{label}","value":1}}"#);
            let metrics: Vec<String> = labels.iter().map(metric).collect();
            let report = Report::read(ReportSource {
                processed_data: "{}".to_owned(),
                charts_config: r#"{"layout":{"blocks":[{"kind":"metrics"}]}}"#.to_owned(),
                metrics_summary: format!(r#"{{"metrics":[{}]}}"#, metrics.join(",")),
                ..ReportSource::default()
            });
            written(&report.unwrap(), &[])
        };
        let six = ["Spend", "Clicks", "Views", "Leads", "Sales", "Refunds"];
        assert!(!of(&six).contains("more metric"));
        assert!(of(&[&six[..], &["CTR"]].concat()).contains("and 1 more metric: CTR</p>"));
        let letters = ["a", "b", "c", "d", "e", "f", "g"];
        let page = of(&[six, ["h", "i", "j", "k", "l", "m"]].concat());
        assert!(page.contains("and 6 more metrics: h, i, j, k, l, m</p>"));
        let page = of(&[&six[..], &letters[..]].concat());
        assert!(page.contains("and 7 more metrics: a, b, c, d, e, f, …</p>"));
    }

    #[test]
    fn drawings_do_not_share_names() {
        let drawn = || Picture::read(DRAWING.to_owned()).map_err(|error| error.to_string());
        let page = written(&with_charts(2), &[drawn(), drawn()]);
        let names: Vec<&str> = page
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let different: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert!(names.len() >= 2 && different.len() == names.len(), "{names:?}");
    }

    #[test]
    fn a_lost_drawing_and_hostile_cells_are_texts() {
        let page = written(
            &with_charts(1),
            &[Err("it takes <b>more</b> than 3 s".to_owned())],
        );
        assert!(page.contains("This chart could not be drawn: it takes &lt;b&gt;more&lt;/b&gt; than 3 s."));
        let cells = [
            "<script>",
            "\u{202e}drow",
            "=cmd|' /C calc'!A0",
            &"x".repeat(1_000_000),
        ];
        let rows = cells.map(|text| format!("{{\"label\":{}}}", serde_json::to_string(text).unwrap()));
        let page = written(&report_of(&[("label", "string")], &rows), &[]);
        assert!(!page.contains("<script") && page.contains("<td dir=\"auto\">&lt;script&gt;</td>"));
        assert!(page.len() < 200_000, "a long cell is cut");
    }
}
