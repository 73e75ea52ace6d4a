//! The servers of a test run: those the environment names, else `scripts/servers` starts them once.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// Where the servers of this run are.
pub struct Servers {
    /// The PostgreSQL that the worlds' databases are made in.
    pub database_url: String,
    /// PostgreSQL 15, for what must hold on the oldest server.
    pub postgres_15_url: String,
    /// PostgreSQL 18, for what must hold on the newest server.
    pub postgres_18_url: String,
    /// The Kafka broker.
    pub bootstrap: String,
}

/// The servers of this run, started by the first test that asks.
pub fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let names = [
            "DATABASE_URL",
            "POSTGRES_15_URL",
            "POSTGRES_18_URL",
            "KAFKA_BOOTSTRAP_SERVERS",
        ];
        let given: HashMap<String, String> = names
            .iter()
            .filter_map(|name| Some((name.to_string(), std::env::var(name).ok()?)))
            .collect();
        let mut all = if given.len() == names.len() {
            given
        } else {
            start()
        };
        let mut take = |name: &str| {
            all.remove(name)
                .unwrap_or_else(|| panic!("scripts/servers named no {name}"))
        };
        Servers {
            database_url: take(names[0]),
            postgres_15_url: take(names[1]),
            postgres_18_url: take(names[2]),
            bootstrap: take(names[3]),
        }
    })
}

/// Starts what is not there, to end with this process.
fn start() -> HashMap<String, String> {
    let pid = std::process::id().to_string();
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("servers-{pid}"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/servers");
    let output = Command::new(script)
        .args(["start", "--fast", "--both-postgres", "--until", &pid, "--state"])
        .arg(&state)
        .output()
        .expect("scripts/servers runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the servers did not start:\n{told}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(k, v)| (k.into(), v.into()))
        .collect()
}
