//! Whether a database has the schema this release needs.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use super::super::RoleNames;
use super::report::MigrationFile;
use super::run::files;

/// How a database's schema stands to this release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compatibility {
    /// Every migration of this release is applied; later ones only add.
    Compatible,
    /// It was never migrated, or these migrations are missing.
    Behind {
        /// What `dashloom migrate` would apply.
        missing: Vec<MigrationFile>,
    },
}

/// Looks into refinery's history. Any of our roles may ask: a login that may not takes one that it is a member of.
pub async fn schema_is_compatible(
    client: &Client,
    roles: &RoleNames,
) -> Result<Compatibility, tokio_postgres::Error> {
    let applied = match asking_role(client, roles).await? {
        None => applied(client).await?,
        Some(role) => {
            client
                .batch_execute(&format!("begin; set local role {role}"))
                .await?;
            let applied = applied(client).await;
            client.batch_execute("rollback").await?;
            applied?
        }
    };
    let missing: Vec<_> = files()
        .into_iter()
        .filter(|file| !applied.contains(&file.version))
        .collect();
    Ok(if missing.is_empty() {
        Compatibility::Compatible
    } else {
        Compatibility::Behind { missing }
    })
}

/// The role, quoted, by which the login may read the history; `None` where it needs none, or has none.
async fn asking_role(client: &Client, roles: &RoleNames) -> Result<Option<String>, tokio_postgres::Error> {
    let RoleNames {
        owner,
        ingest,
        relay,
        reader,
        author,
        operator,
    } = roles;
    let row = client
        .query_opt(
            "select case when not (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')) then \
                 (select quote_ident(r.rolname) from pg_roles r \
                  where r.rolname = any($1) and pg_has_role(r.oid, 'member') \
                    and has_schema_privilege(r.oid, n.oid, 'usage') and has_table_privilege(r.oid, c.oid, 'select') \
                  order by r.rolname limit 1) end \
             from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where n.nspname = 'dashloom' and c.relname = 'refinery_schema_history'",
            &[&vec![owner, ingest, relay, reader, author, operator]],
        )
        .await?;
    row.map_or(Ok(None), |row| row.try_get(0))
}

/// The versions in refinery's history; none where there is no history.
pub(super) async fn applied(client: &Client) -> Result<BTreeSet<i32>, tokio_postgres::Error> {
    let there = client
        .query_opt(
            "select from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where n.nspname = 'dashloom' and c.relname = 'refinery_schema_history'",
            &[],
        )
        .await?;
    if there.is_none() {
        return Ok(BTreeSet::new());
    }
    let rows = client
        .query("select version from dashloom.refinery_schema_history", &[])
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
