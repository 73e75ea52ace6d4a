//! What cannot be drawn is one view's trouble: it stays as it was, its results are stored, and nobody else suffers.

use crate::harness::{Finished, Kitchen, View, day};
use crate::stage::engine;

async fn told(kitchen: &Kitchen, execution: &Finished) -> (bool, Option<String>) {
    let query =
        "select dashboard_processed, dashboard_processing_error from workflow_executions where id = $1";
    let row = kitchen.database.query_one(query, &[&execution.id]).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_result_keeps_its_own_views_as_they_were_until_a_replay() {
    let mut kitchen = Kitchen::new().await;
    let config = r#"{"period":"month"}"#;
    let (sick, well) = (kitchen.workflow(config).await, kitchen.workflow(config).await);
    let damaged = day(sick, 1, "2026-03-02");
    let (march, may, other) = (
        day(sick, 2, "2026-03-03"),
        day(sick, 3, "2026-05-04"),
        day(well, 4, "2026-03-03"),
    );
    engine::finish(&kitchen.database, &[&damaged, &march, &may, &other])
        .await
        .unwrap();
    kitchen.apply(&[&damaged]).await;
    let before = kitchen.bytes(sick).await;
    kitchen
        .database
        .execute("update dashloom.partials set body = '\\x01ff'", &[])
        .await
        .unwrap();

    let counts = kitchen.apply(&[&march, &may, &other]).await;
    assert_eq!((counts.applied, counts.dead_lettered), (3, 0), "{counts:?}");
    let march_view = View::find(&kitchen.database, sick, "2026-03").await.unwrap();
    assert_eq!(
        (march_view.version, march_view.metric("clicks").as_deref()),
        (1, Some("5"))
    );
    assert!(
        kitchen.bytes(sick).await.contains(&before[0]),
        "the last good view stays"
    );
    // Another view of the same workflow and another workflow go on.
    assert!(View::find(&kitchen.database, sick, "2026-05").await.is_some());
    assert!(View::find(&kitchen.database, well, "2026-03").await.is_some());
    let (processed, error) = told(&kitchen, &march).await;
    let error = error.unwrap();
    assert!(
        !processed && error.starts_with("dashboard: the view 2026-03 stays as it was"),
        "{error}"
    );
    assert!(error.contains(&damaged.id.to_string()), "{error}");
    assert_eq!(told(&kitchen, &other).await, (true, None));
    assert_eq!(told(&kitchen, &may).await, (true, None));

    // A replay of the damaged one forms it anew, and all is told to be well.
    kitchen.replay(&[&damaged]).await;
    let march_view = View::find(&kitchen.database, sick, "2026-03").await.unwrap();
    assert_eq!(
        (march_view.version, march_view.metric("clicks").as_deref()),
        (2, Some("10"))
    );
    assert_eq!(told(&kitchen, &march).await, (true, None));
    assert_eq!(kitchen.redraws().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_cannot_be_read_is_its_workflows_trouble() {
    let mut kitchen = Kitchen::new().await;
    let (sick, well) = (kitchen.workflow("{}").await, kitchen.workflow("{}").await);
    kitchen.apply(&[&day(sick, 1, "2026-03-02")]).await;
    kitchen
        .database
        .execute("update dashloom.partials set row_days = '\\x09'", &[])
        .await
        .unwrap();
    let (new, other) = (day(sick, 2, "2026-03-03"), day(well, 3, "2026-03-03"));
    engine::finish(&kitchen.database, &[&new, &other]).await.unwrap();
    let counts = kitchen.apply(&[&new, &other]).await;
    assert_eq!((counts.applied, counts.dead_lettered), (2, 0), "{counts:?}");
    assert_eq!(
        View::find(&kitchen.database, sick, "rolling")
            .await
            .unwrap()
            .version,
        1
    );
    assert!(View::find(&kitchen.database, well, "rolling").await.is_some());
    assert!(
        told(&kitchen, &new)
            .await
            .1
            .unwrap()
            .starts_with("dashboard: no view can be drawn")
    );
    let stored = "select count(*) from dashloom.partials";
    assert_eq!(kitchen.count(stored).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_encoding_halts() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow("{}").await;
    kitchen.apply(&[&day(workflow, 1, "2026-03-02")]).await;
    kitchen
        .database
        .execute("update dashloom.partials set encoding = 200", &[])
        .await
        .unwrap();
    let error = kitchen
        .try_apply(&[&day(workflow, 2, "2026-03-03")], &[])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("newer"), "{error}");
    assert!(matches!(
        dashloom::pipeline::decide(&error, 0),
        dashloom::pipeline::Action::Halt(_)
    ));
}
