//! The demo: an engine plays a year of New York flights, dashloom folds it, a notifier listens.
//!
//! Started by `make demo`. It acts as the parties around dashloom do: it writes the engine's rows in SQL, announces
//! executions through Kafka, reads dashboards in SQL and events through the notifier.
#![allow(clippy::disallowed_methods, reason = "a program of its own")]

mod account;
mod cast;
mod flights;
mod play;
mod script;
mod show;
#[path = "../../tests/stage/mod.rs"]
mod stage;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let mut terminated = match signal(SignalKind::terminate()) {
        Ok(terminated) => terminated,
        Err(error) => return fail(&error.into()),
    };
    tokio::select! {
        result = play::play() => result.unwrap_or_else(|error| fail(&error)),
        _ = tokio::signal::ctrl_c() => ExitCode::from(130),
        _ = terminated.recv() => ExitCode::from(143),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("demo: {error:#}");
    ExitCode::FAILURE
}
