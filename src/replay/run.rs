//! A replay from its plan to its end, several partitions at a time.

use futures::stream::{self, TryStreamExt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::lane::{self, Lane, Laps};
use super::pace::Pace;
use super::plan::plan;
use super::{Asked, Outcome, Replay, ReplayError, Span, Step};
use crate::kafka::Log;
use crate::pipeline::{OutcomeCounts, Settler};
use crate::store::{self, Role, StoreError, accounts, positions, replays};

/// Replays what is asked for until its end or `stop`.
///
/// Called again with the same id after it was killed or stopped it goes on from where it was, with the stretch it
/// was begun with; a finished replay of the same id starts over, and so does one that begins anew. What retention has
/// taken of the stretch meanwhile is counted as a gap and told.
///
/// # Errors
/// See [`ReplayError`]. What was settled before stays settled, and the same call goes on from there.
pub async fn run(
    replay: &Replay,
    asked: &Asked,
    on_step: &(dyn Fn(Step) + Sync),
    stop: &CancellationToken,
) -> Result<Outcome, ReplayError> {
    let log = Log::open(&replay.kafka, &replay.kafka.topic)?;
    let mut outcome = Outcome::default();
    let group = format!("{}/replay/{}", replay.kafka.group, asked.id);
    let spans = take_up(replay, asked, &log, &group, &mut outcome).await?;
    let offsets = spans.iter().map(Span::offsets).sum();
    on_step(Step::Planned { offsets });

    let tasks = TaskTracker::new();
    let settler = Settler {
        recipe: replay.recipe.clone(),
        control: replay.recipe.pool.clone(),
        tasks: tasks.clone(),
    };
    let (pace, laps) = (Pace::new(replay.rate), Laps::default());
    // A lane that fails ends the others too, after the batches in hand.
    let enough = stop.child_token();
    let lane = Lane {
        replay,
        asked,
        log: &log,
        group: &group,
        settler: &settler,
        pace: &pace,
        laps: &laps,
        on_step,
        stop: &enough,
    };
    let ended = stream::iter(spans.iter().filter(|span| span.offsets() > 0).map(Ok))
        .try_for_each_concurrent(replay.lanes.max(1), |span| lane::run(&lane, *span))
        .await;
    enough.cancel();
    tasks.close();
    tasks.wait().await;
    ended?;

    outcome.was_stopped = stop.is_cancelled();
    outcome.views = laps.views();
    outcome.read = laps.records();
    outcome.notes.extend(laps.into_notes());
    outcome.counts = conclude(replay, &group, outcome.was_stopped).await?;
    Ok(outcome)
}

/// Begins the replay, or finds it begun: gives the offsets that are still to be read.
async fn take_up(
    replay: &Replay,
    asked: &Asked,
    log: &Log,
    group: &str,
    outcome: &mut Outcome,
) -> Result<Vec<Span>, ReplayError> {
    let topic = &replay.kafka.topic;
    let mut client = replay.recipe.pool.get().await.map_err(StoreError::from)?;
    let tx = store::begin(&mut client, &replay.recipe.roles, Role::Ingest).await?;
    let unfinished = replays::find(&tx, group)
        .await?
        .filter(|stored| !stored.is_finished && !asked.begins_anew);
    if let Some(stored) = unfinished {
        if stored.asked != asked.words {
            return Err(ReplayError::Different {
                id: asked.id.clone(),
                asked: stored.asked,
            });
        }
        let reached = positions::partitions(&tx, group, topic).await?;
        outcome.was_resumed = true;
        let rest = stored.ends.iter().filter_map(|(partition, end)| {
            let (_, from) = reached.iter().find(|(reached, _)| reached == partition)?;
            Some(Span {
                partition: *partition,
                from: *from,
                end: *end,
            })
        });
        return Ok(rest.filter(|span| span.from < span.end).collect());
    }
    let planned = plan(log, asked, &mut outcome.notes).await?;
    let ends: Vec<(i32, i64)> = planned.iter().map(|span| (span.partition, span.end)).collect();
    let starts: Vec<(i32, i64)> = planned.iter().map(|span| (span.partition, span.from)).collect();
    replays::begin(&tx, group, topic, &asked.words, &ends).await?;
    positions::start(&tx, group, topic, &starts).await?;
    store::commit(tx).await.map_err(StoreError::from)?;
    Ok(planned)
}

/// Sums up what all processes of the replay came to, and closes it unless it was stopped.
async fn conclude(replay: &Replay, group: &str, was_stopped: bool) -> Result<OutcomeCounts, StoreError> {
    let mut client = replay.recipe.pool.get().await?;
    let tx = store::begin(&mut client, &replay.recipe.roles, Role::Ingest).await?;
    if !was_stopped {
        replays::finish(&tx, group).await?;
    }
    let accounts = accounts::read(&tx, group, false).await?;
    store::commit(tx).await.map_err(StoreError::from)?;
    Ok(accounts
        .iter()
        .fold(OutcomeCounts::default(), |sum, account| sum + account.counts))
}
