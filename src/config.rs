//! Configuration: defaults < TOML file < environment < flags, read raw, then validated, with every problem named at once.
//!
//! Each room has a small struct in a file of its own here, beside the [`Setting`]s it is read from; `docs/configuration.md`
//! and `dashloom schema config` are generated from those. Secrets come from the environment or a file (`*_FILE`), never
//! from flags, and print as `[secret]`.

mod admin;
mod consumer;
mod database;
mod exports;
mod http;
mod kafka;
mod layers;
mod limits;
mod load;
mod narrate;
mod objects;
mod problem;
mod reader;
mod reference;
mod relay;
mod secret;
mod serve;
mod setting;
mod telemetry;

pub use admin::AdminConfig;
pub use consumer::{ConsumerConfig, Start};
pub use database::{DatabaseConfig, RoleNames, UpstreamTables};
pub use exports::ExportsConfig;
pub use http::{AuthConfig, AuthKeys, HttpConfig};
pub use kafka::KafkaConfig;
pub use layers::{Origin, Sources};
pub use limits::LimitsConfig;
pub use load::{Config, Effective, load};
pub use narrate::NarrateConfig;
pub use objects::ObjectsConfig;
pub use problem::{ConfigError, Problem};
pub use reader::Reader;
pub use reference::{json_schema, markdown};
pub use relay::RelayConfig;
pub use secret::Secret;
pub use serve::{Role, ServeConfig};
pub use setting::{Kind, Setting, all_settings};
pub use telemetry::{LogFormat, TelemetryConfig};
