//! The command line: commands and flags.

mod export;
mod repair;
mod replay;

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::dashboard::DashboardType;
use crate::store::migrate::BackfillRule;

pub use export::ExportArgs;
pub use repair::{
    DlqCommand, DlqFilterArgs, DlqListArgs, DlqRedriveArgs, DlqShowArgs, PositionCommand, PositionSetArgs,
    PositionShowArgs, RebuildArgs, WithdrawArgs,
};
pub use replay::ReplayArgs;

const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   failed
  2   the command line is wrong
  3   stopping took too long, or a second signal forced it
  69  a database or broker cannot be reached or is not ready
  78  the configuration is wrong

On a developer's machine, with DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS set:
  dashloom migrate --with-upstream && dashloom serve --create-topics";

/// Turns finished workflow executions into living dashboards.
#[derive(Debug, Parser)]
#[command(name = "dashloom", version, after_help = EXIT_CODES, max_term_width = 110, arg_required_else_help = true)]
pub struct Cli {
    /// Where settings come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command that reads the configuration.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// The TOML file with settings; of `preview` the JSON file with a visualization_config.
    #[arg(long, global = true, value_name = "FILE", env = "DASHLOOM_CONFIG")]
    pub config: Option<PathBuf>,
    /// Sets one setting, over file and environment; may be repeated. Secrets are refused here.
    #[arg(long, global = true, value_name = "SETTING=VALUE", value_parser = parse_assignment)]
    pub set: Vec<(String, String)>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the service: consumes the topic, publishes events, repairs what was skipped.
    #[command(after_help = "Example: dashloom serve --roles consume,relay --create-topics")]
    Serve(ServeArgs),
    /// Brings the database to this release's schema; safe on a live system, can be repeated.
    #[command(
        after_help = "Examples:\n  dashloom migrate --with-upstream\n  dashloom migrate --to-phase 2\n  \
                            dashloom migrate --backfill --rule template --dry-run"
    )]
    Migrate(MigrateArgs),
    /// Folds a stretch of the topic once more, by time or offset; history that is known already changes nothing.
    #[command(
        after_help = "Examples:\n  dashloom replay --from 2026-11-05 --to 2026-11-07 --dry-run\n  \
                            dashloom replay --from 2026-11-05T06:00:00Z --workflow 7c0e…\n  \
                            dashloom replay --pending\n\n\
                            Killed or stopped, the same command goes on from where it was. Events of a replay say so \
                            (reason replay, header `replay`), and the running service publishes them."
    )]
    Replay(ReplayArgs),
    /// Shows what files would become as a dashboard, and why each column was taken as it was; needs no server.
    #[command(
        after_help = "Examples:\n  dashloom preview sales.csv\n  dashloom preview week1.csv week2.csv --type comparison\n  \
                            dashloom preview sales.parquet --config visualization.json --json\n  \
                            dashloom preview sales.csv --out sales.pdf\n\n\
                            Each file is one execution whose window is what its time column spans, to the end of the last step. --config names a \
                            visualization_config here; its period is `all` unless it says otherwise."
    )]
    Preview(PreviewArgs),
    /// Lists, shows and sends back dead letters: records that could not be applied.
    #[command(after_help = "Example: dashloom dlq list --from 2026-11-05")]
    Dlq {
        /// What to do.
        #[command(subcommand)]
        command: DlqCommand,
    },
    /// Takes an execution's result out of its workflow's dashboards, or lets it count again.
    #[command(after_help = "Examples:\n  dashloom withdraw --execution 5d1c… --dry-run\n  \
                            dashloom withdraw --execution 5d1c… --undo\n\n\
                            It stays out whatever is replayed; a higher run of the execution counts again.")]
    Withdraw(WithdrawArgs),
    /// Renders views anew from the results that are stored, into the same rows: after an upgrade, or when in doubt.
    #[command(
        after_help = "Examples:\n  dashloom rebuild --all\n  dashloom rebuild --workflow 7c0e… --dry-run\n\n\
                            What comes out the same gets no new version and no event. Results whose rows have to be \
                            read again (stale executions) need `dashloom replay`."
    )]
    Rebuild(RebuildArgs),
    /// Shows or moves the group's positions in the topic.
    #[command(after_help = "Example: dashloom position show")]
    Position {
        /// What to do.
        #[command(subcommand)]
        command: PositionCommand,
    },
    /// Writes a stored dashboard as a file: PDF, PNG, CSV, XLSX or HTML.
    #[command(after_help = "Examples:\n  dashloom export --view 5f0c… --out report.pdf\n  \
                            dashloom export --view 5f0c… --out trend.csv --dataset trend\n  \
                            dashloom export --view 5f0c… --out spend.png --chart trend.spend")]
    Export(ExportArgs),
    /// Prints every setting with its value and origin, or everything that is wrong with them.
    #[command(after_help = "Example: dashloom check-config --config dashloom.toml --connect")]
    CheckConfig(CheckConfigArgs),
    /// Prints a schema or a reference.
    #[command(
        after_help = "Example: dashloom schema visualization-config > visualization-config.schema.json"
    )]
    Schema(SchemaArgs),
    /// Asks a running service on its admin port whether it lives; exit code 0 or 1.
    #[command(after_help = "Example: dashloom healthcheck --ready")]
    Healthcheck(HealthcheckArgs),
    /// Prints a completion script for a shell.
    #[command(after_help = "Example: dashloom completion bash > /etc/bash_completion.d/dashloom")]
    Completion {
        /// Which shell.
        shell: Shell,
    },
}

/// Flags of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// What this process does: consume, relay, sweep, http (the setting `serve.roles`).
    #[arg(long, value_name = "ROLE,…")]
    pub roles: Option<String>,
    /// Creates the topics that are missing first (the setting `serve.create_topics`).
    #[arg(long)]
    pub create_topics: bool,
}

/// Flags of `migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Makes minimal tables of the engine where they are missing, for development.
    #[arg(long)]
    pub with_upstream: bool,
    /// Stops after this phase, 1 to 5.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    pub to_phase: Option<u8>,
    /// Only repeats the backfill of `report_enabled`.
    #[arg(long, conflicts_with_all = ["with_upstream", "to_phase"])]
    pub backfill: bool,
    /// Which workflows the backfill enables: recent (two successes in 90 days), template (its template has a type), none.
    #[arg(long, value_name = "RULE", default_value = "recent")]
    pub rule: BackfillRule,
    /// Checks and reports, writes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the report as JSON; the line of figures goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// Results: CSV, JSON, NDJSON, Parquet or Arrow IPC, also as .gz or .zst.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The dashboard's type: standard, funnel, comparison or custom.
    #[arg(long = "type", value_name = "TYPE", default_value = "standard", value_parser = parse_type)]
    pub dashboard_type: DashboardType,
    /// Prints one JSON object with the very bytes the service would store.
    #[arg(long)]
    pub json: bool,
    /// Writes the dashboard as a file instead of printing it; its name ends in .pdf, .png, .csv, .xlsx or .html.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub out: Option<PathBuf>,
}

/// Flags of `check-config`.
#[derive(Debug, Args)]
pub struct CheckConfigArgs {
    /// Also tries the database, the brokers, the schema and the topics.
    #[arg(long)]
    pub connect: bool,
}

/// Flags of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which one.
    pub what: SchemaName,
    /// Prints the reference for people instead of the JSON Schema (`config` only).
    #[arg(long)]
    pub markdown: bool,
}

/// What `schema` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// The JSON Schema of `visualization_config`.
    VisualizationConfig,
    /// The Protocol Buffers files of the events.
    Proto,
    /// The description of the HTTP API (OpenAPI 3.1).
    Openapi,
    /// The JSON Schema of the TOML file; with --markdown the configuration reference.
    Config,
}

/// Flags of `healthcheck`.
#[derive(Debug, Args)]
pub struct HealthcheckArgs {
    /// Asks whether it is ready rather than whether it lives.
    #[arg(long)]
    pub ready: bool,
}

impl Cli {
    /// Reads the command line; ends the process where it is wrong or asks for help. `preview` has no settings, so that
    /// `DASHLOOM_CONFIG`, which names a file of them, says nothing about its `--config`.
    pub fn read() -> Self {
        let matches = Self::command().get_matches();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        if matches!(cli.command, Command::Preview(_))
            && matches.value_source("config") == Some(ValueSource::EnvVariable)
        {
            cli.settings.config = None;
        }
        cli
    }
}

fn parse_type(text: &str) -> Result<DashboardType, String> {
    text.parse()
        .map_err(|()| "use standard, funnel, comparison or custom".to_owned())
}

fn parse_assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) => Ok((path.trim().to_owned(), value.trim().to_owned())),
        None => Err("write it as SETTING=VALUE, for example kafka.group=reports".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_explains_itself_with_an_example() {
        let mut cli = Cli::command();
        cli.build();
        let mut waiting: Vec<&clap::Command> = cli.get_subcommands().collect();
        while let Some(command) = waiting.pop() {
            if command.get_name() == "help" {
                continue;
            }
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.contains("Example"), "{}", command.get_name());
            assert!(command.get_about().is_some(), "{}", command.get_name());
            waiting.extend(command.get_subcommands());
        }
        Cli::command().debug_assert();
    }
}
