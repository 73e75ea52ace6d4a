//! Consuming: partitions are claimed, fenced, handed over and survived; nothing that waits is lost.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::harness::{Finished, Workflow, World};
use crate::stage::engine;

/// The rule for a killed instance: its partitions are served again by then.
const SERVED_AGAIN_WITHIN: Duration = Duration::from_secs(15);
/// The rule for a database that is back.
const WRITING_AGAIN_WITHIN: Duration = Duration::from_secs(2);
const ALL: Option<&str> = Some(r#"{"version":1,"period":"all"}"#);

/// A day's execution with that many clicks; more than one, because a column of zeros and ones is a dimension.
fn clicks(world: &World, workflow: &Workflow, day: u32, clicks: u32) -> Finished {
    let date = format!("2025-03-{day:02}");
    world.execution(workflow, &date, &date, &format!("date,clicks\n{date},{clicks}\n"))
}

/// The sum of what the service counted, and how far it came from its start, over all partitions.
async fn account(world: &World) -> (i64, i64) {
    let sums = "select sum(applied + superseded + duplicate + skipped + parked + dead_lettered + gap)::bigint, \
                sum(next_offset - start_offset)::bigint from dashloom.consumer_positions";
    let row = world.db().query_one(sums, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn count(world: &World, column: &str) -> i64 {
    let sum = format!("select coalesce(sum({column}), 0)::bigint from dashloom.consumer_positions");
    world.db().query_one(&sum, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn every_record_is_accounted_for_once() {
    let world = World::with_partitions(3).await;
    let workflow = world.workflow("ads", ALL).await;
    let first = clicks(&world, &workflow, 1, 5);
    world.announce(&[&first, &first]).await;
    world.produce(b"key", b"\x00 not an event");
    let service = world.serve();
    world.settled().await;
    let (counted, passed) = account(&world).await;
    assert_eq!((counted, passed), (3, 3));
    assert_eq!(count(&world, "applied").await, 1);
    assert_eq!(count(&world, "duplicate").await, 1);
    assert_eq!(count(&world, "dead_lettered").await, 1);
    assert_eq!(service.stop(), Some(0), "a drain in time");
}

#[tokio::test]
async fn a_record_of_an_unknown_workflow_waits_for_it() {
    let world = World::new().await;
    let _service = world.serve();
    let unborn = Workflow {
        id: Uuid::new_v4(),
        name: "late".to_owned(),
        configuration: ALL.map(str::to_owned),
    };
    let execution = clicks(&world, &unborn, 1, 7);
    execution
        .announce(world.writer(), &world.topics()[0], None)
        .unwrap();
    world.settled().await;
    assert_eq!(count(&world, "parked").await, 1);

    engine::make_workflows(world.db(), crate::harness::OWNER, std::slice::from_ref(&unborn))
        .await
        .unwrap();
    assert_eq!(
        world.view(&unborn, "all").await.metric("clicks"),
        Some("7".to_owned())
    );
    assert_eq!(count(&world, "settled_applied").await, 1);
    let left: i64 = world
        .db()
        .query_one("select count(*) from dashloom.parked", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_record_whose_workflow_never_comes_is_dead_lettered_after_the_grace() {
    let world = World::new().await;
    let _service = world.serve_with(&[("DASHLOOM_CONSUMER__UNKNOWN_WORKFLOW_GRACE", "1s")]);
    let unborn = Workflow {
        id: Uuid::new_v4(),
        name: "never".to_owned(),
        configuration: None,
    };
    let execution = clicks(&world, &unborn, 1, 7);
    execution
        .announce(world.writer(), &world.topics()[0], None)
        .unwrap();
    let mut letters = world.dead_letters();
    let letter = letters.at_least(1).await.unwrap()[0].clone();
    assert_eq!(letter.payload, Some(execution.encode()));
    let reason = letter.header("__connect.errors.exception.class.name");
    assert_eq!(reason.as_deref(), Some("unknown_workflow"));
    assert_eq!(count(&world, "settled_dead_lettered").await, 1);
}

#[tokio::test]
async fn a_killed_instance_is_replaced_within_its_time() {
    let world = World::with_partitions(4).await;
    let workflow = world.workflow("ads", ALL).await;
    let mut doomed = world.serve();
    doomed.says("partition claimed").await;
    let mut other = world.serve();
    other.says("partition claimed").await;
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    world.settled().await;
    doomed.kill();
    let killed = Instant::now();
    for day in 2..=9 {
        // One record a partition and round, so that the lost ones are among them.
        let execution = clicks(&world, &workflow, day, 10);
        execution
            .announce(world.writer(), &world.topics()[0], Some((day as i32) % 4))
            .unwrap();
    }
    world.writer().flush().unwrap();
    world.settled().await;
    assert!(
        killed.elapsed() < SERVED_AGAIN_WITHIN,
        "served again after {:?}",
        killed.elapsed()
    );
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("90".to_owned())
    );
    assert_eq!(other.stop(), Some(0));
}

#[tokio::test]
async fn a_claim_ends_the_session_of_ours_that_sits_on_the_position() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    let service = world.serve();
    world.settled().await;
    assert_eq!(service.stop(), Some(0));

    let zombie = session(&world, "dashloom").await;
    zombie
        .batch_execute("begin; select * from dashloom.consumer_positions for update")
        .await
        .unwrap();
    world.announce(&[&clicks(&world, &workflow, 2, 10)]).await;
    let _service = world.serve();
    world.settled().await;
    assert!(
        zombie.batch_execute("select 1").await.is_err(),
        "the zombie's session has ended"
    );
}

/// A session under the service's login, by the given name.
async fn session(world: &World, application_name: &str) -> tokio_postgres::Client {
    let mut config: tokio_postgres::Config = world.db().url().parse().unwrap();
    config.application_name(application_name);
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn a_fenced_owner_that_still_has_the_partition_claims_it_again() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let _service = world.serve();
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    world.settled().await;
    let stolen = "update dashloom.consumer_positions set owner_token = gen_random_uuid()";
    world.db().execute(stolen, &[]).await.unwrap();
    world.announce(&[&clicks(&world, &workflow, 2, 10)]).await;
    world.settled().await;
    let (counted, passed) = account(&world).await;
    assert_eq!((counted, passed), (2, 2));
}

#[tokio::test]
async fn a_database_that_goes_away_costs_time_and_nothing_else() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let mut service = world.serve();
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    world.settled().await;

    let admin = session_in(&world, "postgres").await;
    let name = world
        .db()
        .url()
        .rsplit('/')
        .next()
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    admin
        .batch_execute(&format!("alter database {name} with allow_connections false"))
        .await
        .unwrap();
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
               where datname = $1 and application_name = 'dashloom'";
    admin.query_one(cut, &[&name]).await.unwrap();
    for day in 2..=5 {
        world.announce(&[&clicks(&world, &workflow, day, 10)]).await;
    }
    service.says("the database does not take a batch").await;
    assert_eq!(
        world.position().await,
        1,
        "nothing is settled while the database is away"
    );
    admin
        .batch_execute(&format!("alter database {name} with allow_connections true"))
        .await
        .unwrap();
    let back = Instant::now();
    world.moved_past(1).await;
    assert!(
        back.elapsed() < WRITING_AGAIN_WITHIN,
        "writing again after {:?}",
        back.elapsed()
    );
    world.settled().await;
    assert_eq!(count(&world, "dead_lettered").await, 0);
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("50".to_owned())
    );
    assert_eq!(service.stop(), Some(0), "the same process from first to last");
}

async fn session_in(world: &World, database: &str) -> tokio_postgres::Client {
    let mut config: tokio_postgres::Config = world.db().url().parse().unwrap();
    config.dbname(database);
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn a_group_that_starts_at_the_end_skips_what_was_there() {
    let world = World::with_partitions(2).await;
    let workflow = world.workflow("ads", ALL).await;
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    let mut service = world.serve_with(&[("DASHLOOM_CONSUMER__START", "latest")]);
    for _ in 0..2 {
        service.says("partition claimed").await;
    }
    world.announce(&[&clicks(&world, &workflow, 2, 10)]).await;
    world.settled().await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("10".to_owned())
    );
}

#[tokio::test]
async fn a_partition_whose_records_are_gone_halts_and_says_what_to_do() {
    let world = World::with_partitions(2).await;
    let workflow = world.workflow("ads", ALL).await;
    let topic = &world.topics()[0];
    let send = |day: u32, partition| {
        let execution = clicks(&world, &workflow, day, 10);
        execution
            .announce(world.writer(), topic, Some(partition))
            .unwrap();
        world.writer().flush().unwrap();
    };
    (1..=3).for_each(|day| send(day, 0));
    let service = world.serve();
    world.settled().await;
    assert_eq!(service.stop(), Some(0));
    let ahead = "update dashloom.consumer_positions set next_offset = 9 where partition = 0";
    world.db().execute(ahead, &[]).await.unwrap();
    send(4, 1);
    let mut service = world.serve();
    let told = service.says("is halted").await;
    assert!(told.contains("dashloom position set --partition 0"), "{told}");
    world
        .db()
        .until("the other partition's record to be settled", async |db| {
            let other = "select next_offset from dashloom.consumer_positions where partition = 1";
            db.query_one(other, &[]).await.unwrap().get::<_, i64>(0) == 1
        })
        .await;
    let back = "update dashloom.consumer_positions set next_offset = 3 where partition = 0";
    world.db().execute(back, &[]).await.unwrap();
    send(5, 0);
    world.settled().await;
}

#[tokio::test]
async fn the_sweep_flags_an_execution_whose_row_comes_late() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let _service = world.serve();
    let execution = clicks(&world, &workflow, 1, 10);
    execution
        .announce(world.writer(), &world.topics()[0], None)
        .unwrap();
    world.view(&workflow, "all").await;
    engine::finish(world.db(), &[&execution]).await.unwrap();
    world
        .db()
        .until("the flag", async |db| {
            let flag = "select dashboard_processed from workflow_executions where id = $1";
            db.query_one(flag, &[&execution.id]).await.unwrap().get(0)
        })
        .await;
}

#[tokio::test]
async fn the_sweep_follows_a_changed_configuration() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let _service = world.serve();
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    world.view(&workflow, "all").await;
    let change = "update report_configurations set visualization_config = '{\"version\":1,\"period\":\"month\"}' \
                  where workflow_id = $1";
    world.db().execute(change, &[&workflow.id]).await.unwrap();
    let changed = Instant::now();
    assert_eq!(
        world.view(&workflow, "2025-03").await.metric("clicks"),
        Some("10".to_owned())
    );
    assert!(
        changed.elapsed() < Duration::from_secs(10),
        "rendered after {:?}",
        changed.elapsed()
    );
    let mut events = world.events();
    let last = events.at_least(2).await.unwrap()[1].clone();
    assert!(last.header("replay").is_none());
}

#[tokio::test]
async fn an_instance_that_gets_no_partition_is_ready_all_the_same() {
    let world = World::new().await;
    let mut first = world.serve();
    first.says("partition claimed").await;
    let mut second = world.serve();
    second.ready(Duration::from_secs(15)).unwrap();
}
