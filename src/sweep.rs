//! The sweep: what no event brings about. Views that are to be drawn anew, because their configuration changed, whoever
//! changed it, or because a process ended before all were drawn; rows of the engine that came late or were held; exported files
//! that have expired; replays that ended long ago.
//!
//! Any number of processes may sweep: each change is made under the workflow's lock and decided there.

mod files;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::fold::{self, Fold, FoldError, Folded};
use crate::ids::WorkflowId;
use crate::objects::Depot;
use crate::store::{self, Role, RoleNames, StoreError, configurations, outbox, redraws, replays, unflagged};
use crate::telemetry::{clock, metrics};

/// How often is swept.
const EVERY: Duration = Duration::from_secs(2);
/// The most rows of the engine settled by one transaction.
const FLAGS: i64 = 1_000;
/// The most such transactions of one round.
const FLAG_TRANSACTIONS: usize = 10;
/// The most workflows whose views are drawn by one transaction.
const WORKFLOWS: i64 = 50;
/// The most workflows of one round whose pointers are put right.
const POINTERS: i64 = 500;
/// Every how many rounds pointers are looked at: an event puts its own workflow's right.
const POINTER_ROUNDS: u32 = 15;
/// Every how many rounds replays are looked at, and after how many days one that has come to its end is forgotten.
const REPLAY_ROUNDS: u32 = 1_800;
const REPLAY_DAYS: i32 = 7;
/// For how many rounds at most a workflow is left alone that failed again and again.
const LONGEST_PAUSE: u32 = 32;

/// What sweeping needs.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Connections; one at a time is used.
    pub pool: Pool,
    /// The database's names for roles.
    pub roles: RoleNames,
    /// What folding needs.
    pub fold: Fold,
    /// The topic on which views' new versions are announced.
    pub events_topic: String,
    /// Told after each new version, for the relay in this process.
    pub wake_relay: Arc<Notify>,
    /// Where exported files are kept; `None` where nothing says so.
    pub depot: Option<Depot>,
}

/// The workflows that failed, and how they are put off.
#[derive(Debug, Default)]
struct Failing {
    round: u32,
    workflows: HashMap<WorkflowId, Failure>,
}

#[derive(Debug)]
struct Failure {
    attempts: u32,
    again_in_round: u32,
}

/// Sweeps until `stop`.
pub async fn run(sweep: Sweep, stop: CancellationToken) {
    let mut failing = Failing::default();
    let mut failures: u32 = 0;
    while !stop.is_cancelled() {
        match sweep.once(&mut failing, &stop).await {
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
    async fn once(&self, failing: &mut Failing, stop: &CancellationToken) -> Result<(), FoldError> {
        failing.round = failing.round.wrapping_add(1);
        self.draw_anew(failing, stop).await?;
        self.settle_flags(stop).await?;
        if failing.round % POINTER_ROUNDS == 1 {
            self.put_pointers_right().await?;
        }
        if failing.round % REPLAY_ROUNDS == 1 {
            self.forget_replays().await?;
        }
        if let Some(depot) = &self.depot {
            self.remove_files(depot, stop).await?;
        }
        Ok(())
    }

    /// Draws what is to be drawn anew, many workflows at a time, and one at a time where that is too much or fails.
    async fn draw_anew(&self, failing: &mut Failing, stop: &CancellationToken) -> Result<(), FoldError> {
        let mut tried = failing.paused();
        while !stop.is_cancelled() {
            let due = self.due(&tried).await?;
            if due.is_empty() {
                return Ok(());
            }
            tried.extend_from_slice(&due);
            if due.len() > 1 && self.catch_up(&due).await.is_ok() {
                continue;
            }
            for workflow in due {
                if stop.is_cancelled() {
                    return Ok(());
                }
                match self.catch_up(&[workflow]).await {
                    Ok(()) => failing.recovered(workflow),
                    Err(error) => failing.failed(workflow, &error),
                }
            }
        }
        Ok(())
    }

    async fn due(&self, except: &[WorkflowId]) -> Result<Vec<WorkflowId>, StoreError> {
        let mut client = self.pool.get().await?;
        let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
        redraws::due(&tx, &self.fold.upstream, except, WORKFLOWS).await
    }

    /// Draws what was noted of the workflows, in as many transactions as it takes.
    async fn catch_up(&self, workflows: &[WorkflowId]) -> Result<(), FoldError> {
        loop {
            let now = DateTime::from_timestamp_millis(clock::now_ms()).unwrap_or_default();
            let mut client = self.pool.get().await.map_err(StoreError::from)?;
            let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
            let folded = fold::catch_up(&tx, &self.fold, workflows, now).await?;
            let rows: Vec<_> = folded
                .updates
                .iter()
                .map(|update| fold::announcement(&self.events_topic, update))
                .collect();
            outbox::insert(&tx, &rows).await?;
            store::commit(tx).await.map_err(StoreError::from)?;
            self.tell(&folded);
            if !folded.unfinished {
                return Ok(());
            }
        }
    }

    fn tell(&self, folded: &Folded) {
        let views = folded.updates.len();
        metrics::views_written(views as u64);
        if views > 0 {
            self.wake_relay.notify_one();
            tracing::info!(views, "views drawn anew");
        }
        for trouble in &folded.troubles {
            trouble.tell();
        }
    }

    async fn settle_flags(&self, stop: &CancellationToken) -> Result<(), StoreError> {
        for _ in 0..FLAG_TRANSACTIONS {
            let mut client = self.pool.get().await?;
            let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
            let looked_at = unflagged::settle(&tx, &self.fold.upstream, FLAGS).await?;
            store::commit(tx).await.map_err(StoreError::from)?;
            if looked_at < FLAGS.unsigned_abs() || stop.is_cancelled() {
                break;
            }
        }
        Ok(())
    }

    async fn forget_replays(&self) -> Result<(), StoreError> {
        let mut client = self.pool.get().await?;
        let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
        replays::forget(&tx, REPLAY_DAYS).await?;
        store::commit(tx).await.map_err(StoreError::from)
    }

    async fn put_pointers_right(&self) -> Result<(), StoreError> {
        let mut client = self.pool.get().await?;
        let tx = store::begin(&mut client, &self.roles, Role::Ingest).await?;
        let astray = configurations::astray(&tx, &self.fold.upstream, POINTERS).await?;
        configurations::lock(&tx, &astray).await?;
        configurations::link(&tx, &self.fold.upstream, &astray).await?;
        store::commit(tx).await.map_err(StoreError::from)
    }
}

impl Failing {
    /// The workflows that are left alone in this round.
    fn paused(&self) -> Vec<WorkflowId> {
        let paused = self.workflows.iter();
        let paused = paused.filter(|(_, failure)| failure.again_in_round > self.round);
        paused.map(|(workflow, _)| *workflow).collect()
    }

    fn recovered(&mut self, workflow: WorkflowId) {
        self.workflows.remove(&workflow);
    }

    /// Puts a workflow off, for longer each time; the first failure is told.
    fn failed(&mut self, workflow: WorkflowId, error: &FoldError) {
        let attempts = self
            .workflows
            .get(&workflow)
            .map_or(0, |failure| failure.attempts)
            + 1;
        if attempts == 1 {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(%workflow, %error, cause, "a workflow's views could not be drawn anew; it is tried again");
        }
        let pause = 1_u32.checked_shl(attempts - 1).unwrap_or(LONGEST_PAUSE);
        let failure = Failure {
            attempts,
            again_in_round: self.round + pause.min(LONGEST_PAUSE),
        };
        self.workflows.insert(workflow, failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_workflow_is_left_alone_for_longer_and_longer() {
        let workflow = WorkflowId(uuid::Uuid::nil());
        let mut failing = Failing::default();
        let mut tried = Vec::new();
        for round in 1..=20 {
            failing.round = round;
            if failing.paused().is_empty() {
                tried.push(round);
                failing.failed(workflow, &FoldError::TooMuch);
                assert_eq!(failing.paused(), [workflow], "not twice in a round");
            }
        }
        assert_eq!(tried, [1, 2, 4, 8, 16]);
        failing.recovered(workflow);
        assert!(failing.paused().is_empty());
    }
}
