//! The API as a client sees it.

use std::net::SocketAddr;
use std::sync::Once;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use reqwest::{Client, Method, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{PATIENCE, Service};

/// The secret by which worlds with a login sign tokens.
const SECRET: &str = "a secret that only tests may know";
const ISSUER: &str = "https://id.example.org";
const AUDIENCE: &str = "dashloom";

/// A client of one service, as one user or as nobody.
#[derive(Clone)]
pub struct Api {
    client: Client,
    root: String,
    token: Option<String>,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub bytes: Bytes,
    /// The same as text, as far as it is any.
    pub text: String,
}

impl Api {
    /// A client of a service, as soon as it answers.
    pub async fn of(service: &mut Service) -> Self {
        service.says("dashboards are at").await;
        Self::at(service.http_address())
    }

    /// A client without a token.
    pub fn at(address: SocketAddr) -> Self {
        static RING: Once = Once::new();
        RING.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        Self {
            client: Client::builder().no_proxy().build().unwrap(),
            root: format!("http://{address}"),
            token: None,
        }
    }

    /// The settings of a service that takes the tokens of [`Api::as_user`].
    pub const LOGIN: [(&'static str, &'static str); 3] = [
        ("DASHLOOM_HTTP__AUTH__SECRET", SECRET),
        ("DASHLOOM_HTTP__AUTH__ISSUER", ISSUER),
        ("DASHLOOM_HTTP__AUTH__AUDIENCE", AUDIENCE),
    ];

    /// The same client with the token of a user.
    pub fn as_user(&self, user: impl ToString) -> Self {
        self.with_token(&Self::token_of(user))
    }

    /// The token of a user.
    pub fn token_of(user: impl ToString) -> String {
        token(&json!({"alg": "HS256", "typ": "JWT"}), &claims_of(user))
    }

    /// The same client with any token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, None, headers).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string()), &[]).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string()), &[]).await
    }

    /// One request; a body is sent as JSON. Of a stream, which does not end, nothing but the head is read.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let response = self.request(method, path, body, headers).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let is_stream = headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        let bytes = match is_stream {
            true => Bytes::new(),
            false => response.bytes().await.unwrap(),
        };
        Answer {
            status,
            headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }

    /// Follows live updates until a message satisfies `wanted`; gives all messages up to it, as (event, id, data).
    pub async fn follow(
        &self,
        last_id: Option<&str>,
        mut connected: impl FnMut(),
        wanted: impl Fn(&(String, String, String)) -> bool,
    ) -> Vec<(String, String, String)> {
        let headers: Vec<(&str, &str)> = last_id.map(|id| ("last-event-id", id)).into_iter().collect();
        let listening = async {
            let request = self.request(Method::GET, "/api/v1/live", None, &headers);
            let mut response = request.send().await.unwrap();
            assert_eq!(response.status(), 200);
            let (mut text, mut messages) = (String::new(), Vec::new());
            while let Some(chunk) = response.chunk().await.unwrap() {
                text.push_str(std::str::from_utf8(&chunk).unwrap());
                while let Some((message, rest)) = text.split_once("\n\n") {
                    let field = |name: &str| {
                        let line = message.lines().find_map(|line| line.strip_prefix(name));
                        line.unwrap_or_default().trim().to_owned()
                    };
                    let message = (field("event:"), field("id:"), field("data:"));
                    text = rest.to_owned();
                    if message.0 == "ready" {
                        connected();
                    }
                    let done = wanted(&message);
                    messages.push(message);
                    if done {
                        return messages;
                    }
                }
            }
            panic!("the stream ended: {messages:?}");
        };
        tokio::time::timeout(PATIENCE, listening)
            .await
            .expect("a message in time")
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.root));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The body of an answer with this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The code of a refusal with this status.
    pub fn refusal(&self, status: u16) -> String {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["trace_id"].as_str().unwrap().len(), 32);
        problem["code"].as_str().unwrap().to_owned()
    }

    /// The places of the values for which a request was refused; `sent` says which request.
    pub fn wrong_places(&self, sent: &Value) -> Vec<String> {
        assert_eq!(self.refusal(422), "invalid", "{sent}");
        let errors = self.json()["errors"].clone();
        let places = errors.as_array().unwrap().iter();
        places
            .map(|error| error["path"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// What [`Api::follow`] calls when it is connected, and where that is heard.
pub fn ready() -> (impl FnMut(), oneshot::Receiver<()>) {
    let (tell, connected) = oneshot::channel();
    let mut tell = Some(tell);
    let says = move || {
        if let Some(tell) = tell.take() {
            let _ = tell.send(());
        }
    };
    (says, connected)
}

/// The claims of a valid token of a user.
pub fn claims_of(user: impl ToString) -> Value {
    json!({"sub": user.to_string(), "iss": ISSUER, "aud": AUDIENCE, "exp": 4_000_000_000_u64})
}

/// A token signed with the tests' secret.
pub fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
