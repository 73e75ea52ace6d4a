//! The servers of a test run: those the environment names, else `scripts/servers` starts them once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use crate::stage::{self, broker::Broker};

/// Where the servers of this run are.
pub struct Servers {
    /// The PostgreSQL that the worlds' databases are made in.
    pub database_url: String,
    /// PostgreSQL 15, for what must hold on the oldest server.
    pub postgres_15_url: String,
    /// PostgreSQL 18, for what must hold on the newest server.
    pub postgres_18_url: String,
    /// The Kafka broker.
    pub broker: Broker,
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
            broker: Broker::at(&take(names[3])),
        }
    })
}

/// Starts what is not there, to end with this process.
fn start() -> HashMap<String, String> {
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("servers-{}", std::process::id()));
    let state = state.to_string_lossy();
    stage::servers::start(&["--fast", "--both-postgres", "--state", &state]).unwrap()
}
