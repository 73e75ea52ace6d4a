//! Phase 3: workflows that live are reported from now on. Bounded, committed batches; what was decided is kept beside
//! the cursor, in the same transaction, so that a run that was cut off goes on where it was and still reports it all.

use chrono::{DateTime, Utc};
use tokio::time::{Duration, Instant, sleep};
use tokio_postgres::{Client, GenericClient, Row, Transaction};
use uuid::Uuid;

use super::decide::{Facts, RECENT_DAYS, decide};
use super::engine::{Engine, quote};
use super::error::MigrateError;
use super::options::{BackfillRule, MigrateOptions, OnProgress, Progress};
use super::report::{BackfillReport, Outcome, WorkflowDecision};
use super::runner::is_passing;
use crate::ids::{ConfigurationId, WorkflowId};

/// How long rows that the engine holds are tried again before they are left to a later backfill.
const BUSY_PATIENCE: Duration = Duration::from_secs(10);

/// One backfill of a database.
pub(super) struct Backfill<'a> {
    pub(super) engine: &'a Engine,
    pub(super) options: &'a MigrateOptions,
    pub(super) rule: BackfillRule,
}

/// A run under way, as `dashloom.backfills` knows it.
struct Run {
    id: i64,
    since: DateTime<Utc>,
    cursor: Option<Uuid>,
    resumed: bool,
}

/// Whether a backfill has been done to its end.
pub(super) async fn is_done(client: &Client) -> Result<bool, tokio_postgres::Error> {
    client
        .query_one(
            "select exists (select from dashloom.backfills where finished_at is not null)",
            &[],
        )
        .await?
        .try_get(0)
}

impl Backfill<'_> {
    /// Decides for every workflow and writes nothing.
    pub(super) async fn preview(&self, client: &mut Client) -> Result<BackfillReport, MigrateError> {
        let mut workflows = Vec::new();
        let transaction = client.build_transaction().read_only(true).start().await?;
        let since: DateTime<Utc> = transaction
            .query_one("select now() - make_interval(days => $1)", &[&RECENT_DAYS])
            .await?
            .try_get(0)?;
        let mut cursor = None;
        loop {
            let ids = self.next_ids(&transaction, cursor).await?;
            if ids.is_empty() {
                break;
            }
            cursor = ids.last().copied();
            let facts = self.facts(&transaction, &ids, since).await?;
            workflows.extend(facts.iter().map(|facts| decide(facts, self.rule)));
        }
        Ok(BackfillReport {
            rule: self.rule,
            dry_run: true,
            resumed: false,
            workflows,
        })
    }

    /// Runs to the end, or goes on to the end of a run of the same rule that was cut off.
    pub(super) async fn run(
        &self,
        client: &mut Client,
        on_progress: OnProgress<'_>,
    ) -> Result<BackfillReport, MigrateError> {
        let mut run = self.begin(client).await?;
        let mut looked_at = 0;
        loop {
            let ids = self.next_ids(client, run.cursor).await?;
            let Some(last) = ids.last().copied() else {
                break;
            };
            run.cursor = Some(last);
            self.batch(client, &run, &ids).await?;
            looked_at += ids.len() as u64;
            on_progress(Progress::Backfilled(looked_at));
        }
        self.retry_busy(client, &run, on_progress).await?;
        client
            .execute(
                "update dashloom.backfills set finished_at = now() where id = $1",
                &[&run.id],
            )
            .await?;
        let workflows = decisions(client, run.id).await?;
        Ok(BackfillReport {
            rule: self.rule,
            dry_run: false,
            resumed: run.resumed,
            workflows,
        })
    }

    /// Finds the run to go on with, or begins one. Of older runs only what they enabled is kept.
    async fn begin(&self, client: &mut Client) -> Result<Run, MigrateError> {
        let unfinished = client
            .query_opt(
                "select id, since, cursor, rule from dashloom.backfills where finished_at is null order by id desc limit 1",
                &[],
            )
            .await?;
        if let Some(row) = unfinished.filter(|row| row.try_get(3).is_ok_and(|rule| self.rule.is_named(rule)))
        {
            return Ok(Run {
                id: row.try_get(0)?,
                since: row.try_get(1)?,
                cursor: row.try_get(2)?,
                resumed: true,
            });
        }
        let transaction = client.transaction().await?;
        transaction
            .batch_execute(
                "update dashloom.backfills set finished_at = now() where finished_at is null; \
                 delete from dashloom.backfill_decisions where outcome <> 'enabled'",
            )
            .await?;
        let row = transaction
            .query_one(
                "insert into dashloom.backfills (rule, since) values ($1, now() - make_interval(days => $2)) \
                 returning id, since",
                &[&self.rule.as_str(), &RECENT_DAYS],
            )
            .await?;
        transaction.commit().await?;
        Ok(Run {
            id: row.try_get(0)?,
            since: row.try_get(1)?,
            cursor: None,
            resumed: false,
        })
    }

    async fn next_ids(
        &self,
        client: &impl GenericClient,
        after: Option<Uuid>,
    ) -> Result<Vec<Uuid>, MigrateError> {
        if self.rule == BackfillRule::None {
            return Ok(Vec::new());
        }
        let sql = format!(
            "select id from {} where $1::uuid is null or id > $1 order by id limit $2",
            self.engine.workflows.sql()
        );
        let rows = client
            .query(&sql, &[&after, &i64::from(self.options.batch_size.max(1))])
            .await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// Decides for these workflows and commits; tries again while locks are in the way.
    async fn batch(&self, client: &mut Client, run: &Run, ids: &[Uuid]) -> Result<(), MigrateError> {
        let began = Instant::now();
        loop {
            match self.attempt(client, run, ids).await {
                Err(MigrateError::Postgres(error))
                    if is_passing(&error) && began.elapsed() < self.options.patience =>
                {
                    sleep(Duration::from_millis(200)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt(&self, client: &mut Client, run: &Run, ids: &[Uuid]) -> Result<(), MigrateError> {
        let transaction = client.transaction().await?;
        let facts = self.facts(&transaction, ids, run.since).await?;
        let mut decisions: Vec<_> = facts.iter().map(|facts| decide(facts, self.rule)).collect();
        self.as_owner(&transaction).await?;
        self.enable(&transaction, &facts, &mut decisions).await?;
        transaction.batch_execute("reset role").await?;
        keep(&transaction, run, &decisions).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes the owner's role where row level security is on already; it is forced on the tables' owner too.
    pub(super) async fn as_owner(&self, transaction: &Transaction<'_>) -> Result<(), MigrateError> {
        let secured = transaction
            .query_one(
                "select relrowsecurity from pg_class where oid = $1::text::regclass",
                &[&self.configurations()],
            )
            .await?
            .try_get::<_, bool>(0)?;
        if secured {
            transaction
                .batch_execute(&format!("set local role {}", quote(&self.options.roles.owner)))
                .await?;
        }
        Ok(())
    }

    /// Enables what was decided to be: skips rows that the engine holds, and leaves what a user did meanwhile.
    async fn enable(
        &self,
        transaction: &Transaction<'_>,
        facts: &[Facts],
        decisions: &mut [WorkflowDecision],
    ) -> Result<(), MigrateError> {
        let chosen: Vec<Uuid> = decisions
            .iter()
            .filter(|decision| decision.outcome == Outcome::Enabled)
            .map(|d| d.workflow_id.0)
            .collect();
        if chosen.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "select id from {} where id = any ($1) and not coalesce(report_enabled, false) \
             order by id for no key update skip locked",
            self.engine.workflows.sql()
        );
        let free = first_column(&transaction.query(&sql, &[&chosen]).await?)?;
        let made = self
            .make_configurations(transaction, facts, decisions, &free)
            .await?;
        let configurations: Vec<Uuid> = made
            .iter()
            .map(|id| ConfigurationId::of(WorkflowId(*id)).0)
            .collect();
        let sql = format!(
            "update {} w set report_enabled = true, report_config_id = n.configuration_id \
             from unnest($1::uuid[], $2::uuid[]) n (workflow_id, configuration_id) where w.id = n.workflow_id",
            self.engine.workflows.sql()
        );
        transaction.execute(&sql, &[&made, &configurations]).await?;
        for decision in decisions
            .iter_mut()
            .filter(|decision| decision.outcome == Outcome::Enabled)
        {
            let id = decision.workflow_id.0;
            if !free.contains(&id) {
                *decision = left(
                    decision,
                    Outcome::Busy,
                    "its row is locked by another transaction",
                );
            } else if !made.contains(&id) {
                *decision = left(
                    decision,
                    Outcome::Unchanged,
                    "it was given a report configuration meanwhile",
                );
            }
        }
        Ok(())
    }

    /// Makes the configurations of those workflows whose rows are `free`; answers with those it made.
    async fn make_configurations(
        &self,
        transaction: &Transaction<'_>,
        facts: &[Facts],
        decisions: &[WorkflowDecision],
        free: &[Uuid],
    ) -> Result<Vec<Uuid>, MigrateError> {
        let new: Vec<_> = facts
            .iter()
            .zip(decisions)
            .filter(|(facts, _)| free.contains(&facts.workflow_id.0))
            .collect();
        let sql = format!(
            "insert into {} (id, workflow_id, query_template_id, enabled, dashboard_type, visualization_config, created_by) \
             select id, workflow_id, template, true, type, coalesce(config::jsonb, '{{}}'), owner \
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[]) \
                  n (id, workflow_id, template, type, config, owner) \
             on conflict (workflow_id) do nothing returning workflow_id",
            self.configurations()
        );
        let rows = transaction
            .query(
                &sql,
                &[
                    &new.iter()
                        .map(|(facts, _)| ConfigurationId::of(facts.workflow_id).0)
                        .collect::<Vec<_>>(),
                    &new.iter()
                        .map(|(facts, _)| facts.workflow_id.0)
                        .collect::<Vec<_>>(),
                    &new.iter()
                        .map(|(facts, _)| facts.template.map(|id| id.0))
                        .collect::<Vec<_>>(),
                    &new.iter()
                        .map(|(_, decision)| decision.dashboard_type.as_deref())
                        .collect::<Vec<_>>(),
                    &new.iter()
                        .map(|(facts, _)| facts.default_config.as_deref())
                        .collect::<Vec<_>>(),
                    &new.iter()
                        .map(|(facts, _)| facts.owner.map(|id| id.0))
                        .collect::<Vec<_>>(),
                ],
            )
            .await?;
        first_column(&rows)
    }

    /// Tries the rows that the engine held again, for a while.
    async fn retry_busy(
        &self,
        client: &mut Client,
        run: &Run,
        on_progress: OnProgress<'_>,
    ) -> Result<(), MigrateError> {
        let began = Instant::now();
        loop {
            let rows = client
                .query(
                    "select workflow_id from dashloom.backfill_decisions where backfill_id = $1 and outcome = 'busy' \
                     order by workflow_id limit $2",
                    &[&run.id, &i64::from(self.options.batch_size.max(1))],
                )
                .await?;
            let busy = first_column(&rows)?;
            if busy.is_empty() || began.elapsed() > BUSY_PATIENCE {
                return Ok(());
            }
            on_progress(Progress::WaitingForLock(format!(
                "{} workflows held by the engine",
                busy.len()
            )));
            sleep(Duration::from_millis(200)).await;
            self.batch(client, run, &busy).await?;
        }
    }

    /// The qualified name of `report_configurations`.
    pub(super) fn configurations(&self) -> String {
        format!("{}.report_configurations", quote(self.engine.schema()))
    }
}

/// Keeps the decisions and the cursor, which never falls.
async fn keep(
    transaction: &Transaction<'_>,
    run: &Run,
    decisions: &[WorkflowDecision],
) -> Result<(), MigrateError> {
    transaction
        .execute(
            "insert into dashloom.backfill_decisions (backfill_id, workflow_id, outcome, dashboard_type, reason) \
             select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) n \
             on conflict (backfill_id, workflow_id) do update set outcome = excluded.outcome, \
                 dashboard_type = excluded.dashboard_type, reason = excluded.reason, decided_at = now()",
            &[
                &run.id,
                &decisions.iter().map(|decision| decision.workflow_id.0).collect::<Vec<_>>(),
                &decisions.iter().map(|decision| decision.outcome.as_str()).collect::<Vec<_>>(),
                &decisions.iter().map(|decision| decision.dashboard_type.as_deref()).collect::<Vec<_>>(),
                &decisions.iter().map(|decision| decision.reason.as_str()).collect::<Vec<_>>(),
            ],
        )
        .await?;
    transaction
        .execute(
            "update dashloom.backfills set cursor = greatest(cursor, $2) where id = $1",
            &[&run.id, &run.cursor],
        )
        .await?;
    Ok(())
}

async fn decisions(client: &Client, run: i64) -> Result<Vec<WorkflowDecision>, MigrateError> {
    let rows = client
        .query(
            "select workflow_id, outcome, dashboard_type, reason from dashloom.backfill_decisions \
             where backfill_id = $1 order by workflow_id",
            &[&run],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(WorkflowDecision {
                workflow_id: WorkflowId(row.try_get(0)?),
                outcome: Outcome::from_stored(row.try_get(1)?),
                dashboard_type: row.try_get(2)?,
                reason: row.try_get(3)?,
            })
        })
        .collect()
}

/// The ids in the first column.
pub(super) fn first_column(rows: &[Row]) -> Result<Vec<Uuid>, MigrateError> {
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

fn left(decision: &WorkflowDecision, outcome: Outcome, reason: &str) -> WorkflowDecision {
    WorkflowDecision {
        workflow_id: decision.workflow_id,
        outcome,
        dashboard_type: None,
        reason: reason.to_owned(),
    }
}
