//! `dashloom export`: a stored dashboard as a file.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use crate::cli::ExportArgs;
use crate::config::Config;
use crate::export::{Format, Insight, Report, ReportSource};
use crate::ids::ViewId;
use crate::render::{Exporter, RenderError, Wanted};
use crate::store::{self, Database, Role, exports};

use super::error::AppError;
use super::figures::Figures;
use super::wait;

const NO_FORMAT: &str = "the file's name tells no format: let it end in .pdf, .png, .csv or .xlsx";

/// Reads the view, makes the file and writes it.
///
/// # Errors
/// When the database cannot be reached, there is no such view, or the file cannot be made or written.
pub async fn run(config: &Config, args: &ExportArgs) -> Result<ExitCode, AppError> {
    config.require_database()?;
    let wanted = wanted(args)?;
    let report = read(config, ViewId(args.view)).await?;
    let started = Instant::now();
    let made = Exporter::default().file(Arc::new(report), wanted.clone()).await;
    let file = made.map_err(|error| AppError::failed("the file cannot be made", error))?;
    let took = started.elapsed();
    write(&args.out, &file)?;
    Figures::new("export")
        .figure("view", args.view.to_string())
        .figure("format", wanted.format.name())
        .figure("bytes", file.len())
        .figure("ms", took.as_millis() as u64)
        .print("", false)?;
    Ok(ExitCode::SUCCESS)
}

fn wanted(args: &ExportArgs) -> Result<Wanted, AppError> {
    let format = args.format().ok_or_else(|| AppError::plain(NO_FORMAT))?;
    let fits = [
        (
            args.chart.is_some() && format != Format::Png,
            "--chart is for PNG alone",
        ),
        (
            args.dataset.is_some() && format != Format::Csv,
            "--dataset is for CSV alone",
        ),
    ];
    if let Some((_, sentence)) = fits.into_iter().find(|(is_wrong, _)| *is_wrong) {
        return Err(AppError::plain(sentence));
    }
    Ok(Wanted {
        format,
        paper: args.paper.into(),
        chart: args.chart.clone(),
        dataset: args.dataset.clone(),
    })
}

/// The view with its insights, in one snapshot.
async fn read(config: &Config, id: ViewId) -> Result<Report, AppError> {
    let database = Database::new(&config.database)?;
    let upstream = wait::look_at_schema(&database, &config.database).await?;
    let pool = database.pool(1)?;
    let mut client = pool.get().await.map_err(store::StoreError::from)?;
    let tx = store::begin_snapshot(&mut client, &config.database.roles, Role::Operator).await?;
    let view = exports::view(&tx, &upstream, id).await?;
    let insights = exports::insights(&tx, id).await?;
    drop(tx);
    let view = view.ok_or_else(|| AppError::plain(format!("there is no dashboard {}", id.0)))?;
    if view.archived {
        return Err(AppError::plain(
            "the dashboard is in cold storage; restore it first",
        ));
    }
    let insights = insights.into_iter().map(|insight| Insight {
        kind: insight.kind,
        text: insight.text,
        confidence: insight.confidence,
    });
    Report::read(ReportSource {
        title: view.title,
        start: view.start,
        end: view.end,
        version: Some(view.version),
        updated_at: view.updated_at,
        processed_data: view.processed_data,
        charts_config: view.charts_config,
        metrics_summary: view.metrics_summary,
        insights: insights.collect(),
    })
    .map_err(|error| AppError::failed("the dashboard cannot be read", error))
}

/// Makes the file that its name asks for, without a service, and writes it.
///
/// # Errors
/// When the name tells no format, or the file cannot be made or written.
pub fn write_report(source: ReportSource, out: &Path) -> Result<(), AppError> {
    let format = Format::of_file(out).ok_or_else(|| AppError::plain(NO_FORMAT))?;
    let failed = |error: RenderError| AppError::failed("the file cannot be made", error);
    let report = Report::read(source).map_err(|error| failed(error.into()))?;
    let runtime = super::runtime(super::threads())?;
    let file = runtime.block_on(Exporter::default().file(Arc::new(report), Wanted::new(format)));
    write(out, &file.map_err(failed)?)
}

/// Writes a file in whole: a failure leaves what was there before.
fn write(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| AppError::failed(format!("{} cannot be written", path.display()), error))
}
