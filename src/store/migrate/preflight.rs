//! What must be so before phase 1: every problem is found at once, each with its remedy.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::engine::{Column, Engine, Found, Table, is_plain, roles};
use super::options::MigrateOptions;

/// The oldest server the schema was made for.
const OLDEST_SERVER: i32 = 150_000;

/// The columns that must be there, by table, with the types that will do; `*` is any text type or enum.
const NEEDED: [(&str, &str, &[&str]); 6] = [
    ("users", "id", &["uuid"]),
    ("query_templates", "id", &["uuid"]),
    ("workflows", "id", &["uuid"]),
    ("workflow_executions", "id", &["uuid"]),
    ("workflow_executions", "workflow_id", &["uuid"]),
    (
        "workflow_executions",
        "created_at",
        &["timestamp with time zone", "timestamp without time zone"],
    ),
];

/// The columns that phase 2 adds; where one is there already it must have this type.
const ADDED: [(&str, &str, &str); 6] = [
    ("workflows", "report_enabled", "boolean"),
    ("workflows", "report_config_id", "uuid"),
    ("query_templates", "default_dashboard_type", "character varying"),
    ("query_templates", "default_visualization_config", "jsonb"),
    ("workflow_executions", "dashboard_processed", "boolean"),
    ("workflow_executions", "dashboard_processing_error", "text"),
];

/// Everything that stands in the migration's way, in plain sentences; empty when nothing does.
pub(super) async fn problems(
    client: &Client,
    engine: &Engine,
    options: &MigrateOptions,
) -> Result<Vec<String>, tokio_postgres::Error> {
    let mut problems = Vec::new();
    server(client, engine, &mut problems).await?;
    for table in engine.tables() {
        self::table(table, &mut problems);
    }
    for (name, column, data_type) in ADDED {
        added(engine, name, column, data_type, &mut problems);
    }
    our_roles(client, options, &mut problems).await?;
    Ok(problems)
}

/// Where this database was migrated under other names than those configured now.
pub(super) async fn other_names(
    client: &Client,
    current: &[(String, String)],
) -> Result<Vec<String>, tokio_postgres::Error> {
    let rows = client
        .query("select name, value from dashloom.installation", &[])
        .await?;
    let mut recorded = BTreeMap::new();
    for row in rows {
        recorded.insert(row.try_get::<_, String>(0)?, row.try_get::<_, String>(1)?);
    }
    Ok(current
        .iter()
        .filter_map(|(name, value)| {
            let before = recorded.get(name).filter(|before| *before != value)?;
            Some(format!(
                "`{name}` was {before} when this database was migrated and is {value} now: configure it as it was"
            ))
        })
        .collect())
}

async fn server(
    client: &Client,
    engine: &Engine,
    problems: &mut Vec<String>,
) -> Result<(), tokio_postgres::Error> {
    let row = client
        .query_one(
            "select current_setting('server_version_num')::int, current_setting('server_version'), \
                    current_database()::text, \
                    coalesce((select has_schema_privilege(oid, 'CREATE') from pg_namespace where nspname = 'dashloom'), \
                             has_database_privilege(current_database(), 'CREATE')), \
                    coalesce((select has_schema_privilege(oid, 'CREATE') from pg_namespace where nspname = $1), true), \
                    current_user::text, pg_is_in_recovery()",
            &[&engine.schema()],
        )
        .await?;
    let (version, shown): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
    let (database, login): (String, String) = (row.try_get(2)?, row.try_get(5)?);
    if version < OLDEST_SERVER {
        problems.push(format!(
            "the server is PostgreSQL {shown}; dashloom needs 15 or later"
        ));
    }
    if row.try_get(6)? {
        problems.push("the server is a read-only standby; name the primary".to_owned());
    }
    if !row.try_get::<_, bool>(3)? {
        problems.push(format!(
            "{login} may not make the schema `dashloom`: grant create on database {database} to {login}"
        ));
    }
    if !row.try_get::<_, bool>(4)? {
        let schema = engine.schema();
        problems.push(format!(
            "{login} may not make tables beside `workflows`: grant create on schema {schema} to {login}"
        ));
    }
    Ok(())
}

fn table(table: &Table, problems: &mut Vec<String>) {
    let (role, configured) = (table.role, &table.configured);
    let Some(found) = &table.found else {
        problems.push(format!(
            "there is no table `{configured}` for the engine's {role}: configure its qualified name, or let \
             --with-upstream make a minimal one"
        ));
        return;
    };
    if !is_plain(&found.schema) || !is_plain(&found.name) {
        problems.push(format!(
            "the name {} holds quotes, braces, `$` or a backslash",
            found.sql()
        ));
    }
    kind(table, found, problems);
    if role != "users" && !found.owned {
        problems.push(format!(
            "{} belongs to {} and must gain columns or indexes: migrate as its owner or a member of that role",
            found.sql(),
            found.owner
        ));
    }
    for (_, column, types) in NEEDED.iter().filter(|(of, _, _)| *of == role) {
        needed(found, column, types, problems);
    }
    if role == "workflow_executions" {
        status(found, problems);
    } else {
        referenced(found, problems);
    }
}

fn kind(table: &Table, found: &Found, problems: &mut Vec<String>) {
    let what = match found.kind {
        'r' => return,
        'p' if table.role == "users" => return,
        'p' => "partitioned, and its indexes cannot be built beside the traffic",
        'v' => "a view, not a table",
        'm' => "a materialised view, not a table",
        _ => "a foreign table, which nothing can refer to",
    };
    problems.push(format!("{} is {what}", found.sql()));
}

fn needed(found: &Found, name: &str, types: &[&str], problems: &mut Vec<String>) {
    match found.columns.get(name) {
        None => problems.push(format!(
            "{} has no column `{name}` ({})",
            found.sql(),
            types.join(" or ")
        )),
        Some(column) if !types.contains(&column.data_type.as_str()) => problems.push(format!(
            "{}.{name} is {}; it must be {}",
            found.sql(),
            column.data_type,
            types.join(" or ")
        )),
        Some(column) if !column.readable => {
            problems.push(format!(
                "{}.{name} may not be read: grant select on it",
                found.sql()
            ));
        }
        Some(_) => {}
    }
}

/// `status` is compared with 'SUCCEEDED': any text type will do, or an enum.
fn status(found: &Found, problems: &mut Vec<String>) {
    match found.columns.get("status") {
        None => problems.push(format!("{} has no column `status` (a text type)", found.sql())),
        Some(Column {
            category: 'S' | 'E', ..
        }) => {}
        Some(column) => problems.push(format!(
            "{}.status is {}; it must be a text type that can be 'SUCCEEDED'",
            found.sql(),
            column.data_type
        )),
    }
}

/// A foreign key needs a unique `id` and the right to refer to it.
fn referenced(found: &Found, problems: &mut Vec<String>) {
    let Some(id) = found.columns.get("id") else {
        return;
    };
    if !id.unique {
        problems.push(format!(
            "{}.id is neither primary key nor unique, so nothing can refer to it",
            found.sql()
        ));
    }
    if !id.referable {
        problems.push(format!(
            "{}.id may not be referred to: grant references (id) on it",
            found.sql()
        ));
    }
}

fn added(engine: &Engine, table: &str, column: &str, data_type: &str, problems: &mut Vec<String>) {
    let table = engine
        .tables()
        .into_iter()
        .find(|candidate| candidate.role == table);
    let there = table.and_then(|table| Some((table, table.column(column)?)));
    if let Some((table, found)) = there.filter(|(_, found)| found.data_type != data_type) {
        problems.push(format!(
            "{}.{column} is there already and is {}; dashloom's is {data_type}",
            table.sql(),
            found.data_type
        ));
    }
}

async fn our_roles(
    client: &Client,
    options: &MigrateOptions,
    problems: &mut Vec<String>,
) -> Result<(), tokio_postgres::Error> {
    let names = roles(&options.roles);
    for (_, open, shared) in names
        .iter()
        .filter(|(_, role, _)| !matches!(*role, "reader" | "author"))
    {
        for (_, bound, _) in names
            .iter()
            .filter(|(_, role, name)| matches!(*role, "reader" | "author") && name == shared)
        {
            problems.push(format!(
                "{bound} and {open} are both mapped to `{shared}`: {bound} would see every user's rows"
            ));
        }
    }
    let may_create: bool = client
        .query_one(
            "select rolsuper or rolcreaterole from pg_roles where rolname = current_user",
            &[],
        )
        .await?
        .try_get(0)?;
    for (_, role, name) in names {
        if !is_plain(name) {
            problems.push(format!(
                "the name `{name}` of role {role} holds quotes, braces, `$` or a backslash"
            ));
            continue;
        }
        let found = client
            .query_opt(
                "select pg_has_role(current_user, oid, 'MEMBER') or (select rolsuper from pg_roles where rolname = current_user) \
                 or exists (select from pg_auth_members where roleid = r.oid and admin_option and pg_has_role(current_user, member, 'USAGE')) \
                 or ($2 and current_setting('server_version_num')::int < 160000) \
                 from pg_roles r where rolname = $1",
                &[&name, &may_create],
            )
            .await?;
        match found {
            None if !may_create => problems.push(format!(
                "there is no role `{name}` for {role} and this login may not make one: create role \"{name}\" nologin, \
                 or map {role} to a role that exists"
            )),
            Some(row) if !row.try_get::<_, bool>(0)? => problems.push(format!(
                "this login may not act as `{name}` ({role}): grant \"{name}\" to it"
            )),
            _ => {}
        }
    }
    Ok(())
}
