//! From produce to `dashboard-updated` at a steady rate.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use dashloom::event::wire::DashboardUpdated;
use prost::Message;
use rdkafka::Offset;

use crate::load::Load;
use crate::run::Ground;
use crate::say;
use crate::stage::broker::Reader;
use crate::stage::engine;

/// Executions for which the wait is not counted, while the service warms up.
const WARM_UP: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(60);

/// How long executions took from being produced to their event being read.
pub struct Latency {
    /// The median.
    pub p50_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
}

/// Sends executions at `per_s` for `seconds` and takes the times of their events.
pub async fn measure(ground: &Ground, load: &mut Load, per_s: f64, seconds: f64) -> Result<Latency> {
    say(&format!(
        "sending {per_s:.0} executions a second for {seconds:.0} seconds"
    ));
    let count = (per_s * seconds) as usize;
    let executions: Vec<_> = load.take(count).collect();
    for part in executions.chunks(5_000) {
        engine::finish(ground.db(), &part.iter().collect::<Vec<_>>()).await?;
    }
    let service = ground.serve()?;
    let mut events = ground.broker().reader_from(&ground.topics()[1], Offset::End)?;
    let writer = ground.broker().writer()?;
    let topic = ground.topics()[0].clone();
    let awaited: HashSet<String> = executions
        .iter()
        .map(|finished| finished.id.to_string())
        .collect();

    let sending = std::thread::spawn(move || -> Result<HashMap<String, Instant>> {
        let began = Instant::now();
        let mut sent = HashMap::new();
        for (n, finished) in executions.iter().enumerate() {
            let due = began + Duration::from_secs_f64(n as f64 / per_s);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            finished.announce(&writer, &topic, None)?;
            sent.insert(finished.id.to_string(), Instant::now());
        }
        writer.flush()?;
        Ok(sent)
    });
    let read = read_events(&mut events, awaited).await?;
    let sent = sending
        .join()
        .map_err(|_| anyhow::anyhow!("the sending thread panicked"))??;
    service.stop()?;

    let Some(began) = sent.values().min().copied() else {
        bail!("nothing was sent")
    };
    let mut waits: Vec<f64> = sent
        .iter()
        .filter(|(_, at)| at.duration_since(began) > WARM_UP)
        .filter_map(|(id, at)| Some(read.get(id)?.saturating_duration_since(*at).as_secs_f64() * 1e3))
        .collect();
    waits.sort_by(f64::total_cmp);
    let quantile = |q: f64| {
        waits
            .get(((waits.len() as f64 - 1.0) * q) as usize)
            .copied()
            .unwrap_or(f64::NAN)
    };
    Ok(Latency {
        p50_ms: quantile(0.5),
        p99_ms: quantile(0.99),
    })
}

/// When the first event was read that names each of the executions.
async fn read_events(events: &mut Reader, mut awaited: HashSet<String>) -> Result<HashMap<String, Instant>> {
    let mut read: HashMap<String, Instant> = HashMap::new();
    while !awaited.is_empty() {
        let Ok(Some(record)) = tokio::time::timeout(PATIENCE, events.next()).await else {
            bail!("no event came for {} executions", awaited.len());
        };
        let event = DashboardUpdated::decode(record.payload.as_deref().unwrap_or_default())?;
        // An event also names executions of before that lost a bucket: only those that are awaited count, and once.
        for id in event.execution_ids {
            if awaited.remove(&id) {
                read.insert(id, record.read_at);
            }
        }
    }
    Ok(read)
}
