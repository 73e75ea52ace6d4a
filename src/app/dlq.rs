//! `dashloom dlq`: dead letters listed, shown and sent back, and what brokers refused published again.

use std::collections::BTreeSet;
use std::process::ExitCode;

use crate::cli::{DlqCommand, DlqFilterArgs, DlqListArgs, DlqRedriveArgs, DlqShowArgs};
use crate::config::Config;
use crate::kafka::Topics;
use crate::repair::{self, Filter, Letter, Letters, Redrive, RepairError};
use crate::telemetry;

use super::error::AppError;
use super::meter::{self, Meter};
use super::{dlq_report, stop};

/// Lists, shows or sends back dead letters.
///
/// # Errors
/// When Kafka cannot be reached, or there is no such letter.
pub async fn run(config: &Config, command: &DlqCommand) -> Result<ExitCode, AppError> {
    config.require_kafka()?;
    match command {
        DlqCommand::Redrive(args) if args.refused => republish(config, args).await,
        DlqCommand::List(args) => list(config, args).await,
        DlqCommand::Show(args) => show(config, args).await,
        DlqCommand::Redrive(args) => redrive(config, args).await,
    }
}

fn filter(args: &DlqFilterArgs) -> Filter {
    Filter {
        reasons: args.reason.clone(),
        workflows: args.workflow.clone(),
        from_ms: args.from,
        to_ms: args.to,
        ..Filter::default()
    }
}

async fn list(config: &Config, args: &DlqListArgs) -> Result<ExitCode, AppError> {
    let mut letters = Letters::open(&config.kafka, filter(&args.filter)).await?;
    let mut found = dlq_report::Listing::default();
    while let Some(letter) = letters.next().await? {
        found.take(letter, args.limit);
    }
    found.print(letters.seen, args.json)?;
    Ok(ExitCode::SUCCESS)
}

async fn show(config: &Config, args: &DlqShowArgs) -> Result<ExitCode, AppError> {
    let only = Filter {
        places: [args.place].into(),
        ..Filter::default()
    };
    let letter: Letter = Letters::open(&config.kafka, only)
        .await?
        .next()
        .await?
        .ok_or_else(|| RepairError::NoLetter(args.place.to_string()))?;
    if let Some(file) = &args.out {
        let bytes = letter.record.payload.as_deref().unwrap_or_default();
        std::fs::write(file, bytes)
            .map_err(|error| AppError::failed(format!("{} cannot be written", file.display()), error))?;
    }
    dlq_report::show(&letter, args.json)?;
    Ok(ExitCode::SUCCESS)
}

async fn redrive(config: &Config, args: &DlqRedriveArgs) -> Result<ExitCode, AppError> {
    let traces = telemetry::init(&meter::quiet(&config.telemetry))?;
    let only = Filter {
        places: args.at.iter().copied().collect(),
        ..filter(&args.filter)
    };
    let mut letters = Letters::open(&config.kafka, only).await?;
    let redrive = Redrive {
        kafka: config.kafka.clone(),
        message_bytes: Topics::new(&config.kafka, config.limits.message_bytes).outgoing_bytes(),
        max_attempts: args.max_attempts,
        per_second: args.rate,
        is_dry_run: args.dry_run,
    };
    let stop = stop::on_signal()?;
    let meter = Meter::new("redrive", "letters");
    meter.expect(letters.offsets());
    let ended = repair::redrive(&redrive, &mut letters, &|seen| meter.advance(seen), &stop).await;
    let seconds = meter.finish();
    let redriven = ended?;
    dlq_report::redriven(&redriven, args.dry_run, seconds, args.json)?;
    traces.flush().await;
    if redriven.was_stopped {
        return Err(AppError::plain(
            "stopped before its end; what was sent stays sent",
        ));
    }
    let missing = missing(args, redriven.letters);
    missing.map_or(Ok(ExitCode::SUCCESS), Err)
}

/// Puts what brokers refused back into the outbox.
async fn republish(config: &Config, args: &DlqRedriveArgs) -> Result<ExitCode, AppError> {
    let repair = super::repair::prepare(config, 1, args.dry_run).await?;
    let records = repair::republish(&repair).await?;
    dlq_report::republished(&records, args.dry_run, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Letters that were named and are not there.
fn missing(args: &DlqRedriveArgs, found: u64) -> Option<AppError> {
    let named = args.at.iter().collect::<BTreeSet<_>>().len() as u64;
    (found < named).then(|| {
        AppError::plain(format!(
            "{} of the letters named by --at are not there; `dashloom dlq list` shows those there are",
            named - found
        ))
    })
}
