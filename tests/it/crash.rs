//! The service dies without warning in the middle of a year of flights, and nothing shows afterwards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dashloom::event::wire::DashboardUpdated;
use prost::Message;
use uuid::Uuid;

use crate::harness::{Finished, OWNER, View, World};
use crate::stage::engine;
use crate::{flights, script};

/// From the new process's start to its first commit: the group's session timeout is 10 s.
const BACK_WITHIN: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_kill_in_the_middle_loses_nothing_and_doubles_nothing() {
    let (calm, hit) = tokio::join!(World::with_partitions(4), World::with_partitions(4));
    let told = script::write(Uuid::from_u128(1), &flights::read().unwrap());
    let executions: Vec<&Finished> = told.executions.iter().collect();
    for world in [&calm, &hit] {
        engine::make_workflows(world.db(), OWNER, &told.workflows)
            .await
            .unwrap();
    }
    let _undisturbed = calm.serve();
    calm.announce(&executions).await;

    let doomed = hit.serve();
    let (before, after) = executions.split_at(executions.len() / 2);
    hit.announce(before).await;
    hit.moved_past(20).await;
    doomed.kill();
    let reached = hit.position().await;
    hit.announce(after).await;
    let restarted = Instant::now();
    let _service = hit.serve();
    hit.moved_past(reached).await;
    assert!(
        restarted.elapsed() < BACK_WITHIN,
        "serving again only after {:?}",
        restarted.elapsed()
    );

    tokio::join!(calm.settled(), hit.settled());
    let mut versions = BTreeMap::new();
    for workflow in &told.workflows {
        let (expected, found) = (
            View::all(calm.db(), workflow.id).await,
            View::all(hit.db(), workflow.id).await,
        );
        let bytes = |views: &[View]| -> Vec<_> {
            views
                .iter()
                .map(|view| {
                    (
                        view.period_key.clone(),
                        view.content_sha256.clone(),
                        view.json_text.clone(),
                    )
                })
                .collect()
        };
        assert_eq!(bytes(&found), bytes(&expected), "{}", workflow.name);
        versions.extend(found.iter().map(|view| (view.id.to_string(), view.version)));
    }
    assert_contiguous(&hit, &versions).await;
}

/// Every version of every view was announced, in order, and a repeated announcement repeats its id.
pub async fn assert_contiguous(world: &World, versions: &BTreeMap<String, i64>) {
    let mut events = world.events();
    let wanted: usize = versions
        .values()
        .map(|version| usize::try_from(*version).unwrap())
        .sum();
    let distinct = |records: &[crate::harness::Record]| {
        records
            .iter()
            .filter_map(|record| record.header("ce_id"))
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    let records = events
        .until("an event for every version", |records| {
            distinct(records) >= wanted
        })
        .await
        .unwrap();
    let mut heard: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut ids = std::collections::BTreeSet::new();
    for record in records {
        let event = DashboardUpdated::decode(record.payload.as_deref().unwrap()).unwrap();
        if ids.insert(event.event_id) {
            heard
                .entry(event.dashboard_view_id)
                .or_default()
                .push(event.view_version);
        }
    }
    for (view, version) in versions {
        let expected: Vec<u64> = (1..=version.unsigned_abs()).collect();
        assert_eq!(heard.get(view), Some(&expected), "view {view}");
    }
}
