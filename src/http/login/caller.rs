//! The caller of a request, and the gate that finds out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::origin;
use super::token::{Claims, LEEWAY, TokenError};
use crate::http::api::Api;
use crate::http::problem::Refusal;
use crate::store::Access;
use crate::telemetry::clock;

/// Longer than any connection lives.
const AGES: Duration = Duration::from_secs(365 * 86_400);

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the database is told.
    pub access: Access,
    /// The user, where the token's `sub` is a user's id.
    pub user: Option<Uuid>,
    /// For how long yet the token is valid; `None` without a login.
    pub valid_for: Option<Duration>,
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
    let take = |asker: &str| api.rates.take(asker, Instant::now()).map_err(Refusal::TooMany);
    let Some(tokens) = &api.tokens else {
        origin::is_ours(&request.headers).map_err(Refusal::Forbidden)?;
        take(&address)?;
        return Ok(Caller {
            access: Access::Operator,
            user: None,
            valid_for: None,
        });
    };
    let checked = match bearer(request) {
        Some(token) => tokens.claims(token).await,
        None => Err(TokenError::Wrong("send a token: authorization: Bearer …")),
    };
    match checked {
        Ok(claims) => {
            take(&format!("user {}", claims.sub))?;
            Ok(Caller::of(&claims))
        }
        // Whoever guesses is bounded by where they are: they name no user.
        Err(error) => {
            take(&address)?;
            Err(match error {
                TokenError::Wrong(why) => Refusal::Unauthorized(why),
                TokenError::Unchecked => Refusal::Unavailable(None),
            })
        }
    }
}

impl Caller {
    fn of(claims: &Claims) -> Self {
        let now = clock::now_ms() as f64 / 1e3;
        let left = claims.exp + LEEWAY as f64 - now;
        Self {
            access: Access::User {
                claims: serde_json::json!({"sub": claims.sub}).to_string(),
            },
            user: Uuid::try_parse(&claims.sub).ok(),
            valid_for: Some(Duration::from_secs_f64(left.clamp(0.0, AGES.as_secs_f64()))),
        }
    }
}

fn bearer(request: &Parts) -> Option<&str> {
    let value = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
