//! What handlers take from a request; what cannot be taken is refused in our own words.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use super::problem::Refusal;

/// What a path is refused with whose id is none.
const NO_ID: &str = "the id in the path is no UUID; send it as the lists give it";

/// A JSON body.
pub struct Body<T>(pub T);

/// The query.
pub struct Asked<T>(pub T);

/// The id in the path.
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
            .map_err(|rejection: QueryRejection| Refusal::Malformed(unasked(&rejection.body_text())))?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(value) = Path::from_request_parts(parts, state)
            .await
            .map_err(|_: PathRejection| Refusal::Malformed(NO_ID.to_owned()))?;
        Ok(Self(value))
    }
}

/// What is wrong with a query, by the parameter and what it takes, from what the reader says
/// (`…query string: sort: unknown variant `x`, expected one of `a`, `b``).
fn unasked(said: &str) -> String {
    let said = said.split_once("query string: ").map_or(said, |(_, said)| said);
    let (parameter, why) = said.split_once(": ").unwrap_or(("", said));
    let known = why.split_once("expected ").map_or("", |(_, known)| known);
    match why {
        _ if parameter.is_empty() => {
            "the query cannot be read; send it as `name=value&name=value`".to_owned()
        }
        _ if why.starts_with("unknown field") => {
            format!("there is no parameter `{parameter}` here, but {known}")
        }
        _ if why.starts_with("unknown variant") => format!("the parameter `{parameter}` takes {known}"),
        _ => format!(
            "the parameter `{parameter}` cannot be taken as it is; /api/v1/openapi.json says what it takes"
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_refused_by_the_parameter_and_what_it_takes() {
        let read = "Failed to deserialize query string: ";
        for (said, expected) in [
            (
                "foo: unknown field `foo`, expected one of `q`, `limit`",
                "there is no parameter `foo` here, but one of `q`, `limit`",
            ),
            (
                "sort: unknown variant `x`, expected `name` or `-name`",
                "the parameter `sort` takes `name` or `-name`",
            ),
            (
                "limit: invalid digit found in string",
                "the parameter `limit` cannot be taken as it is; /api/v1/openapi.json says what it takes",
            ),
        ] {
            assert_eq!(unasked(&format!("{read}{said}")), expected);
        }
    }
}
