//! A database of a test's own, copied from a migrated template, and the signals that say that something changed in it.

use std::ops::Deref;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OnceCell, mpsc};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use super::{PATIENCE, servers};

/// Statement triggers that tell `LISTEN changed` about every table a test may wait for.
const SIGNALS: &str = include_str!("signals.sql");

/// One test's database with a connection as its owner; dropped with the value.
pub struct Database {
    url: String,
    client: Client,
    changed: Mutex<mpsc::UnboundedReceiver<()>>,
}

impl Database {
    /// A migrated database (with the engine's tables) that nothing else uses.
    pub async fn migrated() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(make_template).await;
        Self::create(&servers().database_url, Some(template)).await
    }

    /// A migrated database on the server that `server_url` names, made without a template.
    pub async fn migrated_on(server_url: &str) -> Self {
        let database = Self::create(server_url, None).await;
        migrate(database.url());
        database.client.batch_execute(SIGNALS).await.unwrap();
        database
    }

    /// Connects anew, after the server went away.
    pub async fn reconnect(&mut self) {
        let (client, changed) = connect(&self.url).await;
        client.batch_execute("listen changed").await.unwrap();
        (self.client, self.changed) = (client, Mutex::new(changed));
    }

    /// An empty database on the server that `server_url` names.
    pub async fn empty(server_url: &str) -> Self {
        Self::create(server_url, None).await
    }

    /// The database's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until `holds` says true of the database, looking again at each change.
    ///
    /// # Panics
    /// When it does not within the harness's patience; the panic names `what`.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Client) -> bool) {
        let mut changed = self.changed.lock().await;
        let wait = async {
            while !holds(&self.client).await {
                changed.recv().await.expect("the connection that listens is open");
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            panic!("waited in vain for: {what}");
        }
    }

    /// Waits until a session of the database waits for a lock.
    pub async fn until_a_lock_is_waited_for(&self) {
        self.until_sessions(
            "a session to wait for a lock",
            "count(*) filter (where wait_event_type = 'Lock') > 0",
        )
        .await;
    }

    /// Waits until no session of the database has a transaction open and does nothing in it.
    pub async fn until_no_transaction_is_left(&self) {
        self.until_sessions(
            "transactions to end",
            "count(*) filter (where state like 'idle in%') = 0",
        )
        .await;
    }

    /// Waits until a condition over the database's sessions holds.
    async fn until_sessions(&self, what: &str, condition: &str) {
        let holds = format!("select {condition} from pg_stat_activity where datname = current_database()");
        self.until(what, async |db| {
            // No table changes with it: it is looked at again and again.
            tokio::time::sleep(Duration::from_millis(10)).await;
            db.batch_execute("notify changed").await.unwrap();
            db.query_one(&holds, &[]).await.unwrap().get(0)
        })
        .await;
    }

    async fn create(server_url: &str, template: Option<&str>) -> Self {
        let name = fresh_name("world");
        let from = template
            .map(|template| format!(" template {template}"))
            .unwrap_or_default();
        let (admin, _) = connect(server_url).await;
        admin
            .batch_execute(&format!("create database {name}{from}"))
            .await
            .unwrap();
        let url = with_database(server_url, &name);
        let (client, changed) = connect(&url).await;
        client.batch_execute("listen changed").await.unwrap();
        Self {
            url,
            client,
            changed: Mutex::new(changed),
        }
    }
}

impl Deref for Database {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (url, name) = (
            self.url.clone(),
            self.url.rsplit('/').next().unwrap_or_default().to_owned(),
        );
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let (admin, _) = connect(&with_database(&url, "postgres")).await;
                let statement = format!("drop database if exists {name} with (force)");
                let _ = admin.batch_execute(&statement).await;
            });
        });
        let _ = dropping.join();
    }
}

/// A connection, and a channel that gets one item for each notification it hears.
async fn connect(url: &str) -> (Client, mpsc::UnboundedReceiver<()>) {
    let config: Config = url.parse().unwrap();
    let (client, mut connection) = config
        .connect(NoTls)
        .await
        .unwrap_or_else(|e| panic!("{url}: {e:?}"));
    let (tell, changed) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            if matches!(message, AsyncMessage::Notification(_)) {
                let _ = tell.send(());
            }
        }
    });
    (client, changed)
}

/// Migrates a database with the service's own command; every world's database is a copy of it.
async fn make_template() -> String {
    let name = fresh_name("template");
    let server = &servers().database_url;
    let (admin, _) = connect(server).await;
    admin
        .batch_execute(&format!("create database {name}"))
        .await
        .unwrap();
    let url = with_database(server, &name);
    migrate(&url);
    let (client, _) = connect(&url).await;
    client.batch_execute(SIGNALS).await.unwrap();
    name
}

fn migrate(url: &str) {
    let output = Command::new(env!("CARGO_BIN_EXE_dashloom"))
        .args(["migrate", "--with-upstream"])
        .env("DATABASE_URL", url)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "migrate failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A name no other test of this run uses, and hardly one of another run on the same server.
pub fn fresh_name(stem: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let run = uuid::Uuid::new_v4().simple().to_string();
    format!("{stem}_{}_{}", COUNT.fetch_add(1, Ordering::Relaxed), &run[..12])
}

fn with_database(url: &str, name: &str) -> String {
    let (server, rest) = url.rsplit_once('/').unwrap();
    let options = rest
        .split_once('?')
        .map(|(_, options)| format!("?{options}"))
        .unwrap_or_default();
    format!("{server}/{name}{options}")
}
