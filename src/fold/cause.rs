//! Why a view changes, as its event tells it.

use crate::event::{Change, Reason};
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::redraws::Redraw;

/// Why a view changes. Causes of the same view add up until it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// Whether a replay is among the causes.
    pub by_replay: bool,
    /// Whether a counted date was replaced, or the cause is a configuration, a rebuild or a withdrawal.
    pub is_correction: bool,
    /// Whether results or a rebuild changed its numbers.
    pub changes_data: bool,
    /// Whether a result it showed was replaced.
    pub supersedes: bool,
    /// Whether its configuration changed.
    pub by_configuration: bool,
    /// The executions that gained or lost dates that it reads.
    pub execution_ids: Vec<ExecutionId>,
    /// The trace that its event continues.
    pub traceparent: Option<String>,
}

impl Cause {
    /// Another configuration.
    pub fn configuration() -> Self {
        Self {
            is_correction: true,
            by_configuration: true,
            ..Self::default()
        }
    }

    /// An operator's wish.
    pub fn rebuild() -> Self {
        Self {
            is_correction: true,
            changes_data: true,
            ..Self::default()
        }
    }

    /// Whether it is about which results count, which alone brings an archived view back.
    pub fn changes_what_counts(&self) -> bool {
        !self.execution_ids.is_empty()
    }

    /// Adds an earlier cause that the view's event did not tell yet.
    pub fn add(&mut self, earlier: Self) {
        self.by_replay |= earlier.by_replay;
        self.is_correction |= earlier.is_correction;
        self.changes_data |= earlier.changes_data;
        self.supersedes |= earlier.supersedes;
        self.by_configuration |= earlier.by_configuration;
        self.execution_ids.extend(earlier.execution_ids);
        self.execution_ids.sort_unstable();
        self.execution_ids.dedup();
        self.traceparent = self.traceparent.take().or(earlier.traceparent);
    }

    /// The event's reason.
    pub fn reason(&self) -> Reason {
        match (self.by_replay, self.is_correction) {
            (true, _) => Reason::Replay,
            (false, true) => Reason::Correction,
            (false, false) => Reason::Live,
        }
    }

    /// The event's kinds of change.
    pub fn kinds(&self, is_new: bool) -> Vec<Change> {
        let kinds = [
            (is_new, Change::Created),
            (self.changes_data, Change::Data),
            (self.supersedes, Change::Superseded),
            (self.by_configuration, Change::Configuration),
        ];
        kinds
            .into_iter()
            .filter_map(|(is_so, kind)| is_so.then_some(kind))
            .collect()
    }

    /// The cause as noted for a view that is to be drawn later.
    pub fn noted(self, workflow_id: WorkflowId, period_key: String, trouble: Option<String>) -> Redraw {
        Redraw {
            workflow_id,
            period_key,
            by_replay: self.by_replay,
            is_correction: self.is_correction,
            changes_data: self.changes_data,
            supersedes: self.supersedes,
            by_configuration: self.by_configuration,
            execution_ids: self.execution_ids,
            traceparent: self.traceparent,
            trouble,
        }
    }
}

impl From<Redraw> for Cause {
    fn from(noted: Redraw) -> Self {
        Self {
            by_replay: noted.by_replay,
            is_correction: noted.is_correction,
            changes_data: noted.changes_data,
            supersedes: noted.supersedes,
            by_configuration: noted.by_configuration,
            execution_ids: noted.execution_ids,
            traceparent: noted.traceparent,
        }
    }
}
