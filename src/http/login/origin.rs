//! Where a request without a login may come from. Whoever reaches the service is the operator then, and a browser on this machine
//! reaches it for any site that it shows: such a site gives itself away by the name it asks for, or by the origin that it states.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};

const HOST: &str =
    "without a login only requests to localhost or to an address are answered (host); configure http.auth";
const ORIGIN: &str =
    "without a login no other site's requests are answered (origin); configure http.auth to let them in";

/// Whether a request is for this machine by a name that only this machine has, and not on behalf of another site.
///
/// # Errors
/// Which header says otherwise.
pub fn is_ours(headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host: Authority = text(header::HOST)
        .and_then(|host| host.parse().ok())
        .filter(is_local)
        .ok_or(HOST)?;
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let origin = text(header::ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
    match origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host.as_str())) {
        true => Ok(()),
        false => Err(ORIGIN),
    }
}

/// Names that no site can have: `localhost`, and addresses.
fn is_local(authority: &Authority) -> bool {
    let host = authority.host();
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok()
        || inner.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str, origin: Option<&str>) -> Result<(), &'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        is_ours(&headers)
    }

    #[test]
    fn our_own_page_and_programs_are_answered() {
        for host in [
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "LOCALHOST",
            "10.1.2.3:80",
        ] {
            assert_eq!(asked(host, None), Ok(()), "{host}");
            assert_eq!(asked(host, Some(&format!("http://{host}"))), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_name_that_a_site_can_have_is_refused() {
        for host in [
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "",
        ] {
            assert_eq!(asked(host, None), Err(HOST), "{host}");
        }
        assert_eq!(is_ours(&HeaderMap::new()), Err(HOST));
    }

    #[test]
    fn another_sites_request_is_refused() {
        for origin in [
            "https://evil.example",
            "http://127.0.0.1:9090",
            "https://127.0.0.1:8080",
            "null",
        ] {
            assert_eq!(asked("127.0.0.1:8080", Some(origin)), Err(ORIGIN), "{origin}");
        }
    }
}
