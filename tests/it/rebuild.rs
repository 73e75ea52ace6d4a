//! Rendering again, and results formed anew.

use dashloom::event::wire::{Change, Reason};
use dashloom::fold::Why;

use crate::harness::{Kitchen, View, finished};

const DAY: (&str, &str) = ("2026-03-03", "2026-03-03");
const CSV: &str = "date,clicks\n2026-03-03,5\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_writes_only_what_comes_out_otherwise() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    kitchen.apply(&[&finished(workflow, 1, DAY, 1, CSV)]).await;
    let right = kitchen.bytes(workflow).await;
    assert_eq!(kitchen.rerender(workflow, Why::Rebuild).await, 0);
    // As another build of the service would have rendered it.
    let older = "update dashboard_views set processed_data = '{}', data_sha256 = sha256('\\x00'), \
                 content_sha256 = sha256(sha256('\\x00'))";
    kitchen.database.execute(older, &[]).await.unwrap();
    assert_eq!(kitchen.rerender(workflow, Why::Rebuild).await, 1);
    assert_eq!(kitchen.bytes(workflow).await, right);
    let event = kitchen.events().await.pop().unwrap();
    assert_eq!((event.view_version, event.reason()), (2, Reason::Correction));
    assert_eq!(event.changes, [Change::Data as i32]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_does_not_form_results_anew() {
    let mut kitchen = Kitchen::new().await;
    let config = r#"{"period":"all","timezone":"America/New_York"}"#;
    let workflow = kitchen.workflow(config).await;
    let result = finished(workflow, 1, DAY, 1, CSV);
    kitchen.apply(&[&result]).await;
    let stored = async |kitchen: &Kitchen| -> Vec<u8> {
        let query = "select shape from dashloom.partials";
        kitchen.database.query_one(query, &[]).await.unwrap().get(0)
    };
    let shape = stored(&kitchen).await;
    for config in [r#"{"period":"whenever"}"#, config] {
        kitchen.configure(workflow, config).await;
        let counts = kitchen.replay(&[&result]).await;
        assert_eq!(counts.duplicate, 1, "{config}: {counts:?}");
        assert_eq!(stored(&kitchen).await, shape, "{config}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_partials_hold_is_shown_anew_without_reading_results_again() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let csv = "date,campaign,clicks,cost\n2026-03-03,brand,5,1.50\n2026-03-03,generic,6,4\n";
    let result = finished(workflow, 1, DAY, 1, csv);
    kitchen.apply(&[&result]).await;
    let config = r#"{"period":"all","timezone":"America/New_York","columns":{"campaign":{"role":"dimension"}},
        "measures":{"clicks":{"agg":"sum","column":"clicks"},"cost":{"agg":"sum","column":"cost"},
                    "cost_per_click":{"ratio":["cost","clicks"]}}}"#;
    kitchen.configure(workflow, config).await;
    kitchen.rerender(workflow, Why::Configuration).await;
    let view = View::find(&kitchen.database, workflow, "all").await.unwrap();
    assert_eq!(view.metric("cost_per_click").as_deref(), Some("0.5"));
    assert_eq!(view.processed_data["stale_executions"], serde_json::json!([]));
    // A replay reads the result again all the same, and changes nothing.
    kitchen.replay(&[&result]).await;
    let replayed = View::find(&kitchen.database, workflow, "all").await.unwrap();
    assert_eq!(replayed.processed_data, view.processed_data);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_repairs_a_stale_result_in_place() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let result = finished(
        workflow,
        1,
        DAY,
        1,
        "time,clicks\n2026-03-03T02:00:00Z,5\n2026-03-03T12:00:00Z,6\n",
    );
    kitchen.apply(&[&result]).await;
    kitchen
        .configure(workflow, r#"{"period":"all","timezone":"America/New_York"}"#)
        .await;
    kitchen.rerender(workflow, Why::Configuration).await;
    let stale = View::find(&kitchen.database, workflow, "all").await.unwrap();
    assert_eq!(
        stale.processed_data["stale_executions"],
        serde_json::json!([result.id.to_string()])
    );
    assert_eq!(stale.metric("clicks").as_deref(), Some("11"));
    kitchen.replay(&[&result]).await;
    // Two in the morning is yesterday in New York, and outside of the window.
    let repaired = View::find(&kitchen.database, workflow, "all").await.unwrap();
    assert_eq!(repaired.processed_data["stale_executions"], serde_json::json!([]));
    assert_eq!(repaired.metric("clicks").as_deref(), Some("6"));
    let counts = kitchen.replay(&[&result]).await;
    assert_eq!(counts.duplicate, 1, "{counts:?}");
}
