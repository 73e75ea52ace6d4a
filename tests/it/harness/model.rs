//! A language model's API that says what a test wants: well, badly, maliciously, or nothing.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, Notify, mpsc};

use super::PATIENCE;

/// The tokens that each answer is said to have cost.
pub const TOKENS: i64 = 42;

/// A request as the model gets it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The sentence to reword.
    pub sentence: String,
    /// The names in it.
    pub names: Vec<String>,
    /// The whole body.
    pub body: Value,
    /// The `Authorization` header.
    pub authorization: Option<String>,
}

/// What it answers.
#[derive(Clone)]
pub enum Reply {
    /// These words, as a chat completion.
    Say(String),
    /// A status with a header and a body.
    Answer(u16, (&'static str, String), Vec<u8>),
    /// Nothing, ever.
    Hang,
    /// These words, but not before the signal.
    After(Arc<Notify>, String),
}

type Play = Box<dyn Fn(&Asked) -> Reply + Send + Sync>;

struct Stage {
    play: Mutex<Play>,
    tell: mpsc::UnboundedSender<Asked>,
}

/// Listens on a free loopback port until the test ends.
pub struct Model {
    address: std::net::SocketAddr,
    stage: Arc<Stage>,
    asked: AsyncMutex<mpsc::UnboundedReceiver<Asked>>,
}

impl Model {
    /// Starts to listen; `play` answers each request.
    pub async fn start(play: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let (tell, asked) = mpsc::unbounded_channel();
        let stage = Arc::new(Stage {
            play: Mutex::new(Box::new(play)),
            tell,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(stage.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            stage,
            asked: AsyncMutex::new(asked),
        }
    }

    /// Plays otherwise from now on.
    pub fn play(&self, play: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
        *self.stage.play.lock().unwrap() = Box::new(play);
    }

    /// The address for `narrate.endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Waits for the next request.
    pub async fn asked(&self) -> Asked {
        let mut asked = self.asked.lock().await;
        let next = tokio::time::timeout(PATIENCE, asked.recv()).await;
        next.expect("the model is asked").expect("the model listens")
    }

    /// The requests that came and were not waited for.
    pub async fn rest(&self) -> Vec<Asked> {
        let mut asked = self.asked.lock().await;
        std::iter::from_fn(|| asked.try_recv().ok()).collect()
    }
}

async fn answer(State(stage): State<Arc<Stage>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let text = body["messages"][1]["content"].as_str().unwrap();
    let text: Value = serde_json::from_str(text).unwrap();
    let names = text["names"].as_array().unwrap().iter();
    let asked = Asked {
        sentence: text["sentence"].as_str().unwrap().to_owned(),
        names: names.map(|name| name.as_str().unwrap().to_owned()).collect(),
        body,
        authorization: headers
            .get("authorization")
            .map(|value| value.to_str().unwrap().to_owned()),
    };
    let reply = (stage.play.lock().unwrap())(&asked);
    let _ = stage.tell.send(asked);
    match reply {
        Reply::Say(words) => said(&words),
        Reply::Answer(status, (name, value), body) => {
            (StatusCode::from_u16(status).unwrap(), [(name, value)], body).into_response()
        }
        Reply::Hang => std::future::pending().await,
        Reply::After(signal, words) => {
            signal.notified().await;
            said(&words)
        }
    }
}

fn said(words: &str) -> Response {
    let message = json!({"role": "assistant", "content": words});
    let completion = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "test",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": TOKENS - 10, "completion_tokens": 10, "total_tokens": TOKENS},
    });
    axum::Json(completion).into_response()
}
