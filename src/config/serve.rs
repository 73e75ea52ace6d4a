//! What `dashloom serve` runs.

use std::time::Duration;

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

const ROLES: [(&str, Role); 5] = [
    ("consume", Role::Consume),
    ("relay", Role::Relay),
    ("sweep", Role::Sweep),
    ("http", Role::Http),
    ("narrate", Role::Narrate),
];

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "serve.roles",
        Kind::SomeOf(&["consume", "relay", "sweep", "http", "narrate"]),
        "consume,relay,sweep,http",
        "What this process does: `consume` folds the topic into dashboards, `relay` publishes the outbox, `sweep` repairs flags, \
         settles parked records and re-renders after configuration changes, `http` serves the API and the page, `narrate` has a language model reword insights (see `[narrate]`).",
    ),
    setting(
        "serve.create_topics",
        Kind::Boolean,
        "false",
        "Create the topics that are missing before starting, with the limits dashloom needs.",
    ),
    setting(
        "serve.drain_timeout",
        Kind::Duration,
        "10s",
        "How long a stopping process may finish its batch and flush; past it the process ends with exit code 3.",
    ),
    setting(
        "serve.schema_wait",
        Kind::Duration,
        "5m",
        "How long `serve` waits for the database to be reachable and migrated before it gives up with exit code 69.",
    ),
];

/// A part of the service that one process may run or leave to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Folds the topic into dashboards.
    Consume,
    /// Publishes the outbox.
    Relay,
    /// Repairs flags, settles parked records, re-renders after configuration changes.
    Sweep,
    /// Serves the API.
    Http,
    /// Has a language model reword insights.
    Narrate,
}

/// What `dashloom serve` runs.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// The roles of this process; never empty.
    pub roles: Vec<Role>,
    /// Whether missing topics are created first.
    pub create_topics: bool,
    /// How long stopping may take.
    pub drain_timeout: Duration,
    /// How long to wait for a compatible schema.
    pub schema_wait: Duration,
}

impl ServeConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let roles = reader.some_of("serve.roles", &ROLES);
        if roles.is_empty() {
            reader.reject("serve.roles", "names no role");
        }
        Self {
            roles,
            create_topics: reader.boolean("serve.create_topics"),
            drain_timeout: reader.duration("serve.drain_timeout"),
            schema_wait: reader.duration("serve.schema_wait"),
        }
    }

    /// Whether this process runs a role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
