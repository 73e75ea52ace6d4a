//! `delete from workflows` in one statement, whatever hangs below, whoever deletes.

use super::*;

const BELOW: &str = "
    insert into dashboard_views (id, report_configuration_id, workflow_id, execution_ids, data_start_date, data_end_date,
        processed_data, charts_config)
      select md5('view' || c.id)::uuid, c.id, c.workflow_id, '{}', '2026-01-01', '2026-01-31', '{}', '{}'
      from report_configurations c;
    insert into dashboard_insights (dashboard_view_id, insight_type, insight_text)
      select id, 'trend', 'It rises.' from dashboard_views;
    insert into report_exports (dashboard_view_id, export_format, file_url) select id, 'pdf', 'file:///x' from dashboard_views;
    insert into dashloom.workflow_state (workflow_id) select workflow_id from report_configurations;
    insert into dashloom.partials (workflow_id, execution_id, run, finished_at_ns, content_hash, shape, window_start, window_end,
        kind, row_days, rows, body, encoding, weight)
      select workflow_id, gen_random_uuid(), 0, 0, '', '', '2026-01-01', '2026-01-31', 0, '', 0, '', 1, 0
      from dashloom.workflow_state;
    insert into dashloom.withdrawals (workflow_id, execution_id, run)
      select workflow_id, gen_random_uuid(), 0 from dashloom.workflow_state;
    insert into dashloom.parked (consumer_group, topic, partition, \"offset\", workflow_id, reason)
      select 'g', 't', 0, row_number() over (), workflow_id, 'unknown_workflow' from dashloom.workflow_state;";

const OURS: [&str; 8] = [
    "report_configurations",
    "dashboard_views",
    "dashboard_insights",
    "report_exports",
    "dashloom.workflow_state",
    "dashloom.partials",
    "dashloom.withdrawals",
    "dashloom.parked",
];

#[tokio::test]
async fn a_workflow_goes_with_all_that_hangs_on_it() {
    for server in both() {
        let db = engine(server, 8).await;
        migrate_with(&db, &MigrateOptions::default()).await.unwrap();
        db.batch_execute(BELOW).await.unwrap();
        for table in OURS {
            assert_eq!(
                count(&db, &format!("select count(*) from {table}")).await,
                4,
                "{table}"
            );
        }
        let engines = format!("engine_{}", uuid::Uuid::new_v4().simple());
        db.batch_execute(&format!(
            "create role {engines}; grant select, delete on workflows to {engines}; set role {engines}; \
             delete from workflows where id in (select id from workflows order by id limit 4); reset role"
        ))
        .await
        .unwrap();
        let left = count(&db, "select count(*) from report_configurations").await;
        for table in OURS {
            assert_eq!(
                count(&db, &format!("select count(*) from {table}")).await,
                left,
                "{table}"
            );
        }
        db.batch_execute("delete from workflows").await.unwrap();
        for table in OURS {
            assert_eq!(
                count(&db, &format!("select count(*) from {table}")).await,
                0,
                "{table}"
            );
        }
        assert_eq!(count(&db, "select count(*) from workflow_executions").await, 0);
        db.batch_execute(&format!("drop owned by {engines}; drop role {engines}"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_configurations_end_frees_the_workflow_that_points_at_it() {
    let db = engine(&servers().database_url, 4).await;
    migrate_with(&db, &MigrateOptions::default()).await.unwrap();
    db.batch_execute(BELOW).await.unwrap();
    assert_eq!(
        count(&db, "select count(report_config_id) from workflows").await,
        2
    );
    db.batch_execute("begin; set local role dashloom_operator; delete from report_configurations; commit")
        .await
        .unwrap();
    assert_eq!(
        count(&db, "select count(report_config_id) from workflows").await,
        0
    );
    assert_eq!(count(&db, "select count(*) from dashboard_views").await, 0);
    assert_eq!(count(&db, "select count(*) from workflows").await, 4);
}
