//! Outages: a database that is away, hangs, or breaks in the middle of a COMMIT costs time and nothing else.

use std::time::Duration;

use dashloom::event::wire::DashboardUpdated;
use prost::Message;

use crate::harness::{Cut, Finished, Proxy, Service, Workflow, World};

const ALL: Option<&str> = Some(r#"{"version":1,"period":"all"}"#);
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
    assert_eq!(
        service
            .metric("dashloom_records_total", &["\"applied\""])
            .unwrap(),
        28.0,
        "metrics count what the position counts"
    );
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
    let applied = service
        .metric("dashloom_records_total", &["\"applied\""])
        .unwrap();
    assert_eq!(applied, 2.0);
    assert_announced(&world, &workflow).await;
    assert_eq!(service.stop(), Some(0));
}
