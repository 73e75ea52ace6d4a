//! Spans and log records on their way to an OTLP collector, in batches that never hold up the work.

use std::time::Duration;

use opentelemetry_otlp::{ExporterBuildError, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::logs::log_processor_with_async_runtime::BatchLogProcessor;
use opentelemetry_sdk::runtime::Tokio;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use tracing_subscriber::util::TryInitError;

use crate::config::TelemetryConfig;

/// How long the last spans and log records may take to leave when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a collector may take for a batch.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `telemetry.log` holds a directive that cannot be read.
    #[error(
        "telemetry.log: `{0}` is not a level or a list of directives such as `info,dashloom::kafka=debug`"
    )]
    Filter(String),
    /// An exporter refused its endpoint.
    #[error("telemetry.otlp_endpoint: traces and logs cannot be sent to `{endpoint}`")]
    Exporter {
        /// The endpoint as configured.
        endpoint: String,
        /// What the exporter says.
        #[source]
        source: ExporterBuildError,
    },
    /// No HTTP client can be made.
    #[error("telemetry.otlp_endpoint: no HTTP client can be made")]
    Client(#[source] reqwest::Error),
    /// Another subscriber is installed in this process.
    #[error("logging is set up already")]
    Installed(#[source] TryInitError),
}

/// The exports to one collector.
#[derive(Debug, Clone)]
pub struct Export {
    /// Takes spans.
    pub spans: SdkTracerProvider,
    /// Takes log records.
    pub logs: SdkLoggerProvider,
}

impl Export {
    /// Exports to `{endpoint}/v1/traces` and `{endpoint}/v1/logs`. Call within the runtime.
    ///
    /// # Errors
    /// When the endpoint is no HTTP address.
    pub fn to(endpoint: &str, config: &TelemetryConfig) -> Result<Self, TelemetryError> {
        let client = reqwest::Client::builder()
            .timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(TelemetryError::Client)?;
        let refused = |source| TelemetryError::Exporter {
            endpoint: endpoint.to_owned(),
            source,
        };
        let url = |signal: &str| format!("{}/v1/{signal}", endpoint.trim_end_matches('/'));
        let spans = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_endpoint(url("traces"))
            .build()
            .map_err(refused)?;
        let logs = opentelemetry_otlp::LogExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(url("logs"))
            .build()
            .map_err(refused)?;
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .build();
        Ok(Self {
            spans: SdkTracerProvider::builder()
                .with_resource(resource.clone())
                .with_span_processor(BatchSpanProcessor::builder(spans, Tokio).build())
                .build(),
            logs: SdkLoggerProvider::builder()
                .with_resource(resource)
                .with_log_processor(BatchLogProcessor::builder(logs, Tokio).build())
                .build(),
        })
    }

    /// Sends what waits; gives up after two seconds, for telemetry never holds the process.
    pub async fn flush(self) {
        let last = tokio::task::spawn_blocking(move || (self.spans.shutdown(), self.logs.shutdown()));
        if tokio::time::timeout(FLUSH_TIMEOUT, last).await.is_err() {
            tracing::debug!("the collector did not take the last spans and log records in time");
        }
    }
}
