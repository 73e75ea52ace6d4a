//! Which workflows the backfill enables, and why: a pure function of what the database says about each.

use super::options::BackfillRule;
use super::report::{Outcome, WorkflowDecision};
use crate::ids::{TemplateId, UserId, WorkflowId};

/// SUCCEEDED executions that make a workflow a living one.
pub(super) const ENOUGH_EXECUTIONS: i64 = 2;
/// Days back in which they count.
pub(super) const RECENT_DAYS: i32 = 90;

const DASHBOARD_TYPES: [&str; 4] = ["standard", "funnel", "comparison", "custom"];

/// What the database says about a workflow.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) workflow_id: WorkflowId,
    pub(super) owner: Option<UserId>,
    pub(super) template: Option<TemplateId>,
    /// The template's default dashboard type.
    pub(super) default_type: Option<String>,
    /// The template's default configuration, where it is a JSON object.
    pub(super) default_config: Option<String>,
    pub(super) report_enabled: bool,
    /// SUCCEEDED executions in the last [`RECENT_DAYS`] days.
    pub(super) recent_executions: i64,
    pub(super) has_configuration: bool,
    /// Whether an earlier backfill enabled it.
    pub(super) enabled_before: bool,
}

impl Facts {
    /// The template's default type, where it is one that there is.
    fn valid_type(&self) -> Option<&str> {
        self.default_type
            .as_deref()
            .filter(|name| DASHBOARD_TYPES.contains(name))
    }
}

/// Decides for one workflow. Existing configurations and users' own choices are never overruled.
pub(super) fn decide(facts: &Facts, rule: BackfillRule) -> WorkflowDecision {
    let kept = if facts.has_configuration {
        Some("it has a report configuration already")
    } else if facts.report_enabled {
        Some("report_enabled is true already")
    } else if facts.enabled_before {
        Some("an earlier backfill enabled it and it was switched off since")
    } else {
        None
    };
    let (enabled, reason) = match kept {
        Some(reason) => (false, reason.to_owned()),
        None => match rule {
            BackfillRule::Recent => recent(facts),
            BackfillRule::Template => template(facts),
            BackfillRule::None => (false, "the rule is none".to_owned()),
        },
    };
    WorkflowDecision {
        workflow_id: facts.workflow_id,
        outcome: if enabled {
            Outcome::Enabled
        } else {
            Outcome::Unchanged
        },
        dashboard_type: enabled.then(|| facts.valid_type().unwrap_or("standard").to_owned()),
        reason,
    }
}

fn recent(facts: &Facts) -> (bool, String) {
    let count = facts.recent_executions;
    let noun = if count == 1 { "execution" } else { "executions" };
    let seen = format!("{count} succeeded {noun} in the last {RECENT_DAYS} days");
    if count < ENOUGH_EXECUTIONS {
        return (false, format!("{seen}, {ENOUGH_EXECUTIONS} are needed"));
    }
    let reason = match (facts.valid_type(), &facts.default_type) {
        (Some(name), _) => format!("{seen}; {name} by its template"),
        (None, Some(wrong)) => {
            format!("{seen}; standard, because its template's `{wrong}` is no dashboard type")
        }
        (None, None) => format!("{seen}; standard, because no template names a type"),
    };
    (true, reason)
}

fn template(facts: &Facts) -> (bool, String) {
    match (facts.valid_type(), &facts.default_type) {
        (Some(name), _) => (true, format!("its template's default dashboard type is {name}")),
        (None, Some(wrong)) => (
            false,
            format!("its template's default `{wrong}` is no dashboard type"),
        ),
        (None, None) => (false, "no template of it has a default dashboard type".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            workflow_id: WorkflowId(uuid::Uuid::nil()),
            owner: None,
            template: None,
            default_type: None,
            default_config: None,
            report_enabled: false,
            recent_executions: 2,
            has_configuration: false,
            enabled_before: false,
        }
    }

    #[test]
    fn recent_needs_two_executions_and_takes_the_templates_type() {
        let decision = decide(&facts(), BackfillRule::Recent);
        assert_eq!(
            (decision.outcome, decision.dashboard_type.as_deref()),
            (Outcome::Enabled, Some("standard"))
        );
        let funnel = Facts {
            default_type: Some("funnel".to_owned()),
            ..facts()
        };
        assert_eq!(
            decide(&funnel, BackfillRule::Recent).dashboard_type.as_deref(),
            Some("funnel")
        );
        let wrong = Facts {
            default_type: Some("pie".to_owned()),
            ..facts()
        };
        assert_eq!(
            decide(&wrong, BackfillRule::Recent).dashboard_type.as_deref(),
            Some("standard")
        );
        let quiet = Facts {
            recent_executions: 1,
            ..facts()
        };
        assert_eq!(decide(&quiet, BackfillRule::Recent).outcome, Outcome::Unchanged);
    }

    #[test]
    fn template_asks_the_template_alone() {
        assert_eq!(
            decide(&facts(), BackfillRule::Template).outcome,
            Outcome::Unchanged
        );
        let custom = Facts {
            default_type: Some("custom".to_owned()),
            recent_executions: 0,
            ..facts()
        };
        assert_eq!(decide(&custom, BackfillRule::Template).outcome, Outcome::Enabled);
    }

    #[test]
    fn choices_are_kept() {
        for kept in [
            Facts {
                has_configuration: true,
                ..facts()
            },
            Facts {
                report_enabled: true,
                ..facts()
            },
            Facts {
                enabled_before: true,
                ..facts()
            },
        ] {
            assert_eq!(decide(&kept, BackfillRule::Recent).outcome, Outcome::Unchanged);
        }
        assert_eq!(decide(&facts(), BackfillRule::None).outcome, Outcome::Unchanged);
    }
}
