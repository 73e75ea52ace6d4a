//! Outages: a database that is away, hangs, or breaks in the middle of a COMMIT costs time and nothing else.

use std::time::{Duration, Instant};

use dashloom::event::wire::DashboardUpdated;
use prost::Message;

use crate::harness::{
    Cut, Database, Finished, Load, OwnServer, Proxy, Reader, Service, SlowDisk, Weather, Workflow, World,
    servers,
};

const ALL: Option<&str> = Some(r#"{"version":1,"period":"all"}"#);
/// Thrice the rule of 2 s for a server that is back, as other tests run beside; what it took is printed.
const WRITING_AGAIN_WITHIN: Duration = Duration::from_secs(6);
/// A statement by which the connections are known that apply batches.
const APPLYING: &str = "SET next_offset = ";

fn clicks(world: &World, workflow: &Workflow, day: u32, clicks: u32) -> Finished {
    let date = format!("2025-03-{day:02}");
    world.execution(workflow, &date, &date, &format!("date,clicks\n{date},{clicks}\n"))
}

fn serve_behind(world: &World, proxy: &Proxy, more: &[(&str, &str)]) -> Service {
    let mut settings = vec![("DATABASE_URL", proxy.url())];
    settings.extend_from_slice(more);
    world.serve_with(&settings)
}

/// Every version of the workflow's only view was announced, in order, once or again.
async fn assert_announced(world: &World, workflow: &Workflow) {
    let version = u64::try_from(world.view(workflow, "all").await.version).unwrap();
    let mut events = world.events();
    let heard = |records: &[crate::harness::Record]| -> Vec<u64> {
        let versions = records.iter().map(|record| {
            DashboardUpdated::decode(record.payload.as_deref().unwrap())
                .unwrap()
                .view_version
        });
        let mut seen = Vec::new();
        versions.for_each(|version| {
            if !seen.contains(&version) {
                seen.push(version);
            }
        });
        seen
    };
    let records = events
        .until("the last version", |records| heard(records).contains(&version))
        .await
        .unwrap();
    assert_eq!(heard(records), (1..=version).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_counted_and_published_at_once() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let proxy = Proxy::before(world.db().url());
    proxy.ambush(Cut::After, APPLYING, 0);
    // Only the batch's own wake-up can make the relay look before the test's patience is over.
    let service = serve_behind(&world, &proxy, &[("DASHLOOM_RELAY__POLL_INTERVAL", "10m")]);
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    let mut events = world.events();
    events.at_least(1).await.unwrap();
    assert_eq!(proxy.waiting(), 0, "the COMMIT was hit");
    let counted = |result| service.metric("dashloom_records_total", &[result]).unwrap();
    assert_eq!(counted("\"applied\""), 1.0);
    assert_eq!(counted("\"duplicate\""), 0.0, "it was not applied once more");
    assert_eq!(service.metric("dashloom_views_written_total", &[]).unwrap(), 1.0);
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test]
async fn commits_cut_before_and_after_lose_nothing_and_double_nothing() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let proxy = Proxy::before(world.db().url());
    for round in 0..6 {
        let cut = if round % 2 == 0 { Cut::Before } else { Cut::After };
        proxy.ambush(cut, APPLYING, round % 3);
    }
    let service = serve_behind(&world, &proxy, &[("DASHLOOM_CONSUMER__BATCH_MESSAGES", "2")]);
    for day in 1..=28 {
        world.announce(&[&clicks(&world, &workflow, day, 10)]).await;
    }
    world.settled().await;
    assert_eq!(proxy.waiting(), 0, "every ambush was met");
    let account = "select applied, duplicate, dead_lettered, parked, next_offset - start_offset \
                   from dashloom.consumer_positions";
    let row = world.db().query_one(account, &[]).await.unwrap();
    let account: [i64; 5] = std::array::from_fn(|column| row.get(column));
    assert_eq!(account, [28, 0, 0, 0, 28]);
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("280".to_owned())
    );
    // Counted after the transaction that settles it.
    let applied = || {
        service
            .metric("dashloom_records_total", &["\"applied\""])
            .unwrap()
    };
    let counted = async |_: &_| applied() >= 28.0;
    world
        .db()
        .until("what the position counts is counted", counted)
        .await;
    assert_eq!(applied(), 28.0, "and not twice");
    assert_announced(&world, &workflow).await;
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test]
async fn a_commit_that_is_never_answered_is_looked_after() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let proxy = Proxy::before(world.db().url());
    proxy.ambush(Cut::Silent, APPLYING, 0);
    let service = serve_behind(&world, &proxy, &[]);
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    world.settled().await;
    world.announce(&[&clicks(&world, &workflow, 2, 10)]).await;
    tokio::time::timeout(Duration::from_secs(30), world.settled())
        .await
        .expect("the partition goes on within twice the database's patience");
    // Announced after it was counted.
    assert_announced(&world, &workflow).await;
    let applied = service
        .metric("dashloom_records_total", &["\"applied\""])
        .unwrap();
    assert_eq!(applied, 2.0);
    assert_eq!(service.stop(), Some(0));
}

/// How long a server is away; `DASHLOOM_OUTAGE_SECONDS` makes it longer.
fn outage() -> Duration {
    let seconds = std::env::var("DASHLOOM_OUTAGE_SECONDS");
    Duration::from_secs(seconds.map_or(30, |text| text.parse().expect("a number of seconds")))
}

/// Everything sent is in the dashboard once, nothing was dead-lettered, and the same process served throughout.
async fn assert_unharmed(world: &World, workflow: &Workflow, load: Load, service: Service) {
    let clicks = load.stop();
    world.settled().await;
    let letters = "select sum(dead_lettered + parked + skipped)::bigint from dashloom.consumer_positions";
    assert_eq!(
        world.db().query_one(letters, &[]).await.unwrap().get::<_, i64>(0),
        0
    );
    assert_eq!(world.view(workflow, "all").await.metric("clicks"), Some(clicks));
    assert_announced(world, workflow).await;
    assert_eq!(service.stop(), Some(0), "the same process from first to last");
}

/// Ends servers under load, starts them again after a while, and sees that this cost time and nothing else; `name` is
/// what the figure is told under.
async fn outlast(mut world: World, away: &[&OwnServer], name: &str) {
    let workflow = world.workflow("ads", ALL).await;
    let service = world.serve();
    let load = Load::on(&world, &workflow);
    world.moved_past(20).await;
    away.iter().for_each(|server| server.halt());
    tokio::time::sleep(outage()).await;
    let (live, _) = service.admin("/livez").unwrap();
    assert_eq!(live, 200, "an outage is no reason to be restarted");
    away.iter().for_each(|server| server.resume());
    let back = Instant::now();
    world.reconnect().await;
    let reached = world.position().await;
    world.moved_past(reached).await;
    let took = back.elapsed();
    eprintln!("outage: {name}_back_ms={}", took.as_millis());
    assert!(took < WRITING_AGAIN_WITHIN, "writing again after {took:?}");
    assert_unharmed(&world, &workflow, load, service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_under_load_is_written_to_again_at_once() {
    let own = OwnServer::postgres();
    let database = Database::migrated_on(own.url()).await;
    let world = World::on(database, &servers().broker, 2).await;
    outlast(world, &[&own], "postgres").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_dies_under_load_is_read_from_again_at_once() {
    let own = OwnServer::kafka();
    let world = World::on(Database::migrated().await, &own.broker(), 2).await;
    outlast(world, &[&own], "kafka").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_both_die_under_load_both_are_used_again_at_once() {
    let (postgres, kafka) = (OwnServer::postgres(), OwnServer::kafka());
    let database = Database::migrated_on(postgres.url()).await;
    let world = World::on(database, &kafka.broker(), 2).await;
    outlast(world, &[&postgres, &kafka], "both").await;
}

/// Waits until so many more records have been sent.
async fn while_sent(inputs: &mut Reader, more: usize) {
    let sent = inputs.at_least(0).await.unwrap().len();
    inputs.at_least(sent + more).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_hang_for_a_while_cost_time_and_nothing_else() {
    let world = World::with_partitions(2).await;
    let workflow = world.workflow("ads", ALL).await;
    let proxy = Proxy::before(world.db().url());
    let service = serve_behind(&world, &proxy, &[]);
    let load = Load::on(&world, &workflow);
    let mut inputs = world.inputs();
    for _ in 0..2 {
        let reached = world.position().await;
        world.moved_past(reached + 10).await;
        proxy.turn(Weather::Hung);
        while_sent(&mut inputs, 60).await;
        proxy.turn(Weather::Away);
        while_sent(&mut inputs, 20).await;
        proxy.turn(Weather::Fine);
    }
    assert_unharmed(&world, &workflow, load, service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk_slows_the_service_down_and_one_that_stalls_is_waited_for() {
    let disk = SlowDisk::new();
    let database = Database::migrated_on(disk.server.url()).await;
    let world = World::on(database, &servers().broker, 2).await;
    let workflow = world.workflow("ads", ALL).await;
    let mut service = world.serve();
    let load = Load::on(&world, &workflow);
    world.moved_past(20).await;

    disk.delay(Duration::from_secs(2));
    for _ in 0..3 {
        let reached = world.position().await;
        world.moved_past(reached).await;
    }
    // Longer than an answer is waited for: whether these commits are there is found out on other connections.
    disk.delay(Duration::from_secs(20));
    service.says("does not take a batch").await;
    let (live, _) = service.admin("/livez").unwrap();
    assert_eq!(live, 200, "a slow disk is no reason to be restarted");
    disk.delay(Duration::ZERO);
    assert_unharmed(&world, &workflow, load, service).await;
}

#[tokio::test]
async fn a_deadlock_is_tried_again_and_is_no_records_fault() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let service = world.serve();
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    world.settled().await;
    // The service locks the position, then the workflow; this session the other way round, and patiently.
    let other = crate::stage::engine::connect(world.db().url()).await.unwrap();
    other
        .batch_execute(
            "begin; set local deadlock_timeout = '1min'; select from report_configurations for update",
        )
        .await
        .unwrap();
    world.announce(&[&clicks(&world, &workflow, 2, 10)]).await;
    world.db().until_a_lock_is_waited_for().await;
    other
        .batch_execute("select from dashloom.consumer_positions for update; rollback")
        .await
        .unwrap();
    world.settled().await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("20".to_owned())
    );
    assert!(
        service
            .metric("dashloom_retries_total", &["\"deadlock\""])
            .unwrap()
            >= 1.0
    );
    assert_eq!(service.metric("dashloom_dead_letters_total", &[]).unwrap(), 0.0);
}

#[tokio::test]
async fn a_lock_that_is_held_for_long_is_waited_for_and_is_no_records_fault() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let mut service = world.serve();
    world.announce(&[&clicks(&world, &workflow, 1, 10)]).await;
    world.settled().await;
    let other = crate::stage::engine::connect(world.db().url()).await.unwrap();
    other
        .batch_execute("begin; select from report_configurations for update")
        .await
        .unwrap();
    world.announce(&[&clicks(&world, &workflow, 2, 10)]).await;
    let told = service.says("the database does not take a batch").await;
    assert!(told.contains("lock_timeout"), "{told}");
    assert_eq!(world.position().await, 1);
    other.batch_execute("rollback").await.unwrap();
    world.settled().await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("20".to_owned())
    );
    assert_eq!(service.metric("dashloom_dead_letters_total", &[]).unwrap(), 0.0);
}

#[tokio::test]
async fn a_pool_of_one_connection_serves_every_partition() {
    let world = World::with_partitions(6).await;
    let workflow = world.workflow("ads", ALL).await;
    for day in 1..=30 {
        let execution = clicks(&world, &workflow, day, 10);
        execution
            .announce(world.writer(), &world.topics()[0], Some((day % 6) as i32))
            .unwrap();
    }
    world.writer().flush().unwrap();
    let service = world.serve_with(&[
        ("DASHLOOM_DATABASE__APPLY_CONNECTIONS", "1"),
        ("DASHLOOM_CONSUMER__BATCH_MESSAGES", "1"),
    ]);
    world.settled().await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("300".to_owned())
    );
    assert_eq!(service.metric("dashloom_dead_letters_total", &[]).unwrap(), 0.0);
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_loses_the_last_commits_is_caught_up_with() {
    let own = OwnServer::postgres();
    let database = Database::migrated_on(own.url()).await;
    let mut world = World::on(database, &servers().broker, 1).await;
    let workflow = world.workflow("ads", ALL).await;
    let service = world.serve();
    let send = async |world: &World, days: std::ops::RangeInclusive<u32>| {
        let days: Vec<Finished> = days.map(|day| clicks(world, &workflow, day, 10)).collect();
        world.announce(&days.iter().collect::<Vec<_>>()).await;
        world.settled().await;
    };
    send(&world, 1..=3).await;
    own.halt();
    let earlier = own.copy_data();
    own.resume();
    world.reconnect().await;
    send(&world, 4..=5).await;
    own.halt();
    // As the standby knows it that takes over: the same owner, and two records that were acknowledged are unknown to it.
    own.put_data_back(&earlier);
    own.resume();
    world.reconnect().await;
    let before = world.position().await;
    assert!(before <= 3, "{before} are known");
    send(&world, 6..=6).await;
    let view = world.view(&workflow, "all").await;
    assert_eq!(view.metric("clicks"), Some("60".to_owned()));
    let account = "select applied + duplicate, next_offset - start_offset, dead_lettered from dashloom.consumer_positions";
    let row = world.db().query_one(account, &[]).await.unwrap();
    let account: [i64; 3] = std::array::from_fn(|column| row.get(column));
    assert_eq!(account, [6, 6, 0]);
    assert_announced(&world, &workflow).await;
    assert_eq!(service.stop(), Some(0));
}
