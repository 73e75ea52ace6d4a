//! Whether a caller has an answer already, by its entity tag (RFC 9110, 13.1.2).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Refusal;

/// An entity tag as a header's value.
///
/// # Errors
/// When it holds what no header can.
pub fn value(etag: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(etag).map_err(|error| Refusal::Internal(Box::new(error)))
}

/// Whether a request says that its caller has the answer with this tag; compared weakly, as the standard has it.
pub fn is_known(request: &HeaderMap, etag: &str) -> bool {
    let sent = request.get_all(header::IF_NONE_MATCH).iter();
    sent.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The answer to who has it.
pub fn not_modified(etag: HeaderValue) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response()
}
