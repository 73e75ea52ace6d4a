//! Whether a database has the schema this release needs.

use std::collections::BTreeSet;

use tokio_postgres::Client;

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

/// Looks into refinery's history. Any of our roles may ask.
pub async fn schema_is_compatible(client: &Client) -> Result<Compatibility, tokio_postgres::Error> {
    let applied = applied(client).await?;
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
