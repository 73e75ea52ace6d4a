//! Drawing dirty views: the partials they read are fetched once for the batch, then each view is rendered.

use std::collections::HashMap;

use chrono::NaiveDate;

use sha2::{Digest, Sha256};

use super::apply::Arrival;
use super::change::Change;
use crate::aggregate::{EncodingError, Partial};
use crate::dashboard::{
    self, Contribution, Dashboard, History, RenderError, ViewInput, ViewPlan, content_sha256,
};
use crate::ids::{ExecutionId, ViewId, WorkflowId};
use crate::store::views::{NewView, StoredView};
use crate::store::{GenericClient, StoreError, partials, views};

/// Why views cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored partial cannot be read.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// A partial that a view reads is gone.
    #[error("the partial of execution {0} is missing; replay it")]
    Missing(ExecutionId),
    /// Rendering failed.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// A view as it should be now, beside what is stored of it.
#[derive(Debug)]
pub struct Drawn {
    /// Which view.
    pub id: ViewId,
    /// The change it belongs to, as an index into the batch's changes.
    pub change: usize,
    /// The view among the change's dirty ones, as an index.
    pub view: usize,
    /// Its first covered date.
    pub start: NaiveDate,
    /// Its last covered date.
    pub end: NaiveDate,
    /// What it shows.
    pub dashboard: Dashboard,
    /// The hash of its content.
    pub content_sha256: [u8; 32],
    /// What is stored.
    pub stored: Option<StoredView>,
}

impl Drawn {
    /// Whether the stored view has these very bytes (an archived one keeps their hash, not the bytes).
    pub fn is_unchanged(&self) -> bool {
        self.stored
            .as_ref()
            .is_some_and(|stored| stored.content_sha256.as_deref() == Some(&self.content_sha256[..]))
    }

    /// Whether the stored view was rendered by another configuration.
    pub fn has_other_configuration(&self, config_sha256: &[u8; 32]) -> bool {
        self.stored
            .as_ref()
            .is_some_and(|stored| stored.config_sha256.as_deref() != Some(&config_sha256[..]))
    }

    /// Whether the stored view's payload is in cold storage.
    pub fn is_archived(&self) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.archived)
    }

    /// The version this becomes when it is saved.
    pub fn version(&self) -> i64 {
        self.stored.as_ref().map_or(1, |stored| stored.version + 1)
    }

    /// The row to be saved.
    pub fn into_row(self, change: &Change) -> NewView {
        let version = self.version();
        let plan = &change.dirty[self.view];
        let charts_sha256: [u8; 32] = Sha256::digest(&self.dashboard.charts_config).into();
        let keeps_charts = self.stored.as_ref().is_some_and(|stored| {
            !stored.archived && stored.charts_sha256.as_deref() == Some(&charts_sha256[..])
        });
        NewView {
            id: self.id,
            configuration_id: change.settings.id,
            workflow_id: change.workflow_id,
            period_key: plan.key.to_string(),
            start: self.start,
            end: self.end,
            execution_ids: self.dashboard.execution_ids,
            processed_data: self.dashboard.processed_data,
            charts_config: (!keeps_charts).then_some(self.dashboard.charts_config),
            charts_sha256,
            metrics_summary: self.dashboard.metrics_summary,
            version,
            content_sha256: self.content_sha256,
            config_sha256: change.settings.sha256,
        }
    }
}

/// Draws every dirty view of the changes. Partials of `held` arrivals are at hand; all others are read.
pub async fn draw(
    tx: &impl GenericClient,
    changes: &[Change],
    held: &[&Arrival],
) -> Result<Vec<Drawn>, DrawError> {
    let shelf = Shelf::fetch(tx, changes, held).await?;
    let ids: Vec<ViewId> = (changes.iter())
        .flat_map(|change| {
            change
                .dirty
                .iter()
                .map(|plan| ViewId::of(change.settings.id, &plan.key.to_string()))
        })
        .collect();
    let mut stored: HashMap<ViewId, StoredView> = views::read(tx, &ids)
        .await?
        .into_iter()
        .map(|view| (view.id, view))
        .collect();
    tokio::task::block_in_place(|| draw_all(changes, &shelf, &mut stored))
}

fn draw_all(
    changes: &[Change],
    shelf: &Shelf<'_>,
    stored: &mut HashMap<ViewId, StoredView>,
) -> Result<Vec<Drawn>, DrawError> {
    let mut drawn = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let history = change.history();
        for (view, plan) in change.dirty.iter().enumerate() {
            let key = plan.key.to_string();
            let id = ViewId::of(change.settings.id, &key);
            let stored = stored.remove(&id);
            let dashboard = dashboard::render(&input(change, &history, plan, shelf)?)?;
            // A view that covers no date any more keeps its last dates.
            let (Some(start), Some(end)) = (
                dashboard.start.or(stored.as_ref().map(|stored| stored.start)),
                dashboard.end.or(stored.as_ref().map(|stored| stored.end)),
            ) else {
                continue;
            };
            let content_sha256 = content_sha256(
                &key,
                start,
                end,
                &dashboard.execution_ids,
                &dashboard.processed_data,
                &dashboard.charts_config,
                &dashboard.metrics_summary,
            );
            drawn.push(Drawn {
                id,
                change: index,
                view,
                start,
                end,
                dashboard,
                content_sha256,
                stored,
            });
        }
    }
    Ok(drawn)
}

fn input<'a>(
    change: &'a Change,
    history: &History<'a>,
    plan: &'a ViewPlan,
    shelf: &'a Shelf<'a>,
) -> Result<ViewInput<'a>, DrawError> {
    let mut contributions = Vec::with_capacity(plan.holdings.len() + plan.compared.len());
    let mut stale = Vec::new();
    for (holding, in_view) in plan.reads() {
        let candidate = &change.candidates[holding.candidate];
        if in_view && candidate.shape != change.settings.shape {
            stale.push(candidate.execution_id);
        }
        contributions.push(Contribution {
            execution_id: candidate.execution_id,
            finished_at_ns: candidate.finished_at_ns,
            from: holding.from,
            to: holding.to,
            in_view,
            partial: shelf.partial((change.workflow_id, candidate.execution_id))?,
        });
    }
    stale.sort_unstable();
    stale.dedup();
    Ok(ViewInput {
        plan,
        period: history.period,
        cadence: history.cadence,
        dashboard_type: change.settings.dashboard_type,
        config: &change.settings.visualization,
        contributions,
        stale,
    })
}

/// A result by its workflow and execution: two workflows may carry the same execution id.
type ResultKey = (WorkflowId, ExecutionId);

/// The partials at hand.
struct Shelf<'a> {
    arrived: HashMap<ResultKey, &'a Partial>,
    fetched: HashMap<ResultKey, Partial>,
}

impl<'a> Shelf<'a> {
    /// Of several runs of an execution in one batch the last held one stands; what did not arrive is read.
    async fn fetch(
        tx: &impl GenericClient,
        changes: &[Change],
        held: &[&'a Arrival],
    ) -> Result<Self, DrawError> {
        let arrived: HashMap<ResultKey, &Partial> = held
            .iter()
            .map(|arrival| (arrival.key(), &arrival.partial))
            .collect();
        let mut wanted: Vec<ResultKey> = (changes.iter())
            .flat_map(|change| {
                let reads = change.dirty.iter().flat_map(ViewPlan::reads);
                reads.map(|(holding, _)| {
                    (
                        change.workflow_id,
                        change.candidates[holding.candidate].execution_id,
                    )
                })
            })
            .filter(|key| !arrived.contains_key(key))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let bodies = partials::bodies(tx, &wanted).await?;
        let fetched = bodies
            .into_iter()
            .map(|(key, body)| Ok((key, Partial::decode(&body)?)))
            .collect::<Result<_, EncodingError>>()?;
        Ok(Self { arrived, fetched })
    }

    fn partial(&self, key: ResultKey) -> Result<&Partial, DrawError> {
        let arrived = self.arrived.get(&key).copied();
        arrived
            .or_else(|| self.fetched.get(&key))
            .ok_or(DrawError::Missing(key.1))
    }
}
