//! `dashloom migrate`: the schema, and the backfill on its own.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;

use crate::cli::MigrateArgs;
use crate::config::Config;
use crate::store::Database;
use crate::store::migrate::{MigrateError, MigrateOptions, Progress, backfill, migrate};

use super::error::AppError;
use super::wait;

/// Migrates, or repeats the backfill, and prints what was done.
///
/// # Errors
/// When the database cannot be reached or the migration stops.
pub async fn run(config: &Config, args: &MigrateArgs) -> Result<ExitCode, AppError> {
    config.require_database()?;
    let options = MigrateOptions {
        upstream: wait::upstream(&config.database),
        roles: config.database.roles.clone(),
        to_phase: args.to_phase,
        with_upstream: args.with_upstream,
        backfill_rule: args.rule,
        dry_run: args.dry_run,
        ..MigrateOptions::default()
    };
    let mut client = Database::new(&config.database)?.own_session().await?;
    let bar = progress_bar();
    let mut on_progress = |progress| show(&bar, &progress);
    if args.backfill {
        let report = backfill(&mut client, &options, &mut on_progress)
            .await
            .map_err(failed)?;
        bar.finish_and_clear();
        print(&report, args.json)
    } else {
        let report = migrate(&mut client, &options, &mut on_progress)
            .await
            .map_err(failed)?;
        bar.finish_and_clear();
        print(&report, args.json)
    }
}

fn failed(error: MigrateError) -> AppError {
    match &error {
        MigrateError::Postgres(cause) if cause.is_closed() => {
            AppError::unavailable("the database went away", error)
        }
        MigrateError::Locked { .. } => AppError::unavailable(error.to_string(), error),
        _ => AppError::failed(error.to_string(), error),
    }
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if std::io::stderr().is_terminal() {
        bar.enable_steady_tick(Duration::from_millis(120));
    } else {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_message(match progress {
        Progress::WaitingForMigrator => "waiting for another migration to end".to_owned(),
        Progress::WaitingForLock(statement) => format!("waiting for a lock: {statement}"),
        Progress::Statement(statement) => statement.clone(),
        Progress::Backfilled(workflows) => format!("backfill: {workflows} workflows"),
    });
}

/// The report as text, or as JSON with its line of figures on stderr.
fn print(report: &(impl Display + Serialize), json: bool) -> Result<ExitCode, AppError> {
    let text = report.to_string();
    let written = if json {
        let json = serde_json::to_string_pretty(report)
            .map_err(|error| AppError::failed("the report cannot be written as JSON", error))?;
        let figures = text.lines().last().unwrap_or_default();
        writeln!(std::io::stdout(), "{json}").and_then(|()| writeln!(std::io::stderr(), "{figures}"))
    } else {
        writeln!(std::io::stdout(), "{text}")
    };
    written.map_err(|error| AppError::failed("the report cannot be printed", error))?;
    Ok(ExitCode::SUCCESS)
}
