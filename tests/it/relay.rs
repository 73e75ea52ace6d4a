//! The relay: what is committed goes out, once a leader stands, in order, and nothing is passed by.

use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::{Record, World};

/// The roles of a process that only relays.
const ONLY_RELAY: &[(&str, &str)] = &[("DASHLOOM_SERVE__ROLES", "relay")];

/// Puts a row for `dashboard-updated` into the outbox, as the ingest role does; gives its id.
async fn put(db: &Client, world: &World, key: &str, payload: &[u8]) -> Uuid {
    let id = Uuid::new_v4();
    let insert = "insert into dashloom.outbox (seq, slot, id, aggregatetype, aggregateid, type, payload, topic, key, \
                      header_keys, header_values, view_version) \
                  select s.seq, ((s.seq >> 18) & 3)::smallint, $1::uuid, 'dashboard_view', $2::text, 'dashloom.v1.DashboardUpdated', \
                      $3, $4, convert_to($2::text, 'UTF8'), array['ce_id', 'none'], array[convert_to(($1::uuid)::text, 'UTF8'), null], 1 \
                  from (select nextval('dashloom.outbox_seq') as seq) s";
    db.execute(insert, &[&id, &key, &payload, &world.topics()[1]])
        .await
        .unwrap();
    id
}

fn ids(records: &[Record]) -> Vec<Uuid> {
    records
        .iter()
        .map(|record| record.header("ce_id").unwrap().parse().unwrap())
        .collect()
}

async fn session(world: &World) -> Client {
    let (client, connection) = tokio_postgres::connect(world.db().url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

/// Waits until nothing is missing below the relay's high-water mark.
async fn without_gaps(world: &World) {
    world
        .db()
        .until("a position without gaps", async |db| {
            let gaps = "select cardinality(gaps) = 0 and high > 0 from dashloom.relay_positions";
            let row = db.query_opt(gaps, &[]).await.unwrap();
            row.is_some_and(|row| row.get(0))
        })
        .await;
}

#[tokio::test]
async fn a_row_committed_late_is_not_passed_by() {
    let world = World::new().await;
    let late = session(&world).await;
    late.batch_execute("begin").await.unwrap();
    let first = put(&late, &world, "a", b"late").await;
    let second = put(world.db(), &world, "b", b"early").await;
    let _relay = world.serve_with(ONLY_RELAY);
    let mut events = world.events();
    assert_eq!(ids(events.at_least(1).await.unwrap()), [second]);
    late.batch_execute("commit").await.unwrap();
    assert_eq!(ids(events.at_least(2).await.unwrap()), [second, first]);
    let record = &events.at_least(2).await.unwrap()[1];
    assert_eq!(record.payload.as_deref(), Some(&b"late"[..]));
    assert_eq!(record.key.as_deref(), Some(&b"a"[..]));
    assert!(
        record.headers.contains(&("none".to_owned(), None)),
        "{:?}",
        record.headers
    );
    without_gaps(&world).await;
}

#[tokio::test]
async fn a_row_that_never_comes_is_not_waited_for() {
    let world = World::new().await;
    let _relay = world.serve_with(ONLY_RELAY);
    let never = session(&world).await;
    never.batch_execute("begin").await.unwrap();
    put(&never, &world, "a", b"never").await;
    let second = put(world.db(), &world, "a", b"there").await;
    let mut events = world.events();
    events.at_least(1).await.unwrap();
    never.batch_execute("rollback").await.unwrap();
    let third = put(world.db(), &world, "a", b"there, too").await;
    assert_eq!(ids(events.at_least(2).await.unwrap()), [second, third]);
    without_gaps(&world).await;
}

#[tokio::test]
async fn rows_of_one_key_keep_their_order_under_two_relays_and_a_kill() {
    let world = World::with_partitions(2).await;
    let doomed = world.serve_with(ONLY_RELAY);
    let mut sent = Vec::new();
    for number in 0..300 {
        sent.push(put(world.db(), &world, "one", format!("{number}").as_bytes()).await);
    }
    let mut events = world.events();
    events.at_least(100).await.unwrap();
    let _other = world.serve_with(ONLY_RELAY);
    doomed.kill();
    for number in 300..600 {
        sent.push(put(world.db(), &world, "one", format!("{number}").as_bytes()).await);
    }
    let last = *sent.last().unwrap();
    let records = events
        .until("the last row", |records| ids(records).contains(&last))
        .await
        .unwrap();
    let mut heard = ids(records);
    let mut seen = std::collections::HashSet::new();
    heard.retain(|id| seen.insert(*id));
    assert_eq!(heard, sent);
}

#[tokio::test]
async fn a_record_the_broker_refuses_is_kept_aside_and_holds_up_nothing() {
    let world = World::new().await;
    let _relay = world.serve_with(ONLY_RELAY);
    let refused = put(world.db(), &world, "big", &vec![7; 11 << 20]).await;
    let next = put(world.db(), &world, "big", b"small").await;
    let (mut events, mut letters) = (world.events(), world.dead_letters());
    assert_eq!(ids(events.at_least(1).await.unwrap()), [next]);
    let letter = letters.at_least(1).await.unwrap()[0].clone();
    assert_eq!(letter.header("ce_id"), Some(refused.to_string()));
    assert_eq!(letter.payload, None);
    let kept = "select octet_length(payload) from dashloom.parked where reason = 'refused_by_broker'";
    let size: i32 = world.db().query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(size, 11 << 20);
}

#[tokio::test]
async fn drained_slots_are_emptied() {
    let world = World::new().await;
    put(world.db(), &world, "a", b"old").await;
    let relay = world.serve_with(ONLY_RELAY);
    let mut events = world.events();
    events.at_least(1).await.unwrap();
    without_gaps(&world).await;
    assert_eq!(relay.stop(), Some(0));

    // As if two slots' worth of rows had been published since.
    let ahead = "with s as (select setval('dashloom.outbox_seq', 2 * 262144 + 5) as seq) \
                 update dashloom.relay_positions set high = s.seq from s";
    world.db().execute(ahead, &[]).await.unwrap();
    let next = put(world.db(), &world, "a", b"new").await;
    let mut relay = world.serve_with(ONLY_RELAY);
    assert_eq!(ids(events.at_least(2).await.unwrap())[1], next);
    relay.says("a drained slot of the outbox was emptied").await;
    let kept: i64 = world
        .db()
        .query_one("select count(*) from dashloom.outbox", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(kept, 1);
}
