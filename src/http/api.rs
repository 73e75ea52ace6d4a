//! The API: its state, its routes, and the layers that every request passes.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use deadpool_postgres::Pool;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::Answers;
use super::deposit::Deposit;
use super::live::Live;
use super::login::{Tokens, authenticate};
use super::problem::{Refusal, problems};
use super::rate::Rates;
use super::trace::traced;
use super::{
    dashboards, export_file, exports, history, insights, live, openapi, page, rebuild, report_changes,
    reports,
};
use crate::config::RoleNames;
use crate::fold::Fold;
use crate::render::Exporter;
use crate::store::{StoreError, Upstream};

/// The largest body that is read: a configuration is at most 256 KiB.
const BODY_BYTES: usize = 512 << 10;
/// How long a request may take before its caller is told to try again.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the API answers from. Clones share it.
#[derive(Clone)]
pub struct Api(Arc<ApiParts>);

/// The parts of the API's state.
pub struct ApiParts {
    /// Connections of its own.
    pub pool: Pool,
    /// The database's names for roles.
    pub roles: RoleNames,
    /// What folding needs, for rebuilds.
    pub fold: Fold,
    /// The topic on which new versions are announced.
    pub events_topic: String,
    /// Told after each new version, for the relay in this process.
    pub wake_relay: Arc<Notify>,
    /// Checks who asks; `None` where there is no login.
    pub tokens: Option<Tokens>,
    /// How often somebody may ask.
    pub rates: Rates,
    /// Dashboards as they were answered with lately.
    pub answers: Answers,
    /// New versions as they come.
    pub live: Live,
    /// Makes files of dashboards.
    pub exporter: Exporter,
    /// Where they are kept; `None` where nothing says so.
    pub deposit: Option<Deposit>,
    /// Work that is finished even when its caller has gone.
    pub tasks: TaskTracker,
}

impl Deref for Api {
    type Target = ApiParts;

    fn deref(&self) -> &ApiParts {
        &self.0
    }
}

impl Api {
    /// The API over these parts.
    pub fn new(parts: ApiParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The engine's tables.
    pub fn upstream(&self) -> &Upstream {
        &self.fold.upstream
    }

    /// A connection of the API's pool.
    pub async fn client(&self) -> Result<deadpool_postgres::Client, StoreError> {
        Ok(self.pool.get().await?)
    }

    /// Does work to its end, whether or not the caller waits for it: no transaction that writes is cut off half-way.
    pub async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
    ) -> Result<T, Refusal> {
        match self.tasks.spawn(work.in_current_span()).await {
            Ok(done) => done,
            Err(panicked) => Err(Refusal::Internal(Box::new(panicked))),
        }
    }
}

/// Answers until `stop`; then requests under way are finished and live clients are sent away.
///
/// # Errors
/// When the listener breaks.
pub async fn serve_api(listener: TcpListener, api: Api, stop: CancellationToken) -> std::io::Result<()> {
    let feeding = api.tasks.spawn(live::feed(api.clone(), stop.clone()));
    let service = router(api.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .await;
    stop.cancel();
    // It ends with `stop`, whatever it was doing.
    let _ = feeding.await;
    api.tasks.close();
    api.tasks.wait().await;
    served
}

/// The routes under `/api/v1` with their description.
pub fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(reports::list, report_changes::create))
        .routes(routes!(reports::get, report_changes::amend))
        .routes(routes!(report_changes::enable))
        .routes(routes!(report_changes::disable))
        .routes(routes!(rebuild::rebuild))
        .routes(routes!(dashboards::list))
        .routes(routes!(dashboards::get))
        .routes(routes!(history::list))
        .routes(routes!(insights::list))
        .routes(routes!(exports::create))
        .routes(routes!(exports::list))
        .routes(routes!(exports::get))
        .routes(routes!(export_file::download))
        .routes(routes!(live::follow))
}

fn router(api: Api) -> Router {
    let (routes, _) = described().split_for_parts();
    let slow_paths = routes.layer(from_fn(within_patience));
    let guarded = slow_paths
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(from_fn_with_state(api.clone(), authenticate))
        .with_state(api);
    Router::new()
        .nest("/api/v1", guarded)
        .merge(openapi::routes())
        .merge(page::routes())
        .layer(from_fn(problems))
        .layer(from_fn(traced))
        .layer(from_fn(hardened))
}

/// Ends a wait that would not end.
async fn within_patience(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => axum::response::IntoResponse::into_response(Refusal::Unavailable(None)),
    }
}

/// Headers of every answer: nothing is guessed, framed, or kept by caches between us and the user.
async fn hardened(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    response
}
