//! A client with a login: row level security decides what it sees, as in earnest.

use std::time::Instant;

use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::service::Service;

const SECRET: &str = "a secret that only benchmarks know";
const ISSUER: &str = "https://id.example.org";
const AUDIENCE: &str = "dashloom";

/// What the service needs so that one user may ask as often, and follow as many times, as a benchmark does.
pub fn settings(clients: usize) -> Vec<(String, String)> {
    [
        ("DASHLOOM_HTTP__AUTH__SECRET", SECRET.to_owned()),
        ("DASHLOOM_HTTP__AUTH__ISSUER", ISSUER.to_owned()),
        ("DASHLOOM_HTTP__AUTH__AUDIENCE", AUDIENCE.to_owned()),
        ("DASHLOOM_HTTP__REQUESTS_PER_SECOND", "1000000".to_owned()),
        ("DASHLOOM_HTTP__BURST", "1000000".to_owned()),
        ("DASHLOOM_HTTP__LIVE_CLIENTS", clients.max(1).to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The owner of every workflow.
#[derive(Clone)]
pub struct Client {
    client: reqwest::Client,
    root: String,
    token: String,
}

impl Client {
    /// A client of a service with [`settings`].
    pub fn of(service: &Service) -> Result<Self> {
        // Somebody may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            client: reqwest::Client::builder().no_proxy().build()?,
            root: format!("http://{}/api/v1", service.http_address()),
            token: token(),
        })
    }

    /// Reads a path whole; how long it took from `due` on, in milliseconds.
    pub async fn timed(&self, path: &str, due: Instant) -> Result<f64> {
        self.bytes(path).await?;
        Ok(due.elapsed().as_secs_f64() * 1e3)
    }

    /// Reads a path as JSON.
    pub async fn json(&self, path: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&self.bytes(path).await?)?)
    }

    async fn bytes(&self, path: &str) -> Result<bytes::Bytes> {
        Ok(self.open(path).await?.bytes().await?)
    }

    /// The answer to a request, as it begins.
    pub async fn open(&self, path: &str) -> Result<reqwest::Response> {
        let request = self.client.get(format!("{}{path}", self.root));
        let response = request.bearer_auth(&self.token).send().await?;
        if !response.status().is_success() {
            bail!("{path} answers {}: {}", response.status(), response.text().await?);
        }
        Ok(response)
    }
}

fn token() -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"sub": Uuid::nil(), "iss": ISSUER, "aud": AUDIENCE, "exp": 4_000_000_000_u64});
    let message = format!("{}.{}", part(&json!({"alg": "HS256"})), part(&claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
