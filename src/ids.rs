//! Identifiers: one newtype for each thing that has a UUID, and the rules that make ours deterministic.
//!
//! Ids that dashloom creates are UUIDv5, so that two builds of the same history, on any machine, name the same rows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The fixed namespace under which configuration ids are derived from workflow ids.
const CONFIGURATION_NAMESPACE: Uuid = Uuid::from_u128(0x6b1f_53c6_2f0e_5d0a_9c36_7d61_7368_6c6f);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A workflow of the engine (`workflows.id`).
    WorkflowId
);
id!(
    /// One execution of a workflow (`workflow_executions.id`); re-runs share it and differ in `run`.
    ExecutionId
);
id!(
    /// A query template of the engine (`query_templates.id`).
    TemplateId
);
id!(
    /// A user of the engine (`users.id`).
    UserId
);
id!(
    /// A report configuration (`report_configurations.id`).
    ConfigurationId
);
id!(
    /// A dashboard view (`dashboard_views.id`).
    ViewId
);
id!(
    /// An insight (`dashboard_insights.id`).
    InsightId
);
id!(
    /// An outgoing event (`DashboardUpdated.event_id`, the outbox row's id).
    EventId
);

impl ConfigurationId {
    /// The id of the configuration that dashloom creates for a workflow that has none.
    pub fn of(workflow: WorkflowId) -> Self {
        Self(Uuid::new_v5(&CONFIGURATION_NAMESPACE, workflow.0.as_bytes()))
    }
}

impl ViewId {
    /// The id of the view that a configuration keeps for a period key (`rolling`, `2026-W45`, …).
    pub fn of(configuration: ConfigurationId, period_key: &str) -> Self {
        Self(Uuid::new_v5(&configuration.0, period_key.as_bytes()))
    }
}

impl InsightId {
    /// The id of the insight of a type about a subject (its canonical JSON) in a view.
    pub fn of(view: ViewId, insight_type: &str, subject: &str) -> Self {
        let name = [insight_type.as_bytes(), b"\0", subject.as_bytes()].concat();
        Self(Uuid::new_v5(&view.0, &name))
    }
}

impl EventId {
    /// The id of the event that announces a version of a view with the given content hash.
    pub fn of(view: ViewId, version: i64, content_sha256: &[u8; 32]) -> Self {
        let name = [&version.to_be_bytes()[..], content_sha256].concat();
        Self(Uuid::new_v5(&view.0, &name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_stable_across_builds() {
        let workflow: WorkflowId = "2f1d7a52-6f3e-4d7b-9d8e-0c3a5b1e7f42".parse().unwrap();
        let configuration = ConfigurationId::of(workflow);
        let view = ViewId::of(configuration, "rolling");
        assert_eq!(configuration, ConfigurationId::of(workflow));
        assert_ne!(view, ViewId::of(configuration, "all"));
        assert_ne!(EventId::of(view, 1, &[0; 32]), EventId::of(view, 2, &[0; 32]));
        assert_eq!(configuration.0.get_version_num(), 5);
    }
}
