//! The relay: what is committed goes out, once a leader stands, in order, and nothing is passed by.

use dashloom::store::{self, Role, RoleNames, outbox, relay_positions};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::harness::{Record, World};

/// The roles of a process that only relays.
const ONLY_RELAY: &[(&str, &str)] = &[("DASHLOOM_SERVE__ROLES", "relay")];

/// Puts a row for `dashboard-updated` into the outbox, as the ingest role does; gives its id.
async fn put(db: &Client, world: &World, key: &str, payload: &[u8]) -> Uuid {
    put_to(db, &world.topics()[1], key, payload).await
}

/// The same for any topic.
async fn put_to(db: &Client, topic: &str, key: &str, payload: &[u8]) -> Uuid {
    let id = Uuid::new_v4();
    let insert = "insert into dashloom.outbox (seq, slot, id, aggregatetype, aggregateid, type, payload, topic, key, \
                      header_keys, header_values, view_version) \
                  select s.seq, ((s.seq >> 18) & 3)::smallint, $1::uuid, 'dashboard_view', $2::text, 'dashloom.v1.DashboardUpdated', \
                      $3, $4, convert_to($2::text, 'UTF8'), array['ce_id', 'none'], array[convert_to(($1::uuid)::text, 'UTF8'), null], 1 \
                  from (select nextval('dashloom.outbox_seq') as seq) s";
    db.execute(insert, &[&id, &key, &payload, &topic]).await.unwrap();
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

/// A login that may take the relay's role and nothing else; gives the world's URL under it.
async fn relay_login(world: &World) -> String {
    let name = format!("only_relay_{}", Uuid::new_v4().simple());
    let make = format!("create role {name} login noinherit; grant dashloom_relay to {name}");
    world.db().batch_execute(&make).await.unwrap();
    world.db().url().replacen("postgres@", &format!("{name}@"), 1)
}

#[tokio::test]
async fn a_record_the_broker_refuses_is_kept_whole_and_holds_up_nothing() {
    let world = World::new().await;
    let login = relay_login(&world).await;
    let _relay = world.serve_with(&[ONLY_RELAY[0], ("DATABASE_URL", &login)]);
    let refused = put(world.db(), &world, "big", &vec![7; 11 << 20]).await;
    let next = put(world.db(), &world, "big", b"small").await;
    let (mut events, mut letters) = (world.events(), world.dead_letters());
    assert_eq!(ids(events.at_least(1).await.unwrap()), [next]);
    let letter = letters.at_least(1).await.unwrap()[0].clone();
    assert_eq!(letter.header("ce_id"), Some(refused.to_string()));
    assert_eq!(letter.payload, None);
    let kept = "select octet_length(payload), key, cause from dashloom.refused where id = $1";
    let row = world.db().query_one(kept, &[&refused]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 11 << 20);
    assert_eq!(row.get::<_, Vec<u8>>(1), b"big");
    assert!(row.get::<_, &str>(2).contains("Message size too large"));
    let name = login.split(['/', '@']).nth(2).unwrap().to_owned();
    let gone = format!("drop owned by {name}; drop role {name}");
    drop(_relay);
    world.db().batch_execute(&gone).await.unwrap();
}

#[tokio::test]
async fn a_refused_record_takes_none_of_its_company_along() {
    let world = World::new().await;
    let narrow = format!("{}.narrow", world.topics()[1]);
    let broker = &crate::harness::servers().broker;
    broker
        .create_topic_with(&narrow, 1, &[("max.message.bytes", "3000")])
        .await
        .unwrap();
    // Nothing that compression would make small.
    let noise: Vec<u8> = (0..400).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    let mut wanted = Vec::new();
    let mut refused = Vec::new();
    for number in 0..30 {
        // Together they are too much for the topic, too; each alone is not.
        let size = if number % 10 == 4 { 5_000 } else { 500 };
        let id = put_to(world.db(), &narrow, "one", &noise[..size]).await;
        if size > 3_000 { &mut refused } else { &mut wanted }.push(id);
    }
    let _relay = world.serve_with(ONLY_RELAY);
    let mut records = broker.reader(&narrow).unwrap();
    let last = *wanted.last().unwrap();
    let heard = records
        .until("the last good row", |records| ids(records).contains(&last))
        .await
        .unwrap();
    let mut heard = ids(heard);
    let mut seen = std::collections::HashSet::new();
    heard.retain(|id| seen.insert(*id));
    assert_eq!(heard, wanted);
    without_gaps(&world).await;
    let kept = "select array_agg(id order by seq) from dashloom.refused";
    let kept: Vec<Uuid> = world.db().query_one(kept, &[]).await.unwrap().get(0);
    assert_eq!(kept, refused);

    // The topic is made wider, and what was refused is published after all, as it was.
    broker
        .set_topic(&narrow, "max.message.bytes", "9000")
        .await
        .unwrap();
    let redrive = ["dlq", "redrive", "--refused", "--json"];
    let would = world.run(&[&redrive[..], &["--dry-run"]].concat()).await.report();
    assert_eq!(would["republished"], refused.len());
    assert_eq!(would["records"][0]["id"], refused[0].to_string());
    let report = world.run(&redrive).await.report();
    assert_eq!(
        (&report["republished"], &report["bytes"]),
        (&refused.len().into(), &(refused.len() * 5_000).into())
    );
    let records = records
        .until("the records that were refused", |records| {
            let heard = ids(records);
            refused.iter().all(|id| heard.contains(id))
        })
        .await
        .unwrap();
    let late: Vec<&Record> = records
        .iter()
        .filter(|record| {
            ids(std::slice::from_ref(record))
                .iter()
                .any(|id| refused.contains(id))
        })
        .collect();
    assert_eq!(late.len(), refused.len(), "each once");
    for record in late {
        assert_eq!(record.payload.as_deref(), Some(&noise[..5_000]));
        assert_eq!(record.key.as_deref(), Some(&b"one"[..]));
    }
    let again = world.run(&redrive).await.report();
    assert_eq!(again["republished"], 0, "nothing is kept any more");
    broker.delete_topics(&[&narrow]).await.unwrap();
}

#[tokio::test]
async fn what_is_read_together_is_of_one_moment() {
    let world = World::new().await;
    let (late, other) = (session(&world).await, session(&world).await);
    late.batch_execute("begin").await.unwrap();
    put(&late, &world, "a", b"1").await;
    put(world.db(), &world, "b", b"passed").await;
    let highest = "select max(seq), min(seq) - 1 from dashloom.outbox";
    let row = world.db().query_one(highest, &[]).await.unwrap();
    let (high, missing): (i64, i64) = (row.get(0), row.get(1));

    let pool = deadpool_postgres::Pool::builder(deadpool_postgres::Manager::new(
        world.db().url().parse().unwrap(),
        tokio_postgres::NoTls,
    ))
    .build()
    .unwrap();
    let mut client = pool.get().await.unwrap();
    let roles = RoleNames::default();
    let tx = store::begin_snapshot(&mut client, &roles, Role::Relay)
        .await
        .unwrap();
    relay_positions::oldest_running(&tx).await.unwrap();
    // The view's first version is committed and its second follows, both after the relay began to read.
    late.batch_execute("commit").await.unwrap();
    put(&other, &world, "a", b"2").await;
    let page = outbox::page(&tx, high, &[missing], 100, 1 << 20).await.unwrap();
    assert!(page.rows.is_empty(), "{:?}", page.rows);
    drop(tx);
    let tx = store::begin_snapshot(&mut client, &roles, Role::Relay)
        .await
        .unwrap();
    let page = outbox::page(&tx, high, &[missing], 100, 1 << 20).await.unwrap();
    let payloads: Vec<_> = page
        .rows
        .iter()
        .map(|row| row.payload.as_deref().unwrap())
        .collect();
    assert_eq!(payloads, [b"1", b"2"]);
    assert!(page.has_all_wanted);
    // A page that is cut for its size has at least a row, and says that it was cut.
    let page = outbox::page(&tx, 0, &[], 100, 1).await.unwrap();
    assert_eq!((page.rows.len(), page.has_all_wanted), (1, false));
}

#[tokio::test]
async fn versions_of_a_view_stay_in_order_while_transactions_overlap() {
    const KEYS: i32 = 3;
    const ROUNDS: i32 = 25;
    let world = World::with_partitions(2).await;
    let _relay = world.serve_with(&[
        ONLY_RELAY[0],
        ("DASHLOOM_RELAY__BATCH_MESSAGES", "7"),
        ("DASHLOOM_RELAY__BATCH_SIZE", "64"),
        ("DASHLOOM_RELAY__POLL_INTERVAL", "1ms"),
    ]);
    // Each transaction holds its view's lock, as a fold holds the workflow's, and some are rolled back.
    let writing = (0..6).map(|writer: i32| {
        let world = &world;
        async move {
            let client = session(world).await;
            for round in 0..ROUNDS {
                let key = (writer + round) % KEYS;
                let lock = format!("begin; select pg_advisory_xact_lock({key})");
                client.batch_execute(&lock).await.unwrap();
                put(&client, world, &key.to_string(), b"").await;
                tokio::time::sleep(std::time::Duration::from_millis(
                    ((writer * 7 + round * 5) % 11) as u64,
                ))
                .await;
                let rolls_back = (writer + round) % 9 == 0;
                let end = if rolls_back { "rollback" } else { "commit" };
                client.batch_execute(end).await.unwrap();
            }
        }
    });
    futures::future::join_all(writing).await;
    let committed = "select id, aggregateid from dashloom.outbox order by seq";
    let rows = world.db().query(committed, &[]).await.unwrap();
    let mut events = world.events();
    let records = events.at_least(rows.len()).await.unwrap();
    for key in 0..KEYS {
        let key = key.to_string();
        let wanted: Vec<Uuid> = rows
            .iter()
            .filter(|row| row.get::<_, &str>(1) == key)
            .map(|row| row.get(0))
            .collect();
        let of_key: Vec<Record> = records
            .iter()
            .filter(|record| record.key.as_deref() == Some(key.as_bytes()))
            .cloned()
            .collect();
        assert_eq!(ids(&of_key), wanted, "key {key}");
    }
    without_gaps(&world).await;
}

#[tokio::test]
async fn a_failover_that_loses_commits_loses_no_row() {
    let world = World::new().await;
    let mut relay = world.serve_with(ONLY_RELAY);
    let first = put(world.db(), &world, "a", b"1").await;
    let mut events = world.events();
    events.at_least(1).await.unwrap();
    without_gaps(&world).await;
    // The server that took over never heard of the first row's publishing, and draws the numbers again that were lost.
    let back = "update dashloom.relay_positions set high = high - 1";
    world.db().execute(back, &[]).await.unwrap();
    let second = put(world.db(), &world, "a", b"2").await;
    let records = events
        .until("both rows after the failover", |records| {
            let heard = ids(records);
            heard.iter().filter(|id| **id == first).count() == 2 && heard.last() == Some(&second)
        })
        .await
        .unwrap();
    assert_eq!(ids(records)[0], first);
    relay.ready(crate::harness::PATIENCE).unwrap();
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
