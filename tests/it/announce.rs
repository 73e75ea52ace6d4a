//! What `dashboard-updated` says of a view's change.

use dashloom::event::wire::{self, Change, DashboardUpdated};

use crate::harness::{Kitchen, View, finished};

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_the_digits_of_the_dashboard() {
    let mut kitchen = Kitchen::new().await;
    let config = r#"{"period":"all","measures":{"clicks":{"agg":"sum","column":"clicks"},
        "impressions":{"agg":"sum","column":"impressions"},"ctr":{"ratio":["clicks","impressions"]}}}"#;
    let workflow = kitchen.workflow(config).await;
    let day = |number, date: &str, clicks: u32| {
        let csv = format!("date,clicks,impressions\n{date},{clicks},300\n");
        finished(workflow, number, (date, date), 1, &csv)
    };
    let (first, second) = (day(1, "2026-03-02", 1), day(2, "2026-03-03", 9));
    kitchen.apply(&[&first]).await;
    let one = View::find(&kitchen.database, workflow, "all").await.unwrap();
    kitchen.apply(&[&second]).await;
    let two = View::find(&kitchen.database, workflow, "all").await.unwrap();
    // Twelve significant digits, which are more than twelve behind the point.
    assert_eq!(one.metric("ctr").as_deref(), Some("0.00333333333333"));
    let events = kitchen.events().await;
    for (event, before, after) in [(&events[0], None, &one), (&events[1], Some(&one), &two)] {
        for metric in &event.metrics {
            assert_eq!(metric.after, after.metric(&metric.id), "{}", metric.id);
            assert_eq!(
                metric.before,
                before.and_then(|view| view.metric(&metric.id)),
                "{}",
                metric.id
            );
        }
    }
    assert_eq!(events[1].metrics.len(), 3);
    assert_eq!(events[1].reason(), wire::Reason::Live);
}

fn named(events: &[DashboardUpdated], view: &View) -> DashboardUpdated {
    let id = view.id.to_string();
    let mut found = events.iter().filter(|event| event.dashboard_view_id == id);
    found.next_back().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_view_tells_its_own_causes() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"month"}"#).await;
    let result = |number, from: &str, to: &str, delay| {
        let rows = (0..5).map(|later| {
            let day = from.parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(later);
            format!("{day},{number}0\n")
        });
        let csv = format!("date,clicks\n{}", rows.collect::<String>());
        finished(workflow, number, (from, to), delay, &csv)
    };
    let october = result(1, "2026-10-01", "2026-10-31", 1);
    let june = result(2, "2026-06-01", "2026-06-30", 1);
    kitchen.apply(&[&october, &june]).await;

    // In one batch: new dates for November, by a replay; a day of October is replaced.
    let november = result(3, "2026-11-01", "2026-11-02", 1);
    let restated = result(4, "2026-10-20", "2026-10-20", 60);
    let mut messages = Vec::new();
    messages.extend(kitchen.messages(&[&restated], &[]));
    messages.extend(kitchen.messages(&[&november], &[kitchen.replay_header()]));
    kitchen.settle(messages).await.unwrap();
    let events = kitchen.events().await;
    let view = async |key| View::find(&kitchen.database, workflow, key).await.unwrap();

    let told = named(&events, &view("2026-10").await);
    assert_eq!(told.reason(), wire::Reason::Correction);
    assert_eq!(
        told.execution_ids,
        [october.id.to_string(), restated.id.to_string()]
    );
    // Four of the restated rows lie outside of its day, which is an insight.
    let kinds = [Change::Data, Change::Insights, Change::Superseded];
    assert_eq!(told.changes, kinds.map(|kind| kind as i32));
    let told = named(&events, &view("2026-11").await);
    assert_eq!(told.reason(), wire::Reason::Replay);
    assert_eq!(told.execution_ids, [november.id.to_string()]);
    // So do three of November's.
    let kinds = [Change::Created, Change::Data, Change::Insights];
    assert_eq!(told.changes, kinds.map(|kind| kind as i32));
    assert_eq!(view("2026-06").await.version, 1);
}
