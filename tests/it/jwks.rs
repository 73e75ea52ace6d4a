//! Logins whose keys are published: what a token of theirs opens, and what nothing else does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::harness::{Api, OWNER, Service, World, claims_of, token};

/// A key of an identity provider.
struct Key {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl Key {
    fn new(id: &'static str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self { id, pair }
    }

    /// The public half, as it is published.
    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
               "x": part(&point[1..33]), "y": part(&point[33..])})
    }

    fn signed(&self, kid: &str, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&json!({"alg": "ES256", "kid": kid})), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// An identity provider that publishes keys and counts who asks.
struct Provider {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Provider {
    async fn publishing(keys: Value) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answer = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let keys = keys.clone();
            async move { keys.to_string() }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/keys", get(answer));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self {
            address,
            asked,
            serving,
        }
    }
}

/// A service whose login's keys are published at an address, and a client of it without a token.
async fn served(world: &World, keys: SocketAddr) -> (Service, Api) {
    let url = format!("http://{keys}/keys");
    let login = [
        ("DASHLOOM_HTTP__AUTH__JWKS_URL", url.as_str()),
        Api::LOGIN[1],
        Api::LOGIN[2],
    ];
    let mut service = world.serve_with(&login);
    let nobody = Api::of(&mut service).await;
    (service, nobody)
}

#[tokio::test]
async fn a_token_opens_what_its_published_key_signed_and_nothing_else() {
    let (key, foreign) = (Key::new("one"), Key::new("two"));
    // A secret that somebody publishes is no key.
    let secret = json!({"kty": "oct", "kid": "secret", "k": URL_SAFE_NO_PAD.encode("a secret that only tests may know")});
    let provider = Provider::publishing(json!({"keys": [key.jwk(), secret]})).await;
    let world = World::new().await;
    let (_service, nobody) = served(&world, provider.address).await;
    world.workflow("mine", Some("{}")).await;
    let status = |token: String| {
        let api = nobody.with_token(&token);
        async move { api.get("/api/v1/reports").await.status.as_u16() }
    };
    let claims = claims_of(OWNER);
    assert_eq!(nobody.get("/api/v1/reports").await.refusal(401), "unauthorized");
    assert_eq!(
        provider.asked.load(Ordering::SeqCst),
        0,
        "nobody is asked before there is a token"
    );
    let mine = nobody
        .with_token(&key.signed("one", &claims))
        .get("/api/v1/reports")
        .await
        .expect(200);
    assert_eq!(
        mine["items"].as_array().unwrap().len(),
        1,
        "row level security knows the user"
    );

    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let refused = [
        ("another key under that id", foreign.signed("one", &claims)),
        ("a key that is not published", foreign.signed("two", &claims)),
        (
            "another issuer",
            key.signed("one", &with("iss", json!("https://elsewhere.example.org"))),
        ),
        (
            "another audience",
            key.signed("one", &with("aud", json!("others"))),
        ),
        ("an expired one", key.signed("one", &with("exp", json!(1)))),
        (
            "the published secret",
            token(&json!({"alg": "HS256", "kid": "secret"}), &claims),
        ),
        (
            "no signature",
            key.signed("one", &claims).rsplit_once('.').unwrap().0.to_owned() + ".",
        ),
    ];
    for (what, token) in refused {
        assert_eq!(status(token).await, 401, "{what}");
    }
    let asked = provider.asked.load(Ordering::SeqCst);
    assert!(
        asked <= 2,
        "unknown keys make nobody ask again and again: {asked} times"
    );

    provider.serving.abort();
    let away = nobody
        .with_token(&key.signed("three", &claims))
        .get("/api/v1/reports")
        .await;
    assert_eq!(away.status, 401, "the address answered when it was asked last");
    assert_eq!(
        status(key.signed("one", &claims)).await,
        200,
        "keys stay good while the provider is away"
    );
}

#[tokio::test]
async fn while_the_keys_cannot_be_had_the_answer_is_to_come_again() {
    // A port that nobody listens on.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let world = World::new().await;
    let (_service, nobody) = served(&world, closed).await;
    let api = nobody.with_token(&Key::new("one").signed("one", &claims_of(OWNER)));
    for _ in 0..2 {
        let answer = api.get("/api/v1/reports").await;
        assert_eq!(answer.refusal(503), "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
    assert_eq!(
        nobody
            .with_token("no token")
            .get("/api/v1/reports")
            .await
            .refusal(401),
        "unauthorized"
    );
}
