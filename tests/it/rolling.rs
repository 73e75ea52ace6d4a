//! Instances that are replaced, killed or frozen under load: partitions change hands, none of them stands still for long,
//! and nothing is applied by two.

use std::time::{Duration, Instant};

use crate::harness::{Load, PATIENCE, Service, Watch, World, positions};

const INSTANCES: usize = 4;
const PARTITIONS: i32 = 6;
/// The rule for a partition under a rolling restart.
const STANDS_STILL_AT_MOST: Duration = Duration::from_secs(5);
/// The rule for a drain.
const DRAINS_WITHIN: Duration = Duration::from_secs(2);
/// The rule for the partitions of an instance that was killed.
const SERVED_AGAIN_WITHIN: Duration = Duration::from_secs(15);

/// Waits until every partition has moved on.
async fn every_partition_moves(world: &World) {
    let before = positions(world.db()).await;
    world
        .db()
        .until("every partition to move on", async |db| {
            let now = positions(db).await;
            now.len() == PARTITIONS as usize && now.iter().all(|(at, offset)| before.get(at) < Some(offset))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_partition_stands_still_for_long_while_instances_are_replaced_or_one_is_killed() {
    let world = World::with_partitions(PARTITIONS).await;
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let mut services: Vec<Service> = (0..INSTANCES).map(|_| world.serve()).collect();
    for service in &mut services {
        service.ready(PATIENCE).unwrap();
    }
    let load = Load::on(&world, &workflow);
    every_partition_moves(&world).await;
    let watch = Watch::on(&world);
    let mut drained = Duration::ZERO;
    for service in &mut services {
        let former = std::mem::replace(service, world.serve());
        let asked = Instant::now();
        assert_eq!(former.stop(), Some(0));
        drained = drained.max(asked.elapsed());
        service.ready(PATIENCE).unwrap();
        every_partition_moves(&world).await;
    }
    let stood_still = watch.stop();

    let watch = Watch::on(&world);
    services.pop().unwrap().kill();
    every_partition_moves(&world).await;
    let recovered = watch.stop();
    eprintln!(
        "rolling: stood_still_ms={} drain_ms={} recovered_ms={}",
        stood_still.as_millis(),
        drained.as_millis(),
        recovered.as_millis()
    );
    assert!(
        stood_still <= STANDS_STILL_AT_MOST,
        "a partition stood still for {stood_still:?}"
    );
    assert!(drained <= DRAINS_WITHIN, "a drain took {drained:?}");
    assert!(
        recovered <= SERVED_AGAIN_WITHIN,
        "a killed one's partition stood still for {recovered:?}"
    );
    let clicks = load.stop();
    world.settled().await;
    assert_eq!(world.view(&workflow, "all").await.metric("clicks"), Some(clicks));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_freezes_loses_its_partitions_and_does_no_harm_when_it_thaws() {
    let world = World::with_partitions(PARTITIONS).await;
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let [mut frozen, mut other] = [world.serve(), world.serve()];
    frozen.ready(PATIENCE).unwrap();
    other.ready(PATIENCE).unwrap();
    let load = Load::on(&world, &workflow);
    every_partition_moves(&world).await;
    frozen.signal("-STOP").unwrap();
    every_partition_moves(&world).await;
    frozen.signal("-CONT").unwrap();
    every_partition_moves(&world).await;
    let clicks = load.stop();
    world.settled().await;
    assert_eq!(world.view(&workflow, "all").await.metric("clicks"), Some(clicks));
    let account = "select sum(applied + superseded + duplicate)::bigint, sum(dead_lettered + skipped + parked + gap)::bigint \
                   from dashloom.consumer_positions";
    let row = world.db().query_one(account, &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), (world.log_end(), 0_i64));
    assert_eq!(frozen.stop(), Some(0), "it serves again");
    assert_eq!(other.stop(), Some(0));
}
