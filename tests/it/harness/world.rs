//! A world of one test's own: a migrated database, fresh topics, and the service between them.

use super::broker::{self, Reader, Writer};
use super::database::{Database, fresh_name};
use super::{Service, servers};

/// Everything one test touches; removed when dropped.
pub struct World {
    name: String,
    partitions: i32,
    database: Database,
    writer: Writer,
}

impl World {
    /// A world whose input topic has one partition.
    pub async fn new() -> Self {
        Self::with_partitions(1).await
    }

    /// A world whose input topic has that many partitions.
    pub async fn with_partitions(partitions: i32) -> Self {
        let name = fresh_name("t").replace('_', "-");
        let world = Self {
            name,
            partitions,
            database: Database::migrated().await,
            writer: Writer::new(),
        };
        let [input, output, dead] = world.topics();
        broker::create_topics(&[&input, &output, &dead], partitions).await;
        world
    }

    /// The database, as its owner.
    pub fn db(&self) -> &Database {
        &self.database
    }

    /// The input topic, the output topic and the dead letter topic.
    pub fn topics(&self) -> [String; 3] {
        ["executions", "dashboards", "executions.dlq"].map(|kind| format!("{}.{kind}", self.name))
    }

    /// What the service needs to live in this world.
    pub fn environment(&self) -> Vec<(String, String)> {
        let [input, output, dead] = self.topics();
        let pairs = [
            ("DATABASE_URL", self.database.url().to_owned()),
            ("KAFKA_BOOTSTRAP_SERVERS", servers().bootstrap.clone()),
            ("DASHLOOM_KAFKA__GROUP", self.name.clone()),
            ("DASHLOOM_KAFKA__INPUT_TOPIC", input),
            ("DASHLOOM_KAFKA__OUTPUT_TOPIC", output),
            ("DASHLOOM_KAFKA__DEAD_LETTER_TOPIC", dead),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Starts the service in this world.
    pub fn serve(&self) -> Service {
        Service::start(&self.environment(), &[])
    }

    /// Starts the service in this world with more of an environment.
    pub fn serve_with(&self, more: &[(&str, &str)]) -> Service {
        let mut environment = self.environment();
        environment.extend(
            more.iter()
                .map(|(name, value)| (name.to_string(), value.to_string())),
        );
        Service::start(&environment, &[])
    }

    /// Writes one record to the input topic and waits until the broker has it.
    pub async fn produce(&self, key: &[u8], payload: &[u8]) {
        self.produce_with(key, payload, &[]).await;
    }

    /// Writes one record with headers to the input topic and waits until the broker has it.
    pub async fn produce_with(&self, key: &[u8], payload: &[u8], headers: &[(&str, &[u8])]) {
        self.writer
            .send(&self.topics()[0], None, Some(key), Some(payload), headers);
        self.writer.flush();
    }

    /// Writes many records and only then waits for the broker.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// How many records the input topic holds.
    pub async fn log_end(&self) -> i64 {
        broker::log_end(&self.topics()[0])
    }

    /// A reader of `dashboard-updated`.
    pub fn events(&self) -> Reader {
        Reader::new(&self.topics()[1])
    }

    /// A reader of the dead letters.
    pub fn dead_letters(&self) -> Reader {
        Reader::new(&self.topics()[2])
    }

    /// Waits until the service's position is at the end of the input topic: everything produced so far is settled.
    pub async fn settled(&self) {
        let end = self.log_end().await;
        let query = "select coalesce(sum(next_offset), 0)::bigint from dashloom.consumer_positions where consumer_group = $1";
        self.database
            .until("the position at the end of the input", async |db| {
                db.query_one(query, &[&self.name]).await.unwrap().get::<_, i64>(0) >= end
            })
            .await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let topics = self.topics();
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(broker::delete_topics(&topics.each_ref().map(String::as_str)));
        });
        let _ = deleting.join();
    }
}
