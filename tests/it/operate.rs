//! What an operator relies on: exit codes, probes, an orderly end, one trace from event to event.

use std::process::{Command, Output};

use crate::harness::{Finished, Workflow, World};

mod collector;

use collector::Collector;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Returns when a session of this database waits for a lock.
const UNTIL_SOMEONE_WAITS: &str = "do $$ begin
    loop
        exit when exists (select from pg_locks l join pg_database d on d.oid = l.database
                          where d.datname = current_database() and not l.granted);
        perform pg_sleep(0.01);
    end loop;
end $$";

/// Runs the binary with exactly these settings.
fn dashloom(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashloom"));
    command
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    [output.stdout.as_slice(), output.stderr.as_slice()]
        .map(String::from_utf8_lossy)
        .concat()
}

#[test]
fn exit_codes_tell_a_wrong_command_configuration_and_server_apart() {
    let wrong_command = dashloom(&["serve", "--rolls"], &[]);
    assert_eq!(wrong_command.status.code(), Some(2), "{}", said(&wrong_command));

    let environment = [("DASHLOOM_KAFKA__GRUOP", "x"), ("DASHLOOM_ADMIN__LISTEN", "here")];
    let wrong_settings = dashloom(&["check-config"], &environment);
    assert_eq!(wrong_settings.status.code(), Some(78));
    let text = said(&wrong_settings);
    assert!(
        text.contains("Did you mean `DASHLOOM_KAFKA__GROUP`?") && text.contains("admin.listen"),
        "{text}"
    );

    let unset = dashloom(&["serve"], &[]);
    assert_eq!(unset.status.code(), Some(78));
    assert!(said(&unset).contains("set DATABASE_URL"), "{}", said(&unset));

    let away = dashloom(
        &["migrate"],
        &[("DATABASE_URL", "postgres://someone:hush@127.0.0.1:1/none")],
    );
    assert_eq!(away.status.code(), Some(69));
    assert!(!said(&away).contains("hush"), "{}", said(&away));

    let nobody = dashloom(&["healthcheck"], &[("DASHLOOM_ADMIN__LISTEN", "127.0.0.1:1")]);
    assert_eq!(nobody.status.code(), Some(1));
}

#[test]
fn settings_are_shown_with_their_origin_and_without_secrets() {
    let environment = [
        ("DATABASE_URL", "postgres://me:hush@localhost/db"),
        ("DASHLOOM_KAFKA__GROUP", "reports"),
    ];
    let output = dashloom(&["check-config", "--set", "relay.lease=20s"], &environment);
    let text = said(&output);
    let line = |path: &str| {
        text.lines()
            .find(|line| line.starts_with(path))
            .unwrap_or_default()
    };
    assert!(
        line("kafka.group").ends_with("environment DASHLOOM_KAFKA__GROUP"),
        "{text}"
    );
    assert!(line("relay.lease").ends_with("flag --set"), "{text}");
    assert!(
        line("database.url").contains("[secret]") && !text.contains("hush"),
        "{text}"
    );
}

#[test]
fn what_others_build_against_is_printed() {
    for (arguments, expected) in [
        (
            &["schema", "visualization-config"][..],
            "\"additionalProperties\": false",
        ),
        (&["schema", "proto"], "message DashboardUpdated"),
        (&["schema", "config"], "\"kafka\""),
        (&["schema", "config", "--markdown"], "# Configuration"),
        (&["completion", "bash"], "_dashloom"),
    ] {
        let output = dashloom(arguments, &[]);
        assert!(
            output.status.success() && said(&output).contains(expected),
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn probes_say_when_it_lives_and_when_it_is_ready() {
    let world = World::new().await;
    let mut service = world.serve();
    service.ready(crate::harness::PATIENCE).unwrap();
    assert_eq!(service.admin("/livez").unwrap().0, 200);
    assert_eq!(service.metric("dashloom_assigned_partitions", &[]).unwrap(), 1.0);
    assert!(
        service
            .admin("/metrics")
            .unwrap()
            .1
            .contains("dashloom_build_info{version=")
    );
    let address = service.admin_address().to_string();
    let checked = dashloom(
        &["healthcheck", "--ready"],
        &[("DASHLOOM_ADMIN__LISTEN", &address)],
    );
    assert!(checked.status.success(), "{}", said(&checked));
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test]
async fn a_drain_that_takes_too_long_ends_with_its_own_code() {
    let world = World::new().await;
    let mut service = world.serve_with(&[("DASHLOOM_SERVE__DRAIN_TIMEOUT", "500ms")]);
    service.ready(crate::harness::PATIENCE).unwrap();
    let (workflow, execution) = small(&world).await;
    // Whoever holds this lock keeps the batch from being settled.
    let locked = "begin; lock table dashloom.consumer_positions";
    world.db().batch_execute(locked).await.unwrap();
    let key = workflow.id.to_string();
    world.produce(key.as_bytes(), &execution.encode());
    world.db().batch_execute(UNTIL_SOMEONE_WAITS).await.unwrap();
    assert_eq!(service.stop(), Some(3));
    world.db().batch_execute("rollback").await.unwrap();
    // Nothing is lost by it.
    let _next = world.serve();
    world.view(&workflow, "all").await;
}

#[tokio::test]
async fn a_second_signal_ends_a_drain_at_once() {
    let world = World::new().await;
    let mut service = world.serve_with(&[("DASHLOOM_SERVE__DRAIN_TIMEOUT", "60s")]);
    service.ready(crate::harness::PATIENCE).unwrap();
    let (workflow, execution) = small(&world).await;
    let locked = "begin; lock table dashloom.consumer_positions";
    world.db().batch_execute(locked).await.unwrap();
    world.produce(workflow.id.to_string().as_bytes(), &execution.encode());
    world.db().batch_execute(UNTIL_SOMEONE_WAITS).await.unwrap();
    service.signal("-TERM").unwrap();
    service.says("stopping: finishing the batch").await;
    let asked = std::time::Instant::now();
    assert_eq!(service.stop(), Some(3), "the second SIGTERM");
    assert!(
        asked.elapsed() < std::time::Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    world.db().batch_execute("rollback").await.unwrap();
    let _next = world.serve();
    world.view(&workflow, "all").await;
}

// The collector must answer while this test waits for the service to end.
#[tokio::test(flavor = "multi_thread")]
async fn one_trace_runs_from_the_event_that_comes_in_to_the_one_that_goes_out() {
    let collector = Collector::start().await;
    let world = World::new().await;
    let service = world.serve_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url())]);
    let (_, execution) = small(&world).await;
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let key = execution.workflow_id.to_string();
    world.produce_with(
        key.as_bytes(),
        &execution.encode(),
        &[("traceparent", parent.as_bytes())],
    );
    let mut events = world.events();
    let records = events.at_least(1).await.unwrap();
    let out = records[0].header("traceparent").unwrap();
    assert_eq!(out[3..35], *TRACE, "the same trace");
    assert_ne!(out, parent, "a span of our own");
    assert_eq!(service.stop(), Some(0));
    let trace: Vec<u8> = (0..32)
        .step_by(2)
        .map(|at| u8::from_str_radix(&TRACE[at..at + 2], 16).unwrap())
        .collect();
    let processed = format!("process {}", world.topics()[0]);
    assert!(
        collector.has(&[&trace, processed.as_bytes()]),
        "received:\n{}",
        collector.shown()
    );
    assert!(
        collector.has(&[b"dashloom serves"]),
        "log records go there too; received:\n{}",
        collector.shown()
    );
}

/// A workflow and an execution of one row.
async fn small(world: &World) -> (Workflow, Finished) {
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let execution = world.execution(
        &workflow,
        "2026-11-02",
        "2026-11-08",
        "date,clicks\n2026-11-02,21\n",
    );
    (workflow, execution)
}
