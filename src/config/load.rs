//! From sources to a validated configuration.

use super::admin::AdminConfig;
use super::consumer::ConsumerConfig;
use super::database::DatabaseConfig;
use super::exports::ExportsConfig;
use super::http::HttpConfig;
use super::kafka::KafkaConfig;
use super::layers::{Origin, Raw, Sources, is_secret_property};
use super::limits::LimitsConfig;
use super::narrate::NarrateConfig;
use super::objects::ObjectsConfig;
use super::problem::ConfigError;
use super::reader::Reader;
use super::relay::RelayConfig;
use super::serve::{Role, ServeConfig};
use super::setting::all_settings;
use super::telemetry::TelemetryConfig;

/// The whole configuration, validated.
#[derive(Debug, Clone)]
pub struct Config {
    /// What `serve` runs.
    pub serve: ServeConfig,
    /// Kafka.
    pub kafka: KafkaConfig,
    /// PostgreSQL.
    pub database: DatabaseConfig,
    /// Consuming.
    pub consumer: ConsumerConfig,
    /// Publishing.
    pub relay: RelayConfig,
    /// Limits on what comes in.
    pub limits: LimitsConfig,
    /// Results by reference.
    pub objects: ObjectsConfig,
    /// Exported files.
    pub exports: ExportsConfig,
    /// The API and the page.
    pub http: HttpConfig,
    /// Rewording insights.
    pub narrate: NarrateConfig,
    /// The admin port.
    pub admin: AdminConfig,
    /// Logs and traces.
    pub telemetry: TelemetryConfig,
    /// Every setting with its value and origin, for showing; secrets are blacked out.
    pub effective: Vec<Effective>,
}

/// A setting as it is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Its path.
    pub path: String,
    /// Its value as text, `[secret]` for a secret, empty when unset.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Reads and validates the configuration.
///
/// # Errors
/// Every problem at once: unknown settings, values that cannot be read, values that contradict each other.
pub fn load(sources: &Sources) -> Result<Config, ConfigError> {
    read(sources).0
}

impl Config {
    /// Checks that the commands that need PostgreSQL were told where it is.
    ///
    /// # Errors
    /// One problem, when they were not.
    pub fn require_database(&self) -> Result<(), ConfigError> {
        require(!self.database.url.is_empty(), "database.url", "DATABASE_URL")
    }

    /// Checks that the commands that need Kafka were told where it is.
    ///
    /// # Errors
    /// One problem, when they were not.
    pub fn require_kafka(&self) -> Result<(), ConfigError> {
        require(
            !self.kafka.bootstrap_servers.is_empty(),
            "kafka.bootstrap_servers",
            "KAFKA_BOOTSTRAP_SERVERS",
        )
    }
}

fn require(is_set: bool, path: &str, variable: &str) -> Result<(), ConfigError> {
    let text = format!("is not set; set {variable}, or `{path}` in the configuration file");
    is_set.then_some(()).ok_or_else(|| ConfigError::one(path, text))
}

/// Also returns the paths that were read, for the test that holds the list of settings to the structs.
fn read(sources: &Sources) -> (Result<Config, ConfigError>, Vec<&'static str>) {
    let mut reader = Reader::new(Raw::gather(sources));
    let config = Config {
        serve: ServeConfig::read(&mut reader),
        kafka: KafkaConfig::read(&mut reader),
        database: DatabaseConfig::read(&mut reader),
        consumer: ConsumerConfig::read(&mut reader),
        relay: RelayConfig::read(&mut reader),
        limits: LimitsConfig::read(&mut reader),
        objects: ObjectsConfig::read(&mut reader),
        exports: ExportsConfig::read(&mut reader),
        http: HttpConfig::read(&mut reader),
        narrate: NarrateConfig::read(&mut reader),
        admin: AdminConfig::read(&mut reader),
        telemetry: TelemetryConfig::read(&mut reader),
        effective: Vec::new(),
    };
    if config.serve.has(Role::Http) && config.http.is_open_to_the_network() {
        let text = "is not loopback, and without a login everybody there would be the operator; set `http.auth.secret` or \
                    `http.auth.jwks_url`, or leave `http` out of `serve.roles`";
        reader.reject("http.listen", text);
    }
    if config.serve.has(Role::Narrate) {
        let wanted = [
            ("narrate.endpoint", &config.narrate.endpoint),
            ("narrate.model", &config.narrate.model),
        ];
        for (path, _) in wanted.into_iter().filter(|(_, value)| value.is_empty()) {
            reader.reject(path, "is needed by the role `narrate` of `serve.roles`");
        }
    }
    let (raw, paths) = reader.finish();
    let effective = effective(&raw);
    let result = match raw.problems {
        problems if problems.is_empty() => Ok(Config { effective, ..config }),
        problems => Err(ConfigError { problems }),
    };
    (result, paths)
}

fn effective(raw: &Raw) -> Vec<Effective> {
    let shown = |text: &str, is_secret: bool| match is_secret && !text.is_empty() {
        true => "[secret]".to_owned(),
        false => text.to_owned(),
    };
    let settings = all_settings().map(|setting| match raw.values.get(setting.path) {
        None => Effective {
            path: setting.path.to_owned(),
            value: String::new(),
            origin: Origin::Default,
        },
        Some(given) => Effective {
            path: setting.path.to_owned(),
            value: shown(&given.text, setting.is_secret()),
            origin: given.origin.clone(),
        },
    });
    let properties = raw.properties.iter().map(|(name, given)| Effective {
        path: format!("kafka.properties.{name}"),
        value: shown(&given.text, is_secret_property(name)),
        origin: given.origin.clone(),
    });
    settings.chain(properties).collect()
}

#[cfg(test)]
mod tests;
