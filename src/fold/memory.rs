//! What finding insights remembers from one view to the next.

use std::sync::{Arc, Mutex};

use crate::dashboard::Chronicle;
use crate::insight::{Found, Memo, find};

/// A memory that all who fold share. It changes how long finding takes, never what is found.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Memo>>);

impl Memory {
    /// Finds a view's insights. Nobody waits for the memory: while another one uses it, or after it was left in the
    /// middle of something, everything is worked out anew.
    pub fn find(&self, chronicle: &Chronicle, min_confidence: f64) -> Found {
        match self.0.try_lock() {
            Ok(mut memo) => find(chronicle, min_confidence, &mut memo),
            Err(_) => find(chronicle, min_confidence, &mut Memo::default()),
        }
    }
}
