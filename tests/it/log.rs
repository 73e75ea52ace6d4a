//! The log itself: recreated, truncated, overtaken by retention, with holes in it.

use std::time::Duration;

use crate::harness::{Finished, Outgoing, Service, Workflow, World, servers};

const ALL: Option<&str> = Some(r#"{"version":1,"period":"all"}"#);

fn clicks(world: &World, workflow: &Workflow, day: u32, clicks: u32) -> Finished {
    let date = format!("2025-03-{day:02}");
    world.execution(workflow, &date, &date, &format!("date,clicks\n{date},{clicks}\n"))
}

async fn gaps(world: &World) -> i64 {
    let sum = "select sum(gap)::bigint from dashloom.consumer_positions";
    world.db().query_one(sum, &[]).await.unwrap().get(0)
}

/// A world whose service has settled three days and runs.
async fn running_after_three_days() -> (World, Workflow, Service) {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let service = world.serve();
    let days: Vec<Finished> = (1..=3).map(|day| clicks(&world, &workflow, day, 10)).collect();
    world.announce(&days.iter().collect::<Vec<_>>()).await;
    world.settled().await;
    (world, workflow, service)
}

/// A world whose service has settled three days and stopped.
async fn stopped_after_three_days() -> (World, Workflow) {
    let (world, workflow, service) = running_after_three_days().await;
    assert_eq!(service.stop(), Some(0));
    (world, workflow)
}

async fn recreate(world: &World) {
    let input = world.topics()[0].clone();
    servers().broker.delete_topics(&[&input]).await.unwrap();
    // The broker forgets a topic some time after it said so.
    for _ in 0..100 {
        if servers().broker.create_topics(&[&input], 1).await.is_ok()
            && servers().broker.log_end(&input).is_ok_and(|end| end == 0)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the topic was not made anew");
}

#[tokio::test]
async fn a_topic_that_was_recreated_is_not_read_on() {
    let (world, workflow) = stopped_after_three_days().await;
    recreate(&world).await;
    let days: Vec<Finished> = (4..=8).map(|day| clicks(&world, &workflow, day, 10)).collect();
    world.announce(&days.iter().collect::<Vec<_>>()).await;
    let mut service = world.serve();
    let told = service.says("is halted").await;
    assert!(
        told.contains("offset 2 holds another record than the one that was processed")
            && told.contains("dashloom position set --partition 0"),
        "{told}"
    );
    assert_eq!(world.position().await, 3, "never reset by itself");
    assert_eq!(service.metric("dashloom_halted_partitions", &[]).unwrap(), 1.0);
}

#[tokio::test]
async fn a_topic_that_was_recreated_and_is_shorter_is_not_read_on() {
    let (world, workflow) = stopped_after_three_days().await;
    recreate(&world).await;
    world.announce(&[&clicks(&world, &workflow, 4, 10)]).await;
    let mut service = world.serve();
    let told = service.says("is halted").await;
    assert!(told.contains("recreated or truncated"), "{told}");
    assert_eq!(world.position().await, 3);
}

#[tokio::test]
async fn a_topic_that_is_recreated_under_a_running_service_is_not_read_on() {
    let (world, workflow, mut service) = running_after_three_days().await;
    recreate(&world).await;
    let days: Vec<Finished> = (4..=8).map(|day| clicks(&world, &workflow, day, 10)).collect();
    world.announce(&days.iter().collect::<Vec<_>>()).await;
    let told = service.says("is halted").await;
    assert!(
        told.contains("so the topic was recreated") || told.contains("recreated or truncated"),
        "{told}"
    );
    assert_eq!(
        world.position().await,
        3,
        "nothing of it was taken for what is next"
    );
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("30".to_owned())
    );
}

#[tokio::test]
async fn a_topic_that_is_truncated_under_a_running_service_is_not_read_on() {
    let (world, workflow, mut service) = running_after_three_days().await;
    recreate(&world).await;
    world.announce(&[&clicks(&world, &workflow, 4, 10)]).await;
    let told = service.says("is halted").await;
    assert!(told.contains("recreated or truncated"), "{told}");
    assert_eq!(world.position().await, 3);
}

#[tokio::test]
async fn another_cluster_is_not_read_on() {
    let (world, _) = stopped_after_three_days().await;
    let moved = "update dashloom.consumer_positions set topic_id = 'elsewhere'";
    world.db().execute(moved, &[]).await.unwrap();
    let mut service = world.serve();
    let told = service.says("is halted").await;
    assert!(told.contains("from cluster elsewhere before"), "{told}");
    assert_eq!(world.position().await, 3);
}

#[tokio::test]
async fn a_partition_that_retention_overtook_is_not_read_on() {
    let (world, workflow) = stopped_after_three_days().await;
    let days: Vec<Finished> = (4..=8).map(|day| clicks(&world, &workflow, day, 10)).collect();
    world.announce(&days.iter().collect::<Vec<_>>()).await;
    servers()
        .broker
        .delete_records(&world.topics()[0], 0, 5)
        .await
        .unwrap();
    let mut service = world.serve();
    let told = service.says("is halted").await;
    assert!(told.contains("retention removed 2 records"), "{told}");
    assert_eq!(world.position().await, 3);
}

#[tokio::test]
async fn retention_of_what_was_processed_is_nothing_to_tell_of() {
    let (world, workflow) = stopped_after_three_days().await;
    servers()
        .broker
        .delete_records(&world.topics()[0], 0, 3)
        .await
        .unwrap();
    let _service = world.serve();
    world.announce(&[&clicks(&world, &workflow, 4, 10)]).await;
    world.settled().await;
    assert_eq!(gaps(&world).await, 0);
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("40".to_owned())
    );
}

/// Sends one execution in a transaction that is committed, or aborted.
fn in_transaction(world: &World, writer: &crate::harness::Writer, execution: &Finished, commits: bool) {
    writer.begin().unwrap();
    execution.announce(writer, &world.topics()[0], Some(0)).unwrap();
    match commits {
        true => writer.commit().unwrap(),
        false => writer.abort().unwrap(),
    }
}

#[tokio::test]
async fn markers_and_aborted_records_are_counted_as_gaps_and_told_of_once() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let name = world.topics()[0].clone();
    let writer = servers().broker.transactional_writer(&name).unwrap();
    // 0 aborted, 1 its marker, 2 good, 3 marker: the first offset that is read is above the one that is wanted.
    in_transaction(&world, &writer, &clicks(&world, &workflow, 1, 100), false);
    in_transaction(&world, &writer, &clicks(&world, &workflow, 2, 10), true);
    let mut service: Service = world.serve();
    service.says("they are fetched once more").await;
    service.says("offsets hold no record").await;
    in_transaction(&world, &writer, &clicks(&world, &workflow, 3, 10), true);
    in_transaction(&world, &writer, &clicks(&world, &workflow, 4, 100), false);
    let last = Outgoing {
        partition: Some(0),
        payload: None,
        ..Outgoing::default()
    };
    world.writer().send(&name, last).unwrap();
    world.writer().flush().unwrap();
    let account = "select applied, skipped, gap, next_offset - start_offset from dashloom.consumer_positions";
    world
        .db()
        .until("the tombstone to be settled", async |db| {
            db.query_one(account, &[]).await.unwrap().get::<_, i64>(1) == 1
        })
        .await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("20".to_owned())
    );
    let row = world.db().query_one(account, &[]).await.unwrap();
    let [applied, skipped, gap, passed]: [i64; 4] = std::array::from_fn(|column| row.get(column));
    // Two aborted records and the markers of four transactions, of which the last may come after the tombstone.
    assert!((5..=6).contains(&gap), "{gap}");
    assert_eq!((applied, skipped, passed), (2, 1, 3 + gap));
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test]
async fn markers_at_the_end_of_the_log_are_passed_by_so_that_retention_overtakes_nothing() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let topic = world.topics()[0].clone();
    let writer = servers().broker.transactional_writer(&topic).unwrap();
    let mut service = world.serve_with(&[("DASHLOOM_CONSUMER__STALL_TIMEOUT", "1s")]);
    in_transaction(&world, &writer, &clicks(&world, &workflow, 1, 10), true);
    in_transaction(&world, &writer, &clicks(&world, &workflow, 2, 100), false);
    // Two records, one of them aborted, and a marker after each.
    world.settled().await;
    assert_eq!((world.position().await, gaps(&world).await), (4, 3));
    servers().broker.delete_records(&topic, 0, 4).await.unwrap();
    // Looked at by the watcher, and claimed once more.
    service.ready(crate::harness::PATIENCE).unwrap();
    assert_eq!(service.stop(), Some(0));
    let service = world.serve_with(&[("DASHLOOM_CONSUMER__STALL_TIMEOUT", "1s")]);
    in_transaction(&world, &writer, &clicks(&world, &workflow, 3, 10), true);
    world.settled().await;
    assert_eq!((world.position().await, gaps(&world).await), (6, 4));
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("20".to_owned())
    );
    assert_eq!(service.metric("dashloom_halted_partitions", &[]).unwrap(), 0.0);
    let account = "select next_offset - start_offset - applied - gap from dashloom.consumer_positions";
    let left: i64 = world.db().query_one(account, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_record_of_a_recreated_topic_is_parked_beside_the_one_that_stood_at_its_offset_before() {
    let world = World::new().await;
    let unborn = Workflow {
        id: uuid::Uuid::new_v4(),
        name: "unborn".to_owned(),
        configuration: None,
    };
    let park = async |day: u32| {
        let execution = clicks(&world, &unborn, day, 10);
        execution
            .announce(world.writer(), &world.topics()[0], None)
            .unwrap();
        world.writer().flush().unwrap();
        let service = world.serve();
        world.settled().await;
        assert_eq!(service.stop(), Some(0));
    };
    park(1).await;
    recreate(&world).await;
    let set = world
        .run(&[
            "position",
            "set",
            "--partition",
            "0",
            "--to",
            "earliest",
            "--accept-gap",
        ])
        .await;
    assert_eq!(set.code, Some(0), "{set:?}");
    park(2).await;
    let parked = "select count(*), count(distinct payload) from dashloom.parked where \"offset\" = 0";
    let row = world.db().query_one(parked, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 2));
    // Read again, the same record is parked once.
    let again = world
        .run(&["position", "set", "--partition", "0", "--to", "0", "--accept-gap"])
        .await;
    assert_eq!(again.code, Some(0), "{again:?}");
    let service = world.serve();
    world.settled().await;
    assert_eq!(service.stop(), Some(0));
    let row = world.db().query_one(parked, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (2, 2));
}
