//! The caller of a request, and the gate that finds out.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::http::api::Api;
use crate::http::problem::Refusal;
use crate::store::Access;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the database is told.
    pub access: Access,
    /// The user, where the token's `sub` is a user's id.
    pub user: Option<Uuid>,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or(Refusal::Unauthorized("send a token: authorization: Bearer …"))
    }
}

/// Lets a request through that has a valid token and is within its caller's rate; without a login everybody is the operator.
pub async fn authenticate(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&api, &parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn admit(api: &Api, request: &Parts) -> Result<Caller, Refusal> {
    let address = request
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_string())
        .unwrap_or_default();
    let (caller, asker) = match &api.tokens {
        None => {
            let caller = Caller {
                access: Access::Operator,
                user: None,
            };
            (caller, address)
        }
        Some(tokens) => {
            let token =
                bearer(request).ok_or(Refusal::Unauthorized("send a token: authorization: Bearer …"))?;
            let subject = tokens.subject(token).await.map_err(Refusal::Unauthorized)?;
            let claims = serde_json::json!({"sub": subject}).to_string();
            let caller = Caller {
                access: Access::User { claims },
                user: Uuid::try_parse(&subject).ok(),
            };
            (caller, subject)
        }
    };
    api.rates.take(&asker, Instant::now()).map_err(Refusal::TooMany)?;
    Ok(caller)
}

fn bearer(request: &Parts) -> Option<&str> {
    let value = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
