//! The engine's tables: their configured names and which optional columns they have.

use super::StoreError;

/// The engine's tables as SQL identifiers (qualified and quoted where needed), ready to be put into statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The table of workflows.
    pub workflows: String,
    /// The table of query templates.
    pub query_templates: String,
    /// The table of executions.
    pub workflow_executions: String,
    /// The table of users.
    pub users: String,
    /// The column of `workflows` that holds its owner, who becomes `created_by` of a configuration made here:
    /// `user_id`, else `created_by`, else none.
    pub owner_column: Option<&'static str>,
    /// Whether `workflows.query_template_id` exists: the template, whose defaults a new configuration takes.
    pub has_template: bool,
    /// Whether `workflows.name` exists and is text: what people know a workflow by.
    pub has_name: bool,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            workflows: "workflows".to_owned(),
            query_templates: "query_templates".to_owned(),
            workflow_executions: "workflow_executions".to_owned(),
            users: "users".to_owned(),
            owner_column: Some("user_id"),
            has_template: true,
            has_name: true,
        }
    }
}

impl Upstream {
    /// The same tables with the optional columns as the catalog has them now.
    pub async fn discover(self, db: &tokio_postgres::Client) -> Result<Self, StoreError> {
        let row = db
            .query_one(
                "SELECT array_agg(attname::text) FILTER (WHERE atttypid = 'uuid'::regtype), \
                        coalesce(bool_or(attname = 'name' AND atttypid IN ('text'::regtype, 'varchar'::regtype)), false) \
                 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
                &[&self.workflows],
            )
            .await?;
        let columns: Vec<String> = row.try_get::<_, Option<Vec<String>>>(0)?.unwrap_or_default();
        let has = |name: &str| columns.iter().any(|column| column == name);
        let owner_column = ["user_id", "created_by"].into_iter().find(|name| has(name));
        Ok(Self {
            owner_column,
            has_template: has("query_template_id"),
            has_name: row.try_get(1)?,
            ..self
        })
    }
}
