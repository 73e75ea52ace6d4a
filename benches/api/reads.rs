//! Reads: pages alone, and a mixture at a steady rate while results land.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::client::Client;
use crate::cpu;
use crate::load::Load;
use crate::run::Ground;
use crate::say;
use crate::scale::Scale;
use crate::stage::engine;

/// Kinds of requests in the mixture.
const KINDS: usize = 10;

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

/// Reads what the page of a dashboard needs, one dashboard after another: the dashboard with its insights, then its report and the
/// report's other dashboards. Also how long the dashboard took of it.
pub async fn pages(client: &Client, db: &tokio_postgres::Client, rounds: usize) -> Result<(Times, Times)> {
    let (mut dashboards, mut pages) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
    for (view, report) in views(db).await?.iter().cycle().take(rounds) {
        let began = Instant::now();
        dashboards.push(client.timed(&format!("/dashboards/{view}"), began).await?);
        let (report, others) = (
            format!("/reports/{report}"),
            format!("/dashboards?report_id={report}&limit=100"),
        );
        let (report, others) = tokio::try_join!(client.timed(&report, began), client.timed(&others, began))?;
        pages.push(report.max(others));
    }
    Ok((Times::of(dashboards), Times::of(pages)))
}

/// What was read while results landed.
pub struct Beside {
    /// How long the requests took.
    pub times: Times,
    /// How many executions a second the service applied meanwhile.
    pub landed_per_s: f64,
}

/// Says how long each kind of request takes alone, the median of a few rounds: what the mixture is made of.
pub async fn alone(client: &Client, db: &tokio_postgres::Client, rounds: usize) -> Result<()> {
    let paths = paths(client, &views(db).await?).await?;
    for kind in 0..KINDS {
        let mut times = Vec::with_capacity(rounds);
        for path in paths.iter().skip(kind).step_by(KINDS).cycle().take(rounds) {
            times.push(client.timed(path, Instant::now()).await?);
        }
        let median = Times::of(times).quantile(0.5);
        say(&format!("{median:.1} ms alone: {}", paths[kind]));
    }
    Ok(())
}

/// Sends requests when they are due, whether or not those before them are answered; a request that had to wait has taken longer.
///
/// Says how much CPU that took, of the service with this process id and of PostgreSQL, and how long each kind of request took.
pub async fn at_a_rate(
    client: &Client,
    ground: &Ground,
    load: &mut Load,
    sizes: &Scale,
    service: u32,
) -> Result<Beside> {
    let paths = paths(client, &views(ground.db()).await?).await?;
    let count = (sizes.reads_per_s * sizes.reads_seconds) as usize;
    say(&format!(
        "{count} reads, {} a second, beside {} executions a second",
        sizes.reads_per_s, sizes.load_per_s
    ));
    let postmaster = ground.postmaster().await?;
    let settled = ground.settled().await?;
    let landing = land(ground, load, sizes).await?;
    let used = || Ok::<_, anyhow::Error>((cpu::of_process(service)?, cpu::of_postgres(postmaster)?));
    let (before, began) = (used()?, Instant::now());
    let mut requests = JoinSet::new();
    for (n, path) in paths.iter().cycle().take(count).enumerate() {
        let due = began + Duration::from_secs_f64(n as f64 / sizes.reads_per_s);
        tokio::time::sleep_until(due.into()).await;
        let (client, path) = (client.clone(), path.clone());
        requests.spawn(async move { Ok::<_, anyhow::Error>((n % KINDS, client.timed(&path, due).await?)) });
    }
    let times: Result<Vec<(usize, f64)>> = requests.join_all().await.into_iter().collect();
    let (times, after) = (times?, used()?);
    let landed = ground.settled().await? - settled;
    let landed_per_s = landed as f64 / began.elapsed().as_secs_f64();
    landing
        .join()
        .map_err(|_| anyhow!("the thread that announces panicked"))??;
    let each = |from: f64, to: f64| (to - from) * 1e3 / count as f64;
    say(&format!(
        "CPU of one read and its share of the load: {:.2} ms of the service, {:.2} ms of PostgreSQL",
        each(before.0, after.0),
        each(before.1, after.1)
    ));
    tell_apart(&paths, &times);
    Ok(Beside {
        times: Times::of(times.into_iter().map(|(_, time)| time).collect()),
        landed_per_s,
    })
}

/// Says how long each kind of request took.
fn tell_apart(paths: &[String], times: &[(usize, f64)]) {
    for (kind, path) in paths.iter().enumerate().take(KINDS) {
        let of_kind = times.iter().filter(|(other, _)| *other == kind);
        let of_kind = Times::of(of_kind.map(|(_, time)| *time).collect());
        let (half, most) = (of_kind.quantile(0.5), of_kind.quantile(0.99));
        say(&format!(
            "{half:.1} ms, 99 % {most:.1} ms beside the load: {path}"
        ));
    }
}

/// What a page and a program ask for, in turn.
async fn paths(client: &Client, views: &[(Uuid, Uuid)]) -> Result<Vec<String>> {
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
    Ok((0..20 * KINDS)
        .map(|n| match n % KINDS {
            0 => "/reports?limit=50".to_owned(),
            1 => "/dashboards?limit=50".to_owned(),
            2 => "/insights?limit=50".to_owned(),
            3 | 4 => format!("/reports/{}", reports[n % reports.len()]),
            5 => format!("/dashboards/{}/history", views[n % views.len()].0),
            _ => format!("/dashboards/{}", views[n * 7 % views.len()].0),
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

/// Dashboards and their reports.
async fn views(db: &tokio_postgres::Client) -> Result<Vec<(Uuid, Uuid)>> {
    let query = "select id, report_configuration_id from dashboard_views order by id limit 500";
    let rows = db.query(query, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
