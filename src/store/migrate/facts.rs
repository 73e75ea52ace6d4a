//! What the database says about the workflows of a batch.

use chrono::{DateTime, Utc};
use tokio_postgres::{GenericClient, Row, Transaction};
use uuid::Uuid;

use super::backfill::{Backfill, first_column};
use super::decide::Facts;
use super::error::MigrateError;
use crate::ids::{TemplateId, UserId, WorkflowId};

impl Backfill<'_> {
    /// Reads all that [`super::decide::decide`] asks for. Columns and tables that are not made yet count as empty.
    pub(super) async fn facts(
        &self,
        transaction: &Transaction<'_>,
        ids: &[Uuid],
        since: DateTime<Utc>,
    ) -> Result<Vec<Facts>, MigrateError> {
        let rows = transaction.query(&self.facts_sql(), &[&ids, &since]).await?;
        let mut facts = rows.iter().map(facts_of).collect::<Result<Vec<_>, _>>()?;
        self.mark_enabled_before(transaction, &mut facts).await?;
        self.mark_configured(transaction, &mut facts).await?;
        Ok(facts)
    }

    fn facts_sql(&self) -> String {
        let engine = self.engine;
        let enabled = match engine.workflows.column("report_enabled") {
            Some(_) => "coalesce(w.report_enabled, false)",
            None => "false",
        };
        let default = |name, sql: &'static str| match engine.query_templates.column(name) {
            Some(_) => sql,
            None => "null::text",
        };
        let owner = engine
            .owner_uuid_column()
            .map_or("false".to_owned(), |name| format!("u.id = w.{name}"));
        let template = if engine.has_template() {
            "t.id = w.query_template_id"
        } else {
            "false"
        };
        format!(
            "select w.id, u.id, t.id, {}, {}, {enabled}, coalesce(e.n, 0) from {} w \
             left join {} u on {owner} left join {} t on {template} \
             left join (select workflow_id, count(*) as n from {} \
                        where workflow_id = any ($1) and status = 'SUCCEEDED' and created_at >= $2 group by workflow_id) e \
               on e.workflow_id = w.id \
             where w.id = any ($1) order by w.id",
            default("default_dashboard_type", "t.default_dashboard_type::text"),
            default(
                "default_visualization_config",
                "case when jsonb_typeof(t.default_visualization_config) = 'object' \
                 then t.default_visualization_config::text end"
            ),
            engine.workflows.sql(),
            engine.users.sql(),
            engine.query_templates.sql(),
            engine.workflow_executions.sql(),
        )
    }

    async fn mark_enabled_before(
        &self,
        transaction: &Transaction<'_>,
        facts: &mut [Facts],
    ) -> Result<(), MigrateError> {
        let there = transaction
            .query_one(
                "select to_regclass('dashloom.backfill_decisions') is not null",
                &[],
            )
            .await?;
        if there.try_get(0)? {
            let sql = "select workflow_id from dashloom.backfill_decisions \
                       where outcome = 'enabled' and workflow_id = any ($1)";
            mark(transaction, sql, facts, |facts| facts.enabled_before = true).await?;
        }
        Ok(())
    }

    async fn mark_configured(
        &self,
        transaction: &Transaction<'_>,
        facts: &mut [Facts],
    ) -> Result<(), MigrateError> {
        let there = transaction
            .query_one("select to_regclass($1) is not null", &[&self.configurations()])
            .await?;
        if there.try_get(0)? {
            self.as_owner(transaction).await?;
            let sql = format!(
                "select workflow_id from {} where workflow_id = any ($1)",
                self.configurations()
            );
            mark(transaction, &sql, facts, |facts| facts.has_configuration = true).await?;
            transaction.batch_execute("reset role").await?;
        }
        Ok(())
    }
}

async fn mark(
    client: &impl GenericClient,
    sql: &str,
    facts: &mut [Facts],
    set: impl Fn(&mut Facts),
) -> Result<(), MigrateError> {
    let ids: Vec<Uuid> = facts.iter().map(|facts| facts.workflow_id.0).collect();
    let marked = first_column(&client.query(sql, &[&ids]).await?)?;
    facts
        .iter_mut()
        .filter(|facts| marked.contains(&facts.workflow_id.0))
        .for_each(set);
    Ok(())
}

fn facts_of(row: &Row) -> Result<Facts, tokio_postgres::Error> {
    Ok(Facts {
        workflow_id: WorkflowId(row.try_get(0)?),
        owner: row.try_get::<_, Option<Uuid>>(1)?.map(UserId),
        template: row.try_get::<_, Option<Uuid>>(2)?.map(TemplateId),
        default_type: row.try_get(3)?,
        default_config: row.try_get(4)?,
        report_enabled: row.try_get(5)?,
        recent_executions: row.try_get(6)?,
        has_configuration: false,
        enabled_before: false,
    })
}
