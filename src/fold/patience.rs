//! How long the workflows' locks may be held.

use std::time::{Duration, Instant};

/// What one transaction may take on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most views of a workflow that are drawn.
    pub views: usize,
    /// How long workflows may be locked before what is left goes to another transaction.
    pub locked: Duration,
    /// The most numbers of partials that one view is drawn from; those of one that reads more are narrowed.
    pub numbers: i64,
    /// How many numbers of partials are read for several views together: a few MB stay in the processor's caches, and
    /// memory is used again instead of being asked for anew.
    pub numbers_together: i64,
    /// In a rehearsal of one workflow, which is taken back: how many of its views other transactions have drawn already.
    /// It draws what it may of the others and is never told to come again with less.
    pub rehearsed: Option<usize>,
}

impl Limits {
    /// The limits of a rehearsal's transaction after others that have drawn so many views.
    pub fn rehearsing(self, drawn: usize) -> Self {
        Self {
            rehearsed: Some(drawn),
            ..self
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            views: 400,
            locked: Duration::from_secs(1),
            // About 100 MB.
            numbers: 8_000_000,
            // About 3 MB.
            numbers_together: 200_000,
            rehearsed: None,
        }
    }
}

/// A transaction's patience: it began when the locks were taken.
#[derive(Debug)]
pub struct Patience {
    began: Instant,
    limit: Duration,
    /// Whether the caller can come again with less; otherwise what is left is noted for later.
    pub may_split: bool,
}

impl Patience {
    /// Patience from now on.
    pub fn new(limits: &Limits, may_split: bool) -> Self {
        Self {
            began: Instant::now(),
            limit: limits.locked,
            may_split: may_split && limits.rehearsed.is_none(),
        }
    }

    /// Whether the locks have been held long enough.
    pub fn is_over(&self) -> bool {
        self.began.elapsed() > self.limit
    }
}
