//! `dashloom withdraw` and `dashloom rebuild`: dashboards set right by hand.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cli::{RebuildArgs, WithdrawArgs};
use crate::config::Config;
use crate::fold::{FoldError, Trouble, Withdrawal};
use crate::ids::WorkflowId;
use crate::repair::{self, Repair, RepairError, Withdrawn};
use crate::repair::{Rebuilt, What};
use crate::store::Database;
use crate::telemetry;

use super::changes::{line, tell_all, update_json};
use super::error::AppError;
use super::figures::Figures;
use super::meter::{self, Meter};
use super::{roles, stop, wait};

/// Connects, and looks that the database is this release's.
pub async fn prepare(config: &Config, connections: usize, is_dry_run: bool) -> Result<Repair, AppError> {
    config.require_database()?;
    let database = Database::new(&config.database)?;
    let upstream = wait::look_at_schema(&database, &config.database).await?;
    let pool = database.pool(connections)?;
    Ok(Repair {
        pool,
        roles: config.database.roles.clone(),
        fold: Arc::new(roles::folding(config, upstream)),
        kafka: config.kafka.clone(),
        is_dry_run,
    })
}

/// Withdraws a result, or lets it count again.
///
/// # Errors
/// When there is no such result, or the database cannot be reached.
pub async fn withdraw(config: &Config, args: &WithdrawArgs) -> Result<ExitCode, AppError> {
    let repair = prepare(config, 1, args.dry_run).await?;
    let withdrawn = repair::withdraw(&repair, args.execution, args.workflow, args.undo).await?;
    let mut text = sentence(&withdrawn, args);
    tell_all(&mut text, &withdrawn.updates);
    tell_troubles(&mut text, &withdrawn.troubles);
    if withdrawn.is_part {
        tell_part(&mut text, withdrawn.workflow_id);
    }
    let state = match withdrawn.withdrawal {
        Withdrawal::Withdrawn { .. } => "withdrawn",
        Withdrawal::Restored => "restored",
        Withdrawal::AlreadySo | Withdrawal::Unknown => "unchanged",
    };
    figures("withdraw", args.dry_run)
        .figure("execution", args.execution.to_string())
        .figure("workflow", withdrawn.workflow_id.to_string())
        .figure("result", state)
        .figure("views", withdrawn.updates.len())
        .figure("troubles", withdrawn.troubles.len())
        .detail("trouble_sentences", sentences(&withdrawn.troubles))
        .detail(
            "changes",
            withdrawn.updates.iter().map(update_json).collect::<Vec<Value>>(),
        )
        .print(&text, args.json)?;
    Ok(ExitCode::SUCCESS)
}

fn sentence(withdrawn: &Withdrawn, args: &WithdrawArgs) -> String {
    let (execution, workflow) = (args.execution, withdrawn.workflow_id);
    let would = if args.dry_run { "would be" } else { "is" };
    let sentence = match withdrawn.withdrawal {
        Withdrawal::Withdrawn { run } => format!(
            "Execution {execution} of workflow {workflow} {would} withdrawn up to run {run}; a higher run counts again."
        ),
        Withdrawal::Restored => {
            format!("Execution {execution} of workflow {workflow} {would} counted again.")
        }
        Withdrawal::AlreadySo | Withdrawal::Unknown if args.undo => {
            format!("Execution {execution} of workflow {workflow} is not withdrawn.")
        }
        Withdrawal::AlreadySo | Withdrawal::Unknown => {
            format!("Execution {execution} of workflow {workflow} is withdrawn already.")
        }
    };
    let mut text = String::new();
    line(&mut text, &sentence);
    text
}

/// Rebuilds views.
///
/// # Errors
/// When there is no such view, a workflow is not reported, or the database cannot be reached.
pub async fn rebuild(config: &Config, args: &RebuildArgs) -> Result<ExitCode, AppError> {
    let traces = telemetry::init(&meter::quiet(&config.telemetry))?;
    let repair = prepare(config, usize::from(args.lanes) + 1, args.dry_run).await?;
    let stop = stop::on_signal()?;
    let targets = repair::workflows_of(&repair, &what(args)).await?;
    let meter = Meter::new("rebuild", "workflows");
    meter.expect(targets.len() as u64);
    let ended = repair::rebuild(&repair, &targets, args.lanes.into(), &|| meter.advance(1), &stop).await;
    let seconds = meter.finish();
    let rebuilt = ended?;
    report(args, &rebuilt, seconds)?;
    traces.flush().await;
    if let [(workflow, error), more @ ..] = &rebuilt.failures[..] {
        let (first, count) = (source_of(error), more.len());
        let more = match count {
            0 => String::new(),
            count => format!(", and {count} more"),
        };
        return Err(AppError::plain(format!(
            "workflow {workflow} could not be rebuilt ({first}){more}; the others are rebuilt, run it again for those"
        )));
    }
    if rebuilt.was_stopped {
        return Err(AppError::plain(
            "stopped before its end; run it again, what is rebuilt costs nothing then",
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// An error with its causes.
fn source_of(error: &RepairError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn what(args: &RebuildArgs) -> What {
    match args.view {
        Some(view) => What::View(view),
        None if args.all => What::All,
        None => What::Workflows(args.workflow.clone()),
    }
}

fn report(args: &RebuildArgs, rebuilt: &Rebuilt, seconds: f64) -> Result<(), AppError> {
    let mut text = String::new();
    tell_all(&mut text, &rebuilt.updates);
    tell_troubles(&mut text, &rebuilt.troubles);
    rebuilt
        .parts
        .iter()
        .for_each(|workflow| tell_part(&mut text, *workflow));
    for (workflow, error) in &rebuilt.failures {
        let error = source_of(error);
        line(
            &mut text,
            &format!("workflow {workflow} could not be rebuilt: {error}"),
        );
    }
    figures("rebuild", args.dry_run)
        .figure("workflows", rebuilt.workflows)
        .figure("views", rebuilt.updates.len())
        .figure("troubles", rebuilt.troubles.len())
        .figure("failed", rebuilt.failures.len())
        .figure("seconds", (seconds * 100.0).round() / 100.0)
        .detail("trouble_sentences", sentences(&rebuilt.troubles))
        .detail("failures", failures(&rebuilt.failures))
        .detail("parts", json!(rebuilt.parts))
        .detail(
            "changes",
            rebuilt.updates.iter().map(update_json).collect::<Vec<Value>>(),
        )
        .print(&text, args.json)
}

fn tell_troubles(text: &mut String, troubles: &[Trouble]) {
    for Trouble {
        workflow_id,
        sentence,
        ..
    } in troubles
    {
        line(
            text,
            &format!("workflow {workflow_id} does not follow: {sentence}"),
        );
    }
}

/// Of a dry run that would have taken too long.
fn tell_part(text: &mut String, workflow: WorkflowId) {
    line(
        text,
        &format!("workflow {workflow}: more views would change than a dry run draws; those shown are a part"),
    );
}

fn failures(failures: &[(WorkflowId, RepairError)]) -> Vec<Value> {
    let failure = |(workflow, error): &(WorkflowId, RepairError)| json!({ "workflow_id": workflow, "sentence": source_of(error) });
    failures.iter().map(failure).collect()
}

fn sentences(troubles: &[Trouble]) -> Vec<Value> {
    let trouble = |one: &Trouble| json!({ "workflow_id": one.workflow_id, "sentence": one.sentence });
    troubles.iter().map(trouble).collect()
}

/// Figures that say of a rehearsal that it was one.
pub fn figures(name: &'static str, is_dry_run: bool) -> Figures {
    let figures = Figures::new(name);
    if is_dry_run {
        figures.figure("dry_run", true)
    } else {
        figures
    }
}

impl From<RepairError> for AppError {
    fn from(error: RepairError) -> Self {
        match error {
            RepairError::Store(error) | RepairError::Fold(FoldError::Store(error)) => error.into(),
            RepairError::Kafka(error) => error.into(),
            RepairError::Undelivered { .. } => Self::unavailable(error.to_string(), error),
            RepairError::Fold(_)
            | RepairError::UnknownExecution(_)
            | RepairError::SeveralWorkflows { .. }
            | RepairError::NotReported(_)
            | RepairError::Crashed(_)
            | RepairError::Archived(_)
            | RepairError::UnknownView(_)
            | RepairError::NoPosition { .. }
            | RepairError::NotInLog { .. }
            | RepairError::Gap { .. }
            | RepairError::NoLetter(_) => Self::failed(error.to_string(), error),
        }
    }
}
