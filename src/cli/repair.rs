//! Flags of the commands that repair.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use crate::ids::{ExecutionId, ViewId, WorkflowId};
use crate::repair::{Place, Target};
use crate::replay::Bound;

/// What `dlq` does.
#[derive(Debug, Subcommand)]
pub enum DlqCommand {
    /// Lists dead letters: where they stand, why, and whose they are.
    #[command(after_help = "Example: dashloom dlq list --reason undecodable --from 2026-11-05")]
    List(DlqListArgs),
    /// Shows one dead letter whole: the reason, every header, what can be read of the record.
    #[command(after_help = "Example: dashloom dlq show 3/120 --out record.bin")]
    Show(DlqShowArgs),
    /// Sends dead letters back to the topic they came from: the same bytes, key, headers and ids, and a counter.
    #[command(
        after_help = "Examples:\n  dashloom dlq redrive --reason unknown_workflow --dry-run\n  \
                            dashloom dlq redrive --at 3/120 --at 3/121\n  \
                            dashloom dlq redrive --all --rate 50\n  \
                            dashloom dlq redrive --refused --dry-run\n\n\
                            Mend the cause first: what is wrong still comes back as a new dead letter."
    )]
    Redrive(DlqRedriveArgs),
}

/// Which dead letters.
#[derive(Debug, Args)]
pub struct DlqFilterArgs {
    /// Only letters for this reason, such as undecodable; may be repeated.
    #[arg(long, value_name = "REASON")]
    pub reason: Vec<String>,
    /// Only letters of this workflow; may be repeated.
    #[arg(long, value_name = "ID")]
    pub workflow: Vec<WorkflowId>,
    /// Only letters whose record is from this time or date on.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub from: Option<i64>,
    /// Only letters whose record is from before this time or date.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub to: Option<i64>,
}

/// Flags of `dlq list`.
#[derive(Debug, Args)]
pub struct DlqListArgs {
    /// Which letters.
    #[command(flatten)]
    pub filter: DlqFilterArgs,
    /// Shows this many at most, the last of each partition.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `dlq show`.
#[derive(Debug, Args)]
pub struct DlqShowArgs {
    /// Where it stands, as `dlq list` shows it.
    #[arg(value_name = "PARTITION/OFFSET")]
    pub place: Place,
    /// Writes the record's bytes to this file.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Prints the letter as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `dlq redrive`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").args(["reason", "workflow", "from", "to", "at", "all", "refused"]).required(true).multiple(true))]
pub struct DlqRedriveArgs {
    /// Which letters.
    #[command(flatten)]
    pub filter: DlqFilterArgs,
    /// Only the letter at this place; may be repeated.
    #[arg(long, value_name = "PARTITION/OFFSET")]
    pub at: Vec<Place>,
    /// Every letter there is.
    #[arg(long, conflicts_with_all = ["reason", "workflow", "from", "to", "at"])]
    pub all: bool,
    /// What brokers refused to take from us instead (reason refused_by_broker), whose bodies are in the database: the
    /// running relay publishes it again, with the same ids. Raise max.message.bytes of the topic first.
    #[arg(long, conflicts_with_all = ["reason", "workflow", "from", "to", "at", "all", "rate", "max_attempts"])]
    pub refused: bool,
    /// Leaves letters that have been sent back this many times already.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub max_attempts: u32,
    /// The most letters a second.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// Shows what would be sent, sends nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// The execution.
    #[arg(long, value_name = "ID")]
    pub execution: ExecutionId,
    /// Its workflow; needed only where several have a result under this id.
    #[arg(long, value_name = "ID")]
    pub workflow: Option<WorkflowId>,
    /// Lets the result count again.
    #[arg(long)]
    pub undo: bool,
    /// Shows what would change, writes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `rebuild`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["view", "workflow", "all"]).required(true))]
pub struct RebuildArgs {
    /// One view.
    #[arg(long, value_name = "ID")]
    pub view: Option<ViewId>,
    /// The views of this workflow; may be repeated.
    #[arg(long, value_name = "ID")]
    pub workflow: Vec<WorkflowId>,
    /// The views of every reported workflow.
    #[arg(long)]
    pub all: bool,
    /// How many workflows are rebuilt at the same time.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub lanes: u8,
    /// Shows what would change, writes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// What `position` does.
#[derive(Debug, Subcommand)]
pub enum PositionCommand {
    /// Shows where the group and its replays stand, how their records ended, and what operators changed.
    #[command(after_help = "Example: dashloom position show --json")]
    Show(PositionShowArgs),
    /// Moves the group's position in a partition, and records that.
    #[command(
        after_help = "Examples:\n  dashloom position set --partition 3 --to earliest --accept-gap --reason 'topic made anew'\n  \
                            dashloom position set --partition 3 --to 1200 --dry-run\n\n\
                            To fold old records once more use `dashloom replay`; this is for a log that is not what it was. \
                            The consumer goes on from there with the next record it reads, a halted one at once."
    )]
    Set(PositionSetArgs),
}

/// Flags of `position show`.
#[derive(Debug, Args)]
pub struct PositionShowArgs {
    /// Leaves the replays' positions out.
    #[arg(long)]
    pub no_replays: bool,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `position set`.
#[derive(Debug, Args)]
pub struct PositionSetArgs {
    /// The partition.
    #[arg(long, value_name = "N")]
    pub partition: i32,
    /// Where to: earliest, latest or an offset that the log holds.
    #[arg(long, value_name = "WHERE")]
    pub to: Target,
    /// Accepts that records are passed by.
    #[arg(long)]
    pub accept_gap: bool,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Shows what would change, writes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// A time in milliseconds since 1970.
fn parse_time(text: &str) -> Result<i64, String> {
    match text.parse() {
        Ok(Bound::Time(timestamp_ms)) => Ok(timestamp_ms),
        _ => Err("use a time (2026-11-05T06:00:00Z) or a date (2026-11-05, its midnight UTC)".to_owned()),
    }
}
