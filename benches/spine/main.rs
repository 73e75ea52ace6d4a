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

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use run::Ground;
use sizes::Sizes;
use stage::broker::Broker;
use stage::report::Report;
use stage::servers::Servers;

#[tokio::main]
async fn main() -> Result<()> {
    let sizes = Sizes::from_environment()?;
    let parts = Parts::from_arguments()?;
    say("starting PostgreSQL and Apache Kafka, unless the environment names them");
    let servers = Servers::start(Some(&std::env::current_dir()?.join("target/bench-servers")), &[])?;
    let database = servers.named("DATABASE_URL")?;
    let broker = Broker::at(servers.named("KAFKA_BOOTSTRAP_SERVERS")?);

    let mut report = Report::new("bench");
    if parts.want("short") {
        short(database, &broker, sizes, &mut report).await?;
    }
    if parts.want("poison") {
        poisoned(database, &broker, sizes, &mut report).await?;
    }
    if parts.want("long") {
        long(database, &broker, sizes, &mut report).await?;
    }
    if parts.want("growth") {
        growing(database, &broker, sizes, &mut report).await?;
    }
    rows_figures()?
        .into_iter()
        .for_each(|(key, value)| report.figure(key, value));
    let (line, path) = report.close()?;
    say(&format!("report in {}", path.display()));
    println!("{line}");
    Ok(())
}

/// The parts of a run.
struct Parts(Vec<String>);

impl Parts {
    const ALL: [&str; 4] = ["short", "poison", "long", "growth"];

    /// Those that are named on the command line (`cargo bench --bench spine -- long growth`), or all.
    fn from_arguments() -> Result<Self> {
        let named: Vec<String> = std::env::args()
            .skip(1)
            .filter(|argument| argument != "--bench")
            .collect();
        match named.iter().find(|part| !Self::ALL.contains(&part.as_str())) {
            Some(unknown) => bail!(
                "there is no part `{unknown}`; the parts are {}",
                Self::ALL.join(", ")
            ),
            None => Ok(Self(named)),
        }
    }

    fn want(&self, part: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|named| named == part)
    }
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

/// Short histories: throughput, the same rows written bare, latency at half of the full load, and a replay of it all.
async fn short(database: &str, broker: &Broker, sizes: Sizes, report: &mut Report) -> Result<()> {
    let ground = Ground::lay(database, broker, "short", &sizes).await?;
    let idle_rss_mib = ground.idle_rss_mib().await?;
    let mut load = load::Load::new(sizes, ground.workflows());
    let measured = ground.measure(load.take(sizes.executions), None).await?;
    let bare_per_s = bare::measure(&ground, sizes.executions, measured.transactions).await?;
    let latency = latency::measure(&ground, &mut load, measured.per_s / 2.0, sizes.latency_seconds).await?;
    let replay_per_s = replay::measure(&ground, sizes.replay_events).await?;
    report.version("postgresql", &ground.server_version().await?);
    ground.clear().await?;
    report.figure("l2_per_s", measured.per_s.round());
    report.figure("bare_per_s", bare_per_s.round());
    report.figure("ratio", rounded(measured.per_s / bare_per_s, 3));
    report.figure("service_cpu_us", rounded(measured.service_cpu_us, 1));
    report.figure("postgres_cpu_us", rounded(measured.postgres_cpu_us, 1));
    report.figure("wal_bytes", measured.wal_bytes.round());
    report.figure("p50_ms", rounded(latency.p50_ms, 1));
    report.figure("p99_ms", rounded(latency.p99_ms, 1));
    report.figure("idle_rss_mib", rounded(idle_rss_mib, 1));
    report.figure("replay_per_s", replay_per_s.round());
    Ok(())
}

/// One record in a hundred that cannot be applied.
async fn poisoned(database: &str, broker: &Broker, sizes: Sizes, report: &mut Report) -> Result<()> {
    let ground = Ground::lay(database, broker, "poisoned", &sizes).await?;
    let mut load = load::Load::new(sizes, ground.workflows());
    let cost = poison::cost(&ground, &mut load, sizes.executions).await?;
    ground.clear().await?;
    report.figure("poison_cost", rounded(cost, 3));
    Ok(())
}

/// Executions that meet views of a year.
async fn long(database: &str, broker: &Broker, sizes: Sizes, report: &mut Report) -> Result<()> {
    let ground = Ground::lay(database, broker, "long", &sizes).await?;
    let mut load = load::Load::new(sizes, ground.workflows());
    ground.fill(load.histories(sizes.history_days)).await?;
    let measured = ground.measure(load.take(sizes.executions), None).await?;
    ground.clear().await?;
    report.figure("long_l2_per_s", measured.per_s.round());
    report.figure("long_service_cpu_us", rounded(measured.service_cpu_us, 1));
    Ok(())
}

/// One more event after ever more executions.
async fn growing(database: &str, broker: &Broker, sizes: Sizes, report: &mut Report) -> Result<()> {
    let costs = growth::measure(database, broker, &sizes).await?;
    for (history, cost) in growth::HISTORIES.into_iter().zip(&costs) {
        report.figure(format!("event_{history}_cpu_us"), cost.round());
    }
    let ends = costs.last().zip(costs.first());
    report.figure("event_growth", ends.map(|(last, first)| rounded(last / first, 2)));
    Ok(())
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

fn say(what: &str) {
    eprintln!("bench: {what}");
}
