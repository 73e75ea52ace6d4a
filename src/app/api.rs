//! The role `http`: the API and the page.

use std::sync::Arc;

use deadpool_postgres::Pool;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::http::{Answers, Api, ApiParts, Deposit, KeysError, Live, Rates, Tokens, serve_api};
use crate::objects::Depot;
use crate::pipeline::Recipe;
use crate::render::Exporter;

use super::error::AppError;
use super::roles::Stage;

/// How many bytes of dashboards are kept as they were answered with.
const ANSWERS_BYTES: usize = 32 << 20;

/// Starts answering.
///
/// # Errors
/// When the address is taken, or the login cannot be set up.
pub async fn start(
    config: &Config,
    pool: Pool,
    recipe: &Recipe,
    depot: Option<Depot>,
    wake_relay: Arc<Notify>,
    reading: &mut Stage,
) -> Result<(), AppError> {
    let address = config.http.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| AppError::failed(format!("cannot listen on {address} (http.listen)"), error))?;
    let tokens = config.http.auth.as_ref().map(Tokens::new).transpose()?;
    let deposit = depot.map(|depot| Deposit {
        depot,
        keep: config.exports.keep,
        pool: pool.clone(),
        roles: recipe.roles.clone(),
    });
    let api = Api::new(ApiParts {
        pool,
        roles: recipe.roles.clone(),
        fold: recipe.fold.clone(),
        events_topic: recipe.events_topic.clone(),
        wake_relay,
        tokens,
        rates: Rates::new(config.http.requests_per_second, config.http.burst),
        answers: Answers::within(ANSWERS_BYTES),
        live: Live::new(config.http.live_clients, config.http.live_access_age),
        exporter: Exporter::default(),
        deposit,
        tasks: TaskTracker::new(),
    });
    if api.tokens.is_none() {
        tracing::warn!(
            "no login is configured (http.auth): everybody who reaches {address} reads and changes everything, as the operator"
        );
    }
    tracing::info!("dashboards are at http://{address}/");
    reading.spawn(|stop| async move {
        serve_api(listener, api, stop)
            .await
            .map_err(|error| AppError::failed("the API's listener broke", error))
    });
    Ok(())
}

impl From<KeysError> for AppError {
    fn from(error: KeysError) -> Self {
        Self::failed("the login cannot be set up", error)
    }
}
