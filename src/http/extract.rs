//! What handlers take from a request; what cannot be taken is refused in our own words.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Refusal;

/// A JSON body.
pub struct Body<T>(pub T);

/// The query.
pub struct Asked<T>(pub T);

/// The parts of the path.
pub struct Named<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Json(value) = Json::from_request(request, state).await.map_err(json_refusal)?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Query(value) = Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection: QueryRejection| Refusal::Malformed(rejection.body_text()))?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(value) = Path::from_request_parts(parts, state)
            .await
            .map_err(|rejection: PathRejection| Refusal::Malformed(rejection.body_text()))?;
        Ok(Self(value))
    }
}

fn json_refusal(rejection: JsonRejection) -> Refusal {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => Refusal::NotJson,
        JsonRejection::JsonDataError(error) => Refusal::one("", error.body_text()),
        JsonRejection::BytesRejection(error) if error.status().as_u16() == 413 => Refusal::TooLarge,
        other => Refusal::Malformed(other.body_text()),
    }
}
