//! What a migration did, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::options::BackfillRule;
use crate::ids::WorkflowId;

/// One file of the migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationFile {
    /// Its phase, 1 to 5; later releases go on from 6.
    pub phase: u8,
    /// Its version in refinery's history.
    pub version: i32,
    /// Its name there.
    pub name: String,
}

/// What a migration did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationReport {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// The server's version.
    pub server_version: String,
    /// The schema in which the four tables stand, beside the engine's `workflows`.
    pub schema: String,
    /// The files applied now.
    pub applied: Vec<MigrationFile>,
    /// The files not applied yet: what a dry run would apply, or what lies behind `to_phase`.
    pub pending: Vec<MigrationFile>,
    /// What the backfill did; `None` when it was done before or its phase was not reached.
    pub backfill: Option<BackfillReport>,
    /// What an operator should know, in plain sentences.
    pub notes: Vec<String>,
}

/// What a backfill did, or would do.
#[derive(Debug, Clone, Serialize)]
pub struct BackfillReport {
    /// By which rule.
    pub rule: BackfillRule,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Whether it went on from where an earlier run was cut off; its decisions are included.
    pub resumed: bool,
    /// Every workflow looked at, in id order.
    pub workflows: Vec<WorkflowDecision>,
}

/// What was decided for a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkflowDecision {
    /// Which workflow.
    pub workflow_id: WorkflowId,
    /// What was done.
    pub outcome: Outcome,
    /// The dashboard type of the configuration made for it.
    pub dashboard_type: Option<String>,
    /// Why, as a part of a sentence.
    pub reason: String,
}

/// What the backfill does with a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// `report_enabled` is set and a configuration made.
    Enabled,
    /// It stays as it is.
    Unchanged,
    /// The engine held its row throughout; a later backfill will see to it.
    Busy,
}

impl Outcome {
    /// The outcome's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Unchanged => "unchanged",
            Self::Busy => "busy",
        }
    }

    pub(super) fn from_stored(text: &str) -> Self {
        match text {
            "enabled" => Self::Enabled,
            "busy" => Self::Busy,
            _ => Self::Unchanged,
        }
    }
}

impl BackfillReport {
    /// How many workflows had this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.workflows
            .iter()
            .filter(|workflow| workflow.outcome == outcome)
            .count()
    }
}

impl fmt::Display for MigrationFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "phase {}  V{} {}",
            self.phase,
            self.version,
            self.name.replace('_', " ")
        )
    }
}

impl fmt::Display for MigrationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "PostgreSQL {}, schema {}", self.server_version, self.schema)?;
        for file in &self.applied {
            writeln!(f, "applied  {file}")?;
        }
        for file in &self.pending {
            writeln!(f, "pending  {file}")?;
        }
        if self.applied.is_empty() && self.pending.is_empty() {
            writeln!(f, "the schema is up to date")?;
        }
        if let Some(backfill) = &self.backfill {
            lines(backfill, f)?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        let count = |outcome| {
            self.backfill
                .as_ref()
                .map_or(0, |backfill| backfill.count(outcome))
        };
        write!(
            f,
            "migrate: applied={} pending={} workflows={} enabled={} unchanged={} busy={}",
            self.applied.len(),
            self.pending.len(),
            self.backfill
                .as_ref()
                .map_or(0, |backfill| backfill.workflows.len()),
            count(Outcome::Enabled),
            count(Outcome::Unchanged),
            count(Outcome::Busy)
        )
    }
}

impl fmt::Display for BackfillReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(self, f)?;
        write!(
            f,
            "backfill: workflows={} enabled={} unchanged={} busy={}",
            self.workflows.len(),
            self.count(Outcome::Enabled),
            self.count(Outcome::Unchanged),
            self.count(Outcome::Busy)
        )
    }
}

fn lines(report: &BackfillReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let resumed = if report.resumed { ", resumed" } else { "" };
    let dry = if report.dry_run { ", nothing written" } else { "" };
    writeln!(f, "backfill by rule {}{resumed}{dry}", report.rule)?;
    for workflow in &report.workflows {
        let outcome = match (workflow.outcome, report.dry_run) {
            (Outcome::Enabled, true) => "would enable",
            (outcome, _) => outcome.as_str(),
        };
        writeln!(f, "  {}  {outcome}: {}", workflow.workflow_id, workflow.reason)?;
    }
    Ok(())
}
