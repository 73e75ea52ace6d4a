//! `/livez`, `/readyz` and `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Health;

/// What the admin port tells about.
#[derive(Clone)]
pub struct Admin {
    /// What the parts of the process say.
    pub health: Health,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
}

/// Answers on the admin port until `stop`.
///
/// # Errors
/// When the listener breaks.
pub async fn serve_admin(
    listener: TcpListener,
    admin: Admin,
    stop: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(listener, router(admin))
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

fn router(admin: Admin) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(admin)
}

async fn livez(State(admin): State<Admin>) -> Response {
    answer("live", "hung", &admin.health.hung())
}

async fn readyz(State(admin): State<Admin>) -> Response {
    answer("ready", "waiting for", &admin.health.awaited())
}

/// 200 with `good`, or 503 with what is missing.
fn answer(good: &str, bad: &str, missing: &[&str]) -> Response {
    match missing {
        [] => (StatusCode::OK, format!("{good}\n")).into_response(),
        missing => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{bad}: {}\n", missing.join(", ")),
        )
            .into_response(),
    }
}

async fn metrics(State(admin): State<Admin>) -> impl IntoResponse {
    let content_type = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], admin.metrics.render())
}
