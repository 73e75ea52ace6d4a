//! Withdrawing a result: out of every number, out for good, until a higher run of it arrives or it is undone.

use dashloom::event::wire::{Change, Reason};
use dashloom::fold::Withdrawal;

use crate::harness::{Finished, Kitchen, View, finished};

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_result_stays_out_until_a_higher_run() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let day = |number, date: &str, clicks: u32| {
        finished(
            workflow,
            number,
            (date, date),
            1,
            &format!("date,clicks\n{date},{clicks}\n"),
        )
    };
    let (first, second) = (day(1, "2026-03-02", 5), day(2, "2026-03-03", 70));
    kitchen.apply(&[&first, &second]).await;
    let full = kitchen.bytes(workflow).await;
    let clicks = async |kitchen: &Kitchen| {
        let view = View::find(&kitchen.database, workflow, "all").await.unwrap();
        view.metric("clicks").unwrap()
    };

    let withdrawn = kitchen.withdraw(workflow, second.id, false).await;
    assert_eq!(withdrawn, Withdrawal::Withdrawn { run: 0 });
    assert_eq!(clicks(&kitchen).await, "5");
    let event = kitchen.events().await.pop().unwrap();
    assert_eq!(event.reason(), Reason::Correction);
    assert_eq!(event.execution_ids, [second.id.to_string()]);
    assert_eq!(event.changes, [Change::Data as i32, Change::Superseded as i32]);
    assert_eq!(
        kitchen.withdraw(workflow, second.id, false).await,
        Withdrawal::AlreadySo
    );

    // Neither a replay nor a repetition brings it back.
    let counts = kitchen.replay(&[&first, &second]).await;
    assert_eq!(counts.duplicate, 2, "{counts:?}");
    assert_eq!(clicks(&kitchen).await, "5");

    assert_eq!(
        kitchen.withdraw(workflow, second.id, true).await,
        Withdrawal::Restored
    );
    assert_eq!(kitchen.bytes(workflow).await, full);
    assert_eq!(
        kitchen.withdraw(workflow, second.id, true).await,
        Withdrawal::AlreadySo
    );

    kitchen.withdraw(workflow, second.id, false).await;
    let better = Finished {
        run: 1,
        ..day(2, "2026-03-03", 71)
    };
    kitchen.apply(&[&better]).await;
    assert_eq!(clicks(&kitchen).await, "76");
    assert_eq!(
        kitchen.withdraw(workflow, uuid::Uuid::nil(), false).await,
        Withdrawal::Unknown
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_whose_last_result_is_withdrawn_keeps_its_row_and_dates() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"month"}"#).await;
    let only = finished(
        workflow,
        1,
        ("2026-03-02", "2026-03-03"),
        1,
        "date,clicks\n2026-03-02,5\n",
    );
    kitchen.apply(&[&only]).await;
    let full = View::find(&kitchen.database, workflow, "2026-03").await.unwrap();
    kitchen.withdraw(workflow, only.id, false).await;
    let empty = View::find(&kitchen.database, workflow, "2026-03").await.unwrap();
    assert_eq!((empty.version, empty.dates), (2, full.dates));
    assert!(empty.execution_ids.is_empty());
    assert_eq!(empty.processed_data["datasets"]["trend"], serde_json::json!([]));
    assert_eq!(kitchen.events().await.pop().unwrap().reason(), Reason::Correction);
}
