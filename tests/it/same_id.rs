//! Two workflows may carry the same execution id, as long as no row says whose it is: nothing of one gets to the other.

use crate::harness::{Finished, Kitchen, View, finished};

const WEEK: (&str, &str) = ("2026-03-02", "2026-03-08");

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_both_keeps_them_apart() {
    let mut kitchen = Kitchen::new().await;
    let config = r#"{"period":"all"}"#;
    let (one, other) = (kitchen.workflow(config).await, kitchen.workflow(config).await);
    let of = |workflow, clicks: u32| {
        finished(
            workflow,
            1,
            WEEK,
            1,
            &format!("date,clicks\n2026-03-03,{clicks}\n"),
        )
    };
    let (first, second) = (of(one, 5), of(other, 70));
    let counts = kitchen.apply(&[&first, &second]).await;
    assert_eq!(counts.applied, 2, "{counts:?}");
    assert_clicks(&kitchen, &first, "5").await;
    assert_clicks(&kitchen, &second, "70").await;

    // The re-run of one is not the other's, and what both have is known of both.
    let again = Finished { run: 1, ..of(one, 6) };
    let counts = kitchen.apply(&[&again, &second, &first]).await;
    assert_eq!(
        (counts.applied, counts.duplicate, counts.superseded),
        (1, 2, 0),
        "{counts:?}"
    );
    assert_clicks(&kitchen, &first, "6").await;
    assert_clicks(&kitchen, &second, "70").await;
}

async fn assert_clicks(kitchen: &Kitchen, of: &Finished, clicks: &str) {
    let view = View::find(&kitchen.database, of.workflow_id, "all")
        .await
        .unwrap();
    assert_eq!(view.metric("clicks").as_deref(), Some(clicks));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_the_engine_says_whose_it_is() {
    let mut kitchen = Kitchen::new().await;
    let (one, other) = (kitchen.workflow("{}").await, kitchen.workflow("{}").await);
    let csv = "date,clicks\n2026-03-03,5\n";
    let (mine, foreign) = (finished(one, 1, WEEK, 1, csv), finished(other, 1, WEEK, 1, csv));
    crate::stage::engine::finish(&kitchen.database, &[&mine])
        .await
        .unwrap();
    let counts = kitchen.apply(&[&foreign, &mine]).await;
    assert_eq!((counts.applied, counts.dead_lettered), (1, 1), "{counts:?}");
    assert!(View::all(&kitchen.database, other).await.is_empty());
    let (processed, error) = told(&kitchen).await;
    assert!(processed && error.is_none(), "{error:?}");

    // Nor does it in the other order: a good result is shown, and the dead letter tells of the wrong event.
    let better = Finished { run: 1, ..mine };
    let counts = kitchen.apply(&[&better, &foreign]).await;
    assert_eq!((counts.applied, counts.dead_lettered), (1, 1), "{counts:?}");
    let (processed, error) = told(&kitchen).await;
    assert!(processed && error.is_none(), "{error:?}");
}

/// What the only execution's row is told.
async fn told(kitchen: &Kitchen) -> (bool, Option<String>) {
    let query = "select dashboard_processed, dashboard_processing_error from workflow_executions";
    let row = kitchen.database.query_one(query, &[]).await.unwrap();
    (row.get(0), row.get(1))
}
