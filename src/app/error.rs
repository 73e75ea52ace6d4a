//! How a command fails, and which exit code says so.

use std::error::Error;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::narrate::NarrateError;
use crate::store::{ConnectError, StoreError};
use crate::telemetry::TelemetryError;

/// The drain took too long, or a second signal cut it short.
pub const EXIT_DRAIN: u8 = 3;
/// `EX_UNAVAILABLE` of sysexits: a database or broker cannot be reached or is not ready.
const EXIT_UNAVAILABLE: u8 = 69;
/// `EX_CONFIG` of sysexits.
const EXIT_CONFIG: u8 = 78;

/// A failed command.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Logs or traces cannot be set up as configured.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// A database or broker cannot be reached or is not ready; what, and the remedy.
    #[error("{what}")]
    Unavailable {
        /// What is not there and what to do, in one sentence.
        what: String,
        /// Its cause.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Anything else.
    #[error("{what}")]
    Failed {
        /// What failed, in one sentence.
        what: String,
        /// Its cause.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl AppError {
    /// A failure that is said in one sentence.
    pub fn plain(what: impl Into<String>) -> Self {
        Self::Failed {
            what: what.into(),
            source: None,
        }
    }

    /// A failure with its cause.
    pub fn failed(what: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Failed {
            what: what.into(),
            source: Some(Box::new(source)),
        }
    }

    /// A missing dependency with its cause.
    pub fn unavailable(what: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable {
            what: what.into(),
            source: Some(Box::new(source)),
        }
    }

    /// The exit code.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Telemetry(_) => ExitCode::from(EXIT_CONFIG),
            Self::Unavailable { .. } => ExitCode::from(EXIT_UNAVAILABLE),
            Self::Failed { .. } => ExitCode::FAILURE,
        }
    }

    /// The failure and its causes, each said once.
    pub fn explain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let said = error.to_string();
            if !text.contains(&said) {
                text = format!("{text}: {said}");
            }
            cause = error.source();
        }
        text
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match &error {
            // Without an answer from the server there is no server.
            StoreError::Silent => Self::unavailable(error.to_string(), error),
            StoreError::Pool(_) | StoreError::Postgres(_) if error.sql_state().is_none() => {
                Self::unavailable("the database cannot be reached or went away", error)
            }
            StoreError::Pool(_) | StoreError::Postgres(_) | StoreError::Corrupt { .. } => {
                Self::failed(error.to_string(), error)
            }
        }
    }
}

impl From<NarrateError> for AppError {
    fn from(error: NarrateError) -> Self {
        match error {
            NarrateError::Kafka(error) => error.into(),
            NarrateError::Model(error) => Self::Config(ConfigError::one("narrate", error)),
        }
    }
}

impl From<ConnectError> for AppError {
    fn from(error: ConnectError) -> Self {
        let at = match &error {
            ConnectError::Connect(_) => return Self::unavailable(error.to_string(), error),
            ConnectError::RootCertificate { .. } | ConnectError::Unverified => "database.root_certificate",
            ConnectError::Url(_)
            | ConnectError::SslMode(_)
            | ConnectError::Pooled
            | ConnectError::Tls(_)
            | ConnectError::Pool(_) => "database.url",
        };
        Self::Config(ConfigError::one(at, &error))
    }
}
