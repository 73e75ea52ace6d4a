//! Executions that have succeeded and are in no dashboard yet: found, caught up with, or named.

use std::collections::BTreeMap;

use dashloom::store::{Upstream, pending};
use uuid::Uuid;

use crate::harness::{Finished, View, Workflow, World};
use crate::stage::engine;

const ALL: Option<&str> = Some(r#"{"period":"all"}"#);

#[tokio::test]
async fn pending_executions_are_caught_up_with_and_those_without_an_event_are_named() {
    let world = World::with_partitions(2).await;
    let (ads, idle) = (
        world.workflow("ads", ALL).await,
        world.workflow("idle", ALL).await,
    );
    let off = "update workflows set report_enabled = false";
    world.db().execute(off, &[]).await.unwrap();
    let day = |workflow: &Workflow, date: &str| {
        world.execution(workflow, date, date, &format!("date,clicks\n{date},10\n"))
    };
    let skipped = [
        day(&ads, "2026-11-01"),
        day(&ads, "2026-11-02"),
        day(&idle, "2026-11-01"),
    ];
    world.announce(&skipped.iter().collect::<Vec<_>>()).await;
    let _service = world.serve();
    world.settled().await;
    let silent = day(&ads, "2026-11-03");
    engine::finish(world.db(), &[&silent]).await.unwrap();
    let on = "update workflows set report_enabled = true where id = $1";
    world.db().execute(on, &[&ads.id]).await.unwrap();

    let caught_up = world.run(&["replay", "--pending"]).await;
    assert_eq!(caught_up.code, Some(0), "{caught_up:?}");
    let figures = ["applied", "missing", "still_pending"].map(|key| caught_up.figure(key));
    assert_eq!(figures, ["2", "1", "1"], "{caught_up:?}");
    assert!(caught_up.stdout.contains(&silent.id.to_string()), "{caught_up:?}");
    let view = View::find(world.db(), ads.id, "all").await.unwrap();
    assert_eq!(view.metric("clicks").as_deref(), Some("20"));
    assert!(
        View::find(world.db(), idle.id, "all").await.is_none(),
        "who is not reported has nothing pending"
    );

    let versions: BTreeMap<Uuid, i64> = [(view.id, view.version)].into();
    let again = world.run(&["replay", "--pending", "--json"]).await.report();
    assert_eq!(
        again["missing_executions"][0]["execution_id"],
        silent.id.to_string()
    );
    let view = View::find(world.db(), ads.id, "all").await.unwrap();
    assert_eq!(versions[&view.id], view.version);
}

#[tokio::test]
async fn pending_executions_are_found_by_their_index() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let silent = world.execution(
        &workflow,
        "2026-11-01",
        "2026-11-01",
        "date,clicks\n2026-11-01,1\n",
    );
    engine::finish(world.db(), &[&silent]).await.unwrap();
    let manager = deadpool_postgres::Manager::new(world.db().url().parse().unwrap(), tokio_postgres::NoTls);
    let pool = deadpool_postgres::Pool::builder(manager)
        .max_size(1)
        .build()
        .unwrap();
    let session = pool.get().await.unwrap();
    // On a table this small the planner would rather read all of it.
    session.batch_execute("set enable_seqscan = off").await.unwrap();
    let found = pending::all(&session, &Upstream::default(), &[]).await.unwrap();
    assert_eq!(found.len(), 1);
    session
        .batch_execute("select pg_stat_force_next_flush()")
        .await
        .unwrap();
    let scans =
        "select idx_scan from pg_stat_user_indexes where indexrelname = 'idx_executions_dashboard_pending'";
    let scans: i64 = session.query_one(scans, &[]).await.unwrap().get(0);
    assert_eq!(scans, 1);
}

/// An execution of one day.
fn day(world: &World, workflow: &Workflow, day: u32) -> Finished {
    let date = chrono::NaiveDate::from_yo_opt(2026, day).unwrap().to_string();
    world.execution(workflow, &date, &date, &format!("date,clicks\n{date},10\n"))
}

#[tokio::test]
async fn a_replay_of_pending_executions_that_was_cut_short_looks_anew_for_what_is_pending() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let first: Vec<Finished> = (1..=30).map(|number| day(&world, &workflow, number)).collect();
    world.announce(&first.iter().collect::<Vec<_>>()).await;
    let running = world.spawn(&["replay", "--pending", "--rate", "10"]);
    let moved = "select next_offset > start_offset from dashloom.consumer_positions";
    world
        .db()
        .until("the replay to move on", async |db| {
            let row = db.query_opt(moved, &[]).await.unwrap();
            row.is_some_and(|row| row.get(0))
        })
        .await;
    running.kill();
    // Behind the end that the first one was begun with.
    world.announce(&[&day(&world, &workflow, 31)]).await;

    let report = world.run(&["replay", "--pending", "--json"]).await.report();
    assert_eq!(
        (report["still_pending"].as_u64(), report["missing"].as_u64()),
        (Some(0), Some(0)),
        "{report}"
    );
    assert_eq!(report["resumed"].as_bool(), Some(false), "{report}");
    let view = View::find(world.db(), workflow.id, "all").await.unwrap();
    assert_eq!(view.metric("clicks").as_deref(), Some("310"));
}

#[tokio::test]
async fn a_dry_run_over_pending_executions_writes_nothing_and_names_what_is_missing() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let dry_run = ["replay", "--pending", "--dry-run"];
    let nothing = world.run(&dry_run).await;
    assert_eq!(nothing.figure("dry_run"), "true", "{nothing:?}");
    assert!(nothing.stdout.contains("No execution"), "{nothing:?}");

    let (taken_in, waiting, silent) = (
        day(&world, &workflow, 1),
        day(&world, &workflow, 2),
        day(&world, &workflow, 3),
    );
    world.announce(&[&taken_in]).await;
    assert_eq!(world.run(&["replay", "--from", "earliest"]).await.code, Some(0));
    // Its row could not be written when its result was taken in.
    let unwritten = "update workflow_executions set dashboard_processed = false";
    world.db().execute(unwritten, &[]).await.unwrap();
    world.announce(&[&waiting]).await;
    engine::finish(world.db(), &[&silent]).await.unwrap();
    let before = world.rows().await;

    let shown = world.run(&dry_run).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert_eq!(world.rows().await, before);
    let figures = ["applied", "views", "missing"].map(|key| shown.figure(key));
    assert_eq!(figures, ["1", "1", "1"], "{shown:?}");
    assert!(shown.stdout.contains("10 → 20"), "before and after: {shown:?}");
    assert!(shown.stdout.contains(&silent.id.to_string()), "{shown:?}");
    assert!(!shown.stdout.contains(&taken_in.id.to_string()), "{shown:?}");
}
