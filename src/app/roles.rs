//! The roles of a serving process, each a task, started together and drained in order.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use futures::future::{pending, select_all};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, ConfigError, Role};
use crate::fold::{self, Fold};
use crate::http::Health;
use crate::insight::Frames;
use crate::kafka::Topics;
use crate::narrate::{self, Narrate};
use crate::objects::Objects;
use crate::pipeline::consume::{self, Consume};
use crate::pipeline::unpark::{self, Unpark};
use crate::pipeline::{self, Recipe, Rules};
use crate::relay::{self, Relay};
use crate::rows::Limits;
use crate::store::Upstream;
use crate::sweep::{self, Sweep};
use crate::telemetry::metrics;

use super::error::AppError;
use super::wait::Ready;

/// Connections for claims and for looking after what is parked.
const CONTROL_CONNECTIONS: usize = 2;
/// Connections of the narrator, which uses one at a time.
const NARRATOR_CONNECTIONS: usize = 1;
/// How often the pools' figures are read.
const POOL_FIGURES_EVERY: Duration = Duration::from_secs(5);

/// The running roles.
pub struct Roles {
    /// What writes dashboards: it stops first.
    intake: Stage,
    /// What publishes: it stops when nothing more can come.
    outlet: Stage,
    /// What answers and what narrates: it stops beside them.
    reading: Stage,
}

/// Tasks that stop together.
pub struct Stage {
    threads: Handle,
    stop: CancellationToken,
    tasks: TaskTracker,
    running: Vec<JoinHandle<Result<(), AppError>>>,
}

impl Roles {
    /// Starts the configured roles, those that fold on threads of their own.
    ///
    /// # Errors
    /// When a pool cannot be made, or the API's address is taken.
    pub async fn start(
        config: &Config,
        ready: Ready,
        health: &Health,
        folding: Handle,
    ) -> Result<Self, AppError> {
        let mut roles = Self {
            intake: Stage::on(folding),
            outlet: Stage::on(Handle::current()),
            reading: Stage::on(Handle::current()),
        };
        let wake_relay = Arc::new(Notify::new());
        let Ready {
            database,
            upstream,
            partitions,
        } = ready;
        // A partition applies one batch at a time, so more connections than partitions would idle.
        let apply_connections = config.database.apply_connections.min(partitions.max(1));
        let apply_pool = database.pool(apply_connections)?;
        let control = database.pool(CONTROL_CONNECTIONS)?;
        let recipe = Arc::new(recipe(config, apply_pool.clone(), upstream)?);
        roles.intake.spawn(|stop| pool_figures("apply", apply_pool, stop));
        if config.serve.has(Role::Consume) {
            let consume = consume(
                config,
                recipe.clone(),
                control.clone(),
                wake_relay.clone(),
                health,
            );
            roles.intake.spawn(|stop| {
                let consuming = consume::start(consume, stop);
                async { Ok(consuming?.await?) }
            });
        }
        let depot = super::depot::of_service(config)?;
        if config.serve.has(Role::Http) {
            let pool = database.pool(config.http.connections)?;
            roles
                .reading
                .spawn(|stop| pool_figures("http", pool.clone(), stop));
            let depot = depot.clone();
            super::api::start(
                config,
                pool,
                &recipe,
                depot,
                wake_relay.clone(),
                &mut roles.reading,
            )
            .await?;
        }
        if config.serve.has(Role::Sweep) {
            let pool = database.pool(config.database.read_connections)?;
            let sweep = Sweep {
                pool,
                roles: recipe.roles.clone(),
                fold: recipe.fold.clone(),
                events_topic: recipe.events_topic.clone(),
                wake_relay: wake_relay.clone(),
                depot,
            };
            roles.intake.spawn(|stop| async {
                sweep::run(sweep, stop).await;
                Ok(())
            });
            let group = config.kafka.group.clone();
            let unpark = Unpark {
                group,
                recipe,
                control,
                wake_relay: wake_relay.clone(),
            };
            roles.intake.spawn(|stop| async {
                unpark::run(unpark, stop).await;
                Ok(())
            });
        }
        if config.serve.has(Role::Narrate) {
            let narrate = Narrate {
                pool: database.pool(NARRATOR_CONNECTIONS)?,
                roles: config.database.roles.clone(),
                kafka: config.kafka.clone(),
                config: config.narrate.clone(),
            };
            roles
                .reading
                .spawn(|stop| async { Ok(narrate::run(narrate, stop).await?) });
        }
        if config.serve.has(Role::Relay) {
            let pool = database.pool(config.database.relay_connections)?;
            roles
                .outlet
                .spawn(|stop| pool_figures("relay", pool.clone(), stop));
            let relay = relay(config, pool);
            roles
                .outlet
                .spawn(|stop| async { Ok(relay::run(relay, wake_relay, stop).await?) });
        }
        Ok(roles)
    }

    /// Waits until a role ends by itself, which none should.
    pub async fn failure(&mut self) -> AppError {
        let running: Vec<_> = self
            .intake
            .running
            .iter_mut()
            .chain(&mut self.outlet.running)
            .chain(&mut self.reading.running)
            .collect();
        if running.is_empty() {
            return pending().await;
        }
        match select_all(running).await.0 {
            Ok(Ok(())) => AppError::Failed {
                what: "a role ended by itself".to_owned(),
                source: None,
            },
            Ok(Err(error)) => error,
            Err(panicked) => AppError::failed("a role crashed", panicked),
        }
    }

    /// Stops taking, finishes the batches and leaves the group; then publishes what is left and resigns. Requests under way are
    /// answered meanwhile.
    pub async fn drain(&mut self) {
        let writing = async {
            self.intake.drain().await;
            self.outlet.drain().await;
        };
        tokio::join!(writing, self.reading.drain());
    }
}

impl Stage {
    fn on(threads: Handle) -> Self {
        Self {
            threads,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            running: Vec::new(),
        }
    }

    /// Starts a role that ends when its token is cancelled.
    pub fn spawn<F>(&mut self, role: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = Result<(), AppError>> + Send + 'static,
    {
        let role = role(self.stop.clone());
        self.running.push(self.tasks.spawn_on(role, &self.threads));
    }

    async fn drain(&mut self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// What folding needs, as configured.
pub(super) fn folding(config: &Config, upstream: Upstream) -> Fold {
    let view_url = config
        .http
        .public_url
        .as_ref()
        .map(|url| format!("{url}/dashboards/"))
        .unwrap_or_default();
    Fold {
        upstream,
        view_url,
        limits: fold::Limits::default(),
        frames: Frames::default(),
        recall: fold::Recall::of_at_most(config.consumer.recall_bytes),
    }
}

/// What applies batches, as configured.
///
/// # Errors
/// When `objects.allow` names a place that cannot be.
pub(super) fn recipe(config: &Config, pool: Pool, upstream: Upstream) -> Result<Recipe, AppError> {
    Ok(Recipe {
        objects: Arc::new(objects(config)?),
        message_bytes: config.limits.message_bytes,
        pool,
        roles: config.database.roles.clone(),
        fold: folding(config, upstream),
        limits: Limits {
            bytes: config.limits.result_bytes as u64,
            rows: config.limits.rows as u64,
            columns: config.limits.columns,
            string_len: config.limits.cell_bytes,
            ..Limits::default()
        },
        rules: Rules {
            dead_letter_topic: config.kafka.dead_letter_topic.clone(),
            grace: config.consumer.unknown_workflow_grace,
            result_grace: config.objects.grace,
            parked_records: config.consumer.parked_messages,
            parked_bytes: config.consumer.parked_bytes,
        },
        events_topic: config.kafka.events_topic.clone(),
    })
}

/// The places that results by reference are read from.
///
/// # Errors
/// When the configuration names one that cannot be.
pub(super) fn objects(config: &Config) -> Result<Objects, ConfigError> {
    Objects::open(&config.objects).map_err(|text| match text.split_once(": ") {
        Some((setting, text)) => ConfigError::one(setting, text),
        None => ConfigError::one("objects", text),
    })
}

fn consume(
    config: &Config,
    recipe: Arc<Recipe>,
    control: Pool,
    wake_relay: Arc<Notify>,
    health: &Health,
) -> Consume {
    let own = Arc::new(pipeline::Health::default());
    let (polling, joining) = (own.pulse().clone(), own.pulse().clone());
    health.watch("consumer", move || polling.since_tick());
    health.await_for("first assignment", move || joining.joined());
    Consume {
        kafka: config.kafka.clone(),
        config: config.consumer.clone(),
        recipe,
        control,
        wake_relay,
        health: own,
    }
}

fn relay(config: &Config, pool: Pool) -> Relay {
    Relay {
        pool,
        roles: config.database.roles.clone(),
        kafka: config.kafka.clone(),
        config: config.relay.clone(),
        message_bytes: Topics::new(&config.kafka, config.limits.message_bytes).outgoing_bytes(),
    }
}

async fn pool_figures(name: &'static str, pool: Pool, stop: CancellationToken) -> Result<(), AppError> {
    loop {
        let status = pool.status();
        metrics::pool(name, status.size, status.available, status.waiting);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(POOL_FIGURES_EVERY) => {}
        }
    }
}
