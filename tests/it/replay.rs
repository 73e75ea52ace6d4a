//! Replays: a stretch of the topic once more, which changes what it should and nothing else.

use std::time::Duration;

use dashloom::event::wire::{DashboardUpdated, Reason};
use prost::Message;
use uuid::Uuid;

use crate::harness::{Database, Finished, OWNER, View, Workflow, World, servers};
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

/// What a reader sees of every view, and under which id.
async fn bytes(world: &World, workflows: &[Workflow]) -> Vec<Bytes> {
    bytes_in(world.db(), workflows).await
}

/// A view's id, period, hash and contents.
type Bytes = (Uuid, String, Vec<u8>, [String; 3]);

async fn bytes_in(database: &Database, workflows: &[Workflow]) -> Vec<Bytes> {
    let mut all = Vec::new();
    for workflow in workflows {
        let views = View::all(database, workflow.id).await;
        all.extend(
            views
                .into_iter()
                .map(|view| (view.id, view.period_key, view.content_sha256, view.json_text)),
        );
    }
    all
}

/// Takes everything away that was made of the results; configurations and the log stay.
pub async fn empty(world: &World) {
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
    // Parked records are tried again and again, which moves their rows; a try that was under way sets its own next time.
    let is_put_off = "select next_attempt_at > now() + interval '30 minutes' from dashloom.parked";
    loop {
        let put_off = "update dashloom.parked set next_attempt_at = now() + interval '1 hour'";
        world.db().execute(put_off, &[]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        if world.db().query_one(is_put_off, &[]).await.unwrap().get(0) {
            break;
        }
    }
    let before = world.rows().await;

    let ran = world.run(&["replay", "--from", "earliest", "--json"]).await;
    let report = ran.report();
    assert_eq!(world.rows().await, before);
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
    assert_eq!(world.rows().await, before);
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
    let before = world.rows().await;

    let shown = world.run(&arguments).await;
    let reported = world.run(&[&arguments[..], &["--json"]].concat()).await.report();
    assert_eq!(world.rows().await, before);
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

/// The engine's rows of a database as JSON, written into another as nothing was reported yet.
async fn copy_engine(from: &World, to: &Database) {
    // Those that others point at come first, and their pointers back are set once all are there.
    for (table, fix) in [
        ("users", "'{}'::jsonb"),
        ("workflows", r#"'{"report_config_id": null}'::jsonb"#),
        ("report_configurations", "'{}'::jsonb"),
        (
            "workflow_executions",
            r#"'{"dashboard_processed": false, "dashboard_processing_error": null}'::jsonb"#,
        ),
    ] {
        let rows = format!("select coalesce(jsonb_agg(to_jsonb(t) || {fix}), '[]')::text from {table} t");
        let rows: String = from.db().query_one(&rows, &[]).await.unwrap().get(0);
        let put = format!(
            "insert into {table} select * from jsonb_populate_recordset(null::{table}, $1::text::jsonb) \
             on conflict do nothing"
        );
        to.execute(&put, &[&rows]).await.unwrap();
    }
}

#[tokio::test]
async fn another_database_that_knows_nothing_gets_the_same_bytes_and_ids() {
    let (world, workflows) = consumed_year().await;
    let expected = bytes(&world, &workflows).await;
    let second = Database::migrated().await;
    copy_engine(&world, &second).await;
    let ran = world
        .run_with(
            &["replay", "--from", "earliest"],
            &[("DATABASE_URL", second.url())],
        )
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(bytes_in(&second, &workflows).await, expected);
    let unflagged = "select count(*) from workflow_executions where not dashboard_processed";
    let unflagged: i64 = second.query_one(unflagged, &[]).await.unwrap().get(0);
    assert_eq!(unflagged, 0);
}

#[tokio::test]
async fn a_replay_that_another_process_goes_on_with_ends_and_says_so() {
    let (world, _) = consumed_year().await;
    let arguments = ["replay", "--from", "earliest", "--id", "shared"];
    let slowly = [&arguments[..], &["--rate", "20"]].concat();
    let second = async {
        world
            .db()
            .until("the first to move on", async |_| progress(&world).await.0 > 0)
            .await;
        world.run(&arguments).await
    };
    let (first, second) = tokio::join!(world.run(&slowly), second);
    assert_eq!(second.code, Some(0), "{second:?}");
    assert_eq!(second.figure("records"), world.log_end().to_string());
    assert_eq!(first.code, Some(1), "{first:?}");
    assert!(
        first
            .stderr
            .contains("another process has taken over replay `shared`"),
        "{first:?}"
    );
}

#[tokio::test]
async fn replays_that_ended_long_ago_are_forgotten() {
    let world = World::new().await;
    world
        .db()
        .batch_execute(
            "insert into dashloom.replays (consumer_group, topic, asked, partitions, ends, finished_at) \
             select id, 't', '', '{0}', '{1}', at from (values ('old', now() - interval '8 days'), \
                 ('young', now() - interval '1 day'), ('unfinished', null)) v (id, at); \
             insert into dashloom.consumer_positions (consumer_group, topic, partition, start_offset, next_offset) \
             select consumer_group, topic, 0, 0, 1 from dashloom.replays",
        )
        .await
        .unwrap();
    let _service = world.serve();
    let kept = "select string_agg(consumer_group, ' ' order by consumer_group) from dashloom.replays \
                join dashloom.consumer_positions using (consumer_group)";
    let left = "select count(*) from dashloom.consumer_positions where consumer_group in ('old', 'young', 'unfinished')";
    world
        .db()
        .until("the old one to go", async |_| count(&world, left).await == 2)
        .await;
    let kept: String = world.db().query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, "unfinished young");
}

#[tokio::test]
async fn a_replay_that_retention_overtook_goes_on_with_what_is_left_and_says_so() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let days: Vec<Finished> = (1..=60u32)
        .map(|day| {
            let date = chrono::NaiveDate::from_yo_opt(2025, day).unwrap().to_string();
            world.execution(&workflow, &date, &date, &format!("date,clicks\n{date},7\n"))
        })
        .collect();
    world.announce(&days.iter().collect::<Vec<_>>()).await;
    let arguments = ["replay", "--from", "earliest", "--id", "overtaken"];
    let running = world.spawn(&[&arguments[..], &["--rate", "10"]].concat());
    world
        .db()
        .until("the replay to move on", async |_| progress(&world).await.0 > 0)
        .await;
    running.kill();
    let (reached, _) = progress(&world).await;
    assert!(reached < 50, "{reached}");
    servers()
        .broker
        .delete_records(&world.topics()[0], 0, 55)
        .await
        .unwrap();

    let rest = world.run(&[&arguments[..], &["--json"]].concat()).await.report();
    assert_eq!(rest["gap"].as_u64(), Some(55 - reached), "{rest}");
    assert_eq!(rest["records"].as_u64(), Some(reached + 5), "{rest}");
    let note = rest["notes"][0].as_str().unwrap();
    assert!(note.contains("retention took"), "{rest}");
    assert!(progress(&world).await.1, "it has come to its end");
}
