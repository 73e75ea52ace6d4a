//! Flags of `replay`.

use clap::Args;

use crate::ids::WorkflowId;
use crate::replay::Bound;

/// Flags of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// Where to begin: a time, a date (its midnight UTC), an offset, or earliest.
    #[arg(long, value_name = "WHERE", required_unless_present = "pending")]
    pub from: Option<Bound>,
    /// Where to end, exclusive: a time, a date, an offset, or latest.
    #[arg(long, value_name = "WHERE", default_value = "latest")]
    pub to: Bound,
    /// Only records of this workflow; may be repeated.
    #[arg(long, value_name = "ID")]
    pub workflow: Vec<WorkflowId>,
    /// Only this partition; may be repeated.
    #[arg(long, value_name = "N")]
    pub partition: Vec<i32>,
    /// Only executions that have succeeded and are in no dashboard yet; names those whose event the topic does not hold.
    #[arg(long)]
    pub pending: bool,
    /// The replay's name: an unfinished replay of this name is gone on with. By default it follows from what is asked for.
    #[arg(long, value_name = "NAME", conflicts_with = "pending", value_parser = parse_id)]
    pub id: Option<String>,
    /// Shows what would change, writes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The most records a second.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// How many partitions are read at the same time.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub lanes: u8,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

fn parse_id(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&text.len()) && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("use 1 to 64 letters, digits, `-`, `_` or `.`".to_owned())
    }
}
