//! Tokens: what a valid one is.

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::keys::{Away, KeysError, PublishedKeys};
use super::ring_provider::install_ring;
use crate::config::{AuthConfig, AuthKeys};

/// The longest token that is looked at.
const MOST_BYTES: usize = 16 << 10;
/// How far clocks may differ, in seconds.
pub const LEEWAY: u64 = 30;

/// Checks tokens.
pub struct Tokens {
    keys: Keys,
    issuer: String,
    audience: String,
}

enum Keys {
    Secret(DecodingKey),
    Published(PublishedKeys),
}

/// What a valid token says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Claims {
    /// Who its owner is.
    pub sub: String,
    /// When it expires, in seconds since 1970.
    pub exp: f64,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// What is wrong with it, in a sentence that helps its owner and nobody else.
    Wrong(&'static str),
    /// It cannot be checked for now.
    Unchecked,
}

impl Tokens {
    /// A check as configured.
    ///
    /// # Errors
    /// When the client that fetches keys cannot be made.
    pub fn new(config: &AuthConfig) -> Result<Self, KeysError> {
        install_ring();
        let keys = match &config.keys {
            AuthKeys::Secret(secret) => Keys::Secret(DecodingKey::from_secret(secret.expose().as_bytes())),
            AuthKeys::Jwks(url) => Keys::Published(PublishedKeys::at(url.clone())?),
        };
        Ok(Self {
            keys,
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
        })
    }

    /// What a valid token says.
    ///
    /// # Errors
    /// When it is not valid, or that cannot be found out.
    pub async fn claims(&self, token: &str) -> Result<Claims, TokenError> {
        const INVALID: TokenError = TokenError::Wrong("the token is not valid here");
        if token.len() > MOST_BYTES {
            return Err(INVALID);
        }
        let header = decode_header(token).map_err(|_| INVALID)?;
        let key = match &self.keys {
            Keys::Secret(key) => key.clone(),
            Keys::Published(keys) => keys.find(header.kid.as_deref()).await?.ok_or(INVALID)?,
        };
        let claims =
            decode::<Claims>(token, &key, &self.validation(&key)).map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => {
                    TokenError::Wrong("the token has expired")
                }
                _ => INVALID,
            })?;
        Ok(claims.claims)
    }

    /// The algorithms are ours and follow from the kind of key, never from the token.
    fn validation(&self, key: &DecodingKey) -> Validation {
        let algorithms = match key.family() {
            AlgorithmFamily::Hmac => vec![Algorithm::HS256],
            AlgorithmFamily::Rsa => vec![Algorithm::RS256, Algorithm::PS256],
            AlgorithmFamily::Ec => vec![Algorithm::ES256],
            AlgorithmFamily::Ed => vec![Algorithm::EdDSA],
        };
        let mut validation = Validation::new(Algorithm::HS256);
        validation.algorithms = algorithms;
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }
}

impl From<Away> for TokenError {
    fn from(_: Away) -> Self {
        Self::Unchecked
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::hmac;
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Secret;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn tokens() -> Tokens {
        Tokens::new(&AuthConfig {
            keys: AuthKeys::Secret(Secret::new(SECRET)),
            issuer: "https://id.example.org".to_owned(),
            audience: "dashloom".to_owned(),
        })
        .unwrap()
    }

    fn sign(header: &Value, claims: &Value, secret: &str) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn claims() -> Value {
        json!({"sub": "ann", "exp": 4_000_000_000_u64, "iss": "https://id.example.org", "aud": ["dashloom", "else"]})
    }

    fn without(claim: &str) -> Value {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        claims
    }

    fn with(claim: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[claim] = value;
        claims
    }

    #[tokio::test]
    async fn a_whole_token_with_our_signature_names_its_subject() {
        let token = sign(&json!({"alg": "HS256"}), &claims(), SECRET);
        let claims = tokens().claims(&token).await.unwrap();
        assert_eq!((claims.sub.as_str(), claims.exp), ("ann", 4e9));
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let hs256 = json!({"alg": "HS256"});
        let mut wrong = vec![
            sign(&hs256, &claims(), "another secret of thirty-two byte"),
            sign(&json!({"alg": "none"}), &claims(), SECRET),
            sign(&json!({"alg": "HS512"}), &claims(), SECRET),
            sign(&json!({"alg": "RS256"}), &claims(), SECRET),
            sign(&hs256, &with("exp", json!(1)), SECRET),
            sign(&hs256, &with("exp", json!("4000000000")), SECRET),
            sign(&hs256, &with("nbf", json!(4_000_000_000_u64)), SECRET),
            sign(&hs256, &with("iss", json!("https://evil.example.org")), SECRET),
            sign(&hs256, &with("aud", json!("else")), SECRET),
            sign(&hs256, &with("sub", json!(7)), SECRET),
            "a.b.c".to_owned(),
            String::new(),
            "x".repeat(1 << 20),
        ];
        wrong.extend(["exp", "iss", "aud", "sub"].map(|claim| sign(&hs256, &without(claim), SECRET)));
        let whole = sign(&hs256, &claims(), SECRET);
        let (signed, _) = whole.rsplit_once('.').unwrap();
        wrong.push(format!("{signed}."));
        for token in wrong {
            let shown = &token[..token.len().min(80)];
            assert!(tokens().claims(&token).await.is_err(), "{shown}");
        }
    }
}
