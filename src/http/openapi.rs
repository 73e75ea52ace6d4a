//! The API's description (OpenAPI 3.1), generated from the handlers and served beside them.

use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi as Description, Ref, RefOr, Response, ResponseBuilder};

use super::api::described;
use super::problem::{Fault, Problem};

/// What the description says besides the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "dashloom",
        description = "Reports on finished workflow executions: dashboards, their insights and their history.\n\n\
            Every answer is confined to the rows that the database lets the token's user see. Lists come in pages: send `next` \
            back as `cursor`. Refusals are `application/problem+json` (RFC 9457) with a `code` for programs and the `trace_id` of \
            their log lines. Past the rate the answer is 429 with `retry-after`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This service.")),
    tags(
        (name = "reports", description = "What is reported, and how."),
        (name = "dashboards", description = "What came of it."),
        (name = "insights", description = "Tested statements with their evidence."),
        (name = "exports", description = "Files to take away."),
        (name = "live", description = "What changes, as it changes."),
    ),
    components(schemas(Problem, Fault)),
    security(("token" = []))
)]
struct Frame;

/// Refusals that any request may meet.
const ANY: [(&str, &str); 6] = [
    ("400", "The request cannot be read."),
    ("401", "No token was sent, or not a valid one."),
    (
        "403",
        "Without a login: the request is made by another site, or by a name that is not this machine's.",
    ),
    ("429", "Too many requests."),
    ("500", "A defect; its trace is in the log."),
    ("503", "Something the answer needs is away; try again."),
];

/// The refusal that any request with a body may meet.
const TOO_LARGE: (&str, &str) = ("413", "The body is larger than what is read.");

/// The API's description.
pub fn description() -> Description {
    let (_, routes) = described().split_for_parts();
    let mut whole = Frame::openapi().nest("/api/v1", routes);
    whole.info.version = "1".to_owned();
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    if let Some(components) = &mut whole.components {
        components.add_security_scheme("token", token);
    }
    for item in whole.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            let with_body = operation.request_body.is_some().then_some(TOO_LARGE);
            for (status, text) in ANY.into_iter().chain(with_body) {
                let refusals = &mut operation.responses.responses;
                refusals.entry(status.to_owned()).or_insert_with(|| problem(text));
            }
        }
    }
    whole
}

fn problem(text: &str) -> RefOr<Response> {
    let content = utoipa::openapi::ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description(text)
        .content("application/problem+json", content);
    RefOr::T(response.build())
}

/// The description as it is committed and served.
pub fn json() -> String {
    let description = description().to_pretty_json().unwrap_or_default();
    format!("{description}\n")
}

/// `/api/openapi.json`, also beside the routes it describes, for everybody: it tells nothing but the contract.
pub fn routes() -> axum::Router {
    let places = ["/api/openapi.json", "/api/v1/openapi.json"];
    let add = |router: axum::Router, place| router.route(place, get(serve));
    places.into_iter().fold(axum::Router::new(), add)
}

async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], json())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_description_is_what_the_code_says() {
        let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json"));
        assert!(
            committed.unwrap_or_default() == json(),
            "run `dashloom schema openapi > docs/openapi.json`"
        );
    }
}
