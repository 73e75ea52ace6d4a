//! `dashloom serve`: waits for what it needs, runs its roles, drains them in order.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Role, ServeConfig};
use crate::http::{Admin, Health, serve_admin};
use crate::telemetry;

use super::error::{AppError, EXIT_DRAIN};
use super::roles::Roles;
use super::stop::Signals;
use super::wait;

/// Runs the service until a signal or a failure for good.
///
/// # Errors
/// When something it needs is missing or wrong, or a role failed for good.
pub fn run(config: Config) -> Result<ExitCode, AppError> {
    config.require_database()?;
    if needs_kafka(&config.serve) {
        config.require_kafka()?;
    }
    if config.serve.has(Role::Http) {
        super::typefaces::add(&config)?;
    }
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (runtime, folding) = (super::runtime(threads)?, super::patient_runtime(threads)?);
    let ended = runtime.block_on(serve(config, folding.handle().clone()));
    // What a drain did not wait for is not waited for here either.
    folding.shutdown_background();
    runtime.shutdown_background();
    ended
}

/// Whether any of the roles speaks to the brokers.
pub fn needs_kafka(serve: &ServeConfig) -> bool {
    serve.has(Role::Consume) || serve.has(Role::Relay) || serve.has(Role::Narrate)
}

async fn serve(config: Config, folding: Handle) -> Result<ExitCode, AppError> {
    let mut signals =
        Signals::listen().map_err(|error| AppError::failed("signals cannot be heard", error))?;
    let traces = telemetry::init(&config.telemetry)?;
    let door = Door::open(&config).await?;
    let roles = config.serve.roles.clone();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), ?roles, admin = %config.admin.listen, "dashloom starts");
    let ended = tokio::select! {
        ready = wait::ready(&config) => match ready {
            Ok(ready) => work(Roles::start(&config, ready, &door.health, folding).await?, &config, &door, &mut signals).await,
            Err(error) => Err(error),
        },
        signal = signals.next() => {
            tracing::info!(signal, "stopped before it could start");
            Ok(ExitCode::SUCCESS)
        }
    };
    door.close().await;
    traces.flush().await;
    ended
}

/// Runs the roles until a signal, or until one of them ends by itself.
async fn work(
    mut roles: Roles,
    config: &Config,
    door: &Door,
    signals: &mut Signals,
) -> Result<ExitCode, AppError> {
    door.has_schema.store(true, Ordering::Relaxed);
    tracing::info!("dashloom serves");
    let failure = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping: finishing the batch, flushing the relay, leaving the group");
            None
        }
        failure = roles.failure() => Some(failure),
    };
    door.health.stop_watching();
    let drained = tokio::select! {
        () = roles.drain() => true,
        () = tokio::time::sleep(config.serve.drain_timeout) => {
            tracing::error!(timeout = ?config.serve.drain_timeout, "stopping took too long; the next owner carries on from the last commit");
            false
        }
        signal = signals.next() => {
            tracing::error!(signal, "stopping is cut short; the next owner carries on from the last commit");
            false
        }
    };
    match failure {
        Some(error) => Err(error),
        None if drained => {
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(ExitCode::from(EXIT_DRAIN)),
    }
}

/// The admin port, open from the first moment to the last.
struct Door {
    health: Health,
    has_schema: Arc<AtomicBool>,
    stop: CancellationToken,
    answering: JoinHandle<()>,
}

impl Door {
    async fn open(config: &Config) -> Result<Self, AppError> {
        let address = config.admin.listen;
        let metrics = telemetry::metrics::install()
            .map_err(|error| AppError::failed("metrics cannot be collected", error))?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| AppError::failed(format!("cannot listen on {address} (admin.listen)"), error))?;
        let (health, stop) = (Health::default(), CancellationToken::new());
        let has_schema = Arc::new(AtomicBool::new(false));
        let seen = has_schema.clone();
        health.await_for("database and topics", move || seen.load(Ordering::Relaxed));
        let admin = Admin {
            health: health.clone(),
            metrics,
        };
        let until = stop.clone();
        let answering = TaskTracker::new().spawn(async move {
            if let Err(error) = serve_admin(listener, admin, until).await {
                tracing::error!(%error, "the admin port broke");
            }
        });
        Ok(Self {
            health,
            has_schema,
            stop,
            answering,
        })
    }

    async fn close(self) {
        self.stop.cancel();
        self.answering.abort();
    }
}
