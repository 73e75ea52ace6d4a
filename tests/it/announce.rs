//! What `dashboard-updated` says of a view's change.

use dashloom::event::wire;

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
