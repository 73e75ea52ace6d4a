//! The sweep: dashboards follow their configuration whoever writes it, and rows of the engine that come late are told.

use dashloom::event::wire::{Change, Reason};
use dashloom::ids::{ExecutionId, WorkflowId};
use dashloom::store::executions::{self, Flag, Word};
use dashloom::store::{self, Role};
use uuid::Uuid;

use crate::harness::{Finished, Kitchen, View, day};
use crate::stage::engine;

async fn views(kitchen: &Kitchen, workflow: Uuid) -> Vec<(String, i64)> {
    let views = View::all(&kitchen.database, workflow).await.into_iter();
    views.map(|view| (view.period_key, view.version)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_configuration_is_followed_and_a_wrong_one_is_told_once() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let (first, second) = (day(workflow, 1, "2026-03-02"), day(workflow, 2, "2026-03-03"));
    engine::finish(&kitchen.database, &[&first, &second])
        .await
        .unwrap();
    kitchen.apply(&[&first]).await;

    // A wrong one changes no view, and says so on the execution that comes meanwhile.
    kitchen.configure(workflow, r#"{"period":"whenever"}"#).await;
    kitchen.apply(&[&second]).await;
    kitchen
        .sweep_until("the trouble to be noted", async |db| {
            let noted = "select count(*) from dashloom.redraws where trouble like 'report configuration: %'";
            db.query_one(noted, &[]).await.unwrap().get::<_, i64>(0) == 1
        })
        .await;
    assert_eq!(views(&kitchen, workflow).await, [("all".to_owned(), 1)]);
    let told = "select count(*) from workflow_executions \
                where dashboard_processing_error like 'report configuration: %' and not dashboard_processed";
    assert_eq!(kitchen.count(told).await, 1);

    kitchen.configure(workflow, r#"{"period":"month"}"#).await;
    kitchen
        .sweep_until("the new period's view", async |db| {
            View::find(db, workflow, "2026-03").await.is_some()
        })
        .await;
    let month = View::find(&kitchen.database, workflow, "2026-03").await.unwrap();
    assert_eq!(month.metric("clicks").as_deref(), Some("10"));
    assert_eq!(
        views(&kitchen, workflow).await,
        [("2026-03".to_owned(), 1), ("all".to_owned(), 1)]
    );
    let event = kitchen.events().await.pop().unwrap();
    assert_eq!(event.reason(), Reason::Correction);
    assert_eq!(
        event.changes,
        [Change::Created as i32, Change::Configuration as i32]
    );
    let clear = "select count(*) from workflow_executions where dashboard_processed and dashboard_processing_error is null";
    assert_eq!(kitchen.count(clear).await, 2);
    assert_eq!(kitchen.redraws().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_changes_nothing_and_one_without_results_cost_nothing() {
    let kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow("{}").await;
    kitchen.configure(workflow, r#"{"period":"all"}"#).await;
    assert_eq!(kitchen.redraws().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_engine_that_come_late_or_were_held_are_told_later() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow("{}").await;
    let (late, held) = (day(workflow, 1, "2026-03-02"), day(workflow, 2, "2026-03-03"));
    engine::finish(&kitchen.database, &[&held]).await.unwrap();
    let holder = engine::connect(kitchen.database.url()).await.unwrap();
    holder
        .batch_execute("begin; select 1 from workflow_executions for update")
        .await
        .unwrap();
    let counts = kitchen.apply(&[&late, &held]).await;
    assert_eq!(counts.applied, 2);
    holder.batch_execute("rollback").await.unwrap();
    engine::finish(&kitchen.database, &[&late]).await.unwrap();
    kitchen
        .sweep_until("both flags", async |db| {
            let flagged = "select count(*) from workflow_executions where dashboard_processed";
            db.query_one(flagged, &[]).await.unwrap().get::<_, i64>(0) == 2
        })
        .await;
    let left = "select count(*) from dashloom.unflagged";
    assert_eq!(kitchen.count(left).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_waits_for_its_row_is_forgotten_once_a_better_record_is_told() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow("{}").await;
    let first = day(workflow, 1, "2026-03-02");
    engine::finish(&kitchen.database, &[&first]).await.unwrap();
    kitchen.apply(&[&first]).await;
    let good = day(workflow, 2, "2026-03-03");
    refuse(&kitchen, &good).await;
    let waiting = "select count(*) from dashloom.unflagged where error is not null";
    assert_eq!(kitchen.count(waiting).await, 1, "the row is not there yet");
    engine::finish(&kitchen.database, &[&good]).await.unwrap();
    assert_eq!(kitchen.apply(&[&good]).await.applied, 1);
    assert_eq!(kitchen.count(waiting).await, 0);
    // What is due is told in order: once a later row is, the old refusal would have been.
    let late = day(workflow, 3, "2026-03-04");
    kitchen.apply(&[&late]).await;
    engine::finish(&kitchen.database, &[&late]).await.unwrap();
    kitchen
        .sweep_until("the late row", async |db| {
            let told = "select count(*) from workflow_executions where dashboard_processed";
            db.query_one(told, &[]).await.unwrap().get::<_, i64>(0) == 3
        })
        .await;
    let refused = "select count(*) from workflow_executions where dashboard_processing_error is not null";
    assert_eq!(kitchen.count(refused).await, 0);
}

/// Tells of a record of an execution that the database refused, as whoever settles it does.
async fn refuse(kitchen: &Kitchen, execution: &Finished) {
    let recipe = &kitchen.recipe;
    let mut client = recipe.pool.get().await.unwrap();
    let tx = store::begin(&mut client, &recipe.roles, Role::Ingest)
        .await
        .unwrap();
    let flag = Flag {
        workflow_id: Some(WorkflowId(execution.workflow_id)),
        execution_id: ExecutionId(execution.id),
        word: Word::Refused("The database refuses what the record amounts to.".to_owned()),
    };
    executions::flag(&tx, &recipe.fold.upstream, &[flag], false)
        .await
        .unwrap();
    store::commit(tx).await.unwrap();
}
