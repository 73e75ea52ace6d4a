//! Engines on threads of their own: at most one a core, started on first use, ended when idle.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::engine::{ChartRequest, Engine, Limits};
use super::error::RenderError;
use crate::export::Picture;

/// How long a thread waits for another chart.
const IDLE_FOR: Duration = Duration::from_secs(60);
/// The most charts that wait.
const MOST_WAITING: usize = 512;
/// The stack of a thread: the script's own, and what reading a drawing needs.
const THREAD_STACK_BYTES: usize = 4 << 20;

/// The engines; cheap to clone.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    // Ends the threads when the last clone goes.
    _open: Arc<Open>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    limits: Limits,
    idle_for: Duration,
    most_threads: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Threads that there are, and those of them that wait.
    threads: usize,
    waiting: usize,
    is_closed: bool,
}

struct Job {
    request: ChartRequest,
    answer: oneshot::Sender<Result<Picture, RenderError>>,
}

struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.queue().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new(Limits::default(), IDLE_FOR)
    }
}

impl Pool {
    /// A pool without engines yet.
    pub fn new(limits: Limits, idle_for: Duration) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            limits,
            idle_for,
            most_threads: thread::available_parallelism().map_or(1, NonZero::get),
        });
        let open = Arc::new(Open(Arc::clone(&shared)));
        Self { shared, _open: open }
    }

    /// How many engines there are.
    pub fn engines(&self) -> usize {
        self.shared.queue().threads
    }

    /// Draws charts, as many at a time as there are engines; the answers are in the order of the requests.
    pub async fn draw(&self, requests: Vec<ChartRequest>) -> Vec<Result<Picture, RenderError>> {
        let answers: Vec<_> = requests.into_iter().map(|request| self.submit(request)).collect();
        let mut pictures = Vec::with_capacity(answers.len());
        for answer in answers {
            pictures.push(match answer {
                Ok(answer) => answer.await.unwrap_or(Err(RenderError::Lost)),
                Err(error) => Err(error),
            });
        }
        pictures
    }

    fn submit(
        &self,
        request: ChartRequest,
    ) -> Result<oneshot::Receiver<Result<Picture, RenderError>>, RenderError> {
        let (answer, receiver) = oneshot::channel();
        let mut queue = self.shared.queue();
        if queue.jobs.len() >= MOST_WAITING {
            return Err(RenderError::Busy);
        }
        queue.jobs.push_back(Job { request, answer });
        if queue.jobs.len() > queue.waiting && queue.threads < self.shared.most_threads {
            queue.threads += 1;
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new()
                .name("charts".to_owned())
                .stack_size(THREAD_STACK_BYTES)
                .spawn(move || work(&shared));
            if let Err(error) = started {
                queue.threads -= 1;
                if queue.threads == 0 {
                    queue.jobs.pop_back();
                    return Err(RenderError::Engine(error.to_string()));
                }
            }
        }
        drop(queue);
        self.shared.changed.notify_one();
        Ok(receiver)
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next chart; `None` when none came for as long as a thread waits.
    fn next(&self) -> Option<Job> {
        let until = Instant::now() + self.idle_for;
        let mut queue = self.queue();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            let left = until.saturating_duration_since(Instant::now());
            if queue.is_closed || left.is_zero() {
                return None;
            }
            queue.waiting += 1;
            queue = self
                .changed
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            queue.waiting -= 1;
        }
    }
}

/// Counts a thread out, however it ends.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.queue().threads -= 1;
    }
}

fn work(shared: &Shared) {
    let _leaving = Leaving(shared);
    let mut engine: Option<Engine> = None;
    while let Some(job) = shared.next() {
        // Whoever asked may have gone.
        if job.answer.is_closed() {
            continue;
        }
        let drawn = draw(&mut engine, shared.limits, &job.request);
        let _ = job.answer.send(drawn);
    }
}

/// Draws with the thread's engine, started where there is none, and thrown away after a failure.
fn draw(engine: &mut Option<Engine>, limits: Limits, request: &ChartRequest) -> Result<Picture, RenderError> {
    let ready = match engine.take() {
        Some(ready) => ready,
        None => Engine::start(limits)?,
    };
    let svg = ready.draw(request)?;
    *engine = Some(ready);
    Ok(Picture::read(svg)?)
}
