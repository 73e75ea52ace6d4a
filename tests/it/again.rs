//! Records that were refused, and what is told of them when they come once more.

use dashloom::event::wire::ResultFormat;

use crate::harness::{Finished, View, Workflow, World};

const ALL: Option<&str> = Some(r#"{"period":"all"}"#);

/// The same execution with a result that cannot be read.
fn broken(good: &Finished, format: ResultFormat) -> Finished {
    Finished {
        format,
        rows: b"neither".to_vec(),
        ..good.clone()
    }
}

async fn told(world: &World, execution: &Finished) -> (bool, Option<String>) {
    let query =
        "select dashboard_processed, dashboard_processing_error from workflow_executions where id = $1";
    let row = world.db().query_one(query, &[&execution.id]).await.unwrap();
    (row.get(0), row.get(1))
}

fn execution(world: &World, workflow: &Workflow, date: &str) -> Finished {
    world.execution(workflow, date, date, &format!("date,clicks\n{date},7\n"))
}

#[tokio::test]
async fn a_replay_tells_nothing_of_refusals_that_were_repaired_or_told_of_before() {
    let world = World::new().await;
    let workflow = world.workflow("ads", ALL).await;
    let (repaired, hopeless) = (
        execution(&world, &workflow, "2026-11-01"),
        execution(&world, &workflow, "2026-11-02"),
    );
    // Refused before it is looked up what is known, so that no better run passes it over.
    let backwards = Finished {
        window: (repaired.window.1 + chrono::Days::new(1), repaired.window.0),
        ..repaired.clone()
    };
    let service = world.serve();
    world
        .announce(&[&backwards, &broken(&hopeless, ResultFormat::ArrowStream)])
        .await;
    world.settled().await;
    assert!(told(&world, &repaired).await.1.is_some());
    let first = told(&world, &hopeless).await;
    world
        .announce(&[&repaired, &broken(&hopeless, ResultFormat::Parquet)])
        .await;
    world.settled().await;
    assert_eq!(told(&world, &repaired).await, (true, None));
    let last = told(&world, &hopeless).await;
    assert!(
        !last.0 && last.1.is_some() && last != first,
        "the last refusal is told: {last:?}"
    );
    assert_eq!(service.stop(), Some(0));
    let before = world.rows().await;

    // One record a batch, so that none speaks for another.
    for rate in ["2", "1000"] {
        let ran = world.run(&["replay", "--from", "earliest", "--rate", rate]).await;
        assert_eq!(ran.figure("rejected"), "3", "{ran:?}");
        assert_eq!(world.rows().await, before, "rate {rate}");
    }
    let view = View::find(world.db(), workflow.id, "all").await.unwrap();
    assert_eq!(view.metric("clicks").as_deref(), Some("7"));
}
