//! Signals: the first asks to stop in order, the second forces.

use std::io::Write;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::error::AppError;

/// The signals that ask a process to stop.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes SIGTERM and SIGINT over from their defaults.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next signal's name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// What a shell shows of a process that SIGINT ended.
const EXIT_INTERRUPTED: i32 = 130;

/// Cancelled by the first signal; the batches in hand are finished then. The second one ends the process at once: a
/// transaction that is open then is rolled back, as after a kill.
pub fn on_signal() -> Result<CancellationToken, AppError> {
    let mut signals =
        Signals::listen().map_err(|error| AppError::failed("signals cannot be heard", error))?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    TaskTracker::new().spawn(async move {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping after the batches in hand");
        told.cancel();
        signals.next().await;
        let _ = writeln!(std::io::stderr(), "stopped at once by a second signal");
        std::process::exit(EXIT_INTERRUPTED);
    });
    Ok(stop)
}
