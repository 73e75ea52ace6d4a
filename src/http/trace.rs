//! The trace of a request: the caller's where it sent one, else a new one.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use crate::telemetry::{current_traceparent, span_from_traceparent};

/// The trace id of a request, 32 hexadecimal digits.
#[derive(Debug, Clone, Default)]
pub struct TraceId(pub String);

/// Runs a request in a span of its own and tells the rest of the stack its trace.
pub async fn traced(mut request: Request, next: Next) -> Response {
    let sent = request.headers().get("traceparent");
    let sent = sent.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let span = span_from_traceparent("http request", sent.as_deref());
    let collected = span.in_scope(current_traceparent);
    let id = [collected, sent]
        .into_iter()
        .flatten()
        .find_map(|parent| id_of(&parent))
        .unwrap_or_else(fresh);
    request.extensions_mut().insert(TraceId(id));
    next.run(request).instrument(span).await
}

fn id_of(traceparent: &str) -> Option<String> {
    let id = traceparent.split('-').nth(1)?;
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| id.to_ascii_lowercase())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a trace begins here, and its id must be nobody else's"
)]
fn fresh() -> String {
    Uuid::new_v4().simple().to_string()
}
