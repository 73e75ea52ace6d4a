//! `dashloom export`: a stored dashboard as a file.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use deadpool_postgres::Pool;

use crate::cli::ExportArgs;
use crate::config::Config;
use crate::export::{Format, Paper, Report, ReportSource};
use crate::http::{Deposit, ToKeep};
use crate::ids::ViewId;
use crate::render::{Exporter, RenderError, Wanted};
use crate::store::exports::Edition;
use crate::store::{self, Access, Database, Role, Upstream, exports};

use super::depot;
use super::error::AppError;
use super::figures::Figures;
use super::wait;

const NO_FORMAT: &str = "the file's name tells no format: let it end in .pdf, .png, .csv, .xlsx or .html";

/// Reads the view, makes the file and writes it; where `exports.location` is set the file is kept there and noted, too.
///
/// # Errors
/// When the database cannot be reached, there is no such view, or the file cannot be made, written or kept.
pub async fn run(config: &Config, args: &ExportArgs) -> Result<ExitCode, AppError> {
    config.require_database()?;
    let depot = depot::configured(config)?;
    let wanted = wanted(args)?;
    let database = Database::new(&config.database)?;
    let upstream = wait::look_at_schema(&database, &config.database).await?;
    let pool = database.pool(1)?;
    let view = ViewId(args.view);
    let (edition, report) = read(config, &pool, &upstream, view).await?;
    let started = Instant::now();
    let made = Exporter::default().file(Arc::new(report), wanted.clone()).await;
    let file = made.map_err(|error| AppError::failed("the file cannot be made", error))?;
    let took = started.elapsed();
    write(&args.out, &file)?;
    let mut figures = Figures::new("export")
        .figure("view", args.view.to_string())
        .figure("format", wanted.format.name())
        .figure("bytes", file.len())
        .figure("ms", took.as_millis() as u64);
    if let Some(depot) = depot {
        let deposit = Deposit {
            depot,
            keep: config.exports.keep,
            pool,
            roles: config.database.roles.clone(),
        };
        let file_to_keep = ToKeep {
            view,
            edition,
            wanted,
            access: Access::Operator,
            user: None,
        };
        let kept = deposit.keep(&file_to_keep, file).await;
        let (kept, _) =
            kept.map_err(|error| AppError::failed("the file is written, but cannot be kept", error))?;
        figures = figures.figure("export", kept.id.to_string());
    }
    figures.print("", false)?;
    Ok(ExitCode::SUCCESS)
}

fn wanted(args: &ExportArgs) -> Result<Wanted, AppError> {
    let format = args.format().ok_or_else(|| AppError::plain(NO_FORMAT))?;
    let paper = args.paper.map(Paper::from);
    Wanted::checked(format, paper, args.chart.clone(), args.dataset.clone()).map_err(|misfit| {
        let format = misfit.format.name().to_uppercase();
        AppError::plain(format!("--{} is for {format} alone", misfit.option))
    })
}

/// The view with its insights and the state they are in, in one snapshot.
async fn read(
    config: &Config,
    pool: &Pool,
    upstream: &Upstream,
    id: ViewId,
) -> Result<(Edition, Report), AppError> {
    let mut client = pool.get().await.map_err(store::StoreError::from)?;
    let tx = store::begin_snapshot(&mut client, &config.database.roles, Role::Operator).await?;
    let edition = exports::edition(&tx, upstream, id).await?;
    let source = exports::source(&tx, upstream, id).await?;
    drop(tx);
    let (edition, source) = edition
        .zip(source)
        .ok_or_else(|| AppError::plain(format!("there is no dashboard {}", id.0)))?;
    if edition.archived {
        return Err(AppError::plain(
            "the dashboard is in cold storage; restore it first",
        ));
    }
    let report =
        Report::read(source).map_err(|error| AppError::failed("the dashboard cannot be read", error))?;
    Ok((edition, report))
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
