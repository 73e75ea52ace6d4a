//! A server of one test's own, for tests that break it.

use super::{Broker, servers};
use crate::stage::servers::Servers;

/// A PostgreSQL or a broker that nobody else uses; ends with the value.
pub struct OwnServer {
    name: &'static str,
    running: Servers,
    _state: tempfile::TempDir,
}

impl OwnServer {
    /// A PostgreSQL.
    pub fn postgres() -> Self {
        Self::start(
            "postgres",
            "DATABASE_URL",
            "KAFKA_BOOTSTRAP_SERVERS",
            servers().broker.address(),
        )
    }

    /// A Kafka broker.
    pub fn kafka() -> Self {
        Self::start(
            "kafka",
            "KAFKA_BOOTSTRAP_SERVERS",
            "DATABASE_URL",
            &servers().database_url,
        )
    }

    fn start(name: &'static str, own: &str, other: &str, address: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        let running = Servers::start_in(Some(state.path()), &["--fast"], |script| {
            script.env_remove(own).env(other, address)
        });
        Self {
            name,
            running: running.unwrap(),
            _state: state,
        }
    }

    /// The URL of the PostgreSQL.
    pub fn url(&self) -> &str {
        self.running.named("DATABASE_URL").unwrap()
    }

    /// The broker.
    pub fn broker(&self) -> Broker {
        Broker::at(self.running.named("KAFKA_BOOTSTRAP_SERVERS").unwrap())
    }

    /// Ends it without warning.
    pub fn halt(&self) {
        self.running.halt(self.name).unwrap();
    }

    /// Starts it again where it was; returns when it answers.
    pub fn resume(&self) {
        self.running.resume(self.name).unwrap();
    }
}
