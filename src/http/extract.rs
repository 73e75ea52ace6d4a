//! What handlers take from a request; what cannot be taken is refused in our own words.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

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
        let Json(text) = Json::<Box<RawValue>>::from_request(request, state)
            .await
            .map_err(json_refusal)?;
        let mut json = serde_json::Deserializer::from_str(text.get());
        match serde_path_to_error::deserialize(&mut json) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(Refusal::one(&pointer(error.path()), error.inner().to_string())),
        }
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
        JsonRejection::BytesRejection(error) if error.status().as_u16() == 413 => Refusal::TooLarge,
        other => Refusal::Malformed(other.body_text()),
    }
}

/// The JSON pointer (RFC 6901) of the value that could not be taken.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let named = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    };
    path.iter()
        .filter_map(named)
        .map(|name| format!("/{name}"))
        .collect()
}
