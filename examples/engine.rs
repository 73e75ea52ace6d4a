//! A small workflow engine: announces a CSV file as a finished execution, and says where its dashboard is.
//!
//! `cargo run --example engine -- FILE.csv [FIRST LAST]`, with `DATABASE_URL` and `KAFKA_BOOTSTRAP_SERVERS`, beside a running
//! `dashloom serve`. The workflow is named after the file; the same file once more is another execution of it. The result
//! speaks for the days from FIRST to LAST, else for those of the first column that holds dates (`2026-01-31`).
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

#[path = "../tests/stage/mod.rs"]
mod stage;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use chrono::{NaiveDate, Utc};
use dashloom::event::wire::ResultFormat;
use tokio_postgres::Client;
use uuid::Uuid;

use stage::broker::Broker;
use stage::engine::{self, Finished, Workflow};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, window) = match arguments.as_slice() {
        [file] => (Path::new(file), None),
        [file, first, last] => (Path::new(file), Some((first.parse()?, last.parse()?))),
        _ => bail!(
            "give a CSV file, and the days it speaks for where they are not those of its dates: FILE.csv [FIRST LAST]"
        ),
    };
    let rows = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let window = match window {
        Some(window) => window,
        None => {
            spanned(&rows)?.context("no column holds dates such as 2026-01-31; say FILE.csv FIRST LAST")?
        }
    };
    let name = file
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let db = engine::connect(&variable("DATABASE_URL")?).await?;
    let owner = Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"engine.example.org");
    let workflow = Workflow {
        id: Uuid::new_v5(&owner, name.as_bytes()),
        name,
        configuration: None,
    };
    engine::make_workflows(&db, owner, std::slice::from_ref(&workflow)).await?;
    let finished = Finished {
        id: Uuid::new_v4(),
        workflow_id: workflow.id,
        run: 0,
        finished_at: Utc::now(),
        window,
        format: ResultFormat::Csv,
        rows,
        hints: Vec::new(),
    };
    engine::finish(&db, &[&finished]).await?;
    let topic =
        std::env::var("DASHLOOM_KAFKA__TOPIC").unwrap_or_else(|_| "workflow-execution-succeeded".to_owned());
    let writer = Broker::at(&variable("KAFKA_BOOTSTRAP_SERVERS")?).writer()?;
    finished.announce(&writer, &topic, None)?;
    writer.flush()?;
    println!(
        "announced execution {} of workflow {} ({}), {} to {}",
        finished.id, workflow.name, workflow.id, window.0, window.1
    );
    await_dashboards(&db, finished.id).await
}

/// Says which dashboards hold the execution once they do, or why none ever will.
async fn await_dashboards(db: &Client, execution: Uuid) -> Result<()> {
    let desk = engine::connect(&variable("DATABASE_URL")?).await?;
    desk.batch_execute("set role dashloom_operator").await?;
    let held = "select id, period_key, version from dashboard_views where $1 = any(execution_ids) order by data_end_date";
    let refused = "select dashboard_processing_error from workflow_executions where id = $1";
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let views = desk.query(held, &[&execution]).await?;
        for view in &views {
            let (id, period, version): (Uuid, String, i64) = (view.get(0), view.get(1), view.get(2));
            println!("dashboard {period}, version {version}: http://127.0.0.1:8080/dashboards/{id}");
        }
        if !views.is_empty() {
            return Ok(());
        }
        if let Some(why) = db
            .query_one(refused, &[&execution])
            .await?
            .get::<_, Option<String>>(0)
        {
            bail!("dashloom could not use it: {why}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no dashboard holds it after {PATIENCE:?}; does `dashloom serve` run, with the same servers?")
}

/// The first and last date of the first column that holds nothing else.
fn spanned(rows: &[u8]) -> Result<Option<(NaiveDate, NaiveDate)>> {
    let mut reader = csv::Reader::from_reader(rows);
    let records = reader.records().collect::<Result<Vec<_>, _>>()?;
    let dates = |column: usize| -> Option<Vec<NaiveDate>> {
        let cells = records
            .iter()
            .map(|record| record.get(column)?.get(..10)?.parse().ok());
        cells.collect()
    };
    let columns = records.first().map_or(0, csv::StringRecord::len);
    let dates = (0..columns).find_map(dates).unwrap_or_default();
    Ok(dates.iter().min().copied().zip(dates.iter().max().copied()))
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set; `scripts/servers env` says it"))
}
