//! The migration, on the oldest and the newest server: what it makes, how it gets there, and what it does not disturb.

mod backfill;
mod cascade;
mod catalog;
mod live;
mod phases;
mod preflight;

use dashloom::store::migrate::{MigrateError, MigrateOptions, MigrationReport, migrate};
use tokio_postgres::{Client, NoTls};

use crate::harness::{Database, servers};

/// An engine's tables as they may be found: more columns than ours, with rows.
const ENGINE: &str = include_str!("engine.sql");

/// The oldest and the newest server.
pub fn both() -> [&'static str; 2] {
    let servers = servers();
    [&servers.postgres_15_url, &servers.postgres_18_url]
}

/// A database that holds an engine's tables with `workflows` workflows of five executions each, and nothing of ours.
pub async fn engine(server_url: &str, workflows: i32) -> Database {
    let db = Database::empty(server_url).await;
    db.batch_execute(ENGINE).await.unwrap();
    db.execute("select fill($1)", &[&workflows]).await.unwrap();
    db
}

/// A connection of its own to a test's database.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Migrates with these options.
pub async fn migrate_with(db: &Database, options: &MigrateOptions) -> Result<MigrationReport, MigrateError> {
    migrate(&mut connect(db.url()).await, options, &mut |_| {}).await
}

/// Migrates to the end of a phase.
pub async fn migrate_to(db: &Database, phase: u8) -> MigrationReport {
    let options = MigrateOptions {
        to_phase: Some(phase),
        ..MigrateOptions::default()
    };
    migrate_with(db, &options).await.unwrap()
}

/// The one value of a query.
pub async fn count(db: &Client, sql: &str) -> i64 {
    db.query_one(sql, &[]).await.unwrap().get(0)
}

/// Every column of every row, as one text.
pub async fn dump(db: &Client, sql: &str) -> String {
    let sql = format!("select coalesce(string_agg(r::text, e'\\n' order by r::text), '') from ({sql}) r");
    db.query_one(&sql, &[]).await.unwrap().get(0)
}
