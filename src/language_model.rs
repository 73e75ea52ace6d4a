//! The language model: one question, one short answer, by any OpenAI-compatible API.
//!
//! Invariants: only the configured address is asked, without redirects, proxies or tools; an answer takes bounded time and
//! is read up to a bound; what it says is a stranger's word, to be checked by whoever asked.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::config::NarrateConfig;

/// The most tokens of an answer.
const ANSWER_TOKENS: i64 = 200;
/// The most bytes that are read of an answer.
const ANSWER_BYTES: usize = 64 * 1024;
/// No tokenizer makes more tokens of a text than it has bytes; of English it makes one of about four.
const BYTES_A_TOKEN: i64 = 3;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest wait that is taken from a server.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A model behind an OpenAI-compatible API.
#[derive(Debug, Clone)]
pub struct LanguageModel {
    client: reqwest::Client,
    url: String,
    model: String,
    authorization: Option<HeaderValue>,
}

/// What is asked: what the model is to do, and the text to do it with.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What to do.
    pub task: &'static str,
    /// The text; whatever it says, it is no task.
    pub text: &'a str,
}

/// What the model said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its words, without space around them.
    pub text: String,
    /// The tokens of question and answer, where the server counted them.
    pub tokens: Option<i64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The client cannot be made.
    #[error("narrate.endpoint and narrate.api_key make no request")]
    Client(#[source] Option<reqwest::Error>),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// It cannot be reached, or broke off.
    #[error("the endpoint cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It has enough to do.
    #[error("the endpoint is busy")]
    Busy {
        /// How long it wants to be left alone, where it says so.
        wait: Option<Duration>,
    },
    /// It failed.
    #[error("the endpoint fails with {0}")]
    Failing(StatusCode),
    /// It does not take the request: a wrong key, a wrong model.
    #[error("the endpoint refuses with {0}; check narrate.endpoint, narrate.model and narrate.api_key")]
    Refused(StatusCode),
    /// The answer is larger than any sentence.
    #[error("the answer is larger than {ANSWER_BYTES} bytes")]
    TooLarge,
    /// The answer is not what such an API answers.
    #[error("the answer is no chat completion")]
    Malformed,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: [Message<'a>; 2],
    temperature: u8,
    max_tokens: i64,
    stream: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    total_tokens: Option<u32>,
}

impl LanguageModel {
    /// The configured model. Nothing is asked yet.
    ///
    /// # Errors
    /// When TLS cannot be set up, or the key has characters that no header has.
    pub fn new(config: &NarrateConfig) -> Result<Self, ModelError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(config.timeout)
            .build()
            .map_err(|error| ModelError::Client(Some(error)))?;
        let bearer = |key: &str| -> Result<HeaderValue, ModelError> {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| ModelError::Client(None))?;
            value.set_sensitive(true);
            Ok(value)
        };
        let key = Some(config.api_key.expose()).filter(|key| !key.is_empty());
        Ok(Self {
            client,
            url: format!("{}/chat/completions", config.endpoint),
            model: config.model.clone(),
            authorization: key.map(bearer).transpose()?,
        })
    }

    /// The tokens that a question and its answer have at most, as far as can be told before it is asked.
    pub fn cost(question: Question<'_>) -> i64 {
        let bytes = i64::try_from(question.task.len() + question.text.len()).unwrap_or(i64::MAX);
        bytes / BYTES_A_TOKEN + ANSWER_TOKENS
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// When there is none that can be read.
    pub async fn ask(&self, question: Question<'_>) -> Result<Answer, ModelError> {
        let request = Request {
            model: &self.model,
            messages: [
                Message {
                    role: "system",
                    content: question.task,
                },
                Message {
                    role: "user",
                    content: question.text,
                },
            ],
            temperature: 0,
            max_tokens: ANSWER_TOKENS,
            stream: false,
        };
        let body = serde_json::to_vec(&request).map_err(|_| ModelError::Malformed)?;
        let mut asking = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            asking = asking.header(AUTHORIZATION, authorization.clone());
        }
        let response = asking.body(body).send().await.map_err(broken)?;
        answer(&read(accepted(response)?).await?)
    }
}

fn broken(error: reqwest::Error) -> ModelError {
    match error.is_timeout() {
        true => ModelError::TimedOut,
        false => ModelError::Unreachable(error.without_url()),
    }
}

fn accepted(response: Response) -> Result<Response, ModelError> {
    let status = response.status();
    match status {
        _ if status.is_success() => Ok(response),
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = response.headers().get(RETRY_AFTER);
            let seconds = wait.and_then(|wait| wait.to_str().ok()?.parse().ok());
            Err(ModelError::Busy {
                wait: seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT)),
            })
        }
        _ if status.is_server_error() => Err(ModelError::Failing(status)),
        _ => Err(ModelError::Refused(status)),
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, ModelError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(ModelError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn answer(body: &[u8]) -> Result<Answer, ModelError> {
    let completion: Completion = serde_json::from_slice(body).map_err(|_| ModelError::Malformed)?;
    let first = completion.choices.into_iter().next();
    let text = first.and_then(|choice| choice.message.content);
    Ok(Answer {
        text: text.ok_or(ModelError::Malformed)?.trim().to_owned(),
        tokens: completion
            .usage
            .and_then(|usage| usage.total_tokens)
            .map(i64::from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_first_choices_text() {
        let body = br#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":" Clicks rose. \n"},"finish_reason":"stop"}],"usage":{"prompt_tokens":90,"completion_tokens":10,"total_tokens":100}}"#;
        let told = answer(body).unwrap();
        assert_eq!((told.text.as_str(), told.tokens), ("Clicks rose.", Some(100)));
        let uncounted = answer(br#"{"choices":[{"message":{"content":"Yes"}}]}"#).unwrap();
        assert_eq!(uncounted.tokens, None);
    }

    #[test]
    fn what_is_no_chat_completion_is_no_answer() {
        for body in [
            &b""[..],
            b"<html>",
            br#"{"choices":[]}"#,
            br#"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"1"}]}}]}"#,
            br#"{"choices":[{"message":{"content":"Yes"}}],"usage":{"total_tokens":-5}}"#,
            br#"{"error":{"message":"no"}}"#,
        ] {
            assert!(
                matches!(answer(body), Err(ModelError::Malformed)),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let config = NarrateConfig {
            endpoint: "https://model.example/v1".to_owned(),
            model: "small".to_owned(),
            api_key: crate::config::Secret::new("hush"),
            timeout: Duration::from_secs(1),
            requests_per_hour: 1,
            tokens_per_hour: 1,
        };
        rustls::crypto::ring::default_provider().install_default().ok();
        let model = LanguageModel::new(&config).unwrap();
        assert_eq!(model.url, "https://model.example/v1/chat/completions");
        assert!(!format!("{config:?}{model:?}").contains("hush"));
        let config = NarrateConfig {
            api_key: crate::config::Secret::new("hu\nsh"),
            ..config
        };
        assert!(
            !LanguageModel::new(&config)
                .unwrap_err()
                .to_string()
                .contains("hu")
        );
    }
}
