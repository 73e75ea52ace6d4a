//! The servers of a test run: those the environment names, else `scripts/servers` starts them once.

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

/// The servers of this run, started by the first test that asks, to end with this process.
pub fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let names = [
            "DATABASE_URL",
            "POSTGRES_15_URL",
            "POSTGRES_18_URL",
            "KAFKA_BOOTSTRAP_SERVERS",
        ];
        let given: Result<Vec<String>, _> = names.iter().map(std::env::var).collect();
        let [database_url, postgres_15_url, postgres_18_url, bootstrap] = match given {
            Ok(given) => given.try_into().unwrap(),
            Err(_) => start(names),
        };
        let broker = Broker::at(&bootstrap);
        Servers {
            database_url,
            postgres_15_url,
            postgres_18_url,
            broker,
        }
    })
}

/// Starts what is not there; never dropped, so the servers' own watch ends them.
fn start(names: [&str; 4]) -> [String; 4] {
    static STARTED: OnceLock<stage::servers::Servers> = OnceLock::new();
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("servers-{}", std::process::id()));
    let options = ["--fast", "--both-postgres"];
    let started = STARTED.get_or_init(|| stage::servers::Servers::start(Some(&state), &options).unwrap());
    names.map(|name| started.named(name).unwrap().to_owned())
}
