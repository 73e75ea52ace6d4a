//! More than one transaction may take on: batches are halved, and an event that touches many views takes several.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use dashloom::pipeline::{self, Selection};
use uuid::Uuid;

use crate::harness::{Finished, Kitchen, View, finished};

/// A month of days in one result; its runs have different numbers.
fn month(workflow: Uuid, run: u32) -> Finished {
    let clicks = 5 + run;
    let rows: String = (1..=30)
        .map(|day| format!("2026-04-{day:02},{clicks}\n"))
        .collect();
    let csv = format!("date,clicks\n{rows}");
    Finished {
        run,
        ..finished(workflow, 1, ("2026-04-01", "2026-04-30"), 1, &csv)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_touches_many_views_takes_several_transactions() {
    let mut whole = Kitchen::new().await;
    let mut parts = Kitchen::new().await;
    parts.recipe.fold.limits.views = 7;
    let config = r#"{"period":"day"}"#;
    let (expected, workflow) = (whole.workflow(config).await, parts.workflow(config).await);
    whole.apply(&[&month(expected, 1)]).await;
    let counts = parts.apply(&[&month(workflow, 1)]).await;
    assert_eq!(counts.applied, 1);
    assert_eq!(parts.bytes(workflow).await, whole.bytes(expected).await);
    let transactions = "select count(distinct xmin::text) from dashboard_views";
    assert_eq!(parts.count(transactions).await, 5);
    assert_eq!(parts.events().await.len(), 30);
    assert_eq!(parts.redraws().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_left_is_drawn_whoever_comes_by() {
    for comes_by in ["the event", "another event", "the sweep"] {
        let mut kitchen = Kitchen::new().await;
        let workflow = kitchen.workflow(r#"{"period":"day"}"#).await;
        kitchen.apply(&[&month(workflow, 0)]).await;
        kitchen.recipe.fold.limits.views = 7;
        kitchen.die_after_one_transaction(&month(workflow, 1)).await;
        let behind = View::all(&kitchen.database, workflow).await;
        assert_eq!(behind.iter().filter(|view| view.version == 2).count(), 7);
        match comes_by {
            "the event" => {
                let counts = kitchen.apply(&[&month(workflow, 1)]).await;
                assert_eq!(counts.applied, 1, "{counts:?}");
            }
            "another event" => {
                let csv = "date,clicks\n2026-05-01,9\n";
                let other = finished(workflow, 2, ("2026-05-01", "2026-05-01"), 1, csv);
                kitchen.apply(&[&other]).await;
            }
            _ => {
                kitchen
                    .sweep_until("nothing left to be drawn", async |db| {
                        let left = "select count(*) from dashloom.redraws";
                        db.query_one(left, &[]).await.unwrap().get::<_, i64>(0) == 0
                    })
                    .await;
            }
        }
        let views = View::all(&kitchen.database, workflow).await;
        let april: Vec<_> = views
            .iter()
            .filter(|view| view.period_key.starts_with("2026-04"))
            .collect();
        assert_eq!(april.len(), 30);
        for view in april {
            let shown = (view.version, view.metric("clicks"));
            assert_eq!(
                shown,
                (2, Some("6".to_owned())),
                "{} after {comes_by}",
                view.period_key
            );
        }
        for event in kitchen.events().await.iter().skip(30).take(30) {
            let reason = event.reason();
            assert_eq!(
                reason,
                dashloom::event::wire::Reason::Correction,
                "after {comes_by}"
            );
            assert_eq!(event.execution_ids.len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_holds_its_locks_too_long_asks_to_be_halved() {
    let mut kitchen = Kitchen::new().await;
    kitchen.recipe.fold.limits.locked = Duration::ZERO;
    let config = r#"{"period":"day"}"#;
    let (one, other) = (kitchen.workflow(config).await, kitchen.workflow(config).await);
    let error = kitchen
        .try_apply(&[&month(one, 1), &month(other, 1)], &[])
        .await
        .unwrap_err();
    assert_eq!(
        dashloom::pipeline::decide(&error, 0),
        dashloom::pipeline::Action::Halve
    );
    // Alone each takes as many transactions as it needs.
    let counts = kitchen.apply(&[&month(one, 1)]).await;
    assert_eq!(counts.applied, 1);
    assert_eq!(View::all(&kitchen.database, one).await.len(), 30);
}

/// Weeks of many customers, more than fit into memory at a time under `tight` limits.
fn weeks(workflow: Uuid) -> Vec<Finished> {
    let week = |week: u32| {
        let first = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + Days::new(u64::from(week) * 7);
        let days = (0..7).map(|day| first + Days::new(day));
        let rows: String = days
            .flat_map(|day| {
                (0..60).map(move |customer| format!("{day},name {customer},{}\n", customer * 7 + week))
            })
            .collect();
        let (from, to) = (first.to_string(), (first + Days::new(6)).to_string());
        let csv = format!("date,customer,clicks\n{rows}");
        finished(workflow, u128::from(week), (&from, &to), 1, &csv)
    };
    (0..6).map(week).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_reads_more_than_fits_is_summarised_the_same_in_any_order() {
    let mut roomy = Kitchen::new().await;
    let config = r#"{"period":"all"}"#;
    let whole = roomy.workflow(config).await;
    roomy.apply(&weeks(whole).iter().collect::<Vec<_>>()).await;
    let whole = View::find(&roomy.database, whole, "all").await.unwrap();
    assert_eq!(whole.processed_data["data_quality"]["summarised"], false);

    let mut tight = Kitchen::new().await;
    tight.recipe.fold.limits.numbers = 6_000;
    let mut told = Vec::new();
    for order in [[0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4]] {
        let workflow = tight.workflow(config).await;
        let weeks = weeks(workflow);
        for batch in order.chunks(2) {
            let batch: Vec<&Finished> = batch.iter().map(|week| &weeks[*week]).collect();
            tight.apply(&batch).await;
        }
        let view = View::find(&tight.database, workflow, "all").await.unwrap();
        assert_eq!(view.processed_data["data_quality"]["summarised"], true);
        assert_eq!(view.metric("clicks"), whole.metric("clicks"), "totals stay exact");
        assert_eq!(
            view.processed_data["datasets"]["trend"],
            whole.processed_data["datasets"]["trend"]
        );
        told.push(tight.bytes(workflow).await);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_every_view_and_holds_the_workflow_for_a_few_at_a_time() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"day"}"#).await;
    let (early, late) = (month(workflow, 0), month(workflow, 1));
    kitchen.apply(&[&early]).await;
    let before = kitchen.bytes(workflow).await;
    kitchen.recipe.fold.limits.views = 7;
    let other = finished(
        workflow,
        2,
        ("2026-05-01", "2026-05-01"),
        1,
        "date,clicks\n2026-05-01,9\n",
    );
    let messages = kitchen.messages(&[&late, &other], &[]);
    let selection = Selection::default();
    let shown = pipeline::rehearse(&kitchen.recipe, &messages, &selection)
        .await
        .unwrap();
    let mut views: Vec<_> = shown.updates.iter().map(|update| update.view_id).collect();
    views.sort_unstable();
    views.dedup();
    assert_eq!((views.len(), shown.updates.len(), shown.is_part), (31, 31, false));
    assert_eq!(kitchen.bytes(workflow).await, before, "nothing is kept");

    // More than a dry run may take on: it says so.
    kitchen.recipe.fold.limits.views = 1;
    let shown = pipeline::rehearse(&kitchen.recipe, &messages, &selection)
        .await
        .unwrap();
    assert_eq!((shown.updates.len(), shown.is_part), (30, true));
}
