//! PostgreSQL and Kafka: those the environment names, else `scripts/servers` starts them.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The servers of a run; those that it started are stopped when dropped.
pub struct Servers {
    named: HashMap<String, String>,
    state: Vec<String>,
}

impl Servers {
    /// Starts what is missing with `scripts/servers start`, with its state in a folder (default: the clone's own).
    pub fn start(state: Option<&Path>, options: &[&str]) -> Result<Self> {
        Self::start_in(state, options, |script| script)
    }

    /// The same with another environment: `set` changes the command.
    pub fn start_in(
        state: Option<&Path>,
        options: &[&str],
        set: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<Self> {
        let state: Vec<String> = state
            .map(|folder| vec!["--state".to_owned(), folder.to_string_lossy().into_owned()])
            .unwrap_or_default();
        let output = set(&mut script("start", &state))
            .args(options)
            .stderr(Stdio::inherit())
            .output()
            .context("scripts/servers does not run")?;
        if !output.status.success() {
            bail!("the servers did not start; scripts/servers says why above");
        }
        let lines = String::from_utf8(output.stdout)?;
        let pairs = lines.lines().filter_map(|line| line.split_once('='));
        let named = pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Self { named, state })
    }

    /// Ends a server (`kafka`, `postgres`) without warning.
    pub fn halt(&self, server: &str) -> Result<()> {
        self.tell("halt", server)
    }

    /// Starts it again where it was.
    pub fn resume(&self, server: &str) -> Result<()> {
        self.tell("resume", server)
    }

    fn tell(&self, verb: &str, server: &str) -> Result<()> {
        let status = script(verb, &self.state).arg(server).status()?;
        if !status.success() {
            bail!("scripts/servers {verb} {server} failed; it says why above");
        }
        Ok(())
    }

    /// What `scripts/servers` says: `DATABASE_URL`, `KAFKA_BOOTSTRAP_SERVERS` and, with `--both-postgres`,
    /// `POSTGRES_15_URL` and `POSTGRES_18_URL`.
    pub fn named(&self, name: &str) -> Result<&str> {
        self.named
            .get(name)
            .map(String::as_str)
            .with_context(|| format!("scripts/servers named no {name}"))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = script("stop", &self.state).stderr(Stdio::null()).status();
    }
}

/// The script in the name of this process: it leaves alone what was started for another, and nothing outlives us.
fn script(verb: &str, state: &[String]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/servers"));
    command
        .arg(verb)
        .args(["--until", &std::process::id().to_string()])
        .args(state);
    command
}
