//! What `dashloom replay` tells at its end.

use std::collections::HashMap;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::dashboard::words;
use crate::ids::ExecutionId;
use crate::pipeline::OutcomeCounts;
use crate::replay::{Asked, Outcome, Preview};
use crate::store::pending::PendingExecution;

use super::changes::{line, tell_all, update_json};
use super::error::AppError;
use super::figures::Figures;
use super::repair::figures;

/// The most executions that are told of in words; the JSON report has all.
const MOST_TOLD: usize = 50;

/// A finished or stopped replay. `left` are the pending executions that are pending still, where those were asked for.
pub fn performed(
    asked: &Asked,
    outcome: &Outcome,
    left: Option<&[PendingExecution]>,
    seconds: f64,
    json: bool,
) -> Result<(), AppError> {
    let mut text = String::new();
    let resumed = if outcome.was_resumed { ", gone on with" } else { "" };
    line(
        &mut text,
        &format!("Replay {} ({}){resumed}.", asked.id, asked.words),
    );
    outcome.notes.iter().for_each(|note| line(&mut text, note));
    if outcome.counts.parked > 0 {
        let waiting = outcome.counts.parked;
        line(
            &mut text,
            &format!(
                "{} of a workflow, or with a result, that is not there; replay once it is.",
                words::count(waiting.unsigned_abs(), "record", "records")
            ),
        );
    }
    let met = asked.selection.met();
    let mut figures = Figures::new("replay").figure("id", asked.id.as_str());
    figures = counted(figures, &outcome.counts).figure("views", outcome.views);
    if let Some(left) = left {
        let (refused, missing): (Vec<_>, Vec<_>) =
            left.iter().partition(|one| met.contains_key(&one.execution_id));
        tell_missing(&mut text, &missing);
        tell_refused(&mut text, &refused, &met);
        figures = figures
            .figure("missing", missing.len())
            .figure("still_pending", left.len())
            .detail("missing_executions", executions(&missing, &met))
            .detail("refused_executions", executions(&refused, &met));
    }
    figures
        .figure("seconds", rounded(seconds))
        .figure("per_s", (outcome.read as f64 / seconds.max(0.001)).round())
        .detail("asked", asked.words.as_str())
        .detail("resumed", outcome.was_resumed)
        .detail("stopped", outcome.was_stopped)
        .detail("notes", outcome.notes.clone())
        .print(&text, json)
}

/// There is nothing to replay.
pub fn nothing_pending(is_dry_run: bool, json: bool) -> Result<ExitCode, AppError> {
    let figures = counted(figures("replay", is_dry_run), &OutcomeCounts::default())
        .figure("views", 0)
        .figure("missing", 0)
        .figure("still_pending", 0);
    figures.print("No execution of a reported workflow is pending.\n", json)?;
    Ok(ExitCode::SUCCESS)
}

/// What a replay would change. `wanted` are the pending executions, where those were asked for.
pub fn rehearsed(
    asked: &Asked,
    preview: &Preview,
    wanted: Option<&[PendingExecution]>,
    seconds: f64,
    json: bool,
) -> Result<(), AppError> {
    let mut text = String::new();
    preview.notes.iter().for_each(|note| line(&mut text, note));
    tell_all(&mut text, &preview.updates);
    if preview.unshown > 0 {
        let unshown = preview.unshown;
        line(
            &mut text,
            &format!(
                "{} would be taken in; narrow --from, --to or --workflow to see what that changes.",
                words::count(unshown, "more result", "more results")
            ),
        );
    }
    for (reason, count) in &preview.rejected {
        line(
            &mut text,
            &format!(
                "{} cannot be applied ({reason}).",
                words::count(*count, "record", "records")
            ),
        );
    }
    if preview.updates.is_empty() && preview.unshown == 0 {
        line(&mut text, "No view would change.");
    }
    let mut figures = counted(figures("replay", true), &preview.counts)
        .figure("views", preview.updates.len())
        .figure("unshown", preview.unshown);
    if let Some(wanted) = wanted {
        let met = asked.selection.met();
        let missing: Vec<_> = wanted
            .iter()
            .filter(|one| !met.contains_key(&one.execution_id))
            .collect();
        tell_missing(&mut text, &missing);
        figures = figures
            .figure("missing", missing.len())
            .detail("missing_executions", executions(&missing, &met));
    }
    let figures = figures
        .figure("seconds", rounded(seconds))
        .figure("per_s", (preview.read as f64 / seconds.max(0.001)).round());
    let updates: Vec<Value> = preview.updates.iter().map(update_json).collect();
    figures
        .detail("changes", updates)
        .detail("rejected", json!(preview.rejected))
        .detail("stopped", preview.was_stopped)
        .detail("notes", preview.notes.clone())
        .print(&text, json)
}

/// A replay parks nothing: what is counted as such is of a workflow that is not in the database.
fn counted(figures: Figures, counts: &OutcomeCounts) -> Figures {
    let records = counts.applied
        + counts.superseded
        + counts.duplicate
        + counts.skipped
        + counts.parked
        + counts.dead_lettered;
    figures
        .figure("records", records)
        .figure("applied", counts.applied)
        .figure("superseded", counts.superseded)
        .figure("duplicate", counts.duplicate)
        .figure("skipped", counts.skipped)
        .figure("unknown", counts.parked)
        .figure("rejected", counts.dead_lettered)
        .figure("gap", counts.gap)
}

fn tell_missing(text: &mut String, missing: &[&PendingExecution]) {
    if missing.is_empty() {
        return;
    }
    let count = missing.len();
    line(
        text,
        &format!(
            "The stretch holds no event of {count} pending executions; have the engine send them again, or run them again:"
        ),
    );
    for one in missing.iter().take(MOST_TOLD) {
        line(
            text,
            &format!("  execution {} of workflow {}", one.execution_id, one.workflow_id),
        );
    }
    tell_more(text, count);
}

fn tell_refused(text: &mut String, refused: &[&PendingExecution], met: &Met) {
    if refused.is_empty() {
        return;
    }
    line(text, "Pending still, although the event was read:");
    for one in refused.iter().take(MOST_TOLD) {
        let why =
            why(one, met).unwrap_or("the engine holds its row, or a better run is known; the sweep flags it");
        line(
            text,
            &format!(
                "  execution {} of workflow {}: {why}",
                one.execution_id, one.workflow_id
            ),
        );
    }
    tell_more(text, refused.len());
}

/// Executions whose event was read, each with why it could not be taken in yet.
type Met = HashMap<ExecutionId, Option<String>>;

fn why<'a>(one: &'a PendingExecution, met: &'a Met) -> Option<&'a str> {
    let waits = met.get(&one.execution_id).and_then(Option::as_deref);
    waits.or(one.error.as_deref())
}

fn tell_more(text: &mut String, count: usize) {
    if count > MOST_TOLD {
        line(
            text,
            &format!("  … and {} more; --json has them all.", count - MOST_TOLD),
        );
    }
}

fn executions(pending: &[&PendingExecution], met: &Met) -> Vec<Value> {
    let execution = |one: &&PendingExecution| {
        json!({
            "execution_id": one.execution_id,
            "workflow_id": one.workflow_id,
            "created_at": one.created_at.map(|time| time.to_rfc3339()),
            "error": why(one, met),
        })
    };
    pending.iter().map(execution).collect()
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}
