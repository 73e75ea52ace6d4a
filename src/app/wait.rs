//! Waiting until a service can start: the database reachable and migrated, the topics there and as they must be.

use std::time::{Duration, Instant};

use crate::config::{Config, DatabaseConfig};
use crate::dashboard::words;
use crate::kafka::{KafkaError, Topics, check_topics, create_topics};
use crate::store::migrate::{Compatibility, schema_is_compatible};
use crate::store::{ConnectError, Database, Upstream};

use super::error::AppError;
use super::serve::needs_kafka;

/// How often it is looked whether what was missing has come.
const EVERY: Duration = Duration::from_secs(1);
/// How long brokers may take to tell each other of a topic just made.
const SPREADS_IN: Duration = Duration::from_secs(10);

/// What a service starts from.
pub struct Ready {
    /// The database.
    pub database: Database,
    /// The engine's tables as they are.
    pub upstream: Upstream,
    /// How many partitions the topic has; 0 where the process has nothing to do with it.
    pub partitions: usize,
}

/// Waits for the schema, then makes or checks the topics.
///
/// # Errors
/// When they have not come in time, or what is there is wrong.
pub async fn ready(config: &Config) -> Result<Ready, AppError> {
    let database = Database::new(&config.database)?;
    let deadline = Instant::now() + config.serve.schema_wait;
    let upstream = schema(&database, config, deadline).await?;
    let partitions = match needs_kafka(&config.serve) {
        true => topics(config, deadline).await?,
        false => 0,
    };
    Ok(Ready {
        database,
        upstream,
        partitions,
    })
}

/// The engine's tables as configured; which optional columns they have is looked up.
pub fn upstream(config: &DatabaseConfig) -> Upstream {
    Upstream {
        users: config.upstream.users.clone(),
        query_templates: config.upstream.query_templates.clone(),
        workflows: config.upstream.workflows.clone(),
        workflow_executions: config.upstream.workflow_executions.clone(),
        ..Upstream::default()
    }
}

/// Looks at the schema once.
///
/// # Errors
/// When the database cannot be reached, or is not migrated to this release.
pub async fn look_at_schema(database: &Database, config: &DatabaseConfig) -> Result<Upstream, AppError> {
    let client = database.session().await?;
    let compatibility = schema_is_compatible(&client, &config.roles)
        .await
        .map_err(|error| AppError::unavailable("the schema's version cannot be read", error))?;
    if let Compatibility::Behind { missing } = compatibility {
        let what = format!(
            "the database lacks {} of this release; run `dashloom migrate`",
            words::count(missing.len() as u64, "migration", "migrations")
        );
        return Err(AppError::Unavailable { what, source: None });
    }
    upstream(config)
        .discover(&client)
        .await
        .map_err(|error| AppError::unavailable("the engine's tables cannot be looked up", error))
}

/// Makes the topics that are missing, where that is configured, checks them all and tells what is of concern. Gives how
/// many partitions the topic has that is consumed.
///
/// # Errors
/// When brokers do not answer, or a topic is missing.
pub async fn look_at_topics(config: &Config) -> Result<usize, KafkaError> {
    let topics = Topics::new(&config.kafka, config.limits.message_bytes);
    if config.serve.create_topics {
        for topic in create_topics(&config.kafka, &topics).await? {
            tracing::info!(topic, "topic created");
        }
    }
    let deadline = Instant::now() + SPREADS_IN;
    let checked = loop {
        match check_topics(&config.kafka, &topics).await {
            // A topic that was just made, by whomever, is not known to every broker at once.
            Err(KafkaError::Topics(_)) if Instant::now() < deadline => {
                tokio::time::sleep(EVERY / 4).await;
            }
            checked => break checked?,
        }
    };
    for concern in checked.concerns {
        tracing::warn!("{concern}");
    }
    Ok(checked.partitions)
}

async fn schema(database: &Database, config: &Config, deadline: Instant) -> Result<Upstream, AppError> {
    let mut waits = 0_u32;
    loop {
        let error = match look_at_schema(database, &config.database).await {
            Ok(upstream) => return Ok(upstream),
            Err(error) if error.is_unavailable() && Instant::now() < deadline => error,
            Err(error) => return Err(error),
        };
        complain(&error.explain(), waits);
        waits += 1;
        tokio::time::sleep(EVERY).await;
    }
}

async fn topics(config: &Config, deadline: Instant) -> Result<usize, AppError> {
    let mut waits = 0_u32;
    loop {
        let error = match look_at_topics(config).await {
            Ok(partitions) => return Ok(partitions),
            Err(error @ KafkaError::Request { .. }) if Instant::now() < deadline => AppError::from(error),
            Err(error) => return Err(error.into()),
        };
        complain(&error.explain(), waits);
        waits += 1;
        tokio::time::sleep(EVERY).await;
    }
}

/// An outage is one story: its beginning is told, then every 30th look.
fn complain(reason: &str, waits: u32) {
    if waits.is_multiple_of(30) {
        tracing::warn!(reason, "dashloom waits to start");
    }
}

impl From<KafkaError> for AppError {
    fn from(error: KafkaError) -> Self {
        match &error {
            KafkaError::Configuration(_) => {
                let problem = match std::error::Error::source(&error) {
                    Some(cause) => format!("{error}: {cause}"),
                    None => error.to_string(),
                };
                Self::Config(crate::config::ConfigError::one("kafka", problem))
            }
            KafkaError::Request { .. }
            | KafkaError::Topics(_)
            | KafkaError::Fatal(_)
            | KafkaError::Gone(_) => Self::unavailable(error.to_string(), error),
            KafkaError::Stopped | KafkaError::Thread(_) => Self::failed(error.to_string(), error),
        }
    }
}

/// A login that is refused, or a wrong URL, is not waited for.
impl AppError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. }) && !self.is_refused_login()
    }

    fn is_refused_login(&self) -> bool {
        let Self::Unavailable {
            source: Some(source), ..
        } = self
        else {
            return false;
        };
        let Some(ConnectError::Connect(error)) = source.downcast_ref::<ConnectError>() else {
            return false;
        };
        error.code().is_some_and(|code| code.code().starts_with("28"))
    }
}
