//! What keeps a workflow's dashboards from following its results.

use super::draw::DrawError;
use super::settings::SettingsError;
use crate::dashboard::PeriodKey;
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::StoreError;
use crate::telemetry::metrics;

/// What the text of a trouble with drawing begins with, by which it is known on an execution's row.
const DRAWING: &str = "dashboard: ";

/// Something that keeps a workflow's dashboards as they were. Its results are stored all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The workflow.
    pub workflow_id: WorkflowId,
    /// The executions whose results do not show therefore; `None` for every one.
    pub execution_ids: Option<Vec<ExecutionId>>,
    /// Whether the configuration is to blame, rather than what is stored.
    pub is_configuration: bool,
    /// What is wrong and what to do about it, in one plain sentence.
    pub sentence: String,
}

impl Trouble {
    /// What the sentence of every trouble begins with, one or the other.
    pub const PREFIXES: [&'static str; 2] = [SettingsError::PREFIX, DRAWING];

    /// A configuration that cannot be used.
    pub fn misconfigured(workflow_id: WorkflowId, error: &SettingsError) -> Self {
        Self {
            workflow_id,
            execution_ids: None,
            is_configuration: true,
            sentence: error.to_string(),
        }
    }

    /// Stored results that cannot be read.
    pub fn unreadable(workflow_id: WorkflowId, error: &StoreError) -> Self {
        Self {
            workflow_id,
            execution_ids: None,
            is_configuration: false,
            sentence: format!(
                "{DRAWING}no view can be drawn: {error}; rebuild the workflow's results by a replay"
            ),
        }
    }

    /// A view that cannot be drawn.
    pub fn undrawable(
        workflow_id: WorkflowId,
        key: &PeriodKey,
        execution_ids: Vec<ExecutionId>,
        error: &DrawError,
    ) -> Self {
        Self {
            workflow_id,
            execution_ids: Some(execution_ids),
            is_configuration: false,
            sentence: format!("{DRAWING}the view {key} stays as it was: {error}"),
        }
    }

    /// Counts it and says it in the log.
    pub fn tell(&self) {
        let (workflow, trouble) = (self.workflow_id, &self.sentence);
        if self.is_configuration {
            metrics::configuration_error();
            tracing::warn!(%workflow, trouble, "the dashboard stays as it is until its configuration is mended");
        } else {
            metrics::draw_error();
            tracing::error!(%workflow, trouble, "a view stays as it was");
        }
    }

    /// Whether it keeps an execution's result from showing.
    pub fn concerns(&self, workflow: WorkflowId, execution: ExecutionId) -> bool {
        let is_meant = |ids: &Vec<ExecutionId>| ids.contains(&execution);
        self.workflow_id == workflow && self.execution_ids.as_ref().is_none_or(is_meant)
    }
}
