//! `dashloom position`: where the group stands, and moving it by hand.

use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::cli::{PositionCommand, PositionSetArgs, PositionShowArgs};
use crate::config::Config;
use crate::kafka::{KafkaError, Log};
use crate::repair;
use crate::store::accounts::{self, Account};
use crate::store::position_changes::{self, PositionChange};
use crate::store::{self, Database, Role};

use super::changes::line;
use super::error::AppError;
use super::figures::Figures;
use super::repair::{figures, prepare};
use super::wait;

/// The most changes by operators that are shown.
const CHANGES: i64 = 20;

/// Shows or moves positions.
///
/// # Errors
/// When a server cannot be reached, or the position cannot be moved so.
pub async fn run(config: &Config, command: &PositionCommand) -> Result<ExitCode, AppError> {
    match command {
        PositionCommand::Show(args) => show(config, args).await?,
        PositionCommand::Set(args) => set(config, args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A position beside what the log holds, where Kafka tells.
struct Standing {
    account: Account,
    log: Option<(i64, i64)>,
}

impl Standing {
    fn lag(&self) -> Option<i64> {
        self.log.map(|(_, high)| high - self.account.next_offset)
    }
}

async fn show(config: &Config, args: &PositionShowArgs) -> Result<(), AppError> {
    config.require_database()?;
    let database = Database::new(&config.database)?;
    wait::look_at_schema(&database, &config.database).await?;
    let pool = database.pool(1)?;
    let (accounts, changes) = {
        let mut client = pool.get().await.map_err(store::StoreError::from)?;
        let tx = store::begin(&mut client, &config.database.roles, Role::Operator).await?;
        let accounts = accounts::read(&tx, &config.kafka.group, !args.no_replays).await?;
        let changes = position_changes::newest(&tx, &config.kafka.group, CHANGES).await?;
        (accounts, changes)
    };
    let (standings, silence) = beside_the_log(config, accounts).await;
    let mut text = String::new();
    tell(&mut text, config, &standings);
    changes.iter().for_each(|change| tell_change(&mut text, change));
    if let Some(silence) = &silence {
        line(&mut text, &format!("The log's ends are not known: {silence}."));
    }
    let live = || {
        standings
            .iter()
            .filter(|one| one.account.key.group == config.kafka.group)
    };
    let lag: Option<i64> = live().map(Standing::lag).sum();
    Figures::new("position")
        .figure("group", config.kafka.group.as_str())
        .figure("partitions", live().count())
        .figure("lag", lag.map_or_else(|| Value::from("unknown"), Value::from))
        .figure("replays", standings.len() - live().count())
        .detail(
            "positions",
            standings.iter().map(standing_json).collect::<Vec<Value>>(),
        )
        .detail("changes", changes.iter().map(change_json).collect::<Vec<Value>>())
        .print(&text, args.json)
}

/// Asks Kafka for the ends; without it the positions are shown all the same.
async fn beside_the_log(config: &Config, accounts: Vec<Account>) -> (Vec<Standing>, Option<String>) {
    let mut silence = None;
    let log = match config.require_kafka() {
        Ok(()) => Log::open(&config.kafka, &config.kafka.topic).map_err(|error| explain(&error)),
        Err(error) => Err(error.to_string()),
    };
    let log = log.map_err(|cause| silence = Some(cause)).ok();
    let mut standings = Vec::new();
    for account in accounts {
        let mut range = None;
        if let (Some(log), None) = (&log, &silence)
            && account.key.topic == config.kafka.topic
        {
            range = log
                .range(account.key.partition)
                .await
                .map_err(|error| silence = Some(explain(&error)))
                .ok();
        }
        standings.push(Standing { account, log: range });
    }
    (standings, silence)
}

fn explain(error: &KafkaError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn tell(text: &mut String, config: &Config, standings: &[Standing]) {
    let mut group = "";
    for standing in standings {
        let account = &standing.account;
        if account.key.group != group {
            group = &account.key.group;
            line(text, &format!("{group} in {}", account.key.topic));
            line(
                text,
                "partition         next     log end      lag    applied superseded  duplicate    skipped     parked       dead        gap  moved",
            );
        }
        let counts = &account.counts;
        let known = |number: Option<i64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        line(
            text,
            &format!(
                "{:>9} {:>12} {:>11} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}  {}",
                account.key.partition,
                account.next_offset,
                known(standing.log.map(|(_, high)| high)),
                known(standing.lag()),
                counts.applied,
                counts.superseded,
                counts.duplicate,
                counts.skipped,
                counts.parked,
                counts.dead_lettered,
                counts.gap,
                time(account.updated_at),
            ),
        );
    }
    if standings.is_empty() {
        let group = &config.kafka.group;
        line(
            text,
            &format!("Group {group} has no position yet; `dashloom serve` makes them."),
        );
    }
}

fn tell_change(text: &mut String, change: &PositionChange) {
    let reason = change
        .reason
        .as_deref()
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default();
    line(
        text,
        &format!(
            "{} {} moved {}/{} from {} to {}{reason}",
            time(change.changed_at),
            change.login,
            change.key.topic,
            change.key.partition,
            change.from_offset,
            change.to_offset,
        ),
    );
}

fn standing_json(standing: &Standing) -> Value {
    let account = &standing.account;
    let counts = &account.counts;
    json!({
        "group": account.key.group,
        "topic": account.key.topic,
        "partition": account.key.partition,
        "start_offset": account.start_offset,
        "next_offset": account.next_offset,
        "log_start": standing.log.map(|(low, _)| low),
        "log_end": standing.log.map(|(_, high)| high),
        "lag": standing.lag(),
        "last_timestamp_ms": account.last_timestamp_ms,
        "updated_at": time(account.updated_at),
        "applied": counts.applied,
        "superseded": counts.superseded,
        "duplicate": counts.duplicate,
        "skipped": counts.skipped,
        "parked": counts.parked,
        "dead_lettered": counts.dead_lettered,
        "gap": counts.gap,
    })
}

fn change_json(change: &PositionChange) -> Value {
    json!({
        "topic": change.key.topic,
        "partition": change.key.partition,
        "from_offset": change.from_offset,
        "to_offset": change.to_offset,
        "skipped": change.skipped,
        "reason": change.reason,
        "login": change.login,
        "changed_at": time(change.changed_at),
    })
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

async fn set(config: &Config, args: &PositionSetArgs) -> Result<(), AppError> {
    config.require_kafka()?;
    let repair = prepare(config, 1, args.dry_run).await?;
    let reason = args.reason.as_deref();
    let moved = repair::set_position(&repair, args.partition, args.to, args.accept_gap, reason).await?;
    let would = if args.dry_run { "would move" } else { "moved" };
    let (from, to) = (moved.from, moved.to);
    let effect = match to - from {
        0 => "nothing is passed by".to_owned(),
        skipped @ 1.. => format!("{skipped} offsets are passed by"),
        back => format!("up to {} records are read again", -back),
    };
    let mut text = String::new();
    line(
        &mut text,
        &format!(
            "Partition {} {would} from {from} to {to}: {effect}.",
            args.partition
        ),
    );
    figures("position", args.dry_run)
        .figure("partition", args.partition)
        .figure("from", from)
        .figure("to", to)
        .figure("skipped", (to - from).max(0))
        .print(&text, args.json)
}
