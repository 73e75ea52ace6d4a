//! Phase 3: which workflows are reported from now on, why, and what a cut or a busy engine changes about it: nothing.

use super::*;
use dashloom::store::migrate::{BackfillReport, BackfillRule, Outcome, Progress, backfill};

async fn backfill_by(db: &Database, rule: BackfillRule) -> BackfillReport {
    let options = MigrateOptions {
        backfill_rule: rule,
        ..MigrateOptions::default()
    };
    backfill(&mut connect(db.url()).await, &options, &mut |_| {})
        .await
        .unwrap()
}

async fn migrate_by(db: &Database, rule: BackfillRule) -> BackfillReport {
    let options = MigrateOptions {
        backfill_rule: rule,
        ..MigrateOptions::default()
    };
    migrate_with(db, &options).await.unwrap().backfill.unwrap()
}

const TYPES: &str = "update query_templates set default_dashboard_type = case name when 'template 0' then 'funnel' \
    when 'template 1' then 'pie' end, default_visualization_config = case name when 'template 0' then '{\"period\":\"all\"}'::jsonb \
    when 'template 1' then '[]'::jsonb end";

#[tokio::test]
async fn recent_enables_what_lives_and_says_why() {
    for server in both() {
        let db = engine(server, 40).await;
        migrate_to(&db, 2).await;
        db.batch_execute(TYPES).await.unwrap();
        let report = migrate_by(&db, BackfillRule::Recent).await;
        assert_eq!((report.workflows.len(), report.count(Outcome::Enabled)), (40, 20));
        for workflow in &report.workflows {
            assert!(workflow.reason.contains("in the last 90 days"), "{workflow:?}");
        }
        let wrong = "select count(*) from workflows w left join report_configurations c on c.id = w.report_config_id \
            left join query_templates t on t.id = w.query_template_id \
            where (w.report_enabled, c.enabled, c.workflow_id = w.id, c.created_by = w.user_id, \
                   c.query_template_id is not distinct from t.id, \
                   c.dashboard_type = case when t.name = 'template 0' then 'funnel' else 'standard' end, \
                   c.visualization_config = case when t.name = 'template 0' then '{\"period\":\"all\"}'::jsonb else '{}' end) \
                  is distinct from (true, true, true, true, true, true, true) \
              and (select count(*) from workflow_executions e where e.workflow_id = w.id and e.status = 'SUCCEEDED' \
                   and e.created_at > now() - interval '90 days') >= 2";
        assert_eq!(count(&db, wrong).await, 0);
        assert_eq!(count(&db, "select count(*) from report_configurations").await, 20);
        let text = report.to_string();
        assert!(
            text.ends_with("backfill: workflows=40 enabled=20 unchanged=20 busy=0"),
            "{text}"
        );
        assert!(
            text.contains("`pie` is no dashboard type") && text.contains("2 are needed"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn template_and_none_are_other_rules() {
    let db = engine(&servers().database_url, 30).await;
    migrate_to(&db, 2).await;
    db.batch_execute(TYPES).await.unwrap();
    let none = migrate_by(&db, BackfillRule::None).await;
    assert!(none.workflows.is_empty());
    assert_eq!(count(&db, "select count(*) from report_configurations").await, 0);
    let template = backfill_by(&db, BackfillRule::Template).await;
    let funnels = "select count(*) from workflows w join query_templates t on t.id = w.query_template_id where t.name = 'template 0'";
    assert_eq!(template.count(Outcome::Enabled) as i64, count(&db, funnels).await);
    assert_eq!(
        count(
            &db,
            "select count(*) from report_configurations where dashboard_type <> 'funnel'"
        )
        .await,
        0
    );
}

#[tokio::test]
async fn choices_are_kept_however_often_it_runs() {
    let db = engine(&servers().database_url, 8).await;
    migrate_to(&db, 2).await;
    db.batch_execute(
        "insert into report_configurations (workflow_id, enabled, dashboard_type) values (nth('workflow', 2), false, 'custom'); \
         update workflows set report_enabled = true where id = nth('workflow', 3)",
    )
    .await
    .unwrap();
    let report = migrate_by(&db, BackfillRule::Recent).await;
    assert_eq!(report.count(Outcome::Enabled), 2);
    let kept = "select count(*) from report_configurations where not enabled and dashboard_type = 'custom'";
    assert_eq!(count(&db, kept).await, 1);

    // Switched off, and its configuration deleted: an explicit choice, which no repetition overrules.
    db.batch_execute(
        "update workflows set report_enabled = false; begin; set local role dashloom_operator; \
         delete from report_configurations where workflow_id = nth('workflow', 6); commit",
    )
    .await
    .unwrap();
    let again = backfill_by(&db, BackfillRule::Recent).await;
    let enabled: Vec<_> = again
        .workflows
        .iter()
        .filter(|w| w.outcome == Outcome::Enabled)
        .collect();
    assert_eq!(
        enabled.len(),
        1,
        "only the one that was never backfilled nor configured: {again}"
    );
    assert!(again.to_string().contains("switched off since"), "{again}");
}

#[tokio::test]
async fn a_dry_backfill_says_the_same_and_writes_nothing() {
    let db = engine(&servers().database_url, 20).await;
    migrate_by(&db, BackfillRule::None).await;
    let options = MigrateOptions {
        dry_run: true,
        ..MigrateOptions::default()
    };
    let dry = backfill(&mut connect(db.url()).await, &options, &mut |_| {})
        .await
        .unwrap();
    assert_eq!(count(&db, "select count(*) from report_configurations").await, 0);
    assert_eq!(
        backfill_by(&db, BackfillRule::Recent).await.workflows,
        dry.workflows
    );
}

/// Ends a backend and waits until it is gone, from a thread of its own because the caller is not async.
fn terminate(url: &str, pid: i32) {
    let url = url.to_owned();
    let killing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let gone = connect(&url)
                .await
                .query_one("select pg_terminate_backend($1, 5000)", &[&pid])
                .await;
            assert!(gone.unwrap().get::<_, bool>(0));
        });
    });
    killing.join().unwrap();
}

#[tokio::test]
async fn a_killed_backfill_goes_on_where_it_was() {
    for server in both() {
        let db = engine(server, 60).await;
        migrate_to(&db, 2).await;
        let options = MigrateOptions {
            batch_size: 7,
            ..MigrateOptions::default()
        };
        let mut victim = connect(db.url()).await;
        let pid: i32 = victim
            .query_one("select pg_backend_pid()", &[])
            .await
            .unwrap()
            .get(0);
        let mut kill = |progress: Progress| {
            if progress == Progress::Backfilled(21) {
                terminate(db.url(), pid);
            }
        };
        let cut = migrate(&mut victim, &options, &mut kill).await;
        assert!(cut.is_err(), "the connection was cut");
        let before = count(&db, "select count(*) from dashloom.backfill_decisions").await;
        assert!((21..60).contains(&before), "{before} were decided before the cut");
        let report = migrate_with(&db, &options).await.unwrap().backfill.unwrap();
        assert!(report.resumed);
        assert_eq!((report.workflows.len(), report.count(Outcome::Enabled)), (60, 30));
        assert_eq!(count(&db, "select count(*) from report_configurations").await, 30);
        assert_eq!(
            count(&db, "select count(*) from workflows where report_enabled").await,
            30
        );
    }
}

#[tokio::test]
async fn a_row_that_the_engine_holds_is_tried_again() {
    let db = engine(&servers().database_url, 12).await;
    migrate_to(&db, 2).await;
    let mut engine = connect(db.url()).await;
    let held = engine.transaction().await.unwrap();
    held.execute(
        "update workflows set touched = 1 where id = nth('workflow', 2)",
        &[],
    )
    .await
    .unwrap();
    let (let_go, gone) = tokio::sync::oneshot::channel();
    let mut let_go = Some(let_go);
    let mut on_progress = |progress: Progress| {
        if matches!(progress, Progress::WaitingForLock(_)) {
            let_go.take().map(|let_go| let_go.send(()));
        }
    };
    let engine = async {
        let _ = gone.await;
        held.commit().await.unwrap();
    };
    let mut client = connect(db.url()).await;
    let options = MigrateOptions {
        to_phase: Some(3),
        ..MigrateOptions::default()
    };
    let (report, ()) = tokio::join!(migrate(&mut client, &options, &mut on_progress), engine);
    let report = report.unwrap().backfill.unwrap();
    assert_eq!(
        (report.count(Outcome::Enabled), report.count(Outcome::Busy)),
        (6, 0)
    );
}
