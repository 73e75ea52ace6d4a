//! Where log lines and spans go.

use std::io::IsTerminal;

use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::export::{Export, TelemetryError};
use crate::config::{LogFormat, TelemetryConfig};

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// What sending telemetry itself logs is not sent, or it would never end.
const NEVER_EXPORTED: &str = "hyper=off,hyper_util=off,reqwest=off,rustls=off,opentelemetry=off,opentelemetry_sdk=off,\
                              opentelemetry_otlp=off,opentelemetry_http=off";

/// Keeps the export of spans and log records alive; [`Guard::flush`] sends what is left.
#[derive(Debug)]
pub struct Guard(Option<Export>);

impl Guard {
    /// Sends what waits, for at most two seconds.
    pub async fn flush(self) {
        if let Some(export) = self.0 {
            export.flush().await;
        }
    }
}

/// Sends log lines to stderr, and spans and log records to the OTLP endpoint where one is configured. Call within the
/// runtime.
///
/// # Errors
/// See [`TelemetryError`].
pub fn init(config: &TelemetryConfig) -> Result<Guard, TelemetryError> {
    let export = config
        .otlp_endpoint
        .as_deref()
        .map(|endpoint| Export::to(endpoint, config))
        .transpose()?;
    let mut layers: Vec<BoxedLayer> =
        vec![lines(config.log_format).with_filter(filter(&config.log)?).boxed()];
    if let Some(export) = &export {
        let exported = format!("{},{NEVER_EXPORTED}", config.log);
        let spans = tracing_opentelemetry::layer().with_tracer(export.spans.tracer("dashloom"));
        layers.push(spans.with_filter(filter(&exported)?).boxed());
        let records = OpenTelemetryTracingBridge::new(&export.logs);
        layers.push(records.with_filter(filter(&exported)?).boxed());
    }
    tracing_subscriber::registry()
        .with(layers)
        .try_init()
        .map_err(TelemetryError::Installed)?;
    Ok(Guard(export))
}

fn filter(directives: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::try_new(directives).map_err(|_| TelemetryError::Filter(directives.to_owned()))
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
