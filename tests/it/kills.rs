//! `kill -9` at random moments of live traffic: what stands in the end is what a fold of its own says, and every event
//! that tells of it was published.
//!
//! `DASHLOOM_KILLS` says how many (6), `DASHLOOM_SEED` repeats a run whose seed a failure has printed.

mod oracle;
mod traffic;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::crash::assert_contiguous;
use crate::harness::{OWNER, Service, View, World};
use crate::replay::empty;
use crate::stage::engine;
use oracle::Expected;
use traffic::{Dice, Event, Traffic};

/// Between two events.
const PACE: Duration = Duration::from_millis(15);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// The two members of the group keep their names over a restart, so that no partition waits for a session to end.
fn serve(world: &World, member: usize) -> Service {
    let name = ["one", "two"][member];
    world.serve_with(&[("DASHLOOM_KAFKA__INSTANCE_ID", name)])
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_random_moments_change_nothing_that_anyone_sees() {
    let kills = setting("DASHLOOM_KILLS", 6);
    let seed = setting("DASHLOOM_SEED", u64::from(std::process::id()));
    eprintln!("DASHLOOM_SEED={seed}");
    let world = World::with_partitions(4).await;
    let mut traffic = Traffic::new(seed);
    engine::make_workflows(world.db(), OWNER, traffic.workflows())
        .await
        .unwrap();
    let mut dice = Dice::new(seed ^ 0x6b69_6c6c);
    let over = Arc::new(AtomicBool::new(false));
    let (events, members) = std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            let mut sent = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let event = traffic.next();
                event.send(world.writer(), &world.topics()[0]);
                sent.push(event);
                std::thread::sleep(PACE);
            }
            world.writer().flush().unwrap();
            sent
        });
        let mut members = [0, 1].map(|member| Some(serve(&world, member)));
        for _ in 0..kills {
            std::thread::sleep(Duration::from_millis(dice.within(200, 1_800)));
            let victims: &[usize] = [&[0][..], &[1], &[0, 1]][dice.within(0, 3) as usize];
            for &victim in victims {
                members[victim].take().unwrap().kill();
            }
            std::thread::sleep(Duration::from_millis(dice.within(0, 300)));
            for &victim in victims {
                members[victim] = Some(serve(&world, victim));
            }
        }
        over.store(true, Ordering::Relaxed);
        let sent = sending.join().unwrap();
        (sent, members)
    });
    world.settled().await;
    compare(&world, &events).await;
    for member in members.into_iter().flatten() {
        assert_eq!(member.stop(), Some(0));
    }
    // All of it once more, into the emptied database.
    empty(&world).await;
    kill_replays(&world, kills, &mut dice).await;
    compare_views(&world, &events).await;
    eprintln!(
        "kills: kills={kills} replay_kills={kills} events={} differences=0",
        events.len()
    );
}

/// Kills a replay of the whole topic at random moments, and lets the last one come to its end.
async fn kill_replays(world: &World, kills: u64, dice: &mut Dice) {
    let arguments = ["replay", "--from", "earliest", "--id", "kills", "--lanes", "2"];
    for _ in 0..kills {
        // Slow enough to be in the middle, however fast the machine is.
        let running = world.spawn(&[&arguments[..], &["--rate", "50"]].concat());
        tokio::time::sleep(Duration::from_millis(dice.within(100, 1_000))).await;
        running.kill();
    }
    let last = world.run(&[&arguments[..], &["--json"]].concat()).await.report();
    assert_eq!(last["resumed"].as_bool(), Some(true), "{last}");
    assert_eq!(last["records"].as_i64(), Some(world.log_end()), "{last}");
}

/// The views are the oracle's; gives the versions of all of them.
async fn compare_views(world: &World, events: &[Event]) -> BTreeMap<String, i64> {
    let mut versions = BTreeMap::new();
    for (workflow, expected) in oracle::fold(events) {
        let views = View::all(world.db(), workflow).await;
        let found: Vec<Expected> = views.iter().map(Expected::of).collect();
        assert_eq!(found, [expected], "workflow {workflow}");
        versions.extend(views.iter().map(|view| (view.id.to_string(), view.version)));
    }
    versions
}

/// The views are the oracle's, the account adds up, and the letters hold the poison's bytes.
async fn compare(world: &World, events: &[Event]) {
    let versions = compare_views(world, events).await;
    assert_contiguous(world, &versions).await;

    let account = "select sum(applied + superseded + duplicate)::bigint, sum(dead_lettered)::bigint, \
                   sum(skipped + parked + gap)::bigint, sum(next_offset - start_offset)::bigint \
                   from dashloom.consumer_positions";
    let row = world.db().query_one(account, &[]).await.unwrap();
    let account: [i64; 4] = std::array::from_fn(|column| row.get(column));
    let poison: Vec<&Event> = events.iter().filter(|event| event.is_poison()).collect();
    let (all, bad) = (events.len() as i64, poison.len() as i64);
    assert_eq!(account, [all - bad, bad, 0, all]);

    let mut letters = world.dead_letters();
    let distinct = |records: &[crate::harness::Record]| -> std::collections::BTreeSet<Vec<u8>> {
        records
            .iter()
            .filter_map(|record| record.payload.clone())
            .collect()
    };
    let wanted: std::collections::BTreeSet<Vec<u8>> =
        poison.iter().map(|event| event.payload.clone()).collect();
    let records = letters
        .until("every poison's letter", |records| {
            distinct(records).len() >= wanted.len()
        })
        .await
        .unwrap();
    assert_eq!(distinct(records), wanted);
}
