//! From a report to a file: draw what it needs, have the core write it, keep it.

use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use bytes::Bytes;

use super::engine::ChartRequest;
use super::error::RenderError;
use super::kept::Kept;
use super::pool::Pool;
use crate::dashboard::Theme;
use crate::export::{
    Drawing, ExportError, Format, Job, Paper, Picture, Report, Workers, chart_png, csv, drawings, html, pdf,
    png, xlsx,
};

/// How wide a chart alone is, in pixels of CSS.
const CHART_WIDTH: u32 = 900;
/// `report_exports.file_size_bytes` is a 4-byte integer.
const MOST_BYTES: usize = i32::MAX as usize;

/// What is wanted of a report.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The format.
    pub format: Format,
    /// What a PDF is laid out for.
    pub paper: Paper,
    /// The chart that a PNG shows alone, by id.
    pub chart: Option<String>,
    /// The dataset that a CSV holds, by name.
    pub dataset: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self::new(Format::Pdf)
    }
}

impl Wanted {
    /// A format with its defaults: A4, the whole dashboard, the table.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            paper: Paper::default(),
            chart: None,
            dataset: None,
        }
    }

    /// A format with options.
    ///
    /// # Errors
    /// When it does not take one of them.
    pub fn checked(
        format: Format,
        paper: Option<Paper>,
        chart: Option<String>,
        dataset: Option<String>,
    ) -> Result<Self, Misfit> {
        let options = [
            (paper.is_some(), "paper", Format::Pdf),
            (chart.is_some(), "chart", Format::Png),
            (dataset.is_some(), "dataset", Format::Csv),
        ];
        match options
            .into_iter()
            .find(|(is_given, _, of)| *is_given && *of != format)
        {
            Some((_, option, format)) => Err(Misfit { option, format }),
            None => Ok(Self {
                format,
                paper: paper.unwrap_or_default(),
                chart,
                dataset,
            }),
        }
    }
}

/// An option that a format does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// The option: `paper`, `chart` or `dataset`.
    pub option: &'static str,
    /// The only format that takes it.
    pub format: Format,
}

/// Makes files of reports; cheap to clone.
#[derive(Clone, Default)]
pub struct Exporter {
    pool: Pool,
    kept: Arc<Mutex<Kept>>,
}

impl Exporter {
    /// The file, from what is kept where the report has not changed. A chart that cannot be drawn is left out, with the reason in its
    /// place.
    ///
    /// # Errors
    /// When it cannot be written, or a chart may be drawn at another time ([`RenderError::is_passing`]).
    pub async fn file(&self, report: Arc<Report>, wanted: Wanted) -> Result<Bytes, RenderError> {
        let key = (report.sha256, wanted.clone());
        if let Some(bytes) = self.kept().get(&key) {
            return Ok(bytes);
        }
        let alone = match (&wanted.chart, wanted.format) {
            (Some(id), Format::Png) => Some(report.chart(id)?),
            _ => None,
        };
        let asked = match alone {
            Some(chart) => vec![Drawing {
                chart,
                width: CHART_WIDTH,
            }],
            None => drawings(&report, wanted.format, wanted.paper),
        };
        let pictures = self.pictures(&report, &asked).await?;
        let of = wanted.clone();
        let written = tokio::task::spawn_blocking(move || match alone {
            Some(chart) => alone_png(&report, chart, pictures),
            None => write(&report, &of, &pictures),
        });
        let bytes = Bytes::from(written.await.map_err(|_| RenderError::Lost)??);
        if bytes.len() > MOST_BYTES {
            return Err(ExportError::TooLarge {
                size_bytes: bytes.len(),
            }
            .into());
        }
        self.kept().put(key, bytes.clone());
        Ok(bytes)
    }

    /// Charts as drawings, each with the reason where it can never be drawn.
    async fn pictures(
        &self,
        report: &Report,
        asked: &[Drawing],
    ) -> Result<Vec<Result<Picture, String>>, RenderError> {
        let requests = asked.iter().map(|drawing| request(report, *drawing)).collect();
        let drawn = self.pool.draw(requests).await.into_iter();
        drawn
            .map(|picture| match picture {
                Ok(picture) => Ok(Ok(picture)),
                Err(error) if error.is_passing() => Err(error),
                Err(error) => Ok(Err(error.to_string())),
            })
            .collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A chart with the rows of its dataset, on white.
fn request(report: &Report, drawing: Drawing) -> ChartRequest {
    let chart = &report.charts[drawing.chart];
    let rows = report
        .dataset(&chart.dataset)
        .map_or("[]", |dataset| dataset.json.get());
    let name = serde_json::Value::from(chart.dataset.as_str());
    ChartRequest {
        spec: chart.spec.get().to_owned(),
        data: format!("{{{name}:{rows}}}"),
        theme: Theme::Light.config(),
        width: drawing.width,
    }
}

fn alone_png(
    report: &Report,
    chart: usize,
    pictures: Vec<Result<Picture, String>>,
) -> Result<Vec<u8>, ExportError> {
    let picture = pictures.into_iter().next();
    let picture = picture.unwrap_or_else(|| Err("it was not drawn".to_owned()));
    let picture = picture.map_err(|reason| ExportError::Chart {
        id: report.charts[chart].id.clone(),
        reason,
    })?;
    chart_png(&picture)
}

fn write(
    report: &Report,
    wanted: &Wanted,
    pictures: &[Result<Picture, String>],
) -> Result<Vec<u8>, ExportError> {
    match wanted.format {
        Format::Pdf => pdf(report, pictures, wanted.paper),
        Format::Png => png(report, pictures, every_core()),
        Format::Csv => csv(report, wanted.dataset.as_deref()),
        Format::Xlsx => xlsx(report, pictures),
        Format::Html => Ok(html(report, pictures)),
    }
}

fn every_core() -> Workers {
    Workers {
        count: thread::available_parallelism().map_or(1, NonZero::get),
        run: side_by_side,
    }
}

fn side_by_side(jobs: Vec<Job<'_>>) {
    thread::scope(|scope| {
        for job in jobs {
            scope.spawn(job);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::super::engine::{Engine, Limits};
    use super::*;
    use crate::export::ReportSource;

    fn one_chart() -> Arc<Report> {
        let source = ReportSource {
            charts_config: r#"{"charts":[{"id":"c","title":"c","kind":"bar","dataset":"d","spec":{}}],
                "layout":{"blocks":[{"kind":"chart","chart":"c","span":12}]}}"#
                .to_owned(),
            processed_data: "{}".to_owned(),
            metrics_summary: "{}".to_owned(),
            ..ReportSource::default()
        };
        Arc::new(Report::read(source).unwrap())
    }

    #[tokio::test]
    async fn a_chart_that_may_be_drawn_later_is_left_out_of_no_file() {
        static IS_BUSY: AtomicBool = AtomicBool::new(true);
        fn draw(_: &mut Option<Engine>, _: Limits, _: &ChartRequest) -> Result<Picture, RenderError> {
            match IS_BUSY.load(Ordering::SeqCst) {
                true => Err(RenderError::Busy),
                false => Err(RenderError::Chart("never to be drawn".to_owned())),
            }
        }
        let exporter = Exporter {
            pool: Pool::drawing(draw, Limits::default(), Duration::ZERO),
            ..Exporter::default()
        };
        for format in [Format::Pdf, Format::Png, Format::Html] {
            IS_BUSY.store(true, Ordering::SeqCst);
            let refused = exporter.file(one_chart(), Wanted::new(format)).await;
            assert!(matches!(refused, Err(RenderError::Busy)), "{refused:?}");
            IS_BUSY.store(false, Ordering::SeqCst);
            let made = exporter.file(one_chart(), Wanted::new(format)).await;
            assert!(made.is_ok(), "nothing of the failure is kept: {made:?}");
        }
    }

    #[tokio::test]
    async fn a_chart_that_always_takes_too_long_is_left_out_with_a_sentence() {
        let exporter = Exporter {
            pool: Pool::drawing(
                |_, _, _| Err(RenderError::Late(3.0)),
                Limits::default(),
                Duration::ZERO,
            ),
            ..Exporter::default()
        };
        let html = exporter
            .file(one_chart(), Wanted::new(Format::Html))
            .await
            .unwrap();
        let html = String::from_utf8_lossy(&html).into_owned();
        assert!(
            html.contains("This chart could not be drawn: it takes more than 3 s."),
            "{html}"
        );
        for format in Format::ALL {
            assert!(
                exporter.file(one_chart(), Wanted::new(format)).await.is_ok(),
                "{format:?}"
            );
        }
        let alone = Wanted::checked(Format::Png, None, Some("c".to_owned()), None).unwrap();
        let refused = exporter.file(one_chart(), alone).await.unwrap_err();
        assert!(!refused.is_passing(), "asking again does not help");
        assert_eq!(
            refused.to_string(),
            "the chart \"c\" could not be drawn: it takes more than 3 s"
        );
    }

    #[test]
    fn options_belong_to_their_format() {
        let chart = || Some("spend".to_owned());
        let misfit = |format, paper, chart, dataset| {
            Wanted::checked(format, paper, chart, dataset).unwrap_err().option
        };
        assert_eq!(misfit(Format::Png, Some(Paper::A4), None, None), "paper");
        assert_eq!(misfit(Format::Pdf, None, chart(), None), "chart");
        assert_eq!(misfit(Format::Html, None, None, chart()), "dataset");
        let letter = Wanted::checked(Format::Pdf, Some(Paper::Letter), None, None).unwrap();
        assert_eq!(letter.paper, Paper::Letter);
        assert_eq!(
            Wanted::checked(Format::Png, None, chart(), None).unwrap().chart,
            chart()
        );
    }
}
