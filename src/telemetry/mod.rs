//! Telemetry: logs, traces and metrics. Every metric's name and labels stand in [`metrics`] and nowhere else; no label is an
//! id. Nothing here may block or fail the work it watches.

pub mod clock;
pub mod metrics;
mod subscriber;
mod trace;

pub use subscriber::{Guard, TelemetryError, init};
pub use trace::{consumer_span, current_traceparent, span_from_traceparent};
