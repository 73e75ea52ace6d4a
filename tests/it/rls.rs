//! Row level security: every table, every role, every wrong user.

use std::time::Duration;

use dashloom::store::migrate::{MigrateOptions, migrate};
use dashloom::store::{self, Access, RoleNames, StoreError, reads};
use deadpool_postgres::{Manager, Pool};
use tokio_postgres::{Client, NoTls, error::SqlState};
use uuid::Uuid;

use crate::harness::Database;
use crate::migrate::{both, connect};

const TABLES: [&str; 4] = [
    "report_configurations",
    "dashboard_views",
    "dashboard_insights",
    "report_exports",
];
const ROLES: [&str; 6] = ["owner", "ingest", "relay", "reader", "author", "operator"];
const VERBS: [&str; 4] = ["select", "insert", "update", "delete"];

/// Ann owns workflow a, whose configuration Cid created; Bob owns workflow b and created its configuration.
const ANN: &str = "aaaaaaaa-0000-0000-0000-00000000000a";
const BOB: &str = "bbbbbbbb-0000-0000-0000-00000000000b";
const CID: &str = "cccccccc-0000-0000-0000-00000000000c";
const STRANGER: &str = "dddddddd-0000-0000-0000-00000000000d";

const ROWS: &str = "
    insert into users (id) values ('aaaaaaaa-0000-0000-0000-00000000000a'), ('bbbbbbbb-0000-0000-0000-00000000000b'),
        ('cccccccc-0000-0000-0000-00000000000c');
    insert into workflows (id, user_id) values
        ('00000000-0000-0000-0000-0000000000a1', 'aaaaaaaa-0000-0000-0000-00000000000a'),
        ('00000000-0000-0000-0000-0000000000b1', 'bbbbbbbb-0000-0000-0000-00000000000b'),
        ('00000000-0000-0000-0000-0000000000a2', 'aaaaaaaa-0000-0000-0000-00000000000a');
    insert into report_configurations (id, workflow_id, created_by) values
        ('00000000-0000-0000-0000-0000000000ca', '00000000-0000-0000-0000-0000000000a1', 'cccccccc-0000-0000-0000-00000000000c'),
        ('00000000-0000-0000-0000-0000000000cb', '00000000-0000-0000-0000-0000000000b1', 'bbbbbbbb-0000-0000-0000-00000000000b');
    insert into dashboard_views (id, report_configuration_id, workflow_id, execution_ids, data_start_date, data_end_date,
        processed_data, charts_config)
      select id, id, workflow_id, '{}', '2026-01-01', '2026-01-31', '{}', '{}' from report_configurations;
    insert into dashboard_insights (id, dashboard_view_id, insight_type, insight_text) select id, id, 'trend', '' from dashboard_views;
    insert into report_exports (id, dashboard_view_id, export_format, file_url) select id, id, 'csv', '' from dashboard_views;";

async fn world(server: &str) -> Database {
    let db = Database::empty(server).await;
    let options = MigrateOptions {
        with_upstream: true,
        ..MigrateOptions::default()
    };
    migrate(&mut connect(db.url()).await, &options, &mut |_| {})
        .await
        .unwrap();
    db.batch_execute(ROWS).await.unwrap();
    db
}

/// Runs one statement as a role with a claim and rolls it back; the rows it touched, or the refusal.
async fn attempt(db: &Client, role: &str, claims: Option<&str>, sql: &str) -> Result<u64, SqlState> {
    db.batch_execute(&format!("begin; set local role dashloom_{role}"))
        .await
        .unwrap();
    if let Some(claims) = claims {
        db.execute("select set_config('request.jwt.claims', $1, true)", &[&claims])
            .await
            .unwrap();
    }
    let outcome = db
        .execute(sql, &[])
        .await
        .map_err(|error| error.code().cloned().unwrap());
    db.batch_execute("rollback").await.unwrap();
    outcome
}

fn sub(user: &str) -> String {
    format!("{{\"sub\":\"{user}\"}}")
}

/// A statement of a verb that touches every row it may.
fn statement(table: &str, verb: &str) -> String {
    match (verb, table) {
        ("select", _) => format!("select * from {table}"),
        ("delete", _) => format!("delete from {table}"),
        ("update", "report_configurations") => "update report_configurations set enabled = not enabled".to_owned(),
        ("update", "dashboard_views") => "update dashboard_views set metrics_summary = '{}'".to_owned(),
        ("update", "dashboard_insights") => "update dashboard_insights set insight_text = 'x'".to_owned(),
        ("update", _) => "update report_exports set file_url = 'x'".to_owned(),
        (_, "report_configurations") => format!(
            "insert into report_configurations (workflow_id, created_by) values ('00000000-0000-0000-0000-0000000000a2', '{ANN}')"
        ),
        (_, "dashboard_views") => "insert into dashboard_views (report_configuration_id, workflow_id, execution_ids, \
             data_start_date, data_end_date, processed_data, charts_config) values \
             ('00000000-0000-0000-0000-0000000000ca', '00000000-0000-0000-0000-0000000000a1', '{}', '2026-01-01', \
              '2026-01-01', '{}', '{}')"
            .to_owned(),
        (_, "dashboard_insights") => "insert into dashboard_insights (dashboard_view_id, insight_type, insight_text) values \
             ('00000000-0000-0000-0000-0000000000ca', 'trend', '')"
            .to_owned(),
        (_, _) => format!(
            "insert into report_exports (dashboard_view_id, export_format, file_url, exported_by) values \
             ('00000000-0000-0000-0000-0000000000ca', 'pdf', '', '{ANN}')"
        ),
    }
}

/// What a role may do at all.
fn granted(role: &str, table: &str, verb: &str) -> bool {
    match role {
        "owner" | "operator" => true,
        "ingest" => verb != "delete" && table != "report_exports",
        "reader" => verb == "select",
        "author" => verb == "select" || matches!(table, "report_configurations" | "report_exports"),
        _ => false,
    }
}

#[tokio::test]
async fn every_table_role_and_verb() {
    for server in both() {
        let db = world(server).await;
        for table in TABLES {
            for role in ROLES {
                for verb in VERBS {
                    let sql = statement(table, verb);
                    let case = format!("{verb} on {table} as {role} on {server}");
                    // Ann sees her own workflow's row and not Bob's.
                    let outcome = attempt(&db, role, Some(&sub(ANN)), &sql).await;
                    let expected = match (granted(role, table, verb), role, verb) {
                        (false, _, _) => Err(SqlState::INSUFFICIENT_PRIVILEGE),
                        (_, _, "insert") | (_, "reader" | "author", _) => Ok(1),
                        _ => Ok(2),
                    };
                    assert_eq!(outcome, expected, "{case}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_user_sees_and_writes_nothing_and_meets_no_error() {
    for server in both() {
        let db = world(server).await;
        let deep = "[".repeat(200_000);
        let stranger = sub(STRANGER);
        let claims = [
            None,
            Some(""),
            Some("not json"),
            Some("{\"sub\":"),
            Some("{}"),
            Some("[]"),
            Some("null"),
            Some("\"aaaaaaaa-0000-0000-0000-00000000000a\""),
            Some("{\"sub\":null}"),
            Some("{\"sub\":7}"),
            Some("{\"sub\":\"\"}"),
            Some("{\"sub\":\"ann\"}"),
            Some("{\"sub\":\"\\u0000\"}"),
            Some("{\"sub\":\"' or true --\"}"),
            Some("{\"sub\":\"aaaaaaaa00000000000000000000000a\"}"),
            Some("{\"sub\":\"aaaaaaaa-0000-0000-0000-00000000000a \"}"),
            Some("{\"sub\":{\"sub\":\"aaaaaaaa-0000-0000-0000-00000000000a\"}}"),
            Some(stranger.as_str()),
            Some(deep.as_str()),
        ];
        for claim in claims {
            let shown = claim.map(|claim| &claim[..claim.len().min(60)]);
            for table in TABLES {
                for role in ["reader", "author"] {
                    for verb in ["select", "update", "delete"]
                        .into_iter()
                        .filter(|verb| granted(role, table, verb))
                    {
                        let outcome = attempt(&db, role, claim, &statement(table, verb)).await;
                        assert_eq!(outcome, Ok(0), "{verb} on {table} as {role} by {shown:?}");
                    }
                }
                if granted("author", table, "insert") {
                    let outcome = attempt(&db, "author", claim, &statement(table, "insert")).await;
                    assert_eq!(
                        outcome,
                        Err(SqlState::INSUFFICIENT_PRIVILEGE),
                        "insert on {table} by {shown:?}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn rows_are_seen_by_their_creator_and_by_the_workflows_owner() {
    let db = world(both()[0]).await;
    for (user, rows) in [
        (ANN, 1),
        (CID, 1),
        (BOB, 1),
        (&ANN.to_uppercase(), 1),
        (STRANGER, 0),
    ] {
        for table in TABLES {
            let seen = attempt(&db, "reader", Some(&sub(user)), &format!("select * from {table}")).await;
            assert_eq!(seen, Ok(rows), "{table} for {user}");
        }
    }
    let bobs = "select * from dashboard_views where id = '00000000-0000-0000-0000-0000000000cb'";
    assert_eq!(attempt(&db, "reader", Some(&sub(ANN)), bobs).await, Ok(0));
    assert_eq!(attempt(&db, "reader", Some(&sub(BOB)), bobs).await, Ok(1));
}

#[tokio::test]
async fn an_author_cannot_reach_what_is_not_theirs() {
    let db = world(both()[0]).await;
    let refused = Err(SqlState::INSUFFICIENT_PRIVILEGE);
    for sql in [
        // Another's workflow, in one's own name: it would make its dashboards visible.
        format!(
            "insert into report_configurations (workflow_id, created_by) values ('00000000-0000-0000-0000-0000000000a2', '{BOB}')"
        ),
        // One's own workflow in another's name, or in nobody's.
        format!(
            "insert into report_configurations (workflow_id, created_by) values ('00000000-0000-0000-0000-0000000000b1', '{ANN}')"
        ),
        "insert into report_configurations (workflow_id) values ('00000000-0000-0000-0000-0000000000b1')"
            .to_owned(),
        format!("update report_configurations set created_by = '{ANN}'"),
        "update report_configurations set workflow_id = '00000000-0000-0000-0000-0000000000a2'".to_owned(),
        // An export of a view that is not visible, or in another's name.
        format!(
            "insert into report_exports (dashboard_view_id, export_format, file_url, exported_by) values \
            ('00000000-0000-0000-0000-0000000000ca', 'pdf', '', '{BOB}')"
        ),
        format!(
            "insert into report_exports (dashboard_view_id, export_format, file_url, exported_by) values \
            ('00000000-0000-0000-0000-0000000000cb', 'pdf', '', '{ANN}')"
        ),
        "update report_exports set dashboard_view_id = '00000000-0000-0000-0000-0000000000ca'".to_owned(),
        "select * from workflows".to_owned(),
        "select * from dashloom.partials".to_owned(),
        "select * from dashloom.outbox".to_owned(),
    ] {
        assert_eq!(
            attempt(&db, "author", Some(&sub(BOB)), &sql).await,
            refused,
            "{sql}"
        );
    }
    assert_eq!(
        attempt(
            &db,
            "author",
            Some(&sub(BOB)),
            "delete from report_configurations"
        )
        .await,
        Ok(1)
    );
}

#[tokio::test]
async fn each_service_role_reaches_what_it_works_with_and_no_more() {
    let db = world(both()[1]).await;
    let denied = Err(SqlState::INSUFFICIENT_PRIVILEGE);
    for sql in [
        "update workflow_executions set dashboard_processed = true, dashboard_processing_error = null",
        "update workflows set report_config_id = null where false",
        "select * from workflows w left join query_templates t on t.id = w.query_template_id for update of w skip locked",
        "select 1 from report_configurations order by id for no key update",
        "insert into dashloom.workflow_state (workflow_id) values ('00000000-0000-0000-0000-0000000000a1')",
        "select nextval('dashloom.outbox_seq')",
        "delete from dashloom.parked",
    ] {
        assert!(attempt(&db, "ingest", None, sql).await.is_ok(), "{sql}");
    }
    for sql in [
        "update workflows set report_enabled = true",
        "update workflow_executions set status = 'FAILED'",
        "delete from dashboard_views",
        "delete from dashloom.outbox",
        "update dashloom.relay_positions set high = 0",
    ] {
        assert_eq!(attempt(&db, "ingest", None, sql).await, denied, "{sql}");
    }
    for sql in [
        "select * from dashloom.outbox",
        "truncate dashloom.outbox_0",
        "update dashloom.relay_positions set high = 0",
    ] {
        assert!(attempt(&db, "relay", None, sql).await.is_ok(), "{sql}");
    }
    for sql in [
        "select * from dashboard_views",
        "delete from dashloom.outbox",
        "select * from dashloom.partials",
    ] {
        assert_eq!(attempt(&db, "relay", None, sql).await, denied, "{sql}");
    }
    for role in ROLES {
        let history = "select max(version) from dashloom.refinery_schema_history";
        assert_eq!(attempt(&db, role, None, history).await, Ok(1), "{role}");
    }
}

/// What the holder of these claims reads of the reports, on the only connection there is.
async fn seen(pool: &Pool, claims: &str) -> Result<Vec<Uuid>, StoreError> {
    let client = pool.get().await?;
    let reading = reads::visible_configurations(&client);
    store::read_for(&client, &RoleNames::default(), &user(claims), reading).await
}

fn user(claims: &str) -> Access {
    Access::User {
        claims: claims.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_fails_or_goes_away_leaves_nothing_to_the_next() {
    let (of_ann, of_bob): (Vec<Uuid>, Vec<Uuid>) = (
        vec!["00000000-0000-0000-0000-0000000000ca".parse().unwrap()],
        vec!["00000000-0000-0000-0000-0000000000cb".parse().unwrap()],
    );
    for server in both() {
        let db = world(server).await;
        let manager = Manager::new(db.url().parse().unwrap(), NoTls);
        let pool = Pool::builder(manager).max_size(1).build().unwrap();
        assert_eq!(seen(&pool, &sub(ANN)).await.unwrap(), of_ann, "{server}");
        for statement in ["select pg_sleep(0.3)", "select 1 / 0", "select * from nowhere"] {
            let client = pool.get().await.unwrap();
            let work = async {
                client.query(statement, &[]).await.map_err(StoreError::from)?;
                reads::visible_configurations(&client).await
            };
            let (names, ann) = (RoleNames::default(), user(&sub(ANN)));
            let reading = store::read_for(&client, &names, &ann, work);
            let read = tokio::time::timeout(Duration::from_millis(100), reading).await;
            assert!(
                read.is_err() || read.unwrap().is_err(),
                "{statement}: gone or refused"
            );
            drop(client);
            assert_eq!(
                seen(&pool, &sub(BOB)).await.unwrap(),
                of_bob,
                "after {statement} on {server}"
            );
            assert_eq!(seen(&pool, &sub(STRANGER)).await.unwrap(), Vec::<Uuid>::new());
        }
        // What the role is called decides before anything is read.
        let names = RoleNames {
            reader: "nobody".to_owned(),
            ..RoleNames::default()
        };
        let client = pool.get().await.unwrap();
        let reading = reads::visible_configurations(&client);
        let read = store::read_for(&client, &names, &user(&sub(ANN)), reading).await;
        assert!(read.is_err(), "without the role nothing is given out");
        drop(client);
        assert_eq!(seen(&pool, &sub(BOB)).await.unwrap(), of_bob);
        // Nobody waits for a transaction to end.
        db.until_no_transaction_is_left().await;
    }
}
