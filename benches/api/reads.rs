//! Reads: one dashboard alone, and a mixture at a steady rate while results land.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::client::Client;
use crate::load::Load;
use crate::run::Ground;
use crate::say;
use crate::scale::Scale;
use crate::stage::engine;

/// How long requests took, in milliseconds, ascending.
pub struct Times(Vec<f64>);

impl Times {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    /// The time that this share of the requests did not exceed.
    pub fn quantile(&self, share: f64) -> f64 {
        let place = ((self.0.len() as f64 * share).ceil() as usize).saturating_sub(1);
        self.0.get(place).copied().unwrap_or(f64::NAN)
    }
}

/// Reads dashboards one after another, each whole.
pub async fn one_dashboard(client: &Client, db: &tokio_postgres::Client, rounds: usize) -> Result<Times> {
    let views = views(db).await?;
    let mut times = Vec::with_capacity(rounds);
    for view in views.iter().cycle().take(rounds) {
        times.push(
            client
                .timed(&format!("/dashboards/{view}"), Instant::now())
                .await?,
        );
    }
    Ok(Times::of(times))
}

/// Sends requests when they are due, whether or not those before them are answered; a request that had to wait has taken longer.
pub async fn at_a_rate(client: &Client, ground: &Ground, load: &mut Load, sizes: &Scale) -> Result<Times> {
    let paths = paths(client, &views(ground.db()).await?).await?;
    let count = (sizes.reads_per_s * sizes.reads_seconds) as usize;
    say(&format!(
        "{count} reads, {} a second, beside {} executions a second",
        sizes.reads_per_s, sizes.load_per_s
    ));
    let landing = land(ground, load, sizes).await?;
    let began = Instant::now();
    let mut requests = JoinSet::new();
    for (n, path) in paths.iter().cycle().take(count).enumerate() {
        let due = began + Duration::from_secs_f64(n as f64 / sizes.reads_per_s);
        tokio::time::sleep_until(due.into()).await;
        let (client, path) = (client.clone(), path.clone());
        requests.spawn(async move { client.timed(&path, due).await });
    }
    let times: Result<Vec<f64>> = requests.join_all().await.into_iter().collect();
    landing
        .join()
        .map_err(|_| anyhow!("the thread that announces panicked"))??;
    Ok(Times::of(times?))
}

/// What a page and a program ask for, in turn.
async fn paths(client: &Client, views: &[Uuid]) -> Result<Vec<String>> {
    let library = client.json("/reports?limit=50").await?;
    let reports: Vec<&str> = library["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["id"].as_str())
        .collect();
    if reports.is_empty() || views.is_empty() {
        bail!("there are no reports to read");
    }
    Ok((0..200)
        .map(|n| match n % 10 {
            0 => "/reports?limit=50".to_owned(),
            1 => "/dashboards?limit=50".to_owned(),
            2 => "/insights?limit=50".to_owned(),
            3 | 4 => format!("/reports/{}", reports[n % reports.len()]),
            5 => format!("/dashboards/{}/history", views[n % views.len()]),
            _ => format!("/dashboards/{}", views[n * 7 % views.len()]),
        })
        .collect())
}

/// Announces executions at their rate, on a thread.
async fn land(
    ground: &Ground,
    load: &mut Load,
    sizes: &Scale,
) -> Result<std::thread::JoinHandle<Result<()>>> {
    let count = (sizes.load_per_s * sizes.reads_seconds) as usize;
    let executions: Vec<_> = load.take(count).collect();
    engine::finish(ground.db(), &executions.iter().collect::<Vec<_>>()).await?;
    let (writer, topic, per_s) = (
        ground.broker().writer()?,
        ground.topics()[0].clone(),
        sizes.load_per_s,
    );
    Ok(std::thread::spawn(move || {
        let began = Instant::now();
        for (n, finished) in executions.iter().enumerate() {
            let due = began + Duration::from_secs_f64(n as f64 / per_s);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            finished.announce(&writer, &topic, None)?;
        }
        writer.flush()
    }))
}

async fn views(db: &tokio_postgres::Client) -> Result<Vec<Uuid>> {
    let rows = db
        .query("select id from dashboard_views order by id limit 500", &[])
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
