//! The benchmark of the main job, started by `make bench`: from a topic to dashboards and back to a topic.
//!
//! Two histories: short ones, where an event meets a view of some weeks, and long ones, where it meets a view of a year.
//! For the first it also measures the same rows written bare, how long an event takes at half of the full load, how fast
//! what is known is replayed, and what one record in a hundred costs that cannot be applied. Apart from both it measures what
//! one more event costs after ten, a hundred and a thousand executions.
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod bare;
mod cpu;
mod growth;
mod latency;
mod load;
mod poison;
mod replay;
mod run;
mod sizes;
#[path = "../../tests/stage/mod.rs"]
mod stage;

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use run::{Ground, Measured};
use sizes::Sizes;
use stage::broker::Broker;
use stage::report::Report;
use stage::servers::Servers;

#[tokio::main]
async fn main() -> Result<()> {
    let sizes = Sizes::from_environment()?;
    say("starting PostgreSQL and Apache Kafka, unless the environment names them");
    let servers = Servers::start(Some(&std::env::current_dir()?.join("target/bench-servers")), &[])?;
    let database = servers.named("DATABASE_URL")?;
    let broker = Broker::at(servers.named("KAFKA_BOOTSTRAP_SERVERS")?);

    let short = Ground::lay(database, &broker, "short", &sizes).await?;
    let idle_rss_mib = short.idle_rss_mib().await?;
    let mut load = load::Load::new(sizes, short.workflows());
    let first = short.measure(load.take(sizes.executions), None).await?;
    let bare_per_s = bare::measure(&short, sizes.executions, first.transactions).await?;
    let latency = latency::measure(&short, &mut load, first.per_s / 2.0, sizes.latency_seconds).await?;
    let replay_per_s = replay::measure(&short, sizes.replay_events).await?;
    let postgres = short.server_version().await?;
    short.clear().await?;

    let poisoned = Ground::lay(database, &broker, "poisoned", &sizes).await?;
    let mut load = load::Load::new(sizes, poisoned.workflows());
    let poison_cost = poison::cost(&poisoned, &mut load, sizes.executions).await?;
    poisoned.clear().await?;

    let long = Ground::lay(database, &broker, "long", &sizes).await?;
    let mut load = load::Load::new(sizes, long.workflows());
    long.fill(load.histories(sizes.history_days)).await?;
    let second = long.measure(load.take(sizes.executions), None).await?;
    long.clear().await?;

    let growth = growth::measure(database, &broker, &sizes).await?;

    let mut report = Report::new("bench");
    report.version("postgresql", &postgres);
    let rows = rows_figures()?;
    figures(&mut report, &first, bare_per_s, &latency, idle_rss_mib, &second);
    report.figure("replay_per_s", replay_per_s.round());
    report.figure("poison_cost", (poison_cost * 1000.0).round() / 1000.0);
    for (history, cost) in growth::HISTORIES.into_iter().zip(&growth) {
        report.figure(format!("event_{history}_cpu_us"), cost.round());
    }
    let ratio = growth
        .last()
        .zip(growth.first())
        .map(|(last, first)| last / first);
    report.figure("event_growth", ratio.map(|ratio| (ratio * 100.0).round() / 100.0));
    rows.into_iter()
        .for_each(|(key, value)| report.figure(key, value));
    let (line, path) = report.close()?;
    say(&format!("report in {}", path.display()));
    println!("{line}");
    Ok(())
}

/// What the benchmark of results left behind, where it ran.
fn rows_figures() -> Result<Map<String, Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports/rows.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        return Ok(Map::new());
    };
    let mut figures: Map<String, Value> = serde_json::from_str(&text)?;
    figures.retain(|key, _| key.starts_with("rows"));
    Ok(figures)
}

fn figures(
    report: &mut Report,
    short: &Measured,
    bare_per_s: f64,
    latency: &latency::Latency,
    idle_rss_mib: f64,
    long: &Measured,
) {
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    report.figure("l2_per_s", short.per_s.round());
    report.figure("bare_per_s", bare_per_s.round());
    report.figure("ratio", (short.per_s / bare_per_s * 1000.0).round() / 1000.0);
    report.figure("service_cpu_us", tenths(short.service_cpu_us));
    report.figure("postgres_cpu_us", tenths(short.postgres_cpu_us));
    report.figure("wal_bytes", short.wal_bytes.round());
    report.figure("p50_ms", tenths(latency.p50_ms));
    report.figure("p99_ms", tenths(latency.p99_ms));
    report.figure("idle_rss_mib", tenths(idle_rss_mib));
    report.figure("long_l2_per_s", long.per_s.round());
    report.figure("long_service_cpu_us", tenths(long.service_cpu_us));
}

fn say(what: &str) {
    eprintln!("bench: {what}");
}
