//! Live updates: one new version, and many who follow.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::load::Load;
use crate::run::Ground;
use crate::say;
use crate::stage::engine;

const PATIENCE: Duration = Duration::from_secs(60);

/// From the announcement of an execution until clients had heard of its dashboard's new version.
pub struct Told {
    /// The first of them.
    pub first_ms: f64,
    /// All of them.
    pub last_ms: f64,
}

/// Lets so many clients follow, has one result land, and waits until each has heard of it.
pub async fn until_all_have_heard(
    client: &Client,
    ground: &Ground,
    load: &mut Load,
    clients: usize,
) -> Result<Told> {
    say(&format!("{clients} clients follow"));
    let (ready, mut readies) = mpsc::unbounded_channel();
    let finished = load.next();
    let workflow = finished.workflow_id.to_string();
    let mut following = JoinSet::new();
    for _ in 0..clients {
        let (client, ready, workflow) = (client.clone(), ready.clone(), workflow.clone());
        following.spawn(async move { hear(&client, &workflow, &ready).await });
    }
    let connecting = async { for_each(&mut readies, clients).await };
    tokio::time::timeout(PATIENCE, connecting).await?;
    engine::finish(ground.db(), &[&finished]).await?;
    let writer = ground.broker().writer()?;
    let began = Instant::now();
    finished.announce(&writer, &ground.topics()[0], None)?;
    writer.flush()?;
    let heard = tokio::time::timeout(PATIENCE, following.join_all()).await?;
    let heard: Result<Vec<Instant>> = heard.into_iter().collect();
    let mut waits: Vec<f64> = heard?
        .iter()
        .map(|at| at.saturating_duration_since(began).as_secs_f64() * 1e3)
        .collect();
    waits.sort_by(f64::total_cmp);
    let edge = |wait: Option<&f64>| wait.copied().unwrap_or(f64::NAN);
    Ok(Told {
        first_ms: edge(waits.first()),
        last_ms: edge(waits.last()),
    })
}

async fn for_each(readies: &mut mpsc::UnboundedReceiver<()>, count: usize) {
    for _ in 0..count {
        if readies.recv().await.is_none() {
            return;
        }
    }
}

/// Follows until a dashboard of that workflow changed; says when it is about to hear everything.
async fn hear(client: &Client, workflow: &str, ready: &mpsc::UnboundedSender<()>) -> Result<Instant> {
    let mut response = client.open("/live").await?;
    let mut text = String::new();
    while let Some(chunk) = response.chunk().await? {
        text.push_str(std::str::from_utf8(&chunk)?);
        while let Some((message, rest)) = text.split_once("\n\n") {
            if message.contains("event: ready") {
                let _ = ready.send(());
            }
            if message.contains("event: dashboard") && message.contains(workflow) {
                return Ok(Instant::now());
            }
            text = rest.to_owned();
        }
    }
    bail!("the stream ended")
}
