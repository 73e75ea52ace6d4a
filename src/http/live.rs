//! Live updates: one task reads what is announced and hands it to every client that follows, as server-sent events.
//!
//! What a client is told is an event of a dashboard that the policies let its user see. The database is asked for a user's
//! reports at most every few seconds, and when a report comes up that was not asked about yet: not for every event and client.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{StreamExt, unfold};
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use uuid::Uuid;

use super::api::Api;
use super::history::{self, Cause, ChangeKind};
use super::login::Caller;
use super::problem::{Problem, Refusal};
use crate::store::view_events::{self, Position, ViewEvent};
use crate::store::{self, Access, StoreError, reads};

/// How often it is looked for new versions while anybody follows.
const EVERY: Duration = Duration::from_millis(250);
/// How often a silent connection gets a comment, so that nobody between takes it for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The most events read at once.
const BATCH: i64 = 1_000;
/// The most events that a client that was away is told one by one; past them it starts over.
const BACKLOG: i64 = 1_000;
/// How many batches a slow client may be behind before it starts over.
const QUEUED: usize = 64;

/// Everybody who follows.
pub struct Live {
    sender: broadcast::Sender<Arc<Vec<Told>>>,
    clients: Arc<AtomicUsize>,
    most_clients: usize,
    /// How long a user's reports are taken for known.
    seen_for: Duration,
    sights: Mutex<HashMap<Access, Arc<Sight>>>,
    /// Where reading has to begin for the first who follows.
    start: Mutex<Option<Position>>,
    ended: CancellationToken,
}

/// What the task that reads has to do.
enum Task {
    /// Nobody follows.
    Rest,
    /// Somebody is about to; it is not known yet from where.
    Wait,
    /// Read on from here.
    Read(Position),
}

/// What a user sees. All clients of a user share it, and wait for the one of them that asks.
#[derive(Default)]
struct Sight(tokio::sync::Mutex<Option<Seen>>);

/// A user's reports as they were found.
struct Seen {
    reports: HashSet<Uuid>,
    /// Those that were asked about since, and are not the user's.
    others: HashSet<Uuid>,
    found: Instant,
}

impl Seen {
    /// Whether it can be told of every report whether it is the user's.
    fn covers(&self, told: &[&Told]) -> bool {
        let mut reports = told.iter().map(|told| told.report_id);
        reports.all(|report| self.reports.contains(&report) || self.others.contains(&report))
    }
}

/// A dashboard has a new version.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Told {
    /// The place of this event; the `id` of the message.
    #[serde(skip)]
    position: String,
    /// The dashboard.
    dashboard_id: Uuid,
    /// Its report.
    report_id: Uuid,
    /// The workflow it reports on.
    workflow_id: Uuid,
    /// Its new version.
    version: u64,
    /// What kinds of change it was.
    changes: Vec<ChangeKind>,
    /// Why it came about.
    reason: Cause,
}

impl Live {
    /// Room for so many clients, whose reports are taken for known for so long.
    pub fn new(most_clients: usize, seen_for: Duration) -> Self {
        Self {
            sender: broadcast::Sender::new(QUEUED),
            clients: Arc::default(),
            most_clients,
            seen_for,
            sights: Mutex::default(),
            start: Mutex::default(),
            ended: CancellationToken::new(),
        }
    }

    fn admit(&self) -> Result<Seat, Refusal> {
        let seat = Seat(self.clients.clone());
        match self.clients.fetch_add(1, Ordering::Relaxed) < self.most_clients {
            true => Ok(seat),
            false => Err(Refusal::Crowded),
        }
    }

    /// Says from where a client, which listens already, has to be told.
    fn begin_at(&self, position: Position) {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        *start = Some(start.map_or(position, |other| other.min(position)));
    }

    /// What to do after having read up to `position`.
    fn task(&self, position: Option<Position>) -> Task {
        let mut start = self.start.lock().unwrap_or_else(PoisonError::into_inner);
        if self.sender.receiver_count() == 0 {
            *start = None;
            return Task::Rest;
        }
        match position.or_else(|| start.take()) {
            Some(position) => Task::Read(position),
            None => Task::Wait,
        }
    }

    /// What a user sees; what nobody looks at any more is forgotten.
    fn sight(&self, access: &Access) -> Arc<Sight> {
        let mut sights = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sight) = sights.get(access) {
            return sight.clone();
        }
        sights.retain(|_, sight| Arc::strong_count(sight) > 1);
        sights.entry(access.clone()).or_default().clone()
    }
}

/// A client's place among those who follow, given back when dropped.
struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Follows what changes, as `text/event-stream`: messages `dashboard` with the change as data and its place as `id`. `ready` comes
/// first; `reset` says that more was missed than can be told: read anew. After a break send the last `id` as `last-event-id`. The
/// stream ends when the token expires.
#[utoipa::path(
    get,
    path = "/live",
    operation_id = "followUpdates",
    tag = "live",
    params(("last-event-id" = Option<String>, Header, description = "The `id` of the last message you got.")),
    responses(
        (status = 200, description = "The stream.", body = Told, content_type = "text/event-stream"),
        (status = 503, description = "As many clients as there may be follow already.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn follow(State(api): State<Api>, caller: Caller, headers: HeaderMap) -> Result<Response, Refusal> {
    let seat = api.live.admit()?;
    let batches = api.live.sender.subscribe();
    let sent = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let viewer = Viewer {
        sight: api.live.sight(&caller.access),
        access: caller.access,
    };
    let backlog = backlog(&api, &viewer, sent).await?;
    let follower = Follower {
        api,
        viewer,
        batches,
        after: backlog.position,
        until: caller.valid_for.map(|left| tokio::time::Instant::now() + left),
        _seat: seat,
    };
    let live = unfold(follower, Follower::next).flat_map(futures::stream::iter);
    let stream = futures::stream::iter(backlog.messages).chain(live);
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).text("still here");
    let mut response = Sse::new(stream).keep_alive(keep_alive).into_response();
    // Proxies that collect answers would keep it all to themselves.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    response
        .headers_mut()
        .insert(unbuffered, HeaderValue::from_static("no"));
    Ok(response)
}

type Message = Result<Event, Infallible>;

/// On whose behalf a client follows.
struct Viewer {
    access: Access,
    sight: Arc<Sight>,
}

/// One client.
struct Follower {
    api: Api,
    viewer: Viewer,
    batches: broadcast::Receiver<Arc<Vec<Told>>>,
    /// What the client knows already.
    after: Position,
    /// When its token expires.
    until: Option<tokio::time::Instant>,
    _seat: Seat,
}

impl Follower {
    /// The next batch that holds something for this client; `None` when the service stops, or the client's token has expired.
    async fn next(mut self) -> Option<(Vec<Message>, Self)> {
        loop {
            let received = tokio::select! {
                received = self.batches.recv() => received,
                () = self.api.live.ended.cancelled() => return None,
                () = expiry(self.until) => return None,
            };
            let batch = match received {
                Ok(batch) => batch,
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let reset = Event::default().event("reset").data("{}");
                    return Some((vec![Ok(reset)], self));
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            };
            let new: Vec<&Told> = batch.iter().filter(|told| self.is_new(told)).collect();
            let Some(last) = new.last().and_then(|told| parse(&told.position)) else {
                continue;
            };
            let seen = self.viewer.sees(&self.api, &new).await;
            self.after = last;
            match seen {
                Ok(told) if told.is_empty() => {}
                Ok(told) => return Some((told.into_iter().map(message).collect(), self)),
                Err(_) => {
                    let reset = Event::default().event("reset").data("{}");
                    return Some((vec![Ok(reset)], self));
                }
            }
        }
    }

    fn is_new(&self, told: &Told) -> bool {
        parse(&told.position).is_some_and(|position| position > self.after)
    }
}

/// Ends at a time, or never.
async fn expiry(until: Option<tokio::time::Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// What a client that connects is told first.
struct Backlog {
    messages: Vec<Message>,
    position: Position,
}

async fn backlog(api: &Api, viewer: &Viewer, sent: Option<&str>) -> Result<Backlog, Refusal> {
    let db = api.client().await?;
    let work = async {
        let newest = view_events::newest(&db).await?;
        api.live.begin_at(newest);
        let missed = match sent.and_then(parse).filter(|position| *position <= newest) {
            Some(position) => Some(view_events::after(&db, position, BACKLOG + 1).await?),
            None => None,
        };
        Ok::<_, StoreError>((newest, missed))
    };
    let (newest, events) = store::read_for(&db, &api.roles, &Access::Operator, work).await?;
    drop(db);
    let ready = |position: Position| Event::default().event("ready").id(text(position)).data("{}");
    let reset = || Event::default().event("reset").id(text(newest)).data("{}");
    if sent.is_none() {
        return Ok(Backlog {
            messages: vec![Ok(ready(newest))],
            position: newest,
        });
    }
    let Some(events) = events.filter(|events| i64::try_from(events.len()).unwrap_or(i64::MAX) <= BACKLOG)
    else {
        return Ok(Backlog {
            messages: vec![Ok(reset())],
            position: newest,
        });
    };
    let told: Vec<Told> = events.iter().map(tell).collect::<Result<_, _>>()?;
    let told = viewer.sees(api, &told.iter().collect::<Vec<_>>()).await?;
    let mut messages: Vec<Message> = told.into_iter().map(message).collect();
    messages.push(Ok(ready(newest)));
    Ok(Backlog {
        messages,
        position: newest,
    })
}

impl Viewer {
    /// Those of the events whose dashboards the policies let this user see.
    async fn sees(&self, api: &Api, told: &[&Told]) -> Result<Vec<Told>, Refusal> {
        if self.access == Access::Operator || told.is_empty() {
            return Ok(told.iter().copied().cloned().collect());
        }
        let mut sight = self.sight.0.lock().await;
        let known = sight
            .take()
            .filter(|seen| seen.found.elapsed() < api.live.seen_for);
        let seen = match known {
            Some(seen) if seen.covers(told) => seen,
            known => self.look(api, told, known).await?,
        };
        let mine = told.iter().filter(|told| seen.reports.contains(&told.report_id));
        let mine = mine.copied().cloned().collect();
        *sight = Some(seen);
        Ok(mine)
    }

    /// Asks for the user's reports, at a time when those of the events are there. What was `known` stays so for no longer.
    async fn look(&self, api: &Api, told: &[&Told], known: Option<Seen>) -> Result<Seen, Refusal> {
        let db = api.client().await?;
        let now = Instant::now();
        let reports = reads::visible_configurations(&db);
        let reports = store::read_for(&db, &api.roles, &self.access, reports).await?;
        let reports: HashSet<Uuid> = reports.into_iter().collect();
        let (found, mut others) =
            known.map_or_else(|| (now, HashSet::new()), |seen| (seen.found, seen.others));
        others.extend(told.iter().map(|told| told.report_id));
        others.retain(|report| !reports.contains(report));
        Ok(Seen {
            reports,
            others,
            found,
        })
    }
}

/// Reads what is announced while anybody follows, until `stop`; then sends everybody away.
pub async fn feed(api: Api, stop: CancellationToken) {
    let mut position = None;
    let mut failures: u32 = 0;
    while !stop.is_cancelled() {
        position = match api.live.task(position) {
            Task::Rest | Task::Wait => None,
            Task::Read(from) => match advance(&api, from).await {
                Ok(to) => {
                    failures = 0;
                    Some(to)
                }
                Err(refusal) => {
                    if failures.is_multiple_of(60) {
                        tracing::warn!(%refusal, "live updates wait");
                    }
                    failures += 1;
                    Some(from)
                }
            },
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    api.live.ended.cancel();
}

/// Tells everybody what was announced since; where that ends. After a failure some is told again, which clients know by its place.
async fn advance(api: &Api, mut at: Position) -> Result<Position, Refusal> {
    let db = api.client().await?;
    loop {
        // Each batch from a snapshot of its own: in an older one nothing new ever appears.
        let events = view_events::after(&db, at, BATCH);
        let events = store::read_for(&db, &api.roles, &Access::Operator, events).await?;
        let Some(last) = events.last() else {
            return Ok(at);
        };
        at = last.position;
        let told: Vec<Told> = events.iter().map(tell).collect::<Result<_, _>>()?;
        // Whoever had followed may have left.
        let _ = api.live.sender.send(Arc::new(told));
        if events.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(at);
        }
    }
}

fn tell(event: &ViewEvent) -> Result<Told, Refusal> {
    let update = history::read(event)?;
    Ok(Told {
        position: text(event.position),
        dashboard_id: update.view_id.0,
        report_id: update.configuration_id.0,
        workflow_id: update.workflow_id.0,
        version: update.view_version,
        changes: update.changes.into_iter().map(ChangeKind::from).collect(),
        reason: update.reason.into(),
    })
}

fn message(told: Told) -> Message {
    let data = serde_json::to_string(&told).unwrap_or_default();
    Ok(Event::default().event("dashboard").id(told.position).data(data))
}

fn text(position: Position) -> String {
    format!("{}-{}", position.xid, position.seq)
}

fn parse(text: &str) -> Option<Position> {
    let (xid, seq) = text.split_once('-')?;
    Some(Position {
        xid: xid.parse().ok()?,
        seq: seq.parse().ok()?,
    })
}
