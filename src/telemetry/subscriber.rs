//! Where log lines and spans go.

use std::io::IsTerminal;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::runtime::Tokio;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{LogFormat, TelemetryConfig};

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// How long the last spans may take to leave when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Keeps the export of traces alive; [`Guard::flush`] sends what is left.
#[derive(Debug)]
pub struct Guard(Option<SdkTracerProvider>);

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `telemetry.log` holds a directive that cannot be read.
    #[error(
        "telemetry.log: `{0}` is not a level or a list of directives such as `info,dashloom::kafka=debug`"
    )]
    Filter(String),
    /// The trace exporter refused its endpoint.
    #[error("telemetry.otlp_endpoint: traces cannot be sent to `{endpoint}`")]
    Exporter {
        /// The endpoint as configured.
        endpoint: String,
        /// What the exporter says.
        #[source]
        source: ExporterBuildError,
    },
    /// Another subscriber is installed in this process.
    #[error("logging is set up already")]
    Installed(#[source] TryInitError),
}

/// Sends log lines to stderr, and spans to the OTLP endpoint where one is configured. Call within the runtime.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(config: &TelemetryConfig) -> Result<Guard, TelemetryError> {
    let filter = || EnvFilter::try_new(&config.log).map_err(|_| TelemetryError::Filter(config.log.clone()));
    let provider = config
        .otlp_endpoint
        .as_deref()
        .map(|endpoint| provider(endpoint, config))
        .transpose()?;
    let mut layers: Vec<BoxedLayer> = vec![lines(config.log_format).with_filter(filter()?).boxed()];
    if let Some(provider) = &provider {
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("dashloom"));
        layers.push(spans.with_filter(filter()?).boxed());
    }
    tracing_subscriber::registry()
        .with(layers)
        .try_init()
        .map_err(TelemetryError::Installed)?;
    Ok(Guard(provider))
}

impl Guard {
    /// Sends the spans that wait; gives up after two seconds, for traces never hold the process.
    pub async fn flush(self) {
        let Some(provider) = self.0 else { return };
        let task = tokio::task::spawn_blocking(move || provider.shutdown());
        if tokio::time::timeout(FLUSH_TIMEOUT, task).await.is_err() {
            tracing::debug!("the trace collector did not take the last spans in time");
        }
    }
}

fn lines(format: LogFormat) -> BoxedLayer {
    let is_terminal = std::io::stderr().is_terminal();
    let is_pretty = format == LogFormat::Pretty || (format == LogFormat::Auto && is_terminal);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match is_pretty {
        true => layer.with_ansi(is_terminal).with_target(false).boxed(),
        false => layer
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    }
}

fn provider(endpoint: &str, config: &TelemetryConfig) -> Result<SdkTracerProvider, TelemetryError> {
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(url)
        .with_timeout(Duration::from_secs(5))
        .build()
        .map_err(|source| TelemetryError::Exporter {
            endpoint: endpoint.to_owned(),
            source,
        })?;
    let resource = Resource::builder()
        .with_service_name(config.service_name.clone())
        .build();
    let processor = BatchSpanProcessor::builder(exporter, Tokio).build();
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_span_processor(processor)
        .build())
}
