//! The engine's tables as the catalog has them.

use std::collections::BTreeMap;

use tokio_postgres::Client;

use super::options::MigrateOptions;
use super::template::Template;
use crate::store::{RoleNames, Upstream};

/// One of the engine's tables.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// What it is to us: `workflows`, `users`, …
    pub(super) role: &'static str,
    /// The name it is configured under.
    pub(super) configured: String,
    /// What the catalog knows under that name.
    pub(super) found: Option<Found>,
}

/// A relation in the catalog.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Its schema.
    pub(super) schema: String,
    /// Its name.
    pub(super) name: String,
    /// `pg_class.relkind`.
    pub(super) kind: char,
    /// Whether the login may alter it.
    pub(super) owned: bool,
    /// Who owns it.
    pub(super) owner: String,
    /// Its columns.
    pub(super) columns: BTreeMap<String, Column>,
}

/// A column of a relation.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its type without length, as `format_type` prints it.
    pub(super) data_type: String,
    /// `pg_type.typcategory`.
    pub(super) category: char,
    /// Whether it alone is a primary key or unique.
    pub(super) unique: bool,
    /// Whether the login may read it.
    pub(super) readable: bool,
    /// Whether the login may reference it.
    pub(super) referable: bool,
}

/// All four tables.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    pub(super) users: Table,
    pub(super) query_templates: Table,
    pub(super) workflows: Table,
    pub(super) workflow_executions: Table,
}

impl Found {
    /// The qualified, quoted name.
    pub(super) fn sql(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.name))
    }
}

impl Table {
    /// The qualified, quoted name; the configured one where the table is missing.
    pub(super) fn sql(&self) -> String {
        self.found
            .as_ref()
            .map_or_else(|| self.configured.clone(), Found::sql)
    }

    /// The column, where both it and the table exist.
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.found.as_ref()?.columns.get(name)
    }
}

impl Engine {
    /// Looks the configured names up, unqualified ones in the search path.
    pub(super) async fn look_up(client: &Client, names: &Upstream) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            users: look_up(client, "users", &names.users).await?,
            query_templates: look_up(client, "query_templates", &names.query_templates).await?,
            workflows: look_up(client, "workflows", &names.workflows).await?,
            workflow_executions: look_up(client, "workflow_executions", &names.workflow_executions).await?,
        })
    }

    /// The tables in the order they depend on each other.
    pub(super) fn tables(&self) -> [&Table; 4] {
        [
            &self.users,
            &self.query_templates,
            &self.workflows,
            &self.workflow_executions,
        ]
    }

    /// The schema of `workflows`, where our four tables stand too.
    pub(super) fn schema(&self) -> &str {
        self.workflows
            .found
            .as_ref()
            .map_or("public", |found| &found.schema)
    }

    /// The column of `workflows` that holds its owner: `user_id`, else `created_by`.
    pub(super) fn owner_column(&self) -> Option<&'static str> {
        ["user_id", "created_by"]
            .into_iter()
            .find(|name| self.workflows.column(name).is_some())
    }

    /// The owner as something that `users.id` may hold, where the column's type allows it.
    pub(super) fn owner_uuid_column(&self) -> Option<&'static str> {
        self.owner_column()
            .filter(|name| is_uuid(self.workflows.column(name)))
    }

    /// Whether a workflow says from which template it was made.
    pub(super) fn has_template(&self) -> bool {
        is_uuid(self.workflows.column("query_template_id"))
    }

    /// What the placeholders of the migration files stand for in this database.
    pub(super) fn template(&self, options: &MigrateOptions) -> Template {
        let mut template = Template::default();
        for table in self.tables() {
            template.set(table.role, table.sql());
        }
        template.set("schema", quote(self.schema()));
        template.set("dashloom", quote("dashloom"));
        for (placeholder, _, name) in roles(&options.roles) {
            template.set(placeholder, quote(name));
        }
        let owner = self.owner_column();
        template.set(
            "owner",
            owner.map_or("null".to_owned(), |name| format!("w.{}", quote(name))),
        );
        template.set(
            "author_insert_also",
            owner
                .map_or(
                    "",
                    |_| " and workflow_id = any (array(select dashloom.owned_workflows()))",
                )
                .to_owned(),
        );
        template
    }
}

/// Each role as its placeholder, its name to us, and its name in the database.
pub(super) fn roles(names: &RoleNames) -> [(&'static str, &'static str, &str); 6] {
    [
        ("role_owner", "owner", &names.owner),
        ("role_ingest", "ingest", &names.ingest),
        ("role_relay", "relay", &names.relay),
        ("role_reader", "reader", &names.reader),
        ("role_author", "author", &names.author),
        ("role_operator", "operator", &names.operator),
    ]
}

/// A quoted identifier.
pub(super) fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// Whether `name` can stand in the migration files, inside quotes of every kind.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() < 64 && !name.contains(['\'', '"', '$', '{', '}', '\\', '\0'])
}

fn is_uuid(column: Option<&Column>) -> bool {
    column.is_some_and(|column| column.data_type == "uuid")
}

async fn look_up(
    client: &Client,
    role: &'static str,
    configured: &str,
) -> Result<Table, tokio_postgres::Error> {
    let (schema, name) = parse(configured);
    let found = client
        .query_opt(
            "select c.oid, n.nspname::text, c.relname::text, c.relkind, pg_has_role(c.relowner, 'USAGE'), \
                    pg_get_userbyid(c.relowner)::text \
             from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where c.relname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f') \
               and (n.nspname = $2 or ($2::text is null and n.nspname = any (current_schemas(false)))) \
             order by array_position(current_schemas(false), n.nspname) limit 1",
            &[&name, &schema],
        )
        .await?;
    let found = match found {
        None => None,
        Some(row) => Some(Found {
            schema: row.try_get(1)?,
            name: row.try_get(2)?,
            kind: as_char(row.try_get(3)?),
            owned: row.try_get(4)?,
            owner: row.try_get(5)?,
            columns: columns(client, row.try_get(0)?).await?,
        }),
    };
    Ok(Table {
        role,
        configured: configured.to_owned(),
        found,
    })
}

async fn columns(client: &Client, table: u32) -> Result<BTreeMap<String, Column>, tokio_postgres::Error> {
    let rows = client
        .query(
            "select a.attname::text, format_type(a.atttypid, null), t.typcategory, \
                    exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and i.indimmediate \
                            and i.indisvalid and i.indnkeyatts = 1 and i.indkey[0] = a.attnum and i.indpred is null), \
                    has_column_privilege(a.attrelid, a.attnum, 'SELECT'), \
                    has_column_privilege(a.attrelid, a.attnum, 'REFERENCES') \
             from pg_attribute a join pg_type t on t.oid = a.atttypid \
             where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped",
            &[&table],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let column = Column {
                data_type: row.try_get(1)?,
                category: as_char(row.try_get(2)?),
                unique: row.try_get(3)?,
                readable: row.try_get(4)?,
                referable: row.try_get(5)?,
            };
            Ok((row.try_get(0)?, column))
        })
        .collect()
}

/// PostgreSQL's one-byte `"char"`.
fn as_char(byte: i8) -> char {
    char::from(byte.unsigned_abs())
}

/// Cuts `schema.name` as PostgreSQL does: unquoted parts in lower case, quoted ones as they stand.
pub(super) fn parse(configured: &str) -> (Option<String>, String) {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in configured.trim().chars() {
        match (c, quoted) {
            ('"', _) => quoted = !quoted,
            ('.', false) => parts.push(String::new()),
            (_, true) => parts
                .iter_mut()
                .next_back()
                .into_iter()
                .for_each(|part| part.push(c)),
            (_, false) => parts
                .iter_mut()
                .next_back()
                .into_iter()
                .for_each(|part| part.extend(c.to_lowercase())),
        }
    }
    let name = parts.pop().unwrap_or_default();
    let schema = parts.join(".");
    ((!schema.is_empty()).then_some(schema), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_postgresql_reads_them() {
        assert_eq!(parse("Workflows"), (None, "workflows".to_owned()));
        assert_eq!(
            parse("engine.\"Work.Flows\""),
            (Some("engine".to_owned()), "Work.Flows".to_owned())
        );
    }
}
