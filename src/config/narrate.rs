//! The narrator: which language model rewords insights, how long it may take, how much it may cost.

use std::time::Duration;

use super::reader::Reader;
use super::secret::Secret;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "narrate.endpoint",
        Kind::Text,
        "",
        "The address of an OpenAI-compatible API (`https://host/v1`), to which `/chat/completions` is appended. The role `narrate` needs it; \
         sentences of insights and the names in them are sent there, and nothing else.",
    ),
    setting(
        "narrate.model",
        Kind::Text,
        "",
        "The model that is asked, by the name the endpoint knows it by.",
    ),
    setting(
        "narrate.api_key",
        Kind::Secret,
        "",
        "What the endpoint knows us by (`Authorization: Bearer …`); unset means that it asks for nothing. It is sent over `https` or on loopback only.",
    ),
    setting(
        "narrate.timeout",
        Kind::Duration,
        "20s",
        "How long the model may take for one sentence; past it the sentence stays as it is.",
    ),
    setting(
        "narrate.requests_per_hour",
        Kind::Integer,
        "600",
        "How many sentences may be sent in an hour of the clock, by all processes of the consumer group together; further ones stay as they are.",
    ),
    setting(
        "narrate.tokens_per_hour",
        Kind::Integer,
        "500000",
        "How many tokens an hour's requests and answers may have, counted as the endpoint counts them.",
    ),
];

/// The narrator.
#[derive(Debug, Clone)]
pub struct NarrateConfig {
    /// The API's address without a slash at its end; empty where there is none.
    pub endpoint: String,
    /// The model's name.
    pub model: String,
    /// The key; empty where none is asked for.
    pub api_key: Secret,
    /// How long one answer may take.
    pub timeout: Duration,
    /// The most requests of an hour.
    pub requests_per_hour: i64,
    /// The most tokens of an hour.
    pub tokens_per_hour: i64,
}

impl NarrateConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let endpoint = reader.text("narrate.endpoint");
        let api_key = reader.secret("narrate.api_key");
        let is_plain = endpoint.starts_with("http://");
        if !endpoint.is_empty() && !is_plain && !endpoint.starts_with("https://") {
            reader.reject(
                "narrate.endpoint",
                format_args!("`{endpoint}` does not begin with `https://` or `http://`"),
            );
        } else if is_plain && !api_key.is_empty() && !super::http::is_on_loopback(&endpoint) {
            let text = "is not `https://`, and `narrate.api_key` must not be readable on the way there";
            reader.reject("narrate.endpoint", text);
        }
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            model: reader.text("narrate.model"),
            api_key,
            timeout: reader.duration("narrate.timeout"),
            requests_per_hour: reader.integer("narrate.requests_per_hour", 1, 1_000_000),
            tokens_per_hour: reader.integer("narrate.tokens_per_hour", 1_000, 1_000_000_000),
        }
    }
}
