//! The thinnest thread: one execution in, one dashboard and one event out.

use dashloom::event::wire::{Change, DashboardUpdated, Reason};
use prost::Message;

use crate::harness::{View, World};

#[tokio::test]
async fn an_execution_becomes_a_dashboard_and_an_event() {
    let world = World::new().await;
    let service = world.serve();
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let csv = "date,campaign,clicks,spend\n2026-11-02,brand,21,10.10\n2026-11-03,brand,20,5.05\n2026-11-03,video,1,0.30\n";
    let execution = world.execution(&workflow, "2026-11-02", "2026-11-08", csv);
    world.announce(&[&execution]).await;

    let view = world.view(&workflow, "all").await;
    assert_eq!(view.version, 1);
    assert_eq!(view.execution_ids, [execution.id]);
    assert_eq!(view.metric("clicks").as_deref(), Some("42"));
    assert_eq!(view.metric("spend").as_deref(), Some("15.45"));

    let mut events = world.events();
    let records = events.at_least(1).await.unwrap();
    let event = DashboardUpdated::decode(records[0].payload.as_deref().unwrap()).unwrap();
    assert_eq!(records[0].key.as_deref(), Some(view.id.to_string().as_bytes()));
    assert_eq!(records[0].header("ce_id"), Some(event.event_id.clone()));
    assert_eq!(event.dashboard_view_id, view.id.to_string());
    assert_eq!((event.view_version, event.previous_version), (1, 0));
    assert_eq!(event.execution_ids, [execution.id.to_string()]);
    assert_eq!(
        (event.changes().collect::<Vec<_>>(), event.reason()),
        (vec![Change::Created, Change::Data], Reason::Live)
    );

    world.settled().await;
    let query = "select dashboard_processed from workflow_executions where id = $1";
    let processed: bool = world
        .db()
        .query_one(query, &[&execution.id])
        .await
        .unwrap()
        .get(0);
    assert!(processed);
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test]
async fn the_same_execution_again_changes_and_emits_nothing() {
    let world = World::new().await;
    let _service = world.serve();
    let workflow = world
        .workflow("ads", Some(r#"{"version":1,"period":"all"}"#))
        .await;
    let execution = world.execution(
        &workflow,
        "2026-11-02",
        "2026-11-08",
        "date,clicks\n2026-11-02,21\n",
    );
    world.announce(&[&execution]).await;
    let before = world.view(&workflow, "all").await;
    world.announce(&[&execution, &execution]).await;
    let other = world.execution(
        &workflow,
        "2026-11-09",
        "2026-11-15",
        "date,clicks\n2026-11-09,1\n",
    );
    world.settled().await;
    assert_eq!(world.view(&workflow, "all").await, before);

    // An event that must come shows that none came before it.
    world.announce(&[&other]).await;
    let mut events = world.events();
    let records = events.at_least(2).await.unwrap();
    let versions: Vec<u64> = records
        .iter()
        .map(|record| {
            DashboardUpdated::decode(record.payload.as_deref().unwrap())
                .unwrap()
                .view_version
        })
        .collect();
    assert_eq!(versions, [1, 2]);
}

#[tokio::test]
async fn a_workflow_that_is_not_reported_gets_no_dashboard() {
    let world = World::new().await;
    let service = world.serve();
    let workflow = world.workflow("ads", None).await;
    world
        .db()
        .execute("update workflows set report_enabled = false", &[])
        .await
        .unwrap();
    let execution = world.execution(
        &workflow,
        "2026-11-02",
        "2026-11-08",
        "date,clicks\n2026-11-02,21\n",
    );
    world.announce(&[&execution]).await;
    world.settled().await;
    assert_eq!(View::all(world.db(), workflow.id).await, []);
    // Counted after the transaction that settles it.
    let counted = async |_: &_| service.metric("dashloom_skipped_total", &["disabled"]).unwrap() == 1.0;
    world.db().until("the skip is counted", counted).await;
}
