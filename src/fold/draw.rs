//! Drawing dirty views: the partials they read are fetched for many views at a time, then each view is rendered.
//!
//! A view that cannot be drawn is that view's trouble: it stays as it was, and nothing else suffers.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::apply::{Fold, FoldError};
use super::arrival::Arrival;
use super::change::Change;
use super::patience::Patience;
use super::shelf::{Place, Shelf, fitting};
use crate::dashboard::{
    self, Contribution, Dashboard, History, RenderError, ViewInput, content_sha256, with_insights,
};
use crate::ids::{ExecutionId, InsightId, ViewId};
use crate::insight::{Insight, find};
use crate::store::insights::NewInsight;
use crate::store::views::{NewView, StoredView};
use crate::store::{GenericClient, views};

/// Why a view cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// A stored partial cannot be read.
    #[error("the stored result of execution {0} is damaged; replay it to form it anew")]
    Damaged(ExecutionId),
    /// A partial that the view reads is gone.
    #[error("the stored result of execution {0} is missing; replay it to form it anew")]
    Missing(ExecutionId),
    /// Rendering failed.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Rendering crashed.
    #[error("drawing it crashed ({0}); please report it")]
    Crashed(String),
}

impl DrawError {
    /// The execution whose stored result is to blame.
    pub fn culprit(&self) -> Option<ExecutionId> {
        match self {
            Self::Damaged(id) | Self::Missing(id) | Self::Render(RenderError::Inconsistent(id)) => Some(*id),
            Self::Crashed(_) => None,
        }
    }
}

/// A view as it should be now, beside what is stored of it.
#[derive(Debug)]
pub struct Drawn {
    /// Which view.
    pub id: ViewId,
    /// Where it stands among the changes.
    pub place: Place,
    /// Its first covered date.
    pub start: NaiveDate,
    /// Its last covered date.
    pub end: NaiveDate,
    /// What it shows.
    pub dashboard: Dashboard,
    /// What was found in it, the most important first.
    pub insights: Vec<Insight>,
    /// The hash of what it shows.
    pub data_sha256: [u8; 32],
    /// The hash of its content: what it shows and what was found in it.
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

    /// Whether it shows anything else than the stored view.
    pub fn changes_data(&self) -> bool {
        let stored = self
            .stored
            .as_ref()
            .and_then(|stored| stored.data_sha256.as_deref());
        stored != Some(&self.data_sha256[..])
    }

    /// Whether anything else was found in it than in the stored view.
    pub fn changes_insights(&self) -> bool {
        let Some(stored) = &self.stored else {
            return !self.insights.is_empty();
        };
        let data = stored
            .data_sha256
            .as_deref()
            .and_then(|data| <[u8; 32]>::try_from(data).ok());
        // Were these the stored view's, its hash would be theirs.
        let as_stored = data.map(|data| content(&data, &self.insights));
        as_stored.is_none_or(|hash| stored.content_sha256.as_deref() != Some(&hash[..]))
    }

    /// Its insights as rows.
    pub fn insight_rows(&self) -> Vec<NewInsight> {
        let row = |insight: &Insight| NewInsight {
            id: InsightId::of(self.id, insight.insight_type, &insight.subject),
            insight_type: insight.insight_type,
            text: insight.text.clone(),
            confidence: insight.confidence,
            data_points: insight.data_points.clone(),
        };
        self.insights.iter().map(row).collect()
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
        let plan = &change.dirty[self.place.1].plan;
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
            data_sha256: self.data_sha256,
            config_sha256: change.settings.sha256,
        }
    }
}

/// What became of the views that were to be drawn.
#[derive(Debug, Default)]
pub struct Drawing {
    /// Those that were.
    pub drawn: Vec<Drawn>,
    /// Those that could not be, and why.
    pub undrawable: Vec<(Place, DrawError)>,
    /// Those that are left for a later transaction.
    pub left: Vec<Place>,
    /// How many were tried.
    pub tried: usize,
}

/// Draws the dirty views of the changes, as many as one transaction may. Partials of `held` arrivals are at hand; all
/// others are read.
pub async fn draw(
    tx: &impl GenericClient,
    fold: &Fold,
    changes: &[Change],
    held: &[&Arrival],
    patience: &Patience,
) -> Result<Drawing, FoldError> {
    let mut drawing = Drawing::default();
    let mut places: Vec<Place> = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        let from = fold.limits.rehearsed.unwrap_or(0).min(change.dirty.len());
        let now = change.dirty.len().min(from + fold.limits.views);
        places.extend((from..now).map(|view| (index, view)));
        drawing
            .left
            .extend((now..change.dirty.len()).map(|view| (index, view)));
    }
    if !drawing.left.is_empty() && patience.may_split {
        return Err(FoldError::TooMuch);
    }
    let ids: Vec<ViewId> = places
        .iter()
        .map(|(change, view)| changes[*change].view_id(*view))
        .collect();
    let mut stored: HashMap<ViewId, StoredView> = views::read(tx, &ids)
        .await?
        .into_iter()
        .map(|view| (view.id, view))
        .collect();
    let mut rest = &places[..];
    while !rest.is_empty() {
        let (load, later) = rest.split_at(fitting(changes, rest, &fold.limits));
        let shelf = Shelf::fetch(tx, fold, changes, load, held).await?;
        let draw_load = || draw_load(fold, changes, load, &shelf, &mut stored, &mut drawing, patience);
        let done = tokio::task::block_in_place(draw_load);
        drawing.tried += done;
        if done < load.len() {
            if patience.may_split {
                return Err(FoldError::TooMuch);
            }
            drawing.left.extend_from_slice(&rest[done..]);
            break;
        }
        rest = later;
    }
    Ok(drawing)
}

/// Draws a load of views until patience ends, at least one; returns how many were tried.
fn draw_load(
    fold: &Fold,
    changes: &[Change],
    load: &[Place],
    shelf: &Shelf<'_>,
    stored: &mut HashMap<ViewId, StoredView>,
    drawing: &mut Drawing,
    patience: &Patience,
) -> usize {
    let mut of_change: Option<(usize, History<'_>)> = None;
    for (done, place) in load.iter().enumerate() {
        if patience.is_over() && !(drawing.drawn.is_empty() && drawing.undrawable.is_empty()) {
            return done;
        }
        let change = &changes[place.0];
        let history = match of_change.take().filter(|(index, _)| *index == place.0) {
            Some((_, history)) => history,
            None => change.history(),
        };
        let stored = stored.remove(&changes[place.0].view_id(place.1));
        match draw_view(fold, changes, &history, *place, shelf, stored) {
            Ok(drawn) => drawing.drawn.extend(drawn),
            Err(error) => drawing.undrawable.push((*place, error)),
        }
        of_change = Some((place.0, history));
    }
    load.len()
}

fn draw_view(
    fold: &Fold,
    changes: &[Change],
    history: &History<'_>,
    place: Place,
    shelf: &Shelf<'_>,
    stored: Option<StoredView>,
) -> Result<Option<Drawn>, DrawError> {
    let change = &changes[place.0];
    let plan = &change.dirty[place.1].plan;
    let input = input(change, history, place, shelf)?;
    // A crash in here is one view's, and must not take down the batch.
    let min_confidence = input.config.min_confidence().to_f64();
    let render = || {
        dashboard::render_with_chronicle(&input)
            .map(|(dashboard, chronicle)| (dashboard, find(&chronicle, min_confidence, &fold.frames)))
    };
    let (dashboard, found) = catch_unwind(AssertUnwindSafe(render))
        .map_err(|panic| DrawError::Crashed(panic_text(panic.as_ref())))??;
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| shelf.remember(fold, changes, place))) {
        let problem = panic_text(panic.as_ref());
        tracing::error!(
            problem,
            "what a view was drawn from could not be kept; please report it"
        );
    }
    // A view that covers no date keeps those that were claimed of it.
    let last = |of: fn(&StoredView) -> NaiveDate| stored.as_ref().map(of);
    let kept = plan.kept;
    let start = dashboard
        .start
        .or(kept.map(|kept| kept.start()))
        .or(last(|view| view.start));
    let end = dashboard
        .end
        .or(kept.map(|kept| kept.end()))
        .or(last(|view| view.end));
    let (Some(start), Some(end)) = (start, end) else {
        return Ok(None);
    };
    let key = plan.key.to_string();
    let data_sha256 = content_sha256(
        &key,
        start,
        end,
        &dashboard.execution_ids,
        &dashboard.processed_data,
        &dashboard.charts_config,
        &dashboard.metrics_summary,
    );
    Ok(Some(Drawn {
        id: ViewId::of(change.settings.id, &key),
        place,
        start,
        end,
        dashboard,
        content_sha256: content(&data_sha256, &found.insights),
        data_sha256,
        insights: found.insights,
        stored,
    }))
}

/// The hash of a view's content, from its data's.
fn content(data_sha256: &[u8; 32], insights: &[Insight]) -> [u8; 32] {
    with_insights(data_sha256, insights.iter().flat_map(Insight::parts))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

fn input<'a>(
    change: &'a Change,
    history: &History<'a>,
    place: Place,
    shelf: &'a Shelf<'a>,
) -> Result<ViewInput<'a>, DrawError> {
    let plan = &change.dirty[place.1].plan;
    let mut contributions = Vec::with_capacity(plan.holdings.len() + plan.compared.len());
    let mut stale = Vec::new();
    let spec = change.settings.visualization.partial_spec();
    for (index, (holding, in_view)) in plan.reads().enumerate() {
        let candidate = &change.candidates[holding.candidate];
        let partial = shelf.partial(place, index, (change.workflow_id, candidate.execution_id))?;
        if in_view && candidate.shape != change.settings.shape && !partial.holds_for(&spec) {
            stale.push(candidate.execution_id);
        }
        contributions.push(Contribution {
            execution_id: candidate.execution_id,
            finished_at_ns: candidate.finished_at_ns,
            from: holding.from,
            to: holding.to,
            in_view,
            partial,
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
