//! The page: files built by `scripts/web`, embedded and served beside the API.

use std::io::Read;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::read::GzDecoder;

use super::problem::Refusal;

/// Paths below `web/dist/page` with their bytes, in path order. Texts are there compressed only, as `NAME.gz`.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));
/// Scripts, styles, fonts, pictures and requests are ours alone, and nothing is evaluated.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's addresses: it finds out by itself which of them it is at.
pub fn routes() -> Router {
    Router::new()
        .route("/", get(index))
        .route("/dashboards/{id}", get(index))
        .route("/assets/{name}", get(asset))
}

async fn index(headers: HeaderMap) -> Response {
    let mut response = file("index.html", &headers);
    let policy = HeaderValue::from_static(POLICY);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let mut response = file(&format!("assets/{name}"), &headers);
    if response.status().is_success() {
        // The name changes with the content.
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    response
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    let kind = (header::CONTENT_TYPE, content_type(path));
    if let Some(bytes) = embedded(path) {
        return ([kind], bytes).into_response();
    }
    let Some(packed) = embedded(&format!("{path}.gz")) else {
        return Refusal::NoSuchPath.into_response();
    };
    if takes_gzip(headers) {
        let encoding = (header::CONTENT_ENCODING, "gzip");
        return ([kind, encoding, (header::VARY, "accept-encoding")], packed).into_response();
    }
    let mut bytes = Vec::new();
    match GzDecoder::new(packed).read_to_end(&mut bytes) {
        Ok(_) => ([kind, (header::VARY, "accept-encoding")], bytes).into_response(),
        Err(error) => Refusal::Internal(Box::new(error)).into_response(),
    }
}

fn embedded(path: &str) -> Option<&'static [u8]> {
    let place = FILES.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    FILES.get(place).map(|(_, bytes)| *bytes)
}

/// Whether the reader takes gzip (RFC 9110, 12.5.3): a weight of nought says no.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let sent = headers.get_all(header::ACCEPT_ENCODING).iter();
    let codings = sent
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut any = false;
    for coding in codings {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameters.trim().strip_prefix("q=");
        let is_taken =
            weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0));
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return is_taken,
            "*" => any = is_taken,
            _ => {}
        }
    }
    any
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_who_takes_it() {
        let cases = [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("br, *;q=0.1", true),
            ("gzip;q=0", false),
            ("*, gzip; q=0.000", false),
            ("*;q=0", false),
            ("identity", false),
        ];
        for (sent, is_taken) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(sent))]);
            assert_eq!(takes_gzip(&headers), is_taken, "{sent}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
