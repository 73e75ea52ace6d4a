//! The keys that sign tokens, fetched from one pinned address and kept.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use tokio::sync::Mutex as Turn;

/// How long fetched keys are trusted before they are fetched again.
const FRESH_FOR: Duration = Duration::from_secs(600);
/// The shortest time between two fetches, whoever asks with whatever key id.
const COOL_DOWN: Duration = Duration::from_secs(30);
/// How long one fetch may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes that are read of an answer.
const MOST_BYTES: usize = 1 << 20;

/// The keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The client that fetches them cannot be made.
    #[error("the client that fetches the keys cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Whether a key is good cannot be found out for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away;

/// Keys published at an address.
pub struct PublishedKeys {
    client: reqwest::Client,
    url: String,
    held: Mutex<Held>,
    /// Held by whoever fetches; who has a key already does not wait for it.
    fetching: Turn<()>,
}

#[derive(Default)]
struct Held {
    keys: Vec<(Option<String>, DecodingKey)>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
    /// Whether the last fetch, if there was any, failed.
    is_away: bool,
}

impl PublishedKeys {
    /// Keys at `url`, and nowhere else: redirects are not followed. Nothing is fetched yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn at(url: String) -> Result<Self, KeysError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build()
            .map_err(KeysError::Client)?;
        Ok(Self {
            client,
            url,
            held: Mutex::default(),
            fetching: Turn::default(),
        })
    }

    /// The key with an id; without an id, the only key there is; `None` where there is none such.
    ///
    /// A key that is not known leads to one fetch for everybody, at most every 30 s. Keys that were fetched stay good while others
    /// fetch them again, and while their address does not answer.
    ///
    /// # Errors
    /// When the key is not known and the address does not answer.
    pub async fn find(&self, kid: Option<&str>) -> Result<Option<DecodingKey>, Away> {
        let (known, is_fresh) = {
            let held = self.held();
            (held.find(kid), held.is_fresh())
        };
        match known {
            Some(key) if is_fresh => return Ok(Some(key)),
            Some(_) => {
                if let Ok(_turn) = self.fetching.try_lock() {
                    self.renew(None).await;
                }
            }
            None => {
                let _turn = self.fetching.lock().await;
                self.renew(kid).await;
            }
        }
        let held = self.held();
        match held.find(kid) {
            None if held.is_away => Err(Away),
            found => Ok(found),
        }
    }

    /// Fetches the keys anew unless that was tried just now, or somebody else has found the key that is looked for.
    async fn renew(&self, sought: Option<&str>) {
        {
            let mut held = self.held();
            let is_found = held.is_fresh() && sought.is_some() && held.find(sought).is_some();
            if is_found || held.tried.is_some_and(|at| at.elapsed() < COOL_DOWN) {
                return;
            }
            held.tried = Some(Instant::now());
            // Until the answer is there: whoever asks may go away first.
            held.is_away = true;
        }
        let fetched = self.fetch().await;
        let mut held = self.held();
        held.is_away = fetched.is_err();
        match fetched {
            Ok(keys) => {
                held.keys = keys;
                held.fetched = Some(Instant::now());
            }
            Err(problem) => tracing::warn!(problem, "the keys that sign tokens could not be fetched"),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self) -> Result<Vec<(Option<String>, DecodingKey)>, String> {
        let told = |error: reqwest::Error| error.without_url().to_string();
        let mut response = self.client.get(&self.url).send().await.map_err(told)?;
        if !response.status().is_success() {
            return Err(format!("the answer is {}", response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(format!("the answer is larger than {MOST_BYTES} bytes"));
            }
        }
        let set: JwkSet =
            serde_json::from_slice(&body).map_err(|error| format!("the answer is no JWKS: {error}"))?;
        let keys = set.keys.iter().filter(|jwk| checks_signatures(jwk));
        Ok(keys
            .filter_map(|jwk| Some((jwk.common.key_id.clone(), DecodingKey::from_jwk(jwk).ok()?)))
            .collect())
    }
}

impl Held {
    fn is_fresh(&self) -> bool {
        self.fetched.is_some_and(|at| at.elapsed() < FRESH_FOR)
    }

    fn find(&self, kid: Option<&str>) -> Option<DecodingKey> {
        let found = match (kid, self.keys.as_slice()) {
            (None, [(_, only)]) => Some(only),
            (None, _) => None,
            (Some(kid), keys) => keys
                .iter()
                .find(|(id, _)| id.as_deref() == Some(kid))
                .map(|(_, key)| key),
        };
        found.cloned()
    }
}

/// Public keys only: a published secret is none. Of curves those that are checked.
fn checks_signatures(jwk: &Jwk) -> bool {
    let is_for_signing = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    is_for_signing
        && match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => true,
            AlgorithmParameters::EllipticCurve(key) => key.curve == EllipticCurve::P256,
            AlgorithmParameters::OctetKeyPair(key) => key.curve == EllipticCurve::Ed25519,
            _ => false,
        }
}
