//! The sweep: what no event brings about. Flags of executions whose row came late or was held by the engine, and views
//! whose configuration has changed, whoever changed it.
//!
//! Any number of processes may sweep: each change is made under the workflow's lock and checked again there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::fold::{self, Fold, FoldError, Settings, SettingsError, Why};
use crate::ids::{ConfigurationId, WorkflowId};
use crate::store::configurations::{self, Rendered};
use crate::store::{self, Role, RoleNames, StoreError, executions, outbox};
use crate::telemetry::{clock, metrics};

/// How often is swept.
const EVERY: Duration = Duration::from_secs(4);
/// The most flags set by one transaction.
const FLAGS: i64 = 1_000;
/// The most configurations looked at by one statement.
const CONFIGURATIONS: usize = 500;

/// What sweeping needs.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Connections.
    pub pool: Pool,
    /// The database's names for roles.
    pub roles: RoleNames,
    /// What folding needs.
    pub fold: Fold,
    /// The topic on which views' new versions are announced.
    pub events_topic: String,
    /// Told after each new version, for the relay in this process.
    pub wake_relay: Arc<Notify>,
}

/// The configurations that have been looked at, each with the mark of the write that was seen.
type Seen = HashMap<ConfigurationId, String>;

/// Sweeps until `stop`.
pub async fn run(sweep: Sweep, stop: CancellationToken) {
    let mut seen = Seen::new();
    let mut failures: u32 = 0;
    while !stop.is_cancelled() {
        match sweep.once(&mut seen, &stop).await {
            Ok(()) => failures = 0,
            Err(error) => {
                if failures.is_multiple_of(30) {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, cause, "the sweep could not finish; it starts over");
                }
                failures += 1;
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

impl Sweep {
    async fn once(&self, seen: &mut Seen, stop: &CancellationToken) -> Result<(), FoldError> {
        self.flag_taken_in(stop).await?;
        self.follow_configurations(seen, stop).await
    }

    async fn flag_taken_in(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        while !stop.is_cancelled() {
            let mut client = self.pool.get().await?;
            let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
            let flagged = executions::flag_taken_in(&tx, &self.fold.upstream, FLAGS).await?;
            store::commit(tx).await.map_err(StoreError::from)?;
            if flagged < FLAGS.unsigned_abs() {
                break;
            }
        }
        Ok(())
    }

    /// Looks at the configurations written since the last time, and renders anew what another one rendered.
    async fn follow_configurations(
        &self,
        seen: &mut Seen,
        stop: &CancellationToken,
    ) -> Result<(), FoldError> {
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let marks = {
            let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
            configurations::marks(&tx).await?
        };
        let present: HashSet<_> = marks.iter().map(|(id, _)| *id).collect();
        seen.retain(|id, _| present.contains(id));
        let unseen: Vec<_> = marks
            .into_iter()
            .filter(|(id, mark)| seen.get(id) != Some(mark))
            .collect();
        for part in unseen.chunks(CONFIGURATIONS) {
            let ids: Vec<ConfigurationId> = part.iter().map(|(id, _)| *id).collect();
            let rendered = {
                let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
                configurations::rendered(&tx, &ids).await?
            };
            for stale in rendered.iter().filter(|rendered| is_stale(rendered)) {
                if stop.is_cancelled() {
                    return Ok(());
                }
                self.render_anew(stale.workflow_id).await?;
            }
            seen.extend(part.iter().cloned());
        }
        Ok(())
    }

    /// Renders a workflow's views as its configuration asks now.
    async fn render_anew(&self, workflow: WorkflowId) -> Result<(), FoldError> {
        let now = DateTime::from_timestamp_millis(clock::now_ms()).unwrap_or_default();
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
        let folded = fold::rerender(&tx, &self.fold, &[workflow], None, Why::Configuration, now).await?;
        let rows: Vec<_> = folded
            .updates
            .iter()
            .map(|update| fold::announcement(&self.events_topic, update))
            .collect();
        outbox::insert(&tx, &rows).await?;
        if folded.misconfigured.is_empty() {
            executions::forgive(&tx, &self.fold.upstream, workflow, SettingsError::PREFIX).await?;
        }
        store::commit(tx).await.map_err(StoreError::from)?;
        metrics::views_written(rows.len() as u64);
        self.wake_relay.notify_one();
        for (workflow, error) in &folded.misconfigured {
            metrics::configuration_error();
            tracing::warn!(%workflow, %error, "the dashboard stays as it is until its configuration is mended");
        }
        tracing::info!(%workflow, views = rows.len(), "views rendered anew for a changed configuration");
        Ok(())
    }
}

/// Whether a view was rendered by another configuration than there is now. A wrong configuration is told of each time.
fn is_stale(rendered: &Rendered) -> bool {
    match Settings::parse(&rendered.configuration) {
        Ok(settings) => rendered
            .config_sha256s
            .iter()
            .any(|sha256| sha256[..] != settings.sha256),
        Err(_) => true,
    }
}
