//! Replays: a stretch of the topic once more, which changes what it should and nothing else.

use std::collections::BTreeMap;

use dashloom::event::wire::{DashboardUpdated, Reason};
use dashloom::store::{Upstream, pending};
use prost::Message;
use uuid::Uuid;

use crate::harness::{Finished, OWNER, View, Workflow, World};
use crate::stage::engine;
use crate::{flights, script};

const ALL: Option<&str> = Some(r#"{"period":"all"}"#);

/// A year of flights in a world of four partitions, announced but not consumed.
async fn year() -> (World, Vec<Workflow>) {
    let world = World::with_partitions(4).await;
    let told = script::write(Uuid::from_u128(1), &flights::read().unwrap());
    engine::make_workflows(world.db(), OWNER, &told.workflows)
        .await
        .unwrap();
    let executions: Vec<&Finished> = told.executions.iter().collect();
    world.announce(&executions).await;
    (world, told.workflows)
}

/// A year of flights that the service has consumed, and has ended since.
async fn consumed_year() -> (World, Vec<Workflow>) {
    let (world, workflows) = year().await;
    let service = world.serve();
    world.settled().await;
    assert_eq!(service.stop(), Some(0));
    (world, workflows)
}

/// Every row that a replay could write, with the transaction that wrote it.
async fn rows(world: &World) -> Vec<String> {
    let query = "select 'view ' || v.xmin || v::text from dashboard_views v \
                 union all select 'partial ' || p.xmin || p::text from dashloom.partials p \
                 union all select 'parked ' || p.xmin || p::text from dashloom.parked p \
                 union all select 'outbox ' || o.xmin || o.seq::text from dashloom.outbox o \
                 union all select 'flag ' || e.xmin || e::text from workflow_executions e \
                 union all select 'live ' || c.xmin || c::text from dashloom.consumer_positions c \
                     where c.consumer_group not like '%/replay/%' \
                 order by 1";
    let rows = world.db().query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// What a reader sees of every view, and under which id.
async fn bytes(world: &World, workflows: &[Workflow]) -> Vec<(Uuid, String, Vec<u8>, [String; 3])> {
    let mut all = Vec::new();
    for workflow in workflows {
        let views = View::all(world.db(), workflow.id).await;
        all.extend(
            views
                .into_iter()
                .map(|view| (view.id, view.period_key, view.content_sha256, view.json_text)),
        );
    }
    all
}

/// Takes everything away that was made of the results; configurations and the log stay.
async fn empty(world: &World) {
    world
        .db()
        .batch_execute(
            "delete from dashboard_views; delete from dashloom.partials; delete from dashloom.workflow_state; \
             update workflow_executions set dashboard_processed = false",
        )
        .await
        .unwrap();
}

async fn count(world: &World, query: &str) -> i64 {
    world.db().query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn history_that_is_known_writes_no_byte_and_announces_nothing() {
    let (world, _) = year().await;
    world.produce(b"poison", b"\x00not an event");
    let stranger = Workflow {
        id: Uuid::new_v4(),
        name: "unknown".to_owned(),
        configuration: None,
    };
    let unknown = world.execution(
        &stranger,
        "2013-01-01",
        "2013-01-01",
        "date,clicks\n2013-01-01,1\n",
    );
    world.produce(stranger.id.to_string().as_bytes(), &unknown.encode());
    let _service = world.serve();
    world.settled().await;
    // Parked records are tried again and again, which moves their rows.
    world
        .db()
        .execute(
            "update dashloom.parked set next_attempt_at = now() + interval '1 hour'",
            &[],
        )
        .await
        .unwrap();
    let before = rows(&world).await;

    let ran = world.run(&["replay", "--from", "earliest", "--json"]).await;
    let report = ran.report();
    assert_eq!(rows(&world).await, before);
    let figure = |key: &str| report[key].as_i64().unwrap();
    assert_eq!(figure("records"), world.log_end(), "{report}");
    assert_eq!(
        figure("duplicate") + figure("superseded"),
        world.log_end() - 2,
        "{report}"
    );
    assert_eq!((figure("unknown"), figure("rejected")), (1, 1), "{report}");
    assert_eq!((figure("applied"), figure("views")), (0, 0), "{report}");
    assert_eq!(ran.figure("views"), "0", "with --json the figures are on stderr");

    let again = world.run(&["replay", "--from", "earliest"]).await;
    assert_eq!(
        again.figure("records"),
        world.log_end().to_string(),
        "a finished replay starts over"
    );
    assert_eq!(rows(&world).await, before);
}

#[tokio::test]
async fn an_emptied_database_gets_the_same_bytes_and_ids_back() {
    let (world, workflows) = consumed_year().await;
    let expected = bytes(&world, &workflows).await;
    let announced = world.events().at_least(1).await.unwrap().len();
    empty(&world).await;

    let ran = world
        .run(&["replay", "--from", "2000-01-01", "--to", "latest"])
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(bytes(&world, &workflows).await, expected);
    let unflagged = "select count(*) from workflow_executions where not dashboard_processed";
    assert_eq!(count(&world, unflagged).await, 0);

    let views: usize = ran.figure("views").parse().unwrap();
    assert!(views >= expected.len(), "{ran:?}");
    let _service = world.serve();
    let mut events = world.events();
    let replayed = events
        .until("the replay's events", |records| {
            records
                .iter()
                .filter(|record| record.header("replay").is_some())
                .count()
                >= views
        })
        .await
        .unwrap();
    assert!(replayed.len() > announced);
    for record in replayed.iter().filter(|record| record.header("replay").is_some()) {
        let event = DashboardUpdated::decode(record.payload.as_deref().unwrap()).unwrap();
        assert_eq!(event.reason, i32::from(Reason::Replay));
    }
}

#[tokio::test]
async fn a_dry_run_shows_the_difference_and_leaves_nothing_behind() {
    let (world, workflows) = consumed_year().await;
    let arguments = ["replay", "--from", "earliest", "--dry-run"];
    let unchanged = world.run(&arguments).await;
    assert!(
        unchanged.stdout.contains("No view would change."),
        "{unchanged:?}"
    );
    empty(&world).await;
    let before = rows(&world).await;

    let shown = world.run(&arguments).await;
    let reported = world.run(&[&arguments[..], &["--json"]].concat()).await.report();
    assert_eq!(rows(&world).await, before);
    let left = "select (select count(*) from dashloom.replays) + (select count(*) from dashloom.consumer_positions \
                where consumer_group like '%/replay/%')";
    assert_eq!(count(&world, left).await, 0);

    assert_eq!(world.run(&["replay", "--from", "earliest"]).await.code, Some(0));
    let made = bytes(&world, &workflows).await;
    assert_eq!(shown.figure("views"), made.len().to_string(), "{shown:?}");
    let view = View::find(world.db(), workflows[0].id, "all").await;
    let view = match view {
        Some(view) => view,
        None => View::all(world.db(), workflows[0].id).await.remove(0),
    };
    let changes = reported["changes"].as_array().unwrap();
    let change = changes
        .iter()
        .find(|change| change["dashboard_view_id"] == view.id.to_string())
        .unwrap();
    assert_eq!(change["view_version"], 1);
    for metric in change["metrics"].as_array().unwrap() {
        assert!(metric["before"].is_null(), "{metric}");
        assert_eq!(
            metric["after"].as_str().map(str::to_owned),
            view.metric(metric["id"].as_str().unwrap())
        );
    }
    assert!(shown.stdout.contains(&view.id.to_string()), "{shown:?}");
}

/// A small generator of the test's own (xorshift), so that a failure names the seed that reproduces it.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

/// How far the world's only replay has come, and whether it has ended.
async fn progress(world: &World) -> (u64, bool) {
    let query = "select coalesce(sum(p.next_offset), 0)::bigint, coalesce(bool_or(r.finished_at is not null), false) \
                 from dashloom.replays r join dashloom.consumer_positions p using (consumer_group)";
    let row = world.db().query_one(query, &[]).await.unwrap();
    (row.get::<_, i64>(0).unsigned_abs(), row.get(1))
}

async fn forget_replays(world: &World) {
    let forget = "delete from dashloom.consumer_positions where consumer_group in (select consumer_group from dashloom.replays); \
                  delete from dashloom.replays";
    world.db().batch_execute(forget).await.unwrap();
}

/// `DASHLOOM_KILLS` raises how often the replay is killed, `DASHLOOM_SEED` chooses the moments.
#[tokio::test]
async fn a_replay_that_is_killed_again_and_again_ends_where_it_should() {
    let (kills, seed) = (setting("DASHLOOM_KILLS", 4), setting("DASHLOOM_SEED", 20_130_101));
    let (world, workflows) = consumed_year().await;
    let expected = bytes(&world, &workflows).await;
    empty(&world).await;
    let mut dice = Dice(seed | 1);
    let end = world.log_end().unsigned_abs();
    // Slow enough to be hit in the middle, however fast the machine is.
    let arguments = [
        "replay", "--from", "earliest", "--id", "kills", "--rate", "60", "--lanes", "2",
    ];
    let mut killed = 0;
    while killed < kills {
        let (from, _) = progress(&world).await;
        let step = dice.roll((end / (kills + 1)).max(1));
        let running = world.spawn(&arguments);
        world
            .db()
            .until("the replay to move on", async |_| {
                let (reached, is_finished) = progress(&world).await;
                reached > from + step || is_finished
            })
            .await;
        if progress(&world).await.1 {
            running.wait();
            empty(&world).await;
            forget_replays(&world).await;
        } else {
            running.kill();
            killed += 1;
        }
    }
    let last = world
        .run(&["replay", "--from", "earliest", "--id", "kills", "--json"])
        .await
        .report();
    assert_eq!(last["records"].as_u64(), Some(end), "seed {seed}: {last}");
    assert_eq!(bytes(&world, &workflows).await, expected, "seed {seed}");
    let other = world
        .run(&["replay", "--from", "2013-01-01", "--id", "kills"])
        .await;
    assert_eq!(
        other.code,
        Some(0),
        "a finished replay's name is free again: {other:?}"
    );
}

#[tokio::test]
async fn an_unfinished_replay_is_resumed_by_the_same_command_only() {
    let (world, workflows) = consumed_year().await;
    let arguments = ["replay", "--from", "earliest", "--id", "slow"];
    let running = world.spawn(&[&arguments[..], &["--rate", "20"]].concat());
    let moved = "select count(*) from dashloom.consumer_positions \
                 where consumer_group like '%/replay/slow' and next_offset > start_offset";
    world
        .db()
        .until("the replay to begin", async |_| count(&world, moved).await > 0)
        .await;
    running.kill();

    let other = world.run(&["replay", "--from", "120", "--id", "slow"]).await;
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("use another --id"), "{other:?}");

    // Records that come after it was begun are not its.
    let end = world.log_end();
    let workflow = &workflows[0];
    let late = world.execution(
        workflow,
        "2014-01-01",
        "2014-01-01",
        "date,clicks\n2014-01-01,1\n",
    );
    world.announce(&[&late]).await;
    let resumed = world.run(&[&arguments[..], &["--json"]].concat()).await.report();
    assert_eq!(
        (resumed["resumed"].as_bool(), resumed["records"].as_i64()),
        (Some(true), Some(end)),
        "{resumed}"
    );
}

#[tokio::test]
async fn a_stretch_and_a_workflow_narrow_a_replay() {
    let world = World::new().await;
    let (ads, sales) = (
        world.workflow("ads", ALL).await,
        world.workflow("sales", ALL).await,
    );
    let clicks = |workflow: &Workflow, day: u32| {
        let date = format!("2026-11-{day:02}");
        world.execution(workflow, &date, &date, &format!("date,clicks\n{date},{day}\n"))
    };
    let executions = [
        clicks(&ads, 1),
        clicks(&sales, 1),
        clicks(&ads, 2),
        clicks(&sales, 2),
        clicks(&ads, 3),
    ];
    world.announce(&executions.iter().collect::<Vec<_>>()).await;

    let narrow = world
        .run(&[
            "replay",
            "--from",
            "1",
            "--to",
            "4",
            "--workflow",
            &ads.id.to_string(),
        ])
        .await;
    assert_eq!(
        (narrow.figure("applied"), narrow.figure("skipped")),
        ("1".into(), "2".into()),
        "{narrow:?}"
    );
    let view = View::find(world.db(), ads.id, "all").await.unwrap();
    assert_eq!(view.execution_ids, [executions[2].id]);
    assert!(View::find(world.db(), sales.id, "all").await.is_none());

    let later = world.run(&["replay", "--from", "2100-01-01"]).await;
    assert_eq!(later.figure("records"), "0", "nothing is as late as that");
    let nowhere = world.run(&["replay", "--from", "0", "--partition", "7"]).await;
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.stderr.contains("no partition 7"), "{nowhere:?}");
    assert_eq!(world.run(&["replay", "--from", "yesterday"]).await.code, Some(2));
    assert_eq!(world.run(&["replay"]).await.code, Some(2));
}

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
    let found = pending::all(&session, &Upstream::default(), None).await.unwrap();
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
