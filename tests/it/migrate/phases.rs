//! Each phase by itself against an engine's tables with rows; again; under other names; after a cut.

use dashloom::store::migrate::{Compatibility, schema_is_compatible};
use dashloom::store::{RoleNames, Upstream};

use super::*;

const ENGINE_ROWS: [&str; 4] = [
    "select id, email, created_at from users",
    "select id, name, body from query_templates",
    "select id, user_id, query_template_id, name, schedule, created_at from workflows",
    "select id, workflow_id, status, created_at, completed_at from workflow_executions",
];

async fn engine_rows(db: &Client) -> Vec<String> {
    let mut rows = Vec::new();
    for sql in ENGINE_ROWS {
        rows.push(dump(db, sql).await);
    }
    rows
}

#[tokio::test]
async fn each_phase_does_its_part_and_no_more() {
    for server in both() {
        let db = engine(server, 40).await;
        let before = engine_rows(&db).await;
        let foreign_keys = "select count(*) from pg_constraint where contype = 'f' and conrelid::regclass::text in \
            ('report_configurations', 'dashboard_views', 'dashboard_insights', 'report_exports')";
        let columns = "select count(*) from pg_attribute where attname in ('report_enabled', 'report_config_id', \
            'default_dashboard_type', 'default_visualization_config', 'dashboard_processed', 'dashboard_processing_error') \
            and attrelid::regclass::text in ('workflows', 'query_templates', 'workflow_executions')";
        let enabled = "select count(*) from workflows where report_enabled";
        let secured = "select count(*) from pg_class where relrowsecurity and relforcerowsecurity";

        let report = migrate_to(&db, 1).await;
        assert!(report.applied.iter().all(|file| file.phase == 1) && !report.applied.is_empty());
        assert_eq!(count(&db, foreign_keys).await, 0);
        assert_eq!(count(&db, columns).await, 0);

        migrate_to(&db, 2).await;
        assert_eq!(count(&db, columns).await, 6);
        assert_eq!(count(&db, enabled).await, 0);

        let report = migrate_to(&db, 3).await;
        assert!(report.applied.is_empty());
        assert_eq!(report.backfill.unwrap().workflows.len(), 40);
        assert_eq!(count(&db, enabled).await, 20);
        assert_eq!(count(&db, foreign_keys).await, 0);

        migrate_to(&db, 4).await;
        assert_eq!(count(&db, foreign_keys).await, 8);
        assert_eq!(count(&db, secured).await, 0);
        assert_eq!(
            count(&db, "select count(*) from pg_constraint where not convalidated").await,
            0
        );
        assert_eq!(
            count(&db, "select count(*) from pg_index where not indisvalid").await,
            0
        );

        let report = migrate_to(&db, 5).await;
        assert!(report.pending.is_empty());
        assert_eq!(count(&db, secured).await, 4);
        assert_eq!(
            engine_rows(&db).await,
            before,
            "the engine's own rows are as they were"
        );
        assert_eq!(
            schema_is_compatible(&db, &RoleNames::default()).await.unwrap(),
            Compatibility::Compatible
        );
    }
}

#[tokio::test]
async fn phase_2_rewrites_no_table() {
    let db = engine(&servers().database_url, 10).await;
    let files = "select string_agg(relfilenode::text, ',' order by relname) from pg_class \
                 where relname in ('workflows', 'query_templates', 'workflow_executions')";
    let before: String = db.query_one(files, &[]).await.unwrap().get(0);
    migrate_to(&db, 2).await;
    assert_eq!(
        db.query_one(files, &[]).await.unwrap().get::<_, String>(0),
        before
    );
}

#[tokio::test]
async fn running_again_changes_nothing() {
    for server in both() {
        let db = engine(server, 10).await;
        let first = migrate_with(&db, &MigrateOptions::default()).await.unwrap();
        assert!(first.backfill.is_some());
        let rows = dump(&db, "select * from workflows").await;
        let again = migrate_with(&db, &MigrateOptions::default()).await.unwrap();
        assert!(again.applied.is_empty() && again.pending.is_empty() && again.backfill.is_none());
        assert_eq!(dump(&db, "select * from workflows").await, rows);
    }
}

#[tokio::test]
async fn two_migrators_at_once_take_turns() {
    let db = engine(&servers().database_url, 20).await;
    let options = MigrateOptions::default();
    let (one, two) = tokio::join!(migrate_with(&db, &options), migrate_with(&db, &options));
    let applied = one.unwrap().applied.len() + two.unwrap().applied.len();
    assert_eq!(applied, 14);
}

#[tokio::test]
async fn a_database_without_the_schema_says_what_is_missing() {
    let db = engine(&servers().database_url, 1).await;
    let Compatibility::Behind { missing } = schema_is_compatible(&db, &RoleNames::default()).await.unwrap()
    else {
        panic!("an empty database is behind");
    };
    migrate_to(&db, 4).await;
    let Compatibility::Behind { missing: later } =
        schema_is_compatible(&db, &RoleNames::default()).await.unwrap()
    else {
        panic!("phase 5 is missing");
    };
    assert_eq!(missing.len(), 14);
    assert!(later.iter().all(|file| file.phase == 5));
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_tells_all() {
    let db = engine(&servers().database_url, 8).await;
    let options = MigrateOptions {
        dry_run: true,
        ..MigrateOptions::default()
    };
    let report = migrate_with(&db, &options).await.unwrap();
    assert_eq!(report.pending.len(), 14);
    assert_eq!(report.backfill.as_ref().unwrap().workflows.len(), 8);
    assert!(report.to_string().contains("would enable"), "{report}");
    assert_eq!(
        count(
            &db,
            "select count(*) from pg_namespace where nspname = 'dashloom'"
        )
        .await,
        0
    );
    assert_eq!(
        count(
            &db,
            "select count(*) from pg_class where relname = 'dashboard_views'"
        )
        .await,
        0
    );
}

#[tokio::test]
async fn an_index_left_invalid_is_built_anew() {
    let db = engine(&servers().database_url, 4).await;
    migrate_to(&db, 3).await;
    // A unique index over equal values is what a cut-off concurrent build leaves: the name is taken, the index invalid.
    let build =
        "create unique index concurrently idx_report_workflow_executions on workflow_executions (status)";
    assert!(db.batch_execute(build).await.is_err());
    assert_eq!(
        count(&db, "select count(*) from pg_index where not indisvalid").await,
        1
    );
    migrate_to(&db, 5).await;
    assert_eq!(
        count(&db, "select count(*) from pg_index where not indisvalid").await,
        0
    );
    let definition: String = db
        .query_one(
            "select pg_get_indexdef('idx_report_workflow_executions'::regclass)",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert!(definition.contains("created_at DESC"), "{definition}");
}

#[tokio::test]
async fn what_was_orphaned_between_the_phases_does_not_stop_the_keys() {
    let db = engine(&servers().database_url, 8).await;
    migrate_to(&db, 3).await;
    db.batch_execute(
        "delete from workflows where id in (select workflow_id from report_configurations order by 1 limit 1); \
         update report_configurations set query_template_id = gen_random_uuid(), created_by = gen_random_uuid()",
    )
    .await
    .unwrap();
    migrate_to(&db, 5).await;
    assert_eq!(count(&db, "select count(*) from report_configurations").await, 3);
    assert_eq!(
        count(
            &db,
            "select count(query_template_id) + count(created_by) from report_configurations"
        )
        .await,
        0
    );
}

#[tokio::test]
async fn the_engine_may_have_other_names_in_another_schema() {
    let db = engine(&servers().database_url, 8).await;
    db.batch_execute(
        "create schema \"Engine\"; alter table workflows rename to flows; \
         alter table flows set schema \"Engine\"; alter table workflow_executions set schema \"Engine\"; \
         alter table users rename to \"Members\"; alter table \"Engine\".flows rename user_id to created_by",
    )
    .await
    .unwrap();
    let roles = ["owner", "ingest", "relay", "reader", "author", "operator"]
        .map(|role| format!("other_{role}_{}", uuid::Uuid::new_v4().simple()));
    let [owner, ingest, relay, reader, author, operator] = roles.clone();
    let options = MigrateOptions {
        upstream: Upstream {
            workflows: "\"Engine\".flows".to_owned(),
            workflow_executions: "\"Engine\".workflow_executions".to_owned(),
            users: "\"Members\"".to_owned(),
            ..Upstream::default()
        },
        roles: RoleNames {
            owner,
            ingest,
            relay,
            reader,
            author,
            operator,
        },
        ..MigrateOptions::default()
    };
    let report = migrate_with(&db, &options).await.unwrap();
    assert_eq!(report.schema, "Engine");
    assert_eq!(
        report
            .backfill
            .unwrap()
            .count(dashloom::store::migrate::Outcome::Enabled),
        4
    );
    assert_eq!(
        count(
            &db,
            "select count(created_by) from \"Engine\".report_configurations"
        )
        .await,
        4
    );
    assert!(
        migrate_with(&db, &options).await.unwrap().applied.is_empty(),
        "the checksums do not depend on the names"
    );

    let problem = migrate_with(&db, &MigrateOptions::default())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        problem.contains("`workflows` was \"Engine\".\"flows\""),
        "{problem}"
    );
    assert!(problem.contains("`role_reader` was"), "{problem}");
    db.batch_execute(&format!(
        "drop owned by {0} cascade; drop role {0}",
        roles.join(", ")
    ))
    .await
    .unwrap();
}
