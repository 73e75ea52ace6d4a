//! Insights: committed with their view, told with it, gone with what they stood on.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use dashloom::event::wire::Change;
use uuid::Uuid;

use crate::harness::{Kitchen, finished};
use crate::stage::engine::Finished;

/// Eight weeks of clicks from Monday 2026-03-02 that rise to half as many again after five of them, if they rise at all; of four
/// days nobody knows the orders.
fn weeks(workflow: Uuid, number: u128, rises: bool) -> Finished {
    let first = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let mut csv = "date,clicks,orders\n".to_owned();
    for day in 0..56u64 {
        let level = if rises && day >= 35 { 1500 } else { 1000 };
        let orders = match day {
            10..14 => String::new(),
            _ => (40 + day * 11 % 7).to_string(),
        };
        let date = first + Days::new(day);
        writeln!(csv, "{date},{},{orders}", level + day * 37 % 23).unwrap();
    }
    finished(
        workflow,
        number,
        ("2026-03-02", "2026-04-26"),
        5 + u64::try_from(number).unwrap(),
        &csv,
    )
}

/// Type, sentence, hundredths of confidence, whether it is superseded, and the row's transaction.
type Row = (String, String, i32, bool, String);

async fn rows(kitchen: &Kitchen) -> Vec<Row> {
    let query = "select insight_type, insight_text, (confidence_score * 100)::int, superseded_at is not null, xmin::text \
                 from dashboard_insights order by insight_type, id";
    let rows = kitchen.database.query(query, &[]).await.unwrap();
    rows.iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
        .collect()
}

fn current(rows: &[Row]) -> Vec<&Row> {
    rows.iter().filter(|row| !row.3).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn insights_come_with_their_view_and_go_with_it() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    kitchen.apply(&[&weeks(workflow, 1, true)]).await;
    let first = rows(&kitchen).await;
    let shift = first
        .iter()
        .find(|row| row.0 == "level_shift")
        .expect("a level shift");
    assert!(shift.1.contains("6 Apr 2026") && shift.2 >= 90, "{shift:?}");
    let event = kitchen.events().await.pop().unwrap();
    assert_eq!(event.insight_count as usize, first.len());
    let kinds = [Change::Created, Change::Data, Change::Insights];
    assert_eq!(event.changes, kinds.map(|kind| kind as i32));

    // Restated without the rise: what was found is gone, but its rows stay, stamped.
    kitchen.apply(&[&weeks(workflow, 2, false)]).await;
    let second = rows(&kitchen).await;
    assert!(
        second.iter().any(|row| row.0 == "level_shift" && row.3),
        "{second:?}"
    );
    let event = kitchen.events().await.pop().unwrap();
    assert_eq!(event.insight_count as usize, current(&second).len());

    // Restated with it: the same rows stand again.
    kitchen.apply(&[&weeks(workflow, 3, true)]).await;
    let third = rows(&kitchen).await;
    let told = |rows: &[Row]| -> Vec<(String, String)> {
        let told = current(rows).into_iter();
        told.map(|row| (row.0.clone(), row.1.clone())).collect()
    };
    assert_eq!(told(&third), told(&first));
    assert_eq!(
        third.len(),
        second.len(),
        "an insight is known by what it is about"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn insights_that_change_alone_are_one_event() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    kitchen.apply(&[&weeks(workflow, 1, true)]).await;
    let before = rows(&kitchen).await;
    assert!(
        before.iter().any(|row| row.2 < 100) && before.len() > 1,
        "{before:?}"
    );
    kitchen
        .configure(workflow, r#"{"period":"all","insights":{"min_confidence":1}}"#)
        .await;
    kitchen
        .rerender(workflow, dashloom::fold::Why::Configuration)
        .await;
    let after = rows(&kitchen).await;
    assert!(current(&after).iter().all(|row| row.2 == 100), "{after:?}");
    // The rows that still stand were not written.
    for row in current(&after) {
        assert!(before.contains(row), "{row:?}");
    }
    let events = kitchen.events().await;
    assert_eq!(events.len(), 2);
    let kinds = [Change::Insights, Change::Configuration];
    assert_eq!(events[1].changes, kinds.map(|kind| kind as i32));
    assert_eq!(events[1].insight_count as usize, current(&after).len());
    // Nothing changes any more.
    assert_eq!(kitchen.rerender(workflow, dashloom::fold::Why::Rebuild).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn insights_belong_to_the_content() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    kitchen.apply(&[&weeks(workflow, 1, true)]).await;
    let query = "select content_sha256 <> sha256(data_sha256), \
                        (select count(*) from dashboard_insights i where i.dashboard_view_id = v.id) from dashboard_views v";
    let row = kitchen.database.query_one(query, &[]).await.unwrap();
    let (differs, count): (bool, i64) = (row.get(0), row.get(1));
    assert!(differs && count > 0);
    let model = "select distinct model_version from dashboard_insights";
    let model: String = kitchen.database.query_one(model, &[]).await.unwrap().get(0);
    assert_eq!(model, dashloom::insight::model_version());
    assert!(model.len() <= 50);
}
