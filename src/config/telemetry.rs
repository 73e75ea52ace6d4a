//! Logs and traces.

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

const FORMATS: [(&str, LogFormat); 3] = [
    ("auto", LogFormat::Auto),
    ("json", LogFormat::Json),
    ("pretty", LogFormat::Pretty),
];

/// How much is logged, from nothing on.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

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
        let log = reader.text("telemetry.log");
        if let Some(directive) = no_directive(&log) {
            let text = format_args!(
                "`{directive}` names no level; write {}, or `TARGET=LEVEL` for a part",
                LEVELS.map(|level| format!("`{level}`")).join(", ")
            );
            reader.reject("telemetry.log", text);
        }
        let otlp_endpoint = reader.optional_text("telemetry.otlp_endpoint");
        if let Some(url) = otlp_endpoint
            .as_deref()
            .filter(|url| !super::http::is_address(url))
        {
            reader.reject(
                "telemetry.otlp_endpoint",
                format_args!("`{url}` is no address such as `http://localhost:4318`"),
            );
        }
        Self {
            log,
            log_format: reader
                .one_of("telemetry.log_format", &FORMATS)
                .unwrap_or(LogFormat::Auto),
            otlp_endpoint,
            service_name: reader.text("telemetry.service_name"),
        }
    }
}

/// The first directive that names no level. A word alone would be taken for a part of the program, and silence the rest.
/// Directives for spans (`[span{field=value}]=debug`) are read where the log is set up.
fn no_directive(log: &str) -> Option<&str> {
    let names_level = |directive: &&str| {
        let level = directive.rsplit('=').next().unwrap_or_default();
        LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
    };
    let directives = log.split(',').map(str::trim);
    directives
        .filter(|directive| !directive.is_empty() && !log.contains('['))
        .find(|directive| !names_level(directive))
}
