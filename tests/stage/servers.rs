//! PostgreSQL and Kafka: those the environment names, else `scripts/servers` starts them.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Starts what is missing with `scripts/servers start`, to end with this process, and gives what it says:
/// `DATABASE_URL`, `KAFKA_BOOTSTRAP_SERVERS` and, with `--both-postgres`, `POSTGRES_15_URL` and `POSTGRES_18_URL`.
pub fn start(options: &[&str]) -> Result<HashMap<String, String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/servers");
    let output = Command::new(script)
        .args(["start", "--until", &std::process::id().to_string()])
        .args(options)
        .stderr(Stdio::inherit())
        .output()
        .context("scripts/servers does not run")?;
    if !output.status.success() {
        bail!("the servers did not start; scripts/servers says why above");
    }
    let lines = String::from_utf8(output.stdout)?;
    Ok(lines
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(k, v)| (k.into(), v.into()))
        .collect())
}
