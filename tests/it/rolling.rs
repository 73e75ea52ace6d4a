//! A rolling restart under load: partitions change hands, and none of them stands still for long.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{Service, World};

const PARTITIONS: i32 = 6;
/// The rule for a partition under a rolling restart.
const STANDS_STILL_AT_MOST: Duration = Duration::from_secs(5);
/// The rule for a drain; the aim is two seconds.
const DRAINS_WITHIN: Duration = Duration::from_secs(10);

/// The longest time each partition's position stood while records came.
struct Watch {
    since: HashMap<i32, (i64, Instant)>,
    longest: Duration,
}

impl Watch {
    fn see(&mut self, partition: i32, offset: i64) {
        let now = Instant::now();
        let (seen, since) = self.since.entry(partition).or_insert((offset, now));
        self.longest = self.longest.max(now - *since);
        if *seen != offset {
            (*seen, *since) = (offset, now);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_partition_stands_still_while_one_instance_after_the_other_is_replaced() {
    let world = World::with_partitions(PARTITIONS).await;
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let mut services: Vec<Service> = (0..3).map(|_| world.serve()).collect();
    for service in &mut services {
        service.ready(crate::harness::PATIENCE).unwrap();
    }
    let over = Arc::new(AtomicBool::new(false));
    let topic = world.topics()[0].clone();
    let (longest, drained, sent) = std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut sent = 0_u64;
            let first = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
            while !over.load(Ordering::Relaxed) {
                for partition in 0..PARTITIONS {
                    let date = (first + chrono::Days::new(sent)).to_string();
                    let execution =
                        world.execution(&workflow, &date, &date, &format!("date,clicks\n{date},10\n"));
                    execution
                        .announce(world.writer(), &topic, Some(partition))
                        .unwrap();
                    sent += 1;
                }
                std::thread::sleep(Duration::from_millis(200));
            }
            world.writer().flush().unwrap();
            sent
        });
        let watching = scope.spawn(|| watch(&world, &over));
        let mut drained = Duration::ZERO;
        for service in &mut services {
            std::thread::sleep(Duration::from_secs(1));
            let asked = Instant::now();
            assert_eq!(std::mem::replace(service, world.serve()).stop(), Some(0));
            drained = drained.max(asked.elapsed());
            service.ready(crate::harness::PATIENCE).unwrap();
        }
        std::thread::sleep(Duration::from_secs(1));
        over.store(true, Ordering::Relaxed);
        (watching.join().unwrap(), drained, load.join().unwrap())
    });
    eprintln!(
        "rolling: stood_still_ms={} drain_ms={}",
        longest.as_millis(),
        drained.as_millis()
    );
    assert!(
        longest <= STANDS_STILL_AT_MOST,
        "a partition stood still for {longest:?}"
    );
    assert!(drained <= DRAINS_WITHIN, "a drain took {drained:?}");
    world.settled().await;
    let total = world.view(&workflow, "all").await.metric("clicks");
    assert_eq!(total, Some((10 * sent).to_string()));
}

/// Watches the positions on a connection of its own until it is over.
fn watch(world: &World, over: &AtomicBool) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = crate::stage::engine::connect(world.db().url()).await.unwrap();
        let positions = "select partition, next_offset from dashloom.consumer_positions";
        let mut watch = Watch {
            since: HashMap::new(),
            longest: Duration::ZERO,
        };
        while !over.load(Ordering::Relaxed) {
            for row in client.query(positions, &[]).await.unwrap() {
                watch.see(row.get(0), row.get(1));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        watch.longest
    })
}
