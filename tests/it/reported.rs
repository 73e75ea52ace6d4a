//! Who is reported: the pointer from a workflow to its configuration.

use uuid::Uuid;

use crate::harness::{Kitchen, finished};

async fn pointer(kitchen: &Kitchen, workflow: Uuid) -> Option<Uuid> {
    let query = "select report_config_id from workflows where id = $1";
    kitchen
        .database
        .query_one(query, &[&workflow])
        .await
        .unwrap()
        .get(0)
}

async fn configuration(kitchen: &Kitchen, workflow: Uuid) -> Uuid {
    let query = "select id from report_configurations where workflow_id = $1";
    kitchen
        .database
        .query_one(query, &[&workflow])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pointer_is_filled_where_it_is_null_or_wrong_and_never_waited_for() {
    let mut kitchen = Kitchen::new().await;
    let (workflow, other) = (kitchen.workflow("{}").await, kitchen.workflow("{}").await);
    let day = |number: u128| {
        let date = format!("2026-03-{:02}", number + 1);
        finished(
            workflow,
            number,
            (&date, &date),
            1,
            &format!("date,clicks\n{date},5\n"),
        )
    };
    let mine = configuration(&kitchen, workflow).await;
    assert_eq!(pointer(&kitchen, workflow).await, None);
    kitchen.apply(&[&day(1)]).await;
    assert_eq!(
        pointer(&kitchen, workflow).await,
        Some(mine),
        "an existing configuration is linked"
    );

    let wrong = configuration(&kitchen, other).await;
    kitchen
        .database
        .execute(
            "update workflows set report_config_id = $2 where id = $1",
            &[&workflow, &wrong],
        )
        .await
        .unwrap();
    // The engine holds the row: the event is applied all the same, and the next one finds the row free.
    let engine = crate::stage::engine::connect(kitchen.database.url())
        .await
        .unwrap();
    engine.batch_execute("begin").await.unwrap();
    engine
        .execute(
            "select 1 from workflows where id = $1 for no key update",
            &[&workflow],
        )
        .await
        .unwrap();
    let counts = kitchen.apply(&[&day(2)]).await;
    assert_eq!(counts.applied, 1);
    assert_eq!(pointer(&kitchen, workflow).await, Some(wrong));
    engine.batch_execute("rollback").await.unwrap();
    kitchen.apply(&[&day(3)]).await;
    assert_eq!(pointer(&kitchen, workflow).await, Some(mine));
}
