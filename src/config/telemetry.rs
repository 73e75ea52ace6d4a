//! Logs and traces.

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

const FORMATS: [(&str, LogFormat); 3] = [
    ("auto", LogFormat::Auto),
    ("json", LogFormat::Json),
    ("pretty", LogFormat::Pretty),
];

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "telemetry.log",
        Kind::Text,
        "info",
        "What is logged: a level, or directives such as `info,dashloom::kafka=debug`.",
    ),
    setting(
        "telemetry.log_format",
        Kind::OneOf(&["auto", "json", "pretty"]),
        "auto",
        "`json`: one object a line; `pretty`: for people; `auto`: pretty on a terminal, else JSON.",
    ),
    Setting {
        path: "telemetry.otlp_endpoint",
        kind: Kind::Text,
        default: "",
        doc: "Where traces and logs go (OTLP over HTTP or HTTPS, for example `http://localhost:4318`); unset means nowhere.",
        alias: Some("OTEL_EXPORTER_OTLP_ENDPOINT"),
    },
    Setting {
        path: "telemetry.service_name",
        kind: Kind::Text,
        default: "dashloom",
        doc: "The service's name in traces and logs.",
        alias: Some("OTEL_SERVICE_NAME"),
    },
];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// Logs and traces.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// A level or directives.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Where traces and logs go, where they go anywhere.
    pub otlp_endpoint: Option<String>,
    /// The service's name in traces and logs.
    pub service_name: String,
}

impl TelemetryConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            log: reader.text("telemetry.log"),
            log_format: reader
                .one_of("telemetry.log_format", &FORMATS)
                .unwrap_or(LogFormat::Auto),
            otlp_endpoint: reader.optional_text("telemetry.otlp_endpoint"),
            service_name: reader.text("telemetry.service_name"),
        }
    }
}
