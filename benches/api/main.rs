//! How fast the reading side answers, started by `make bench-api`: what the page of a dashboard of a year needs, alone; lists, reports
//! and dashboards at a steady rate while results land; and one new version until every client that follows has heard of it. The
//! clients share the machine with the service and its servers.
//!
//! Its sizes are in `scale.rs` beside it and in `benches/spine/sizes.rs`; every client that
//! follows needs a file descriptor here and one in the service (`ulimit -n`).
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod client;
#[allow(dead_code, reason = "shared with the benchmark of the main job")]
#[path = "../spine/cpu.rs"]
mod cpu;
mod follow;
#[allow(dead_code, reason = "shared with the benchmark of the main job")]
#[path = "../spine/load.rs"]
mod load;
#[allow(dead_code, reason = "shared with the benchmark of the main job")]
#[path = "../spine/poison.rs"]
mod poison;
mod reads;
#[allow(dead_code, reason = "shared with the benchmark of the main job")]
#[path = "../spine/run.rs"]
mod run;
mod scale;
#[allow(dead_code, reason = "shared with the benchmark of the main job")]
#[path = "../spine/sizes.rs"]
mod sizes;
#[path = "../../tests/stage/mod.rs"]
mod stage;

use anyhow::Result;

use client::Client;
use load::Load;
use run::Ground;
use scale::Scale;
use stage::broker::Broker;
use stage::report::Report;
use stage::servers::Servers;

#[tokio::main]
async fn main() -> Result<()> {
    let sizes = Scale::from_environment()?;
    say("starting PostgreSQL and Apache Kafka, unless the environment names them");
    let servers = Servers::start(Some(&std::env::current_dir()?.join("target/bench-servers")), &[])?;
    let broker = Broker::at(servers.named("KAFKA_BOOTSTRAP_SERVERS")?);
    let ground = Ground::lay(servers.named("DATABASE_URL")?, &broker, "api", &sizes.spine).await?;
    let mut load = Load::new(sizes.spine, ground.workflows());
    ground.fill(load.histories(sizes.spine.history_days)).await?;
    ground.db().batch_execute("vacuum analyze").await?;

    let service = ground.serve_with(&client::settings(sizes.clients))?;
    let client = Client::of(&service)?;
    let (dashboards, pages) = reads::pages(&client, ground.db(), sizes.rounds).await?;
    reads::alone(&client, ground.db(), sizes.rounds).await?;
    let beside = reads::at_a_rate(&client, &ground, &mut load, &sizes, service.pid()).await?;
    let told = follow::until_all_have_heard(&client, &ground, &mut load, sizes.clients).await?;
    service.stop()?;

    let mut report = Report::new("bench_api");
    report.version("postgresql", &ground.server_version().await?);
    let tenths = |value: f64| (value * 10.0).round() / 10.0;
    for (name, value) in [
        ("reports", ground.workflows().len() as f64),
        ("dashboard_p50_ms", dashboards.quantile(0.5)),
        ("dashboard_p99_ms", dashboards.quantile(0.99)),
        ("page_data_p50_ms", pages.quantile(0.5)),
        ("page_data_p99_ms", pages.quantile(0.99)),
        ("reads_per_s", sizes.reads_per_s),
        ("reads_p50_ms", beside.times.quantile(0.5)),
        ("reads_p99_ms", beside.times.quantile(0.99)),
        ("landed_per_s", beside.landed_per_s),
        ("clients", sizes.clients as f64),
        ("told_first_ms", told.first_ms),
        ("told_all_ms", told.last_ms),
    ] {
        report.figure(name, tenths(value));
    }
    if let Some(drawn) = drawn_ms() {
        report.figure("page_drawn_ms", drawn);
    }
    ground.clear().await?;
    let (line, path) = report.close()?;
    say(&format!("report in {}", path.display()));
    println!("{line}");
    Ok(())
}

/// Until the page is drawn, as the test of the page in a browser left it, where it ran.
fn drawn_ms() -> Option<serde_json::Value> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports/page/speed.json");
    let mut figures: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    Some(figures["page_drawn_ms"].take())
}

fn say(what: &str) {
    eprintln!("bench: {what}");
}
