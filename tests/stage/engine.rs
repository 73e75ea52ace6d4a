//! The part of a workflow engine: its rows in SQL, its event through the contract in `proto/`.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, Utc};
use dashloom::event::wire;
use prost::Message;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use super::broker::{Outgoing, Writer};

/// A workflow to make.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its visualization configuration as JSON; without one dashloom makes the report configuration itself.
    pub configuration: Option<String>,
}

/// A finished execution to announce.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Which execution.
    pub id: Uuid,
    /// The workflow it ran.
    pub workflow_id: Uuid,
    /// 0, then 1, 2, … for its re-runs.
    pub run: u32,
    /// When it finished.
    pub finished_at: DateTime<Utc>,
    /// First and last date its result speaks for.
    pub window: (NaiveDate, NaiveDate),
    /// How the result is laid out.
    pub format: wire::ResultFormat,
    /// The result.
    pub rows: Vec<u8>,
    /// What the engine says about columns.
    pub hints: Vec<wire::ColumnHint>,
}

impl Finished {
    /// The event as protobuf.
    pub fn encode(&self) -> Vec<u8> {
        let finished_at = pbjson_types::Timestamp {
            seconds: self.finished_at.timestamp(),
            nanos: self
                .finished_at
                .timestamp_subsec_nanos()
                .try_into()
                .unwrap_or_default(),
        };
        let inline = wire::InlineResult {
            format: self.format.into(),
            data: self.rows.clone().into(),
            compression: wire::Compression::None.into(),
        };
        wire::WorkflowExecutionSucceeded {
            execution_id: self.id.to_string(),
            workflow_id: self.workflow_id.to_string(),
            run: self.run,
            finished_at: Some(finished_at),
            data_start_date: self.window.0.to_string(),
            data_end_date: self.window.1.to_string(),
            columns: self.hints.clone(),
            result: Some(wire::workflow_execution_succeeded::Result::Inline(inline)),
            ..Default::default()
        }
        .encode_to_vec()
    }

    /// Sends the event with its CloudEvents headers; `partition` overrides what the key decides.
    pub fn announce(&self, writer: &Writer, topic: &str, partition: Option<i32>) -> Result<()> {
        let (key, payload) = (self.workflow_id.to_string(), self.encode());
        let event_id = Uuid::new_v5(&self.id, &self.run.to_be_bytes()).to_string();
        let time = self.finished_at.to_rfc3339();
        let headers: [(&str, &[u8]); 6] = [
            ("content-type", b"application/protobuf"),
            ("ce_specversion", b"1.0"),
            ("ce_type", b"dashloom.v1.WorkflowExecutionSucceeded"),
            ("ce_source", b"/engine"),
            ("ce_id", event_id.as_bytes()),
            ("ce_time", time.as_bytes()),
        ];
        let record = Outgoing {
            partition,
            key: Some(key.as_bytes()),
            payload: Some(&payload),
            headers: &headers,
        };
        writer.send(topic, record)
    }
}

/// A connection to the engine's database.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Makes the workflows of one user that are not there yet, reported; those with a configuration get it as a report configuration.
pub async fn make_workflows(client: &Client, owner: Uuid, workflows: &[Workflow]) -> Result<()> {
    let insert = "insert into users (id, email) values ($1, $2) on conflict do nothing";
    let email = format!("{owner}@example.org");
    client.execute(insert, &[&owner, &email]).await?;
    let ids: Vec<Uuid> = workflows.iter().map(|workflow| workflow.id).collect();
    let names: Vec<&str> = workflows.iter().map(|workflow| workflow.name.as_str()).collect();
    let insert = "insert into workflows (id, user_id, name, created_at, report_enabled) \
                  select id, $2, name, now(), true from unnest($1::uuid[], $3::text[]) as new (id, name) \
                  on conflict do nothing";
    client.execute(insert, &[&ids, &owner, &names]).await?;
    // A user may write configurations of their own; this engine writes for everybody.
    client.batch_execute("set role dashloom_operator").await?;
    let configurations: Vec<Option<&str>> = workflows
        .iter()
        .map(|workflow| workflow.configuration.as_deref())
        .collect();
    let insert = "insert into report_configurations (workflow_id, enabled, visualization_config, created_by) \
                  select workflow, true, configuration::jsonb, $2 \
                  from unnest($1::uuid[], $3::text[]) as new (workflow, configuration) \
                  where configuration is not null";
    client.execute(insert, &[&ids, &owner, &configurations]).await?;
    client.batch_execute("reset role").await?;
    Ok(())
}

/// Chooses what type of dashboard a workflow with a report configuration is shown as, as its user would.
pub async fn choose_type(client: &Client, workflow: Uuid, dashboard_type: &str) -> Result<()> {
    let update = "update report_configurations set dashboard_type = $2 where workflow_id = $1";
    client.batch_execute("set role dashloom_operator").await?;
    client.execute(update, &[&workflow, &dashboard_type]).await?;
    client.batch_execute("reset role").await?;
    Ok(())
}

/// Writes the rows of finished executions; a re-run finds its row there.
pub async fn finish(client: &Client, executions: &[&Finished]) -> Result<()> {
    let ids: Vec<Uuid> = executions.iter().map(|finished| finished.id).collect();
    let workflows: Vec<Uuid> = executions.iter().map(|finished| finished.workflow_id).collect();
    let times: Vec<DateTime<Utc>> = executions.iter().map(|finished| finished.finished_at).collect();
    let insert = "insert into workflow_executions (id, workflow_id, status, created_at, completed_at) \
                  select distinct on (id) id, workflow_id, 'SUCCEEDED', time, time \
                  from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as new (id, workflow_id, time) \
                  order by id, time on conflict (id) do nothing";
    client.execute(insert, &[&ids, &workflows, &times]).await?;
    Ok(())
}
