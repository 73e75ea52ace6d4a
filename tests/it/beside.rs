//! Commands beside a service under load, and while others hold what they want.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use uuid::Uuid;

use crate::harness::{Load, PATIENCE, Watch, World};

/// Views enough that drawing all of them takes longer than live records may wait.
const DAILY: Option<&str> = Some(r#"{"version":1,"period":"day"}"#);
/// The rule for a partition beside a repair.
const STANDS_STILL_AT_MOST: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn replays_and_dry_runs_do_not_stop_the_records_that_come() {
    let world = World::with_partitions(2).await;
    let workflow = world.workflow("ads", DAILY).await;
    let mut service = world.serve();
    service.ready(PATIENCE).unwrap();
    let load = Load::on(&world, &workflow);
    world.moved_past(100).await;
    // As an older release would have drawn them, and half of the results lost: much for each of the commands to do.
    world
        .db()
        .batch_execute(
            "update dashboard_views set content_sha256 = '\\x00'; \
             delete from dashloom.partials where execution_id in \
                 (select execution_id from dashloom.partials order by execution_id limit 50)",
        )
        .await
        .unwrap();
    let watch = Watch::on(&world);
    let id = workflow.id.to_string();
    for command in [
        &["rebuild", "--workflow", &id, "--dry-run"][..],
        &["replay", "--from", "earliest", "--dry-run"],
        &["replay", "--from", "earliest"],
        &["rebuild", "--workflow", &id],
    ] {
        let ran = world.run(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let stood_still = watch.stop();
    load.stop();
    eprintln!("beside: stood_still_ms={}", stood_still.as_millis());
    assert!(
        stood_still <= STANDS_STILL_AT_MOST,
        "a partition stood still for {stood_still:?}"
    );
}

#[tokio::test]
async fn a_second_interrupt_ends_a_command_at_once_whatever_it_waits_for() {
    let world = World::new().await;
    let workflow = world.workflow("ads", DAILY).await;
    let finished = world.execution(
        &workflow,
        "2026-11-01",
        "2026-11-01",
        "date,clicks\n2026-11-01,7\n",
    );
    world.announce(&[&finished]).await;
    let other = crate::stage::engine::connect(world.db().url()).await.unwrap();
    other
        .batch_execute("begin; select from report_configurations for update")
        .await
        .unwrap();
    let running = world.spawn(&["replay", "--from", "earliest"]);
    world.db().until_a_lock_is_waited_for().await;
    let code = tokio::task::spawn_blocking(|| running.interrupt()).await.unwrap();
    assert_eq!(code, Some(130));
}

/// Looks at the workflow's views as a reader does, again and again until told; gives how often.
async fn look_until(url: String, workflow: Uuid, over: Arc<AtomicBool>) -> (u64, Vec<(i64, bool)>) {
    let reader = crate::stage::engine::connect(&url).await.unwrap();
    let query = "select count(*), bool_and(processed_data <> '{}' and metrics_summary <> '{}') \
                 from dashboard_views where workflow_id = $1";
    let (mut looks, mut seen) = (0, Vec::new());
    while !over.load(Ordering::Relaxed) {
        let row = reader.query_one(query, &[&workflow]).await.unwrap();
        let sight = (row.get(0), row.get(1));
        if seen.last() != Some(&sight) {
            seen.push(sight);
        }
        looks += 1;
    }
    (looks, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_meets_no_moment_of_emptiness_while_views_are_rebuilt() {
    let world = World::new().await;
    let workflow = world.workflow("ads", DAILY).await;
    let csv: String = (1..=28).map(|day| format!("2026-02-{day:02},7\n")).collect();
    let month = world.execution(
        &workflow,
        "2026-02-01",
        "2026-02-28",
        &format!("date,clicks\n{csv}"),
    );
    world.announce(&[&month]).await;
    assert_eq!(world.run(&["replay", "--from", "earliest"]).await.code, Some(0));
    let over = Arc::new(AtomicBool::new(false));
    let looking = tokio::spawn(look_until(world.db().url().to_owned(), workflow.id, over.clone()));
    for _ in 0..3 {
        let older = "update dashboard_views set content_sha256 = '\\x00'";
        world.db().execute(older, &[]).await.unwrap();
        let rebuilt = world.run(&["rebuild", "--all"]).await;
        assert_eq!(rebuilt.figure("views"), "28", "{rebuilt:?}");
    }
    over.store(true, Ordering::Relaxed);
    let (looks, seen) = looking.await.unwrap();
    assert!(looks > 3, "{looks}");
    assert_eq!(seen, [(28, true)], "all of them, whole, at each of {looks} looks");
}
