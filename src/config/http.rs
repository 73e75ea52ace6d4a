//! The API and the page: where they listen, who may come in, how often.

use std::net::SocketAddr;
use std::time::Duration;

use super::reader::Reader;
use super::secret::Secret;
use super::setting::{Kind, Setting, setting};

/// Shorter secrets can be guessed (RFC 7518, 3.2: at least as long as the hash).
const SECRET_BYTES: usize = 32;

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "http.listen",
        Kind::Address,
        "127.0.0.1:8080",
        "Where the API and the page listen. Without a login (`http.auth`) only a loopback address is taken.",
    ),
    setting(
        "http.public_url",
        Kind::Text,
        "",
        "The address under which people reach the page; events link their view below it. Unset means events carry no link.",
    ),
    setting(
        "http.connections",
        Kind::Integer,
        "8",
        "The size of the API's own pool of database connections.",
    ),
    setting(
        "http.requests_per_second",
        Kind::Integer,
        "100",
        "How many requests a second one user (without a login: one address) may make in the long run; more are answered with 429 and `Retry-After`.",
    ),
    setting(
        "http.burst",
        Kind::Integer,
        "200",
        "How many requests one user may make at once before the rate counts.",
    ),
    setting(
        "http.live_clients",
        Kind::Integer,
        "2000",
        "How many clients may follow live updates at the same time.",
    ),
    setting(
        "http.live_access_age",
        Kind::Duration,
        "5s",
        "For how long live updates take it for known which reports a user may see; who loses one is told of it for so long yet. At most `5m`.",
    ),
    setting(
        "http.auth.secret",
        Kind::Secret,
        "",
        "A secret of at least 32 bytes, shared with whoever signs the tokens (JWT, HS256). Neither this nor `http.auth.jwks_url` means \
         no login: everybody who reaches the port is the operator.",
    ),
    setting(
        "http.auth.jwks_url",
        Kind::Text,
        "",
        "Where the keys that sign the tokens are published (JWKS; RS256, PS256, ES256, EdDSA): `https`, or `http` on loopback. No other address is ever asked.",
    ),
    setting(
        "http.auth.issuer",
        Kind::Text,
        "",
        "The `iss` that every token must have.",
    ),
    setting(
        "http.auth.audience",
        Kind::Text,
        "",
        "The `aud` that every token must name.",
    ),
];

/// The longest that somebody who lost a report may still hear of it.
const MOST_LIVE_ACCESS_AGE: Duration = Duration::from_secs(300);

/// The API and the page.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where the API and the page listen.
    pub listen: SocketAddr,
    /// The address under which people reach the page, without a slash at its end.
    pub public_url: Option<String>,
    /// Size of the API's pool.
    pub connections: usize,
    /// Requests a second that one user may make in the long run.
    pub requests_per_second: u32,
    /// Requests that one user may make at once.
    pub burst: u32,
    /// Clients that may follow live updates at the same time.
    pub live_clients: usize,
    /// For how long it is taken for known which reports they may see.
    pub live_access_age: Duration,
    /// How users prove who they are; `None` means that nobody has to.
    pub auth: Option<AuthConfig>,
}

/// How users prove who they are: by a signed token.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// What the tokens are signed with.
    pub keys: AuthKeys,
    /// The `iss` that every token must have.
    pub issuer: String,
    /// The `aud` that every token must name.
    pub audience: String,
}

/// What the tokens are signed with.
#[derive(Debug, Clone)]
pub enum AuthKeys {
    /// A shared secret.
    Secret(Secret),
    /// Keys published at an address.
    Jwks(String),
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let public_url = reader.optional_text("http.public_url");
        if let Some(url) = public_url
            .as_deref()
            .filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            reader.reject(
                "http.public_url",
                format_args!("`{url}` does not begin with `http://` or `https://`"),
            );
        }
        Self {
            listen: reader.address("http.listen"),
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            connections: reader.integer("http.connections", 1, 200),
            requests_per_second: reader.integer("http.requests_per_second", 1, 1_000_000),
            burst: reader.integer("http.burst", 1, 1_000_000),
            live_clients: reader.integer("http.live_clients", 1, 100_000),
            live_access_age: live_access_age(reader),
            auth: AuthConfig::read(reader),
        }
    }

    /// Whether everybody could come in from elsewhere: no login, and not on loopback.
    pub(super) fn is_open_to_the_network(&self) -> bool {
        self.auth.is_none() && !self.listen.ip().is_loopback()
    }
}

impl AuthConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let secret = reader.secret("http.auth.secret");
        let jwks_url = reader.optional_text("http.auth.jwks_url");
        let issuer = reader.text("http.auth.issuer");
        let audience = reader.text("http.auth.audience");
        let keys = match jwks_url {
            Some(_) if !secret.is_empty() => {
                reader.reject("http.auth.jwks_url", "and `http.auth.secret` exclude each other");
                return None;
            }
            Some(url) => {
                if !is_pinned(&url) {
                    let text = format_args!("`{url}` is neither `https://…` nor `http://` on loopback");
                    reader.reject("http.auth.jwks_url", text);
                }
                AuthKeys::Jwks(url)
            }
            None if secret.is_empty() => return None,
            None => {
                if secret.expose().len() < SECRET_BYTES {
                    let text = format_args!("is shorter than {SECRET_BYTES} bytes");
                    reader.reject("http.auth.secret", text);
                }
                AuthKeys::Secret(secret)
            }
        };
        for (path, text) in [("http.auth.issuer", &issuer), ("http.auth.audience", &audience)] {
            if text.is_empty() {
                reader.reject(path, "is needed to check tokens");
            }
        }
        Some(Self {
            keys,
            issuer,
            audience,
        })
    }
}

fn live_access_age(reader: &mut Reader) -> Duration {
    let age = reader.duration("http.live_access_age");
    if age > MOST_LIVE_ACCESS_AGE {
        reader.reject(
            "http.live_access_age",
            "is more than 5 minutes, for which who lost a report would hear of it: give at most `5m`",
        );
    }
    age
}

/// Keys come over a connection that nobody else can answer.
fn is_pinned(url: &str) -> bool {
    url.starts_with("https://") || is_on_loopback(url)
}

/// Whether it is the address of a server: `http://host…` or `https://host…`.
pub(super) fn is_address(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(char::is_whitespace)
    })
}

/// Whether a URL names a port of this machine that nobody else can reach.
pub(super) fn is_on_loopback(url: &str) -> bool {
    let loopback = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
    loopback.iter().any(|prefix| url.starts_with(prefix))
}
