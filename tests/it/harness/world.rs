//! A world of one test's own: a migrated database, fresh topics, and the service between them.

use chrono::{Days, NaiveDate};
use dashloom::event::wire;
use uuid::Uuid;

use super::database::{Database, fresh_name};
use super::{Broker, Finished, Outgoing, Reader, Service, View, Workflow, Writer, servers};
use crate::stage::engine;

/// The user that owns every workflow of a world.
pub const OWNER: Uuid = Uuid::from_u128(0x0e0e);

/// Everything one test touches; removed when dropped.
pub struct World {
    name: String,
    partitions: i32,
    broker: Broker,
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
        Self::on(Database::migrated().await, &servers().broker, partitions).await
    }

    /// A world on a migrated database and a broker, which may be a test's own.
    pub async fn on(database: Database, broker: &Broker, partitions: i32) -> Self {
        let world = Self {
            name: fresh_name("t").replace('_', "-"),
            partitions,
            broker: broker.clone(),
            database,
            writer: broker.writer().unwrap(),
        };
        let topics = world.topics();
        let names = topics.each_ref().map(String::as_str);
        broker.create_topics(&names, world.partitions).await.unwrap();
        world
    }

    /// Connects to the database anew, after it went away.
    pub async fn reconnect(&mut self) {
        self.database.reconnect().await;
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
            ("KAFKA_BOOTSTRAP_SERVERS", self.broker.address().to_owned()),
            ("DASHLOOM_KAFKA__GROUP", self.name.clone()),
            ("DASHLOOM_KAFKA__TOPIC", input),
            ("DASHLOOM_KAFKA__EVENTS_TOPIC", output),
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

    /// Makes a reported workflow; without a configuration dashloom makes the report configuration itself.
    pub async fn workflow(&self, name: &str, configuration: Option<&str>) -> Workflow {
        let workflow = Workflow {
            id: Uuid::new_v4(),
            name: name.to_owned(),
            configuration: configuration.map(str::to_owned),
        };
        engine::make_workflows(&self.database, OWNER, std::slice::from_ref(&workflow))
            .await
            .unwrap();
        workflow
    }

    /// An execution of a workflow over the given dates with rows as CSV, finished the morning after; not announced yet.
    pub fn execution(&self, workflow: &Workflow, from: &str, to: &str, csv: &str) -> Finished {
        let window: (NaiveDate, NaiveDate) = (from.parse().unwrap(), to.parse().unwrap());
        Finished {
            id: Uuid::new_v4(),
            workflow_id: workflow.id,
            run: 0,
            finished_at: (window.1 + Days::new(1)).and_hms_opt(3, 0, 0).unwrap().and_utc(),
            window,
            format: wire::ResultFormat::Csv,
            rows: csv.as_bytes().to_vec(),
            hints: Vec::new(),
        }
    }

    /// Writes executions' rows as the engine does and announces them in this order; returns when the broker has all.
    pub async fn announce(&self, executions: &[&Finished]) {
        engine::finish(&self.database, executions).await.unwrap();
        for finished in executions {
            finished.announce(&self.writer, &self.topics()[0], None).unwrap();
        }
        self.writer.flush().unwrap();
    }

    /// Writes one record to the input topic and waits until the broker has it.
    pub fn produce(&self, key: &[u8], payload: &[u8]) {
        self.produce_with(key, payload, &[]);
    }

    /// Writes one record with headers to the input topic and waits until the broker has it.
    pub fn produce_with(&self, key: &[u8], payload: &[u8], headers: &[(&str, &[u8])]) {
        let record = Outgoing {
            partition: None,
            key: Some(key),
            payload: Some(payload),
            headers,
        };
        self.writer.send(&self.topics()[0], record).unwrap();
        self.writer.flush().unwrap();
    }

    /// How many partitions the input topic has.
    pub fn partitions(&self) -> i32 {
        self.partitions
    }

    /// The broker of its topics.
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// Writes to any topic.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// How many records the input topic holds.
    pub fn log_end(&self) -> i64 {
        self.broker.log_end(&self.topics()[0]).unwrap()
    }

    /// A reader of the input topic.
    pub fn inputs(&self) -> Reader {
        self.broker.reader(&self.topics()[0]).unwrap()
    }

    /// A reader of `dashboard-updated`.
    pub fn events(&self) -> Reader {
        self.broker.reader(&self.topics()[1]).unwrap()
    }

    /// A reader of the dead letters.
    pub fn dead_letters(&self) -> Reader {
        self.broker.reader(&self.topics()[2]).unwrap()
    }

    /// Waits until a workflow has a view with this period key and gives it.
    pub async fn view(&self, workflow: &Workflow, period_key: &str) -> View {
        let found = || View::find(&self.database, workflow.id, period_key);
        let what = format!("the view {period_key} of {}", workflow.name);
        self.database
            .until(&what, async |_| found().await.is_some())
            .await;
        found().await.unwrap()
    }

    /// Waits until everything produced so far is settled: the service's position is at the end of the input topic. It may
    /// take long, as long as it moves on.
    pub async fn settled(&self) {
        let end = self.log_end();
        let mut reached = self.position().await;
        while reached < end {
            self.moved_past(reached).await;
            reached = self.position().await;
        }
    }

    /// Waits until the service settled more than `records` records.
    pub async fn moved_past(&self, records: i64) {
        self.database
            .until("the position to move on", async |_| {
                self.position().await > records
            })
            .await;
    }

    /// Every row that records could write, a line a table: which transactions wrote them, and where they stand. Replays'
    /// own positions are left out.
    pub async fn rows(&self) -> Vec<String> {
        let tables = [
            "dashboard_views",
            "dashboard_insights",
            "dashloom.partials",
            "dashloom.workflow_state",
            "dashloom.parked",
            "dashloom.redraws",
            "dashloom.unflagged",
            "dashloom.view_events",
            "dashloom.outbox",
            "workflow_executions",
            "report_configurations",
            "(select *, xmin, ctid from dashloom.consumer_positions where consumer_group not like '%/replay/%')",
        ];
        let one = |table: &str| {
            format!(
                "select '{}: ' || count(*) || ' ' || coalesce(md5(string_agg(t.xmin || ' ' || t.ctid, ',' order by t.ctid)), '') \
                 from {table} t",
                table.replace('\'', "")
            )
        };
        let query = tables.map(one).join(" union all ");
        let rows = self.database.query(&query, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// How many records the service settled.
    pub async fn position(&self) -> i64 {
        let query = "select coalesce(sum(next_offset), 0)::bigint from dashloom.consumer_positions \
                     where consumer_group = $1";
        self.database
            .query_one(query, &[&self.name])
            .await
            .unwrap()
            .get(0)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let topics = self.topics();
        if self.broker.address() != servers().broker.address() {
            // A broker of the test's own ends with the test.
            return;
        }
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let _ = runtime.block_on(
                servers()
                    .broker
                    .delete_topics(&topics.each_ref().map(String::as_str)),
            );
        });
        let _ = deleting.join();
    }
}
