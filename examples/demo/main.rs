//! The demo: an engine plays a year of New York flights, dashloom folds it, a notifier listens.
//!
//! Started by `make demo`. It acts as the parties around dashloom do: it writes the engine's rows in SQL, announces
//! executions through Kafka, reads dashboards in SQL and events through the notifier.
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod account;
mod cast;
mod flights;
mod insights;
mod play;
mod script;
mod show;
#[path = "../../tests/stage/mod.rs"]
mod stage;
mod types;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let played = tokio::select! {
        played = play::play() => played,
        code = interrupted() => return ExitCode::from(code),
    };
    match played {
        Ok(played) => {
            if played.stays {
                interrupted().await;
            }
            played.end()
        }
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for a signal that asks to end, and gives the exit code that says so. All that was started ends with the play.
async fn interrupted() -> u8 {
    let waits = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ]
    .map(|kind| async move {
        match signal(kind) {
            Ok(mut arrivals) => drop(arrivals.recv().await),
            Err(_) => std::future::pending().await,
        }
        kind.as_raw_value()
    });
    let (signal, ..) = futures::future::select_all(waits.map(Box::pin)).await;
    128 + u8::try_from(signal).unwrap_or_default()
}
