//! What a migration is asked to do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;

use crate::store::{RoleNames, Upstream};

/// Which workflows the backfill enables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BackfillRule {
    /// Those with at least two SUCCEEDED executions in the last 90 days.
    #[default]
    Recent,
    /// Those whose query template has a default dashboard type.
    Template,
    /// None.
    None,
}

impl BackfillRule {
    /// The rule's name on the command line and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recent => "recent",
            Self::Template => "template",
            Self::None => "none",
        }
    }
}

impl fmt::Display for BackfillRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BackfillRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "recent" => Ok(Self::Recent),
            "template" => Ok(Self::Template),
            "none" => Ok(Self::None),
            other => Err(format!(
                "`{other}` is no backfill rule; there are recent, template and none"
            )),
        }
    }
}

/// How a migration runs. The default migrates a database whose engine's tables are found in the search path.
#[derive(Debug, Clone)]
pub struct MigrateOptions {
    /// The engine's tables, by name or `schema.name`. Which optional columns they have is looked up, not taken from here.
    pub upstream: Upstream,
    /// The database's names for our roles.
    pub roles: RoleNames,
    /// The last phase to run, 1 to 5; `None` runs all and whatever a later release added.
    pub to_phase: Option<u8>,
    /// Make minimal tables of the engine where they are missing.
    pub with_upstream: bool,
    /// Which workflows phase 3 enables.
    pub backfill_rule: BackfillRule,
    /// Check and report, write nothing.
    pub dry_run: bool,
    /// How long a statement waits for a lock before it steps back, at most 1 s.
    pub lock_timeout: Duration,
    /// How long to go on trying for one lock before giving up.
    pub patience: Duration,
    /// Workflows decided and committed together by the backfill.
    pub batch_size: u32,
}

impl Default for MigrateOptions {
    fn default() -> Self {
        Self {
            upstream: Upstream::default(),
            roles: RoleNames::default(),
            to_phase: None,
            with_upstream: false,
            backfill_rule: BackfillRule::default(),
            dry_run: false,
            lock_timeout: Duration::from_millis(500),
            patience: Duration::from_secs(600),
            batch_size: 500,
        }
    }
}

/// A step of a running migration, for a progress bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another migration holds the lock.
    WaitingForMigrator,
    /// A statement stepped back from a lock and will try again; its first line.
    WaitingForLock(String),
    /// A statement begins; its first line.
    Statement(String),
    /// So many workflows have been looked at by the backfill.
    Backfilled(u64),
}

/// Where a migration tells how far it is.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);
