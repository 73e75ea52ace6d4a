//! What must be so before phase 1 is told all at once.

use super::*;

#[tokio::test]
async fn every_problem_is_told_at_once() {
    for server in both() {
        let db = Database::empty(server).await;
        db.batch_execute(
            "create table users (id text primary key); create table query_templates (id uuid); \
             create table flows (id uuid primary key); create view workflows as select * from flows; \
             create table workflow_executions (id uuid primary key, workflow_id bigint, status int, dashboard_processed text)",
        )
        .await
        .unwrap();
        let told = migrate_with(&db, &MigrateOptions::default())
            .await
            .unwrap_err()
            .to_string();
        for problem in [
            "\"users\".id is text; it must be uuid",
            "\"query_templates\".id is neither primary key nor unique",
            "\"workflows\" is a view, not a table",
            "\"workflow_executions\".workflow_id is bigint; it must be uuid",
            "\"workflow_executions\" has no column `created_at`",
            "\"workflow_executions\".status is integer",
            "dashboard_processed is there already and is text",
        ] {
            assert!(told.contains(problem), "{problem} is missing in:\n{told}");
        }
        assert_eq!(
            count(
                &db,
                "select count(*) from pg_namespace where nspname = 'dashloom'"
            )
            .await,
            0
        );
    }
}

#[tokio::test]
async fn a_missing_table_is_named_with_its_remedy() {
    let db = Database::empty(&servers().database_url).await;
    let told = migrate_with(&db, &MigrateOptions::default())
        .await
        .unwrap_err()
        .to_string();
    for table in ["users", "query_templates", "workflows", "workflow_executions"] {
        assert!(told.contains(&format!("there is no table `{table}`")), "{told}");
    }
    assert!(told.contains("--with-upstream"), "{told}");
}

#[tokio::test]
async fn a_login_without_rights_is_told_which_and_one_with_them_needs_no_superuser() {
    for server in both() {
        let db = engine(server, 8).await;
        let login = format!("login_{}", uuid::Uuid::new_v4().simple());
        db.batch_execute(&format!("create role {login} login"))
            .await
            .unwrap();
        let url = format!("{}?user={login}", db.url().split('?').next().unwrap());
        let mut client = match tokio_postgres::connect(&url, NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                client
            }
            Err(_) => {
                let client = connect(db.url()).await;
                client
                    .batch_execute(&format!("set session authorization {login}"))
                    .await
                    .unwrap();
                client
            }
        };
        let options = MigrateOptions::default();
        let told = migrate(&mut client, &options, &mut |_| {})
            .await
            .unwrap_err()
            .to_string();
        for problem in [
            "may not make the schema `dashloom`",
            "may not make tables beside `workflows`",
            "\"workflows\" belongs to",
            "\"query_templates\" belongs to",
            "\"workflow_executions\" belongs to",
            "\"users\".id may not be referred to",
            "\"users\".id may not be read",
        ] {
            assert!(told.contains(problem), "{problem} is missing in:\n{told}");
        }
        let database = db
            .url()
            .split('?')
            .next()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned();
        db.batch_execute(&format!(
            "alter role {login} createrole; grant create on database {database} to {login}; \
             grant create on schema public to {login}; grant select, references on users to {login}; \
             alter table workflows owner to {login}; alter table query_templates owner to {login}; \
             alter table workflow_executions owner to {login}"
        ))
        .await
        .unwrap();
        let roles = ["owner", "ingest", "relay", "reader", "author", "operator"]
            .map(|role| format!("{role}_{}", uuid::Uuid::new_v4().simple()));
        let [owner, ingest, relay, reader, author, operator] = roles.clone();
        let options = MigrateOptions {
            roles: dashloom::store::RoleNames {
                owner,
                ingest,
                relay,
                reader,
                author,
                operator,
            },
            ..options
        };
        let report = migrate(&mut client, &options, &mut |_| {}).await.unwrap();
        assert!(report.pending.is_empty());
        let again = dashloom::store::migrate::backfill(&mut client, &options, &mut |_| {})
            .await
            .unwrap();
        assert!(
            again
                .to_string()
                .contains("it has a report configuration already"),
            "forced policies: {again}"
        );
        client
            .batch_execute(&format!(
                "begin; set local role {}; select from dashboard_views; commit",
                roles[3]
            ))
            .await
            .unwrap();
        drop(client);
        let all = roles.join(", ");
        db.batch_execute(&format!(
            "drop owned by {all} cascade; drop role {all}; drop owned by {login} cascade; drop role {login}"
        ))
        .await
        .unwrap();
    }
}
