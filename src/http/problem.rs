//! What a request is refused with: `application/problem+json` (RFC 9457), made in this one place.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_postgres::error::SqlState;
use utoipa::ToSchema;

use super::trace::TraceId;
use crate::objects::DepotError;
use crate::render::RenderError;
use crate::store::{CommitError, StoreError};

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It can be read and is wrong.
    #[error("{} of the values sent cannot be taken", .0.len())]
    Invalid(Vec<Fault>),
    /// Nobody is logged in, or not validly.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The user may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such thing, or it is not the user's to see.
    #[error("there is no such {0}, or it is not yours to see")]
    NotFound(&'static str),
    /// The path leads nowhere.
    #[error("nothing is at this path")]
    NoSuchPath,
    /// The path does not take this method.
    #[error("this path does not take this method")]
    MethodNotAllowed,
    /// The state of things contradicts the request.
    #[error("{0}")]
    Conflict(&'static str),
    /// It was there and is no more.
    #[error("{0}")]
    Gone(&'static str),
    /// The operator has not said what it takes.
    #[error("{0}")]
    NotConfigured(&'static str),
    /// The body is larger than what is read.
    #[error("the body is larger than what is read")]
    TooLarge,
    /// The body is not JSON.
    #[error("send the body as application/json")]
    NotJson,
    /// Too many requests.
    #[error("too many requests; try again in {} s", .0.as_secs().max(1))]
    TooMany(Duration),
    /// Too many clients follow live updates.
    #[error("as many clients as there may be follow live updates already")]
    Crowded,
    /// Something the answer needs is away for now.
    #[error("the answer cannot be given just now")]
    Unavailable(#[source] Option<StoreError>),
    /// Files cannot be kept or read for now.
    #[error("the file cannot be kept or read just now")]
    NoStore(#[source] DepotError),
    /// Charts cannot be drawn for now.
    #[error("the dashboard's charts cannot be drawn just now; try again soon")]
    NotDrawn(#[source] RenderError),
    /// A defect or a broken invariant.
    #[error("the answer cannot be given")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One value that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// The JSON pointer (RFC 6901) of the value in the body.
    #[schema(example = "/visualization_config/panels/0/mark")]
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead, where something better than the message can be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A problem as it is sent (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` says which problem it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// The status.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong, in a sentence.
    detail: String,
    /// Which problem it is, for programs; never renamed.
    #[schema(example = "not_found")]
    code: &'static str,
    /// The request's trace, by which its log lines are found.
    #[schema(example = "0af7651916cd43dd8448eb211c80319c")]
    trace_id: String,
    /// The values that cannot be taken.
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    #[schema(required = false)]
    errors: Vec<Fault>,
}

impl Refusal {
    /// One value of the body that cannot be taken.
    pub fn one(path: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault {
            path: path.to_owned(),
            message: message.into(),
            hint: None,
        }])
    }

    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NotFound(_) | Self::NoSuchPath => (StatusCode::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Self::Gone(_) => (StatusCode::GONE, "gone"),
            Self::NotConfigured(_) => (StatusCode::SERVICE_UNAVAILABLE, "not_configured"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Crowded => (StatusCode::SERVICE_UNAVAILABLE, "crowded"),
            Self::Unavailable(_) | Self::NoStore(_) | Self::NotDrawn(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(wait) => Some(wait.as_secs().max(1)),
            Self::Unavailable(_) | Self::NoStore(_) | Self::NotDrawn(_) => Some(1),
            Self::Crowded => Some(10),
            _ => None,
        }
    }

    /// Tells the log what the client is not told.
    fn log(&self, trace_id: &str) {
        let mut cause = std::error::Error::source(self);
        let mut causes = Vec::new();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        let causes = causes.join(": ");
        match self {
            Self::Internal(_) => tracing::error!(trace_id, causes, "a request failed"),
            Self::Unavailable(_) | Self::NoStore(_) | Self::NotDrawn(_) => {
                tracing::warn!(trace_id, causes, "a request could not be answered")
            }
            _ => {}
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let passing = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
        ];
        match error.sql_state() {
            Some(state) if passing.contains(state) => Self::Unavailable(Some(error)),
            Some(_) => Self::Internal(Box::new(error)),
            None if matches!(error, StoreError::Corrupt { .. }) => Self::Internal(Box::new(error)),
            // No answer at all: the server or the pool is out of reach.
            None => Self::Unavailable(Some(error)),
        }
    }
}

impl From<CommitError> for Refusal {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::RolledBack(error) => error.into(),
            CommitError::Unknown(error) => Self::Unavailable(Some(error)),
        }
    }
}

impl IntoResponse for Refusal {
    /// Only the status: `problems` writes the body, where the request's trace is known.
    fn into_response(self) -> Response {
        let (status, _) = self.status_and_code();
        let mut response = status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes the body of every refusal, also of those that the router makes by itself.
pub async fn problems(request: Request, next: Next) -> Response {
    let trace_id = request.extensions().get::<TraceId>().cloned().unwrap_or_default();
    let response = next.run(request).await;
    let refusal = match response.extensions().get::<Arc<Refusal>>() {
        Some(refusal) => refusal.clone(),
        None => match response.status() {
            StatusCode::NOT_FOUND => Arc::new(Refusal::NoSuchPath),
            StatusCode::METHOD_NOT_ALLOWED => Arc::new(Refusal::MethodNotAllowed),
            _ => return response,
        },
    };
    refusal.log(&trace_id.0);
    let (status, code) = refusal.status_and_code();
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        detail: refusal.to_string(),
        code,
        trace_id: trace_id.0,
        errors: match &*refusal {
            Refusal::Invalid(faults) => faults.clone(),
            _ => Vec::new(),
        },
    };
    let mut answer = (status, Json(problem)).into_response();
    let headers = answer.headers_mut();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        headers.insert(header::ALLOW, allow.clone());
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if let Some(seconds) = refusal.retry_after() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}
