//! Which records of a stretch of the log a replay takes.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::event::{Execution, Message};
use crate::ids::{ExecutionId, WorkflowId};
use crate::store::parked::Wait;

/// Which records of a stretch of the log a replay takes, and which of the executions it looks for it has met.
#[derive(Debug, Default)]
pub struct Selection {
    /// Only records of these workflows; of all where `None`.
    workflows: Option<HashSet<WorkflowId>>,
    /// Only records of these executions; of all where `None`.
    executions: Option<HashSet<ExecutionId>>,
    met: Mutex<HashMap<ExecutionId, Option<String>>>,
}

impl Selection {
    /// Records of these workflows, or of all.
    pub fn of_workflows(workflows: Option<HashSet<WorkflowId>>) -> Self {
        Self {
            workflows,
            ..Self::default()
        }
    }

    /// Records of these executions alone, each with its workflow.
    pub fn of_executions(wanted: impl IntoIterator<Item = (WorkflowId, ExecutionId)>) -> Self {
        let (workflows, executions) = wanted.into_iter().unzip();
        Self {
            workflows: Some(workflows),
            executions: Some(executions),
            met: Mutex::default(),
        }
    }

    /// Whether every record is taken.
    pub fn is_everything(&self) -> bool {
        self.workflows.is_none() && self.executions.is_none()
    }

    /// Whether a record may be wanted, by its key alone. A record whose key names another workflow is none of a wanted
    /// one's; a record without a readable key has to be decoded.
    pub(super) fn may_want(&self, message: &Message) -> bool {
        let Some(workflows) = &self.workflows else {
            return true;
        };
        let key = message
            .key
            .as_deref()
            .and_then(|key| std::str::from_utf8(key).ok());
        key.and_then(|key| key.trim().parse().ok())
            .is_none_or(|workflow| workflows.contains(&workflow))
    }

    /// Whether a decoded record is wanted; notes that its execution was met.
    pub(super) fn wants(&self, execution: &Execution) -> bool {
        let of_workflow = self
            .workflows
            .as_ref()
            .is_none_or(|workflows| workflows.contains(&execution.workflow_id));
        let Some(executions) = &self.executions else {
            return of_workflow;
        };
        let wanted = of_workflow && executions.contains(&execution.id);
        if wanted {
            let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
            met.insert(execution.id, None);
        }
        wanted
    }

    /// Notes why the record of an execution that was met could not be taken in yet.
    pub(super) fn note_wait(&self, wait: &Wait) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = wait.execution_id.and_then(|id| met.get_mut(&id)) {
            *why = wait.sentence.clone();
        }
    }

    /// The executions of [`Selection::of_executions`] that were met, each with why it could not be taken in yet where
    /// that is known.
    pub fn met(&self) -> HashMap<ExecutionId, Option<String>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;

    fn keyed(key: Option<&str>) -> Message {
        Message {
            offset: 0,
            timestamp_ms: None,
            key: key.map(|key| Bytes::from(key.to_owned())),
            payload: None,
            headers: Vec::new(),
        }
    }

    #[test]
    fn a_key_rules_a_record_out_but_never_in_doubt() {
        let wanted = WorkflowId(Uuid::from_u128(1));
        let selection = Selection::of_workflows(Some([wanted].into()));
        assert!(selection.may_want(&keyed(Some(&wanted.to_string()))));
        assert!(!selection.may_want(&keyed(Some(&Uuid::from_u128(2).to_string()))));
        assert!(selection.may_want(&keyed(None)));
        assert!(selection.may_want(&keyed(Some("no uuid"))));
        assert!(Selection::default().may_want(&keyed(Some(&Uuid::from_u128(2).to_string()))));
        assert!(Selection::default().is_everything());
    }
}
