//! One ground of the benchmark: a database and topics of its own, the service on it, and what a preloaded topic costs.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::cpu;
use crate::poison;
use crate::say;
use crate::sizes::Sizes;
use crate::stage::broker::{Broker, Writer};
use crate::stage::engine::{self, Finished, Workflow};
use crate::stage::service::Service;

/// How long the service may stand still before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a preloaded topic cost, for each execution.
pub struct Measured {
    /// Executions a second, from the first committed batch to the last.
    pub per_s: f64,
    /// CPU of the service in microseconds, everything published included.
    pub service_cpu_us: f64,
    /// CPU of PostgreSQL in microseconds.
    pub postgres_cpu_us: f64,
    /// Bytes of write-ahead log.
    pub wal_bytes: f64,
    /// How many transactions the executions took.
    pub transactions: usize,
}

/// A database, topics and workflows.
pub struct Ground {
    server_url: String,
    database_url: String,
    name: String,
    broker: Broker,
    workflows: Vec<Workflow>,
    environment: Vec<(String, String)>,
    db: Client,
}

impl Ground {
    /// Makes it: migrated, with reported workflows that have a configuration.
    pub async fn lay(server_url: &str, broker: &Broker, kind: &str, sizes: &Sizes) -> Result<Self> {
        let name = format!("bench_{kind}_{}", std::process::id());
        let server = engine::connect(server_url).await?;
        server.batch_execute(&format!("create database {name}")).await?;
        let (host, _) = server_url.rsplit_once('/').context("not a database URL")?;
        let database_url = format!("{host}/{name}");
        let topic = name.replace('_', "-");
        let topics = topics(&topic);
        broker
            .create_topics(&topics.each_ref().map(String::as_str), sizes.partitions)
            .await?;
        let environment = [
            ("DATABASE_URL", database_url.clone()),
            ("KAFKA_BOOTSTRAP_SERVERS", broker.address().to_owned()),
            ("DASHLOOM_KAFKA__GROUP", topic.clone()),
            ("DASHLOOM_KAFKA__TOPIC", topics[0].clone()),
            ("DASHLOOM_KAFKA__EVENTS_TOPIC", topics[1].clone()),
            ("DASHLOOM_TELEMETRY__LOG", "warn".to_owned()),
        ];
        let environment: Vec<(String, String)> =
            environment.map(|(name, value)| (name.to_owned(), value)).into();
        migrate(&environment)?;
        let db = engine::connect(&database_url).await?;
        let workflow = |n: usize| Workflow {
            id: Uuid::new_v5(&Uuid::nil(), &n.to_be_bytes()),
            name: format!("workflow {n}"),
            configuration: Some("{}".to_owned()),
        };
        let workflows: Vec<Workflow> = (0..sizes.workflows).map(workflow).collect();
        engine::make_workflows(&db, Uuid::nil(), &workflows).await?;
        let (server_url, broker) = (server_url.to_owned(), broker.clone());
        Ok(Self {
            server_url,
            database_url,
            name: topic,
            broker,
            workflows,
            environment,
            db,
        })
    }

    /// Its workflows.
    pub fn workflows(&self) -> &[Workflow] {
        &self.workflows
    }

    /// A connection to its database.
    pub fn db(&self) -> &Client {
        &self.db
    }

    /// The URL of its database.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// What the service needs to run on it.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The broker of its topics.
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// The input topic and the topic of events.
    pub fn topics(&self) -> [String; 3] {
        topics(&self.name)
    }

    /// PostgreSQL's version.
    pub async fn server_version(&self) -> Result<String> {
        Ok(self.db.query_one("show server_version", &[]).await?.get(0))
    }

    /// Starts the service on it and waits until it is ready.
    pub fn serve(&self) -> Result<Service> {
        self.serve_with(&[])
    }

    /// The same with more settings.
    pub fn serve_with(&self, more: &[(String, String)]) -> Result<Service> {
        let heard = |line: String| eprintln!("{line}");
        let environment = [&self.environment[..], more].concat();
        let mut service = Service::start(binary(), &[], &environment, heard)?;
        service.ready(PATIENCE)?;
        Ok(service)
    }

    /// Resident memory of a service that has nothing to do, after it settled.
    pub async fn idle_rss_mib(&self) -> Result<f64> {
        let service = self.serve()?;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let resident = cpu::resident_mib(service.pid())?;
        service.stop()?;
        Ok(resident)
    }

    /// Applies executions that are not part of what is measured.
    pub async fn fill(&self, executions: impl Iterator<Item = Finished>) -> Result<()> {
        self.preload(&self.broker.writer_with("zstd")?, executions, None)
            .await?;
        let service = self.serve()?;
        self.watch("filling histories").await?;
        service.stop()?;
        Ok(())
    }

    /// Preloads executions, starts the service and measures until everything is applied and published; where
    /// `poison_every` says so, one record that cannot be applied follows each so many executions.
    pub async fn measure(
        &self,
        executions: impl Iterator<Item = Finished>,
        poison_every: Option<usize>,
    ) -> Result<Measured> {
        let before = self.settled().await?;
        let count = self
            .preload(&self.broker.writer()?, executions, poison_every)
            .await?;
        let records = count + poison_every.map_or(0, |every| count / every);
        self.db.batch_execute("vacuum analyze").await?;
        self.db.batch_execute("checkpoint").await?;
        let postmaster = self.postmaster().await?;
        let (wal_before, postgres_before) = (self.wal().await?, cpu::of_postgres(postmaster)?);
        let transactions_before = self.transactions().await?;
        let service = self.serve()?;
        let per_s = self.watch("applying").await? * count as f64 / records as f64;
        self.await_published().await?;
        let each = |total: f64| total / count as f64;
        let measured = Measured {
            per_s,
            service_cpu_us: each(cpu::of_process(service.pid())? * 1e6),
            postgres_cpu_us: each((cpu::of_postgres(postmaster)? - postgres_before) * 1e6),
            wal_bytes: each(self.wal().await? - wal_before),
            transactions: self.transactions().await? - transactions_before,
        };
        service.stop()?;
        if self.settled().await? - before != i64::try_from(records)? {
            bail!("the positions do not account for every record");
        }
        say(&format!(
            "{count} executions in {} transactions, {per_s:.0} a second; CPU of one: {:.0} µs of the service, {:.0} µs of \
             PostgreSQL",
            measured.transactions, measured.service_cpu_us, measured.postgres_cpu_us
        ));
        Ok(measured)
    }

    /// Removes its database and topics.
    pub async fn clear(self) -> Result<()> {
        self.broker
            .delete_topics(&self.topics().each_ref().map(String::as_str))
            .await?;
        let Self {
            server_url, name, db, ..
        } = self;
        drop(db);
        let server = engine::connect(&server_url).await?;
        let database = name.replace('-', "_");
        server
            .batch_execute(&format!("drop database {database} with (force)"))
            .await?;
        Ok(())
    }

    /// Writes the engine's rows and the events, and poison between them; gives how many executions.
    async fn preload(
        &self,
        writer: &Writer,
        executions: impl Iterator<Item = Finished>,
        poison_every: Option<usize>,
    ) -> Result<usize> {
        let bar = bar(executions.size_hint().0 as u64, "preloading")?;
        let (topic, mut batch, mut count) = (&self.topics()[0], Vec::new(), 0);
        for finished in executions {
            finished.announce(writer, topic, None)?;
            count += 1;
            if let Some(every) = poison_every.filter(|every| count % every == 0) {
                poison::send(writer, topic, &finished, count / every)?;
            }
            batch.push(Finished {
                rows: Vec::new(),
                ..finished
            });
            bar.inc(1);
            if batch.len() == 5_000 {
                engine::finish(&self.db, &batch.iter().collect::<Vec<_>>()).await?;
                batch.clear();
            }
        }
        engine::finish(&self.db, &batch.iter().collect::<Vec<_>>()).await?;
        writer.flush()?;
        bar.finish_and_clear();
        Ok(count)
    }

    /// Follows the positions to the end of the topic; gives executions a second from the first change seen to the last.
    async fn watch(&self, what: &str) -> Result<f64> {
        let end = self.broker.log_end(&self.topics()[0])?;
        let start = self.settled().await?;
        let bar = bar(u64::try_from(end - start)?, what)?;
        let (mut first, mut last) = (None, (Instant::now(), start));
        while last.1 < end {
            let settled = self.settled().await?;
            if settled > last.1 {
                last = (Instant::now(), settled);
                first.get_or_insert(last);
                bar.set_position(u64::try_from(settled - start)?);
            } else if last.0.elapsed() > PATIENCE {
                bail!("the service stands still at {settled} of {end}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bar.finish_and_clear();
        let (began, from) = first.context("nothing to do")?;
        Ok((end - from) as f64 / last.0.duration_since(began).as_secs_f64().max(0.001))
    }

    /// The sum of the positions: how many executions are settled.
    pub async fn settled(&self) -> Result<i64> {
        let query = "select coalesce(sum(next_offset), 0)::bigint from dashloom.consumer_positions where consumer_group = $1";
        Ok(self.db.query_one(query, &[&self.name]).await?.get(0))
    }

    /// Waits until the topic of events holds as many as the views have versions.
    async fn await_published(&self) -> Result<()> {
        let query = "select coalesce(sum(version), 0)::bigint from dashboard_views";
        let versions: i64 = self.db.query_one(query, &[]).await?.get(0);
        let deadline = Instant::now() + PATIENCE;
        while self.broker.log_end(&self.topics()[1])? < versions {
            if Instant::now() > deadline {
                bail!("not every event was published");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// How many transactions stored partials.
    async fn transactions(&self) -> Result<usize> {
        let query = "select count(distinct xmin::text) from dashloom.partials";
        let count: i64 = self.db.query_one(query, &[]).await?.get(0);
        Ok(usize::try_from(count)?)
    }

    async fn wal(&self) -> Result<f64> {
        let query = "select (pg_current_wal_insert_lsn() - '0/0')::float8";
        Ok(self.db.query_one(query, &[]).await?.get(0))
    }

    /// The server's first process; the server must run on this machine.
    pub async fn postmaster(&self) -> Result<u32> {
        let backend: i32 = self.db.query_one("select pg_backend_pid()", &[]).await?.get(0);
        cpu::parent(backend.unsigned_abs()).context("PostgreSQL's CPU can only be read on its own machine")
    }
}

/// The service's program.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_dashloom"))
}

fn topics(name: &str) -> [String; 3] {
    ["executions", "dashboards", "executions.dlq"].map(|kind| format!("{name}.{kind}"))
}

fn migrate(environment: &[(String, String)]) -> Result<()> {
    let output = Command::new(binary())
        .args(["migrate", "--with-upstream"])
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()?;
    if !output.status.success() {
        bail!(
            "dashloom migrate failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

fn bar(length: u64, what: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg:>18} {bar:40} {pos}/{len} {per_sec}")?;
    Ok(ProgressBar::new(length)
        .with_style(style)
        .with_message(what.to_owned()))
}
