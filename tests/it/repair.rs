//! What an operator sets right by hand: dead letters, withdrawn results, rebuilt views, moved positions.

use dashloom::event::wire::{DashboardUpdated, Reason};
use prost::Message;
use uuid::Uuid;

use crate::harness::{Cut, Finished, Outgoing, Proxy, Record, View, Workflow, World};

const ALL: Option<&str> = Some(r#"{"period":"all"}"#);
const ATTEMPT: &str = "dashloom-redrive-attempt";

/// An execution of one day with so many clicks.
fn clicks(world: &World, workflow: &Workflow, day: u32, clicks: u32) -> Finished {
    let date = format!("2026-11-{day:02}");
    world.execution(workflow, &date, &date, &format!("date,clicks\n{date},{clicks}\n"))
}

async fn number(world: &World, query: &str) -> i64 {
    world.db().query_one(query, &[]).await.unwrap().get(0)
}

/// The reason of the newest event of a view.
async fn newest_reason(world: &World, view: &View) -> i32 {
    let mut events = world.events();
    let is_it = |record: &Record| {
        let event = DashboardUpdated::decode(record.payload.as_deref().unwrap()).unwrap();
        let is_it = event.dashboard_view_id == view.id.to_string()
            && event.view_version == view.version.unsigned_abs();
        is_it.then_some(event.reason)
    };
    let records = events
        .until("the event of the view's version", |records| {
            records.iter().any(|record| is_it(record).is_some())
        })
        .await
        .unwrap();
    records.iter().find_map(is_it).unwrap()
}

#[tokio::test]
async fn a_dead_letter_goes_back_with_its_bytes_and_ids() {
    let world = World::with_partitions(2).await;
    let headers: [(&str, &[u8]); 3] = [("ce_id", b"first"), ("x", b"\xff\x00"), ("ce_id", b"again")];
    world.produce_with(b"some key", b"\x00\x01not an event", &headers);
    let service = world.serve();
    world.dead_letters().at_least(1).await.unwrap();
    assert_eq!(service.stop(), Some(0));

    let listed = world.run(&["dlq", "list", "--json"]).await.report();
    assert_eq!(listed["letters"], 1, "{listed}");
    let letter = &listed["shown"][0];
    assert_eq!(
        (letter["reason"].as_str(), letter["attempts"].as_u64()),
        (Some("undecodable"), Some(0))
    );
    let place = letter["place"].as_str().unwrap();
    let out = tempfile::NamedTempFile::new().unwrap();
    let shown = world
        .run(&["dlq", "show", place, "--out", out.path().to_str().unwrap()])
        .await;
    assert!(shown.stdout.contains("header x: 0xff00"), "{shown:?}");
    assert!(shown.stdout.contains("cannot be read"), "{shown:?}");
    assert_eq!(std::fs::read(out.path()).unwrap(), b"\x00\x01not an event");

    let rehearsed = world.run(&["dlq", "redrive", "--all", "--dry-run"]).await;
    assert_eq!(rehearsed.figure("sent"), "1", "{rehearsed:?}");
    assert_eq!(world.log_end(), 1, "a dry run sends nothing");
    for wrong in [
        &["--reason", "oversized"],
        &["--to", "2001-01-01"],
        &["--workflow", &Uuid::nil().to_string()],
    ] {
        let none = world.run(&[&["dlq", "redrive"], &wrong[..]].concat()).await;
        assert_eq!(none.figure("sent"), "0", "{none:?}");
    }
    let nowhere = world.run(&["dlq", "redrive", "--at", "0/999"]).await;
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert_eq!(
        world.run(&["dlq", "redrive"]).await.code,
        Some(2),
        "which letters has to be said"
    );

    let sent = world
        .run(&["dlq", "redrive", "--reason", "undecodable", "--at", place])
        .await;
    assert_eq!(
        (sent.code, sent.figure("sent")),
        (Some(0), "1".to_owned()),
        "{sent:?}"
    );
    let mut inputs = world.inputs();
    let records = inputs.at_least(2).await.unwrap();
    let (second, first): (Vec<&Record>, Vec<&Record>) = records
        .iter()
        .partition(|record| record.header(ATTEMPT).is_some());
    let (first, second) = (first[0], second[0]);
    assert_eq!((&first.key, &first.payload), (&second.key, &second.payload));
    let (attempt, own) = second.headers.split_last().unwrap();
    assert_eq!(own, first.headers);
    assert_eq!(
        (attempt.0.as_str(), attempt.1.as_deref()),
        (ATTEMPT, Some(&b"1"[..]))
    );

    // What is wrong still comes back, and the next letter counts on.
    let _service = world.serve();
    world.dead_letters().at_least(2).await.unwrap();
    let listed = world.run(&["dlq", "list", "--json"]).await.report();
    let attempts: Vec<u64> = listed["shown"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["attempts"].as_u64())
        .collect();
    assert_eq!((attempts.len(), attempts.iter().max()), (2, Some(&1)), "{listed}");
    let spent = world
        .run(&["dlq", "redrive", "--all", "--max-attempts", "1"])
        .await;
    assert_eq!(
        (spent.figure("sent"), spent.figure("exhausted")),
        ("1".into(), "1".into()),
        "{spent:?}"
    );
}

#[tokio::test]
async fn what_was_dead_for_want_of_its_workflow_is_applied_once_that_is_there() {
    let world = World::new().await;
    let late = Workflow {
        id: Uuid::new_v4(),
        name: "late".to_owned(),
        configuration: ALL.map(str::to_owned),
    };
    let finished = clicks(&world, &late, 1, 7);
    world.produce(late.id.to_string().as_bytes(), &finished.encode());
    let _service = world.serve_with(&[("DASHLOOM_CONSUMER__UNKNOWN_WORKFLOW_GRACE", "1s")]);
    world.dead_letters().at_least(1).await.unwrap();
    crate::stage::engine::make_workflows(world.db(), crate::harness::OWNER, std::slice::from_ref(&late))
        .await
        .unwrap();
    let ran = world
        .run(&[
            "dlq",
            "redrive",
            "--workflow",
            &late.id.to_string(),
            "--rate",
            "5",
            "--json",
        ])
        .await;
    assert_eq!(ran.report()["by_reason"]["unknown_workflow"], 1);
    let view = world.view(&late, "all").await;
    assert_eq!(view.metric("clicks").as_deref(), Some("7"));
}

#[tokio::test]
async fn a_withdrawn_result_is_out_and_back_again_byte_for_byte() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let executions = [clicks(&world, &workflow, 1, 10), clicks(&world, &workflow, 2, 20)];
    let _service = world.serve();
    world.announce(&executions.iter().collect::<Vec<_>>()).await;
    world.settled().await;
    let before = View::find(world.db(), workflow.id, "all").await.unwrap();
    let id = executions[1].id.to_string();

    let rehearsed = world.run(&["withdraw", "--execution", &id, "--dry-run"]).await;
    assert!(rehearsed.stdout.contains("30 → 10"), "{rehearsed:?}");
    assert_eq!(View::find(world.db(), workflow.id, "all").await.unwrap(), before);
    assert_eq!(
        number(&world, "select count(*) from dashloom.withdrawals").await,
        0
    );

    let out = world.run(&["withdraw", "--execution", &id]).await;
    assert_eq!(
        (out.figure("result"), out.figure("views")),
        ("withdrawn".into(), "1".into()),
        "{out:?}"
    );
    let without = View::find(world.db(), workflow.id, "all").await.unwrap();
    assert_eq!(
        (without.metric("clicks").as_deref(), without.version),
        (Some("10"), before.version + 1)
    );
    assert_eq!(
        newest_reason(&world, &without).await,
        i32::from(Reason::Correction)
    );
    let again = world.run(&["withdraw", "--execution", &id]).await;
    assert_eq!(
        (again.code, again.figure("result")),
        (Some(0), "unchanged".to_owned()),
        "{again:?}"
    );
    // A replay brings nothing back.
    assert_eq!(
        world.run(&["replay", "--from", "earliest"]).await.figure("views"),
        "0"
    );

    let back = world
        .run(&["withdraw", "--execution", &id, "--undo", "--json"])
        .await
        .report();
    assert_eq!(
        (back["result"].as_str(), back["views"].as_u64()),
        (Some("restored"), Some(1))
    );
    let restored = View::find(world.db(), workflow.id, "all").await.unwrap();
    assert_eq!(
        (restored.content_sha256, restored.json_text),
        (before.content_sha256, before.json_text)
    );

    let nobody = world
        .run(&["withdraw", "--execution", &Uuid::nil().to_string()])
        .await;
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.stderr.contains("nothing to withdraw"), "{nobody:?}");
}

#[tokio::test]
async fn a_rebuild_writes_into_the_same_rows_what_differs_and_nothing_else() {
    let world = World::new().await;
    let monthly = Some(r#"{"period":"month"}"#);
    let (ads, sales) = (
        world.workflow("ads", monthly).await,
        world.workflow("sales", monthly).await,
    );
    let service = world.serve();
    let days = [clicks(&world, &ads, 1, 10), clicks(&world, &sales, 1, 20)];
    let december = world.execution(&ads, "2026-12-01", "2026-12-01", "date,clicks\n2026-12-01,3\n");
    world.announce(&[&days[0], &days[1], &december]).await;
    world.settled().await;
    let before = View::all(world.db(), ads.id).await;
    let calm = world.run(&["rebuild", "--all"]).await;
    assert_eq!(
        (calm.figure("workflows"), calm.figure("views")),
        ("2".into(), "0".into()),
        "{calm:?}"
    );

    // As if an older version had drawn them.
    let older = "update dashboard_views set metrics_summary = '{}', content_sha256 = '\\x00', engine_version = '0.0.1' \
                 where workflow_id = $1";
    world.db().execute(older, &[&ads.id]).await.unwrap();
    let rehearsed = world
        .run(&["rebuild", "--workflow", &ads.id.to_string(), "--dry-run"])
        .await;
    assert_eq!(rehearsed.figure("views"), "2", "{rehearsed:?}");
    let stale = "select count(*) from dashboard_views where engine_version = '0.0.1'";
    assert_eq!(number(&world, stale).await, 2);

    let one = world.run(&["rebuild", "--view", &before[0].id.to_string()]).await;
    assert_eq!(one.figure("views"), "1", "{one:?}");
    assert_eq!(number(&world, stale).await, 1);
    let rest = world.run(&["rebuild", "--all", "--json"]).await.report();
    assert_eq!(
        (rest["workflows"].as_u64(), rest["views"].as_u64()),
        (Some(2), Some(1)),
        "{rest}"
    );
    let after = View::all(world.db(), ads.id).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.id, before.version + 1), (after.id, after.version));
        assert_eq!(
            (&before.content_sha256, &before.json_text),
            (&after.content_sha256, &after.json_text)
        );
        assert_eq!(newest_reason(&world, after).await, i32::from(Reason::Correction));
    }
    assert_eq!(service.stop(), Some(0));

    let off = "update workflows set report_enabled = false where id = $1";
    world.db().execute(off, &[&sales.id]).await.unwrap();
    let refused = world.run(&["rebuild", "--workflow", &sales.id.to_string()]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("is not reported"), "{refused:?}");
    let unknown = world.run(&["rebuild", "--view", &Uuid::nil().to_string()]).await;
    assert!(unknown.stderr.contains("there is no view"), "{unknown:?}");
    let archive = "update dashboard_views set archived_at = now() where workflow_id = $1";
    world.db().execute(archive, &[&ads.id]).await.unwrap();
    let archived = world.run(&["rebuild", "--view", &before[0].id.to_string()]).await;
    assert_eq!(archived.code, Some(1));
    assert!(archived.stderr.contains("is archived"), "{archived:?}");
}

#[tokio::test]
async fn a_rebuild_of_all_goes_on_after_a_workflow_that_cannot_be_rebuilt() {
    let world = World::new().await;
    let workflows = [
        world.workflow("one", ALL).await,
        world.workflow("two", ALL).await,
        world.workflow("three", ALL).await,
    ];
    let days = workflows
        .each_ref()
        .map(|workflow| clicks(&world, workflow, 1, 10));
    world.announce(&days.iter().collect::<Vec<_>>()).await;
    assert_eq!(world.run(&["replay", "--from", "earliest"]).await.code, Some(0));
    let mut ids = workflows.each_ref().map(|workflow| workflow.id);
    ids.sort_unstable();
    let newer = "update dashloom.partials set encoding = 99 where workflow_id = $1";
    world.db().execute(newer, &[&ids[0]]).await.unwrap();
    let older = "update dashboard_views set content_sha256 = '\\x00'";
    world.db().execute(older, &[]).await.unwrap();

    let ran = world.run(&["rebuild", "--all", "--lanes", "1"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let figures = ["workflows", "views", "failed"].map(|key| ran.figure(key));
    assert_eq!(figures, ["2", "2", "1"], "{ran:?}");
    let told = format!("workflow {} could not be rebuilt", ids[0]);
    assert!(
        ran.stdout.contains(&told) && ran.stderr.contains(&told),
        "{ran:?}"
    );
}

#[tokio::test]
async fn a_repair_whose_commit_was_not_answered_tells_what_it_did() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let executions = [clicks(&world, &workflow, 1, 10), clicks(&world, &workflow, 2, 20)];
    world.announce(&executions.iter().collect::<Vec<_>>()).await;
    let service = world.serve();
    world.settled().await;
    assert_eq!(service.stop(), Some(0));
    let proxy = Proxy::before(world.db().url());
    let behind = [("DATABASE_URL", proxy.url())];
    let id = executions[1].id.to_string();
    for cut in [Cut::Before, Cut::After] {
        proxy.ambush(cut, "INTO dashloom.withdrawals", 0);
        let out = world.run_with(&["withdraw", "--execution", &id], &behind).await;
        let figures = ["result", "views"].map(|key| out.figure(key));
        assert_eq!(figures, ["withdrawn", "1"], "{cut:?}: {out:?}");
        let back = world.run(&["withdraw", "--execution", &id, "--undo"]).await;
        assert_eq!(back.figure("result"), "restored", "{back:?}");

        let older = "update dashboard_views set content_sha256 = '\\x00'";
        world.db().execute(older, &[]).await.unwrap();
        proxy.ambush(cut, "INTO dashboard_views", 0);
        let rebuilt = world.run_with(&["rebuild", "--all"], &behind).await;
        assert_eq!(rebuilt.figure("views"), "1", "{cut:?}: {rebuilt:?}");

        proxy.ambush(cut, "INTO dashloom.position_changes", 0);
        let set = ["position", "set", "--partition", "0", "--to", "0"];
        let moved = world.run_with(&set, &behind).await;
        let figures = ["from", "to"].map(|key| moved.figure(key));
        assert_eq!(figures, ["2", "0"], "{cut:?}: {moved:?}");
        let back = ["position", "set", "--partition", "0", "--to", "2", "--accept-gap"];
        assert_eq!(world.run(&back).await.code, Some(0));
        assert_eq!(proxy.waiting(), 0, "every COMMIT was hit");
    }
    let changes = "select count(*) from dashloom.position_changes";
    assert_eq!(number(&world, changes).await, 4, "each change stands there once");
}

#[tokio::test]
async fn letters_of_another_topic_are_left_where_they_are() {
    let world = World::new().await;
    let letter = |topic: &'static [u8]| {
        let headers: [(&str, &[u8]); 4] = [
            ("__connect.errors.topic", topic),
            ("__connect.errors.partition", b"0"),
            ("__connect.errors.offset", b"7"),
            ("__connect.errors.exception.class.name", b"undecodable"),
        ];
        let record = Outgoing {
            payload: Some(b"of somebody else"),
            headers: &headers,
            ..Outgoing::default()
        };
        world.writer().send(&world.topics()[2], record).unwrap();
    };
    letter(b"elsewhere");
    let own = world.topics()[0].clone().into_bytes().leak();
    letter(own);
    world.writer().flush().unwrap();
    let sent = world.run(&["dlq", "redrive", "--all"]).await;
    let figures = ["letters", "sent", "foreign"].map(|key| sent.figure(key));
    assert_eq!(figures, ["2", "1", "1"], "{sent:?}");
    assert_eq!(world.log_end(), 1);
}

#[tokio::test]
async fn a_position_that_the_log_does_not_hold_is_set_and_that_is_recorded() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    world
        .announce(&[
            &clicks(&world, &workflow, 1, 10),
            &clicks(&world, &workflow, 2, 20),
        ])
        .await;
    let service = world.serve();
    world.settled().await;
    assert_eq!(service.stop(), Some(0));
    let lost = "update dashloom.consumer_positions set next_offset = 1000, start_offset = 998";
    world.db().execute(lost, &[]).await.unwrap();
    world.announce(&[&clicks(&world, &workflow, 3, 30)]).await;
    let mut service = world.serve();
    service.says("position set").await;

    let shown = world.run(&["position", "show"]).await;
    assert!(shown.stdout.contains("1000"), "{shown:?}");
    let set = ["position", "set", "--partition", "0", "--to", "earliest"];
    let refused = world.run(&set).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--accept-gap"), "{refused:?}");
    let rehearsed = world
        .run(&[&set[..], &["--accept-gap", "--dry-run"]].concat())
        .await;
    assert_eq!(
        (rehearsed.code, rehearsed.figure("to")),
        (Some(0), "0".to_owned()),
        "{rehearsed:?}"
    );
    assert_eq!(
        number(&world, "select count(*) from dashloom.position_changes").await,
        0
    );

    let moved = world
        .run(&[&set[..], &["--accept-gap", "--reason", "made anew"]].concat())
        .await;
    assert_eq!(
        (moved.figure("from"), moved.figure("to")),
        ("1000".into(), "0".into()),
        "{moved:?}"
    );
    world.settled().await;
    let view = world.view(&workflow, "all").await;
    assert_eq!(view.metric("clicks").as_deref(), Some("60"));
    let account = "select (next_offset - start_offset - applied - superseded - duplicate - skipped - parked \
                   - dead_lettered - gap)::bigint from dashloom.consumer_positions";
    assert_eq!(number(&world, account).await, 0, "the counters still add up");

    let ahead = world
        .run(&["position", "set", "--partition", "0", "--to", "2", "--accept-gap"])
        .await;
    assert_eq!(ahead.code, Some(0), "{ahead:?}");
    let beyond = world
        .run(&[
            "position",
            "set",
            "--partition",
            "0",
            "--to",
            "77",
            "--accept-gap",
        ])
        .await;
    assert_eq!(beyond.code, Some(1));
    assert!(beyond.stderr.contains("holds offsets 0 to 3"), "{beyond:?}");
    let report = world.run(&["position", "show", "--json"]).await.report();
    let changes = report["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "{report}");
    assert_eq!(
        (
            changes[1]["from_offset"].as_i64(),
            changes[1]["to_offset"].as_i64(),
            changes[1]["reason"].as_str()
        ),
        (Some(1000), Some(0), Some("made anew"))
    );
    assert!(!changes[0]["login"].as_str().unwrap().is_empty());
}
