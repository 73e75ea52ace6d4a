//! Telemetry: logs, traces and metrics. Every metric's name and labels stand in [`metrics`] and nowhere else; no label is an
//! id. Nothing here may block or fail the work it watches.

pub mod clock;
mod export;
pub mod metrics;
mod subscriber;
mod trace;

pub use export::TelemetryError;
pub use subscriber::{Guard, init};
pub use trace::{consumer_span, current_traceparent, span_from_traceparent};
