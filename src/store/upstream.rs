//! The engine's tables: their configured names and which optional columns they have.

use super::{GenericClient, StoreError};

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
    /// Whether `workflows.user_id` exists: the owner, who becomes `created_by` of a configuration made here.
    pub has_owner: bool,
    /// Whether `workflows.query_template_id` exists: the template, whose defaults a new configuration takes.
    pub has_template: bool,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            workflows: "workflows".to_owned(),
            query_templates: "query_templates".to_owned(),
            workflow_executions: "workflow_executions".to_owned(),
            users: "users".to_owned(),
            has_owner: true,
            has_template: true,
        }
    }
}

impl Upstream {
    /// The same tables with the optional columns as the catalog has them now.
    pub async fn discover(self, db: &impl GenericClient) -> Result<Self, StoreError> {
        let row = db
            .query_one(
                "SELECT coalesce(bool_or(attname = 'user_id'), false), \
                        coalesce(bool_or(attname = 'query_template_id'), false) \
                 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
                &[&self.workflows],
            )
            .await?;
        Ok(Self {
            has_owner: row.try_get(0)?,
            has_template: row.try_get(1)?,
            ..self
        })
    }
}
