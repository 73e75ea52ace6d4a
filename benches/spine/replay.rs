//! Replaying history that is known: it changes no byte and announces nothing, and how many events a second that takes.

use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{Ground, binary};
use crate::say;

/// Everything that a replay could write, in one text: which transaction wrote each row last, summed up.
const ROWS: &str = "select string_agg(name || ' ' || rows || ' ' || writers, ', ' order by name) from ( \
    select 'partials' as name, count(*) as rows, sum(xmin::text::bigint) as writers from dashloom.partials \
    union all select 'views', count(*), sum(xmin::text::bigint) from dashboard_views \
    union all select 'insights', count(*), sum(xmin::text::bigint) from dashboard_insights \
    union all select 'executions', count(*), sum(xmin::text::bigint) from workflow_executions \
    union all select 'outbox', count(*), sum(xmin::text::bigint) from dashloom.outbox) t";

/// Replays what the ground's topic holds until at least `events` have been read; gives events a second.
pub async fn measure(ground: &Ground, events: u64) -> Result<f64> {
    let before = rows(ground).await?;
    let (mut read, mut seconds) = (0, 0.0);
    while read < events {
        say(&format!("replaying what is known: {read} of {events} events"));
        let report = replay(ground)?;
        let figure = |name: &str| report[name].as_f64().with_context(|| format!("no {name}"));
        let records = figure("records")?;
        if records == 0.0 || figure("duplicate")? + figure("superseded")? != records {
            bail!("a replay of known history took something in: {report}");
        }
        read += records as u64;
        seconds += records / figure("per_s")?;
    }
    let after = rows(ground).await?;
    if after != before {
        bail!("a replay of known history wrote rows: {before} before, {after} after");
    }
    Ok(read as f64 / seconds)
}

fn replay(ground: &Ground) -> Result<Value> {
    let output = Command::new(binary())
        .args(["replay", "--from", "earliest", "--json"])
        .envs(ground.environment().iter().map(|(name, value)| (name, value)))
        .output()?;
    if !output.status.success() {
        bail!(
            "dashloom replay failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

async fn rows(ground: &Ground) -> Result<String> {
    Ok(ground.db().query_one(ROWS, &[]).await?.get(0))
}
