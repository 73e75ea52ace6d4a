//! `dashloom schema`: prints what others build against.

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{SchemaArgs, SchemaName};
use crate::config;
use crate::dashboard;
use crate::http;

use super::error::AppError;

/// The events' contract, as it is compiled in.
const PROTO: [(&str, &str); 2] = [
    (
        "dashloom/v1/workflow_execution_succeeded.proto",
        include_str!("../../proto/dashloom/v1/workflow_execution_succeeded.proto"),
    ),
    (
        "dashloom/v1/dashboard_updated.proto",
        include_str!("../../proto/dashloom/v1/dashboard_updated.proto"),
    ),
];

/// Prints a schema or reference to stdout.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(args: &SchemaArgs) -> Result<ExitCode, AppError> {
    let text = match (args.what, args.markdown) {
        (SchemaName::Config, true) => config::markdown(),
        (SchemaName::Config, false) => pretty(&config::json_schema()),
        (SchemaName::VisualizationConfig, _) => pretty(&dashboard::config::json_schema()),
        (SchemaName::Proto, _) => proto(),
        (SchemaName::Openapi, _) => http::openapi_json(),
    };
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(|error| AppError::failed("stdout cannot be written", error))?;
    Ok(ExitCode::SUCCESS)
}

fn pretty(schema: &serde_json::Value) -> String {
    format!("{schema:#}\n")
}

fn proto() -> String {
    let files: Vec<String> = PROTO
        .iter()
        .map(|(path, text)| format!("// File {path}\n\n{text}"))
        .collect();
    files.join("\n")
}
