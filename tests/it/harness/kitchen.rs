//! The recipe on a database of a test's own, without Kafka: batches go in as a test cuts them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use dashloom::aggregate::{PartialSpec, aggregate};
use dashloom::dashboard::RowDays;
use dashloom::event::wire::{self, DashboardUpdated};
use dashloom::event::{self, Decoded, Header, Message, ResultSource};
use dashloom::fold::{self, Arrival, Fold, Folded, Recall, Why, Withdrawal};
use dashloom::ids::{ExecutionId, WorkflowId};
use dashloom::insight::Frames;
use dashloom::pipeline::recipe::{self, Recipe};
use dashloom::pipeline::{ApplyError, Batch, Origin, OutcomeCounts, PartitionKey, Rules};
use dashloom::rows::{self, Limits};
use dashloom::store::{self, Role, RoleNames, Upstream, outbox, positions};
use dashloom::sweep::{self, Sweep};
use deadpool_postgres::{Manager, Pool};
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Database, Finished, Workflow};
use crate::stage::engine;

/// The recipe on a database of its own, without Kafka.
pub struct Kitchen {
    pub database: Database,
    pub recipe: Recipe,
    partition: PartitionKey,
    token: Uuid,
    next_offset: i64,
}

impl Kitchen {
    pub async fn new() -> Self {
        let database = Database::migrated().await;
        let manager = Manager::new(database.url().parse().unwrap(), NoTls);
        let pool = Pool::builder(manager).max_size(2).build().unwrap();
        let partition = PartitionKey {
            group: "kitchen".to_owned(),
            topic: "executions".to_owned(),
            partition: 0,
        };
        let token = Uuid::new_v4();
        {
            let client = pool.get().await.unwrap();
            positions::start(&client, &partition.group, &partition.topic, &[(0, 0)])
                .await
                .unwrap();
            positions::claim(&client, &partition, token, None, Duration::from_secs(1))
                .await
                .unwrap()
                .unwrap();
        }
        let rules = Rules {
            dead_letter_topic: "dead".to_owned(),
            grace: Duration::from_secs(900),
            result_grace: Duration::from_secs(900),
            parked_records: 100,
            parked_bytes: 1 << 20,
        };
        let recipe = Recipe {
            pool,
            roles: RoleNames::default(),
            fold: Fold {
                recall: Recall::of_at_most(96 << 20),
                upstream: Upstream::default(),
                view_url: String::new(),
                limits: fold::Limits::default(),
                frames: Frames::default(),
            },
            objects: Default::default(),
            message_bytes: 8 << 20,
            limits: Limits::default(),
            rules,
            events_topic: "events".to_owned(),
        };
        Self {
            database,
            recipe,
            partition,
            token,
            next_offset: 0,
        }
    }

    /// Makes a reported workflow with that `visualization_config`.
    pub async fn workflow(&self, configuration: &str) -> Uuid {
        let workflow = Workflow {
            id: Uuid::new_v4(),
            name: "flights".to_owned(),
            configuration: Some(configuration.to_owned()),
        };
        engine::make_workflows(&self.database, Uuid::new_v4(), std::slice::from_ref(&workflow))
            .await
            .unwrap();
        workflow.id
    }

    /// Applies events as one batch.
    pub async fn apply(&mut self, events: &[&Finished]) -> OutcomeCounts {
        self.try_apply(events, &[]).await.unwrap()
    }

    /// Applies events as one batch that a replay brings.
    pub async fn replay(&mut self, events: &[&Finished]) -> OutcomeCounts {
        let header = self.replay_header();
        self.try_apply(events, &[header]).await.unwrap()
    }

    /// Applies events with those headers as one batch.
    pub async fn try_apply(
        &mut self,
        events: &[&Finished],
        headers: &[Header],
    ) -> Result<OutcomeCounts, ApplyError> {
        self.settle(self.messages(events, headers)).await
    }

    /// The header that a replay's records carry.
    pub fn replay_header(&self) -> Header {
        Header {
            name: "replay".to_owned(),
            value: Some(Bytes::from_static(b"true")),
        }
    }

    /// Events as records, still without offsets.
    pub fn messages(&self, events: &[&Finished], headers: &[Header]) -> Vec<Message> {
        let message = |event: &&Finished| Message {
            offset: 0,
            timestamp_ms: Some(0),
            key: Some(Bytes::from(event.workflow_id.to_string())),
            payload: Some(Bytes::from(event.encode())),
            headers: headers.to_vec(),
        };
        events.iter().map(message).collect()
    }

    /// Applies records as one batch.
    pub async fn settle(&mut self, mut messages: Vec<Message>) -> Result<OutcomeCounts, ApplyError> {
        for (message, offset) in messages.iter_mut().zip(self.next_offset..) {
            message.offset = offset;
        }
        let origin = Origin::Log {
            token: self.token,
            next_offset: self.next_offset,
        };
        let batch = Batch {
            partition: self.partition.clone(),
            origin,
            messages,
        };
        let settled = recipe::apply(&self.recipe, &batch).await?;
        self.next_offset = settled.next_offset;
        Ok(settled.counts)
    }

    /// What must not depend on order: everything a reader sees of the workflow's views, byte for byte.
    pub async fn bytes(&self, workflow: Uuid) -> Vec<String> {
        let query = "select period_key || execution_ids::text || data_start_date || data_end_date || processed_data \
                     || charts_config || metrics_summary || encode(content_sha256, 'hex') \
                     from dashboard_views where workflow_id = $1 order by period_key";
        self.database
            .query(query, &[&workflow])
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect()
    }

    /// Does the first of the transactions that an event takes, as a process that ends before the second one.
    pub async fn die_after_one_transaction(&self, event: &Finished) {
        let arrival = self.arrival(event);
        let mut client = self.recipe.pool.get().await.unwrap();
        let tx = store::begin(&mut client, &self.recipe.roles, Role::Ingest)
            .await
            .unwrap();
        let folded = fold::apply(&tx, &self.recipe.fold, &[arrival], now())
            .await
            .unwrap();
        assert!(folded.unfinished);
        announce(&tx, &folded).await;
        store::commit(tx).await.unwrap();
    }

    /// An event as it reaches the fold, formed by default.
    fn arrival(&self, event: &Finished) -> Arrival {
        let message = Message {
            offset: 0,
            timestamp_ms: Some(0),
            key: None,
            payload: Some(Bytes::from(event.encode())),
            headers: Vec::new(),
        };
        let Ok(Decoded::Execution(execution)) = event::decode(&message) else {
            panic!("no event");
        };
        let ResultSource::Inline {
            format,
            compression,
            data,
        } = &execution.result
        else {
            panic!("no inline result");
        };
        let batches = rows::read(*format, *compression, data, &self.recipe.limits).unwrap();
        let spec = PartialSpec::default();
        let partial = aggregate(&batches, execution.window, &execution.hints, &spec).unwrap();
        Arrival {
            body: partial.encode(),
            row_days: RowDays::of(execution.window, partial.cells.dates.iter().copied()),
            partial,
            shape: spec.shape(),
            replay: false,
            traceparent: None,
            execution: *execution,
        }
    }

    /// Withdraws an execution's result, or undoes that.
    pub async fn withdraw(&self, workflow: Uuid, execution: Uuid, undo: bool) -> Withdrawal {
        let mut client = self.recipe.pool.get().await.unwrap();
        let tx = store::begin(&mut client, &self.recipe.roles, Role::Operator)
            .await
            .unwrap();
        let (workflow, execution) = (WorkflowId(workflow), ExecutionId(execution));
        let (withdrawal, folded) = fold::withdraw(&tx, &self.recipe.fold, workflow, execution, undo, now())
            .await
            .unwrap();
        announce(&tx, &folded).await;
        store::commit(tx).await.unwrap();
        withdrawal
    }

    /// Renders a workflow's views anew, in as many transactions as it takes; says how many got a new version.
    pub async fn rerender(&self, workflow: Uuid, why: Why) -> usize {
        let fold = &self.recipe.fold;
        let workflows = [WorkflowId(workflow)];
        let mut written = 0;
        for turn in 0.. {
            let mut client = self.recipe.pool.get().await.unwrap();
            let tx = store::begin(&mut client, &self.recipe.roles, Role::Operator)
                .await
                .unwrap();
            let folded = match turn {
                0 => fold::rerender(&tx, fold, &workflows, None, why, now())
                    .await
                    .unwrap(),
                _ => fold::catch_up(&tx, fold, &workflows, now()).await.unwrap(),
            };
            announce(&tx, &folded).await;
            store::commit(tx).await.unwrap();
            written += folded.updates.len();
            if !folded.unfinished {
                break;
            }
        }
        written
    }

    /// A sweep on this database.
    pub fn sweep(&self) -> Sweep {
        Sweep {
            pool: self.recipe.pool.clone(),
            roles: self.recipe.roles.clone(),
            fold: self.recipe.fold.clone(),
            events_topic: "events".to_owned(),
            wake_relay: Arc::default(),
            depot: None,
        }
    }

    /// Sweeps until the database is as `holds` says.
    pub async fn sweep_until(&self, what: &str, holds: impl AsyncFnMut(&tokio_postgres::Client) -> bool) {
        let stop = CancellationToken::new();
        let sweeping = tokio::spawn(sweep::run(self.sweep(), stop.clone()));
        self.database.until(what, holds).await;
        stop.cancel();
        sweeping.await.unwrap();
    }

    /// Every event so far, in order.
    pub async fn events(&self) -> Vec<DashboardUpdated> {
        let query = "select payload from dashloom.outbox where aggregatetype = 'dashboard_view' order by seq";
        (self.database.query(query, &[]).await.unwrap())
            .iter()
            .map(|row| prost::Message::decode(row.get::<_, &[u8]>(0)).unwrap())
            .collect()
    }

    /// Writes a workflow's `visualization_config`, as an operator does.
    pub async fn configure(&self, workflow: Uuid, configuration: &str) {
        self.database
            .execute(
                "update report_configurations set visualization_config = $2::text::jsonb where workflow_id = $1",
                &[&workflow, &configuration],
            )
            .await
            .unwrap();
    }
}

/// A moment; what it is does not matter.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

async fn announce(tx: &impl store::GenericClient, folded: &Folded) {
    let rows: Vec<_> = folded
        .updates
        .iter()
        .map(|update| fold::announcement("events", update))
        .collect();
    outbox::insert(tx, &rows).await.unwrap();
}

/// An execution over those dates with rows as CSV, finished at midnight so many days after its window.
pub fn finished(workflow: Uuid, number: u128, window: (&str, &str), delay_days: u64, csv: &str) -> Finished {
    let window: (NaiveDate, NaiveDate) = (window.0.parse().unwrap(), window.1.parse().unwrap());
    let day = window.1 + chrono::Days::new(delay_days);
    Finished {
        id: Uuid::from_u128(0xf0_0d00 + number),
        workflow_id: workflow,
        run: 0,
        finished_at: day.and_hms_opt(0, 0, 0).unwrap().and_utc(),
        window,
        format: wire::ResultFormat::Csv,
        rows: csv.as_bytes().to_vec(),
        hints: Vec::new(),
    }
}
