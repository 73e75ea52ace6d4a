//! The run of the demo, from servers to the closing line.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::{DateTime, Utc};
use dashloom::event::wire::DashboardUpdated;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::account::{Dashboard, Outcomes, missing_events};
use crate::cast::{self, Notifier};
use crate::script::{self, Script};
use crate::stage::broker::Broker;
use crate::stage::engine;
use crate::stage::report::Report;
use crate::stage::servers::Servers;
use crate::stage::service::Service;
use crate::{flights, insights, show, types};

const TOPIC: &str = "workflow-execution-succeeded";
const PATIENCE: Duration = Duration::from_secs(60);

/// Where this run takes place.
struct Stage {
    /// Stopped with the stage, where they were started for it.
    _servers: Servers,
    database_url: String,
    broker: Broker,
    group: String,
    environment: Vec<(String, String)>,
    began: DateTime<Utc>,
}

/// A demo that was played and shown; everything still runs.
pub struct Played {
    /// Whether somebody sits at a terminal and may want to look around.
    pub stays: bool,
    line: String,
    kept: bool,
    service: Service,
    _stage: Stage,
}

impl Played {
    /// Ends what was started and prints the closing line; says failure when a promise was broken.
    pub fn end(self) -> ExitCode {
        let stopped = self.service.stop();
        println!("{}", self.line);
        if self.kept && stopped.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Plays the demo and shows what came of it.
pub async fn play() -> Result<Played> {
    let clock = Instant::now();
    let run = Uuid::new_v4();
    say("starting PostgreSQL and Apache Kafka, unless they run already");
    let stage = set(run)?;
    say("migrating the database");
    cast::migrate(&stage.environment)?;
    say("starting the service and a notifier");
    let service = cast::serve(&stage.environment)?;
    let notifier = Notifier::start(&stage.environment, stage.began.timestamp_millis())?;

    let table = flights::read()?;
    let script = script::write(run, &table);
    let db = engine::connect(&stage.database_url).await?;
    engine::make_workflows(&db, run, &script.workflows).await?;
    for (workflow, dashboard_type) in script.workflows.iter().zip(&script.dashboard_types) {
        engine::choose_type(&db, workflow.id, dashboard_type).await?;
    }
    let desk = engine::connect(&stage.database_url).await?;
    desk.batch_execute("set role dashloom_operator").await?;
    let outcomes = perform(&db, &desk, &stage, &script).await?;
    let ids: Vec<Uuid> = script.workflows.iter().map(|workflow| workflow.id).collect();
    let (dashboards, events) = await_events(&desk, &ids, &notifier).await?;
    let seconds = clock.elapsed().as_secs_f64();

    show::dashboards(&script.workflows, &dashboards);
    let wrong = show::numbers(&script.workflows, &dashboards, &table);
    let types = types::show(&desk, &script.workflows, &dashboards).await?;
    let told = insights::show(&desk, &script.workflows, &dashboards).await?;
    show::events(&script.workflows, &dashboards, &events);
    let fullest = dashboards.iter().max_by_key(|dashboard| dashboard.executions);
    let files = fullest.map(|dashboard| cast::export(&stage.environment, dashboard.view_id));
    let files = files.transpose()?.unwrap_or_default();
    let executions = i64::try_from(script.executions.len())?;
    let missing = (executions - outcomes.settled()).abs() + missing_events(&dashboards, &events);
    if missing > 0 {
        println!("\nMissing: of {executions} executions the service accounts for {outcomes:?}");
    }
    let mut report = Report::new("demo");
    let server: String = db.query_one("show server_version", &[]).await?.get(0);
    report.version("postgresql", &server);
    report.figure("executions", executions);
    report.figure("applied", outcomes.applied);
    report.figure("superseded", outcomes.superseded);
    report.figure("dead_lettered", outcomes.dead_lettered);
    report.figure("views", dashboards.len());
    report.figure("types", types);
    report.figure("insights", told);
    report.figure("events", events.len());
    report.figure("files", files.len());
    report.figure("missing", missing);
    report.figure("seconds", (seconds * 10.0).round() / 10.0);
    let (line, path) = report.close()?;
    let stays = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let running = stays.then(|| show::Running {
        database_url: &stage.database_url,
        bootstrap: stage.broker.address(),
        group: &stage.group,
        page: service.http_address(),
        admin: service.admin_address(),
    });
    show::where_to_look(running, &files, &cast::log_path(), &path);
    if stays {
        println!("{line}");
        say("everything keeps running for you to look around; Ctrl-C ends it");
    }
    Ok(Played {
        stays,
        line,
        kept: missing == 0 && wrong == 0 && types == script.dashboard_types.len(),
        service,
        _stage: stage,
    })
}

/// Finds or starts the servers. Runs share topics with earlier ones, so each has its own group and begins now.
fn set(run: Uuid) -> Result<Stage> {
    let servers = Servers::start(None, &[])?;
    let database_url = servers.named("DATABASE_URL")?.to_owned();
    let bootstrap = servers.named("KAFKA_BOOTSTRAP_SERVERS")?.to_owned();
    let (group, began) = (format!("demo-{}", run.simple()), Utc::now());
    let pairs = [
        ("DATABASE_URL", database_url.clone()),
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap.clone()),
        ("DASHLOOM_KAFKA__GROUP", group.clone()),
        (
            "DASHLOOM_CONSUMER__START",
            began.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        ),
    ];
    let environment = pairs.map(|(name, value)| (name.to_owned(), value)).into();
    Ok(Stage {
        _servers: servers,
        database_url,
        broker: Broker::at(&bootstrap),
        group,
        environment,
        began,
    })
}

/// Announces every execution and waits until each has an outcome.
async fn perform(db: &Client, desk: &Client, stage: &Stage, script: &Script) -> Result<Outcomes> {
    say(&format!(
        "the engine announces {} executions",
        script.executions.len()
    ));
    let bar = ProgressBar::new(script.executions.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")?);
    let writer = stage.broker.writer()?;
    for finished in &script.executions {
        engine::finish(db, &[finished]).await?;
        finished.announce(&writer, TOPIC, None)?;
        bar.set_message(format!("through {}", finished.window.1));
        bar.inc(1);
    }
    writer.flush()?;
    bar.set_message("announced; waiting for the last dashboards");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let outcomes = Outcomes::read(desk, &stage.group).await?;
        if outcomes.settled() >= i64::try_from(script.executions.len())? || Instant::now() > deadline {
            bar.finish_with_message("announced and folded");
            return Ok(outcomes);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the notifier has heard of every version, within reason.
async fn await_events(
    desk: &Client,
    workflows: &[Uuid],
    notifier: &Notifier,
) -> Result<(Vec<Dashboard>, Vec<DashboardUpdated>)> {
    let dashboards = Dashboard::read(desk, workflows).await?;
    let ours: Vec<String> = workflows.iter().map(Uuid::to_string).collect();
    let mut events = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    loop {
        events.extend(
            notifier
                .take()
                .into_iter()
                .filter(|event| ours.contains(&event.workflow_id)),
        );
        if missing_events(&dashboards, &events) == 0 || Instant::now() > deadline {
            return Ok((dashboards, events));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn say(what: &str) {
    eprintln!("demo: {what}");
}
