//! `dashloom replay`: a stretch of the topic once more, or what it would change.

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::cli::ReplayArgs;
use crate::config::Config;
use crate::ids::WorkflowId;
use crate::pipeline::{ApplyError, Selection};
use crate::replay::{self, Asked, Bound, Pending, Replay, ReplayError, Step};
use crate::store::Database;
use crate::telemetry;

use super::error::AppError;
use super::meter::{self, Meter};
use super::{replay_report, roles, stop, wait};

/// Replays, or shows what a replay would change.
///
/// # Errors
/// When a server cannot be reached, the replay cannot begin as asked for, or it stopped before its end.
pub async fn run(config: &Config, args: &ReplayArgs) -> Result<ExitCode, AppError> {
    config.require_database()?;
    config.require_kafka()?;
    let traces = telemetry::init(&meter::quiet(&config.telemetry))?;
    let database = Database::new(&config.database)?;
    let upstream = wait::look_at_schema(&database, &config.database).await?;
    let pool = database.pool(usize::from(args.lanes) + 1)?;
    let replay = Replay {
        recipe: Arc::new(roles::recipe(config, pool, upstream)?),
        kafka: config.kafka.clone(),
        lanes: args.lanes.into(),
        rate: args.rate,
    };
    let pending = match args.pending {
        true => Some(replay::pending(&replay, &args.workflow, args.dry_run).await?),
        false => None,
    };
    let asked = asked(args, pending.as_ref());
    let stop = stop::on_signal()?;
    let ended = match &pending {
        Some(pending) if pending.wanted.is_empty() => replay_report::nothing_pending(args.dry_run, args.json),
        pending if args.dry_run => rehearse(&replay, &asked, pending.as_ref(), args, &stop).await,
        pending => perform(&replay, &asked, pending.as_ref(), args, &stop).await,
    };
    traces.flush().await;
    ended
}

fn asked(args: &ReplayArgs, pending: Option<&Pending>) -> Asked {
    let from = args.from.unwrap_or(Bound::Earliest);
    let mut words = format!("from {from} to {}", args.to);
    let mut workflows = args.workflow.clone();
    workflows.sort_unstable();
    for workflow in &workflows {
        words.push_str(&format!(" workflow {workflow}"));
    }
    for partition in &args.partition {
        words.push_str(&format!(" partition {partition}"));
    }
    let selection = match pending {
        Some(pending) => Selection::of_executions(pending.ids()),
        None => {
            let workflows: HashSet<WorkflowId> = workflows.into_iter().collect();
            Selection::of_workflows((!workflows.is_empty()).then_some(workflows))
        }
    };
    if pending.is_some() {
        words.push_str(" pending");
    }
    Asked {
        id: args.id.clone().unwrap_or_else(|| short_name(&words)),
        from,
        to: args.to,
        partitions: args.partition.clone(),
        selection: Arc::new(selection),
        words,
        // What is pending is another question each time.
        begins_anew: pending.is_some(),
    }
}

/// The name of a replay that was given none: the same command finds what it had begun.
fn short_name(words: &str) -> String {
    let hash = Sha256::digest(words.as_bytes());
    hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

async fn perform(
    replay: &Replay,
    asked: &Asked,
    pending: Option<&Pending>,
    args: &ReplayArgs,
    stop: &CancellationToken,
) -> Result<ExitCode, AppError> {
    let meter = Meter::new("replay", "offsets");
    let ended = replay::run(replay, asked, &|step| show(&meter, step), stop).await;
    let seconds = meter.finish();
    let outcome = ended?;
    let left = match pending {
        Some(pending) => pending.left(replay).await?,
        None => Vec::new(),
    };
    replay_report::performed(asked, &outcome, pending.map(|_| &left[..]), seconds, args.json)?;
    if outcome.was_stopped {
        let goes_on = match asked.begins_anew {
            true => "begins with what is pending then",
            false => "goes on from there",
        };
        let what = format!(
            "stopped before its end; the same command {goes_on} (replay {})",
            asked.id
        );
        return Err(AppError::plain(what));
    }
    Ok(ExitCode::SUCCESS)
}

async fn rehearse(
    replay: &Replay,
    asked: &Asked,
    pending: Option<&Pending>,
    args: &ReplayArgs,
    stop: &CancellationToken,
) -> Result<ExitCode, AppError> {
    let meter = Meter::new("dry run", "offsets");
    let ended = replay::rehearse(replay, asked, &|step| show(&meter, step), stop).await;
    let seconds = meter.finish();
    let preview = ended?;
    let wanted = pending.map(|pending| &pending.wanted[..]);
    replay_report::rehearsed(asked, &preview, wanted, seconds, args.json)?;
    if preview.was_stopped {
        return Err(AppError::plain("stopped before its end; what is shown is a part"));
    }
    Ok(ExitCode::SUCCESS)
}

fn show(meter: &Meter, step: Step) {
    match step {
        Step::Planned { offsets } => meter.expect(offsets),
        Step::Settled { offsets } => meter.advance(offsets),
    }
}

impl From<ReplayError> for AppError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Store(error) | ReplayError::Apply(ApplyError::Store(error)) => error.into(),
            ReplayError::Kafka(error) => error.into(),
            ReplayError::Apply(_)
            | ReplayError::TakenOver(_)
            | ReplayError::Different { .. }
            | ReplayError::NoPartition { .. }
            | ReplayError::Halted(_) => Self::failed(error.to_string(), error),
        }
    }
}
