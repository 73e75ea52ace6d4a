//! What one more event costs as a view's history grows.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::cpu;
use crate::load::Load;
use crate::run::Ground;
use crate::say;
use crate::sizes::Sizes;
use crate::stage::engine::{self, Finished};
use crate::stage::service::Service;

/// Executions of a workflow's history when one more is measured.
pub const HISTORIES: [usize; 3] = [10, 100, 1_000];
/// Workflows the events are drawn from.
const WORKFLOWS: usize = 10;
/// Events that are measured at each history, and those before them while the service warms up: enough that nearly every
/// workflow is among them.
const EVENTS: usize = 50;
const WARM_UP: usize = 40;
const PATIENCE: Duration = Duration::from_secs(60);

/// The service's CPU for one event in microseconds, for each of [`HISTORIES`].
pub async fn measure(database: &str, broker: &crate::Broker, sizes: &Sizes) -> Result<Vec<f64>> {
    let sizes = Sizes {
        workflows: WORKFLOWS,
        partitions: 1,
        ..*sizes
    };
    let ground = Ground::lay(database, broker, "growth", &sizes).await?;
    let mut load = Load::new(sizes, ground.workflows());
    let (mut told, mut costs) = (0, Vec::new());
    for history in HISTORIES {
        let more = history * WORKFLOWS - told;
        ground.fill(load.take(more)).await?;
        let cost = one_by_one(&ground, load.take(WARM_UP + EVENTS).collect()).await?;
        say(&format!(
            "one more event after {history} executions: {cost:.0} µs of the service's CPU"
        ));
        told += more + WARM_UP + EVENTS;
        costs.push(cost);
    }
    ground.clear().await?;
    Ok(costs)
}

/// Sends each event when the one before it is settled, so that none shares its batch with another.
async fn one_by_one(ground: &Ground, events: Vec<Finished>) -> Result<f64> {
    engine::finish(ground.db(), &events.iter().collect::<Vec<_>>()).await?;
    let service = ground.serve()?;
    let (warm_up, measured) = events.split_at(WARM_UP);
    send(ground, warm_up).await?;
    let before = busy_s(&service)?;
    send(ground, measured).await?;
    let cost = (busy_s(&service)? - before) / measured.len() as f64;
    service.stop()?;
    Ok(cost * 1e6)
}

async fn send(ground: &Ground, events: &[Finished]) -> Result<()> {
    let (writer, topic) = (ground.broker().writer()?, ground.topics()[0].clone());
    for event in events {
        let settled = ground.settled().await?;
        event.announce(&writer, &topic, None)?;
        writer.flush()?;
        let deadline = Instant::now() + PATIENCE;
        while ground.settled().await? == settled {
            if Instant::now() > deadline {
                bail!("an event was not settled");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    Ok(())
}

fn busy_s(service: &Service) -> Result<f64> {
    cpu::of_threads(service.pid()).context("the service's threads cannot be read")
}
