//! Whether this process lives and is ready, as its parts say.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After how long without a round a loop counts as hung.
const HUNG_AFTER: Duration = Duration::from_secs(30);

/// What the parts of this process say about themselves. Clones share it.
///
/// It lives while its loops go round: an outage of database or brokers hangs none, so it restarts nothing. It is ready
/// once everything it was told to await has come.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<Probes>>);

/// A question to ask at any time.
type Probe<T> = Box<dyn Fn() -> T + Send>;

#[derive(Default)]
struct Probes {
    loops: Vec<(&'static str, Probe<Duration>)>,
    awaited: Vec<(&'static str, Probe<bool>)>,
}

impl Health {
    /// Watches a loop: `since_tick` says how long ago it last went round.
    pub fn watch(&self, name: &'static str, since_tick: impl Fn() -> Duration + Send + 'static) {
        self.probes().loops.push((name, Box::new(since_tick)));
    }

    /// Makes readiness wait for something: `has_come` says whether it is there.
    pub fn await_for(&self, name: &'static str, has_come: impl Fn() -> bool + Send + 'static) {
        self.probes().awaited.push((name, Box::new(has_come)));
    }

    /// Watches nothing any more, for a process that is stopping in order.
    pub fn stop_watching(&self) {
        self.probes().loops.clear();
    }

    /// The loops that have not gone round for 30 s; empty while the process lives.
    pub fn hung(&self) -> Vec<&'static str> {
        let probes = self.probes();
        let hung = probes
            .loops
            .iter()
            .filter(|(_, since_tick)| since_tick() > HUNG_AFTER);
        hung.map(|(name, _)| *name).collect()
    }

    /// What readiness waits for; empty once the process is ready.
    pub fn awaited(&self) -> Vec<&'static str> {
        let probes = self.probes();
        let missing = probes.awaited.iter().filter(|(_, has_come)| !has_come());
        missing.map(|(name, _)| *name).collect()
    }

    fn probes(&self) -> MutexGuard<'_, Probes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("hung", &self.hung())
            .field("awaited", &self.awaited())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_loop_is_not_alive_and_a_missing_assignment_is_not_ready() {
        let health = Health::default();
        assert!(health.hung().is_empty() && health.awaited().is_empty());
        health.watch("poll", || Duration::from_secs(1));
        health.watch("relay", || Duration::from_secs(31));
        health.await_for("assignment", || false);
        assert_eq!(health.hung(), ["relay"]);
        assert_eq!(health.awaited(), ["assignment"]);
        health.stop_watching();
        assert!(health.hung().is_empty());
    }
}
