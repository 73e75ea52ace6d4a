//! A migration under a writer that hammers the engine's tables: no statement of the writer waits for long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::*;

const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Writes to every table of the engine until told to stop; answers with the longest statement and how many there were.
async fn hammer(url: String, seed: i32, stop: &AtomicBool) -> (Duration, u64) {
    let mut client = connect(&url).await;
    let (mut longest, mut statements) = (Duration::ZERO, 0);
    let mut n = seed;
    while !stop.load(Ordering::Relaxed) {
        n += 7;
        // One transaction in four stays open over several statements, as an engine's would.
        let transaction = client.transaction().await.unwrap();
        for sql in [
            "update workflows set touched = touched + 1 where id = nth('workflow', 1 + $1 % 2000)",
            "insert into workflow_executions (id, workflow_id, status) \
             values (gen_random_uuid(), nth('workflow', 1 + $1 % 2000), 'RUNNING')",
            "update workflow_executions set touched = touched + 1 where id = nth('execution', 10 * (1 + $1 % 2000))",
            "insert into users (id, email) values (gen_random_uuid(), gen_random_uuid()::text || $1::int)",
            "insert into query_templates (id, name) values (gen_random_uuid(), 'template' || $1::int)",
        ] {
            let began = Instant::now();
            transaction.execute(sql, &[&n]).await.unwrap();
            longest = longest.max(began.elapsed());
            statements += 1;
        }
        let began = Instant::now();
        transaction.commit().await.unwrap();
        longest = longest.max(began.elapsed());
    }
    (longest, statements)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_never_waits_longer_than_two_seconds() {
    for server in both() {
        let db = engine(server, 2000).await;
        let stop = AtomicBool::new(false);
        let migrating = async {
            let report = migrate_with(&db, &MigrateOptions::default()).await;
            stop.store(true, Ordering::Relaxed);
            report
        };
        // A reader that keeps each table open for 300 ms is what makes a lock worth waiting for.
        let reading = async {
            let client = connect(db.url()).await;
            while !stop.load(Ordering::Relaxed) {
                client
                    .batch_execute(
                        "begin; select count(*) from workflows; select count(*) from workflow_executions; \
                         select pg_sleep(0.3); commit; select pg_sleep(0.1)",
                    )
                    .await
                    .unwrap();
            }
        };
        let (report, one, two, ()) = tokio::join!(
            migrating,
            hammer(db.url().to_owned(), 1, &stop),
            hammer(db.url().to_owned(), 1001, &stop),
            reading
        );
        assert!(report.unwrap().pending.is_empty());
        for (longest, statements) in [one, two] {
            assert!(
                longest < LONGEST_WAIT,
                "a statement of the writer took {longest:?} on {server}"
            );
            assert!(statements > 20, "the writer wrote: {statements}");
        }
    }
}

#[tokio::test]
async fn a_long_transaction_is_waited_for_in_short_steps() {
    let db = engine(&servers().database_url, 4).await;
    let mut engine = connect(db.url()).await;
    let long = engine.transaction().await.unwrap();
    long.execute("update workflows set touched = 1", &[])
        .await
        .unwrap();
    let options = MigrateOptions {
        lock_timeout: Duration::from_millis(100),
        patience: Duration::from_millis(500),
        ..MigrateOptions::default()
    };
    let error = migrate_with(&db, &options).await.unwrap_err();
    let told = format!("{:?}", error);
    assert!(told.contains("Locked"), "{told}");
    long.commit().await.unwrap();
    assert!(migrate_with(&db, &options).await.unwrap().pending.is_empty());
}
