//! A collector of traces and logs that keeps what it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use tokio::net::TcpListener;

type Received = Arc<Mutex<Vec<Bytes>>>;

/// Listens on a free loopback port until the test ends.
pub struct Collector {
    address: SocketAddr,
    received: Received,
}

impl Collector {
    /// Starts to listen.
    pub async fn start() -> Self {
        let received = Received::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/v1/traces", post(keep))
            .route("/v1/logs", post(keep))
            .with_state(received.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, received }
    }

    /// The endpoint for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was received, as far as it is text, for the message of a failed test.
    pub fn shown(&self) -> String {
        let received = self.received.lock().unwrap();
        received
            .iter()
            .map(|body| String::from_utf8_lossy(body).into_owned())
            .collect::<Vec<_>>()
            .join("\n---\n")
    }

    /// Whether one of the requests holds all of these bytes.
    pub fn has(&self, parts: &[&[u8]]) -> bool {
        let received = self.received.lock().unwrap();
        received.iter().any(|body| {
            parts
                .iter()
                .all(|part| body.windows(part.len()).any(|bytes| bytes == *part))
        })
    }
}

async fn keep(State(received): State<Received>, body: Bytes) {
    received.lock().unwrap().push(body);
}
