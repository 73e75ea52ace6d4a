//! A server of one test's own, for tests that break it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Authority, Broker, servers};
use crate::stage::servers::Servers;

/// A PostgreSQL or a broker that nobody else uses; ends with the value.
pub struct OwnServer {
    name: &'static str,
    running: Servers,
    state: tempfile::TempDir,
}

/// The data of a PostgreSQL at one moment.
pub struct DataCopy(tempfile::TempDir);

/// Copies a folder with everything's owner and rights.
fn copy_folder(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(status.success(), "{} cannot be copied", from.display());
}

impl OwnServer {
    /// A PostgreSQL.
    pub fn postgres() -> Self {
        Self::postgres_with(&["--fast"], &[])
    }

    /// A PostgreSQL that writes to its disk, with more of an environment.
    pub fn durable_postgres(environment: &[(&str, &str)]) -> Self {
        Self::postgres_with(&[], environment)
    }

    fn postgres_with(options: &[&str], environment: &[(&str, &str)]) -> Self {
        let state = tempfile::tempdir().unwrap();
        let running = Servers::start_in(Some(state.path()), options, |script| {
            script
                .env_remove("DATABASE_URL")
                .env("KAFKA_BOOTSTRAP_SERVERS", servers().broker.address())
                .envs(environment.iter().copied())
        });
        Self {
            name: "postgres",
            running: running.unwrap(),
            state,
        }
    }

    /// A Kafka broker.
    pub fn kafka() -> Self {
        Self::kafka_with(tempfile::tempdir().unwrap(), &[])
    }

    /// A Kafka broker that can be talked to by SASL_SSL as well, under the authority's certificate.
    pub fn secure_kafka(authority: &Authority) -> Self {
        let state = tempfile::tempdir().unwrap();
        let identity = state.path().join("identity.pem");
        std::fs::write(&identity, authority.identity()).unwrap();
        Self::kafka_with(state, &["--secure", identity.to_str().unwrap()])
    }

    fn kafka_with(state: tempfile::TempDir, options: &[&str]) -> Self {
        let running = Servers::start_in(Some(state.path()), options, |script| {
            script
                .env_remove("KAFKA_BOOTSTRAP_SERVERS")
                .env("DATABASE_URL", &servers().database_url)
        });
        Self {
            name: "kafka",
            running: running.unwrap(),
            state,
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

    /// Where a secure Kafka takes SASL_SSL.
    pub fn secure_address(&self) -> &str {
        self.running.named("KAFKA_SECURE_SERVERS").unwrap()
    }

    /// What a halted PostgreSQL has on its disk, copied.
    pub fn copy_data(&self) -> DataCopy {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&self.data(), &copy.path().join("db"));
        DataCopy(copy)
    }

    /// Gives a halted PostgreSQL what it had on its disk when it was copied: what came after is lost.
    pub fn put_data_back(&self, copy: &DataCopy) {
        std::fs::remove_dir_all(self.data()).unwrap();
        copy_folder(&copy.0.path().join("db"), &self.data());
    }

    fn data(&self) -> PathBuf {
        let note = self.state.path().join("postgres-main.data");
        PathBuf::from(std::fs::read_to_string(note).unwrap()).join("db")
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
