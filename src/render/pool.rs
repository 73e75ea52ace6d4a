//! Engines on threads of their own: at most one a core, started on first use, ended when idle.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
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

/// How a thread draws: with its engine, which it leaves behind where that may be used again.
pub(super) type Draw = fn(&mut Option<Engine>, Limits, &ChartRequest) -> Result<Picture, RenderError>;

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    draw: Draw,
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
        Self::drawing(draw, limits, idle_for)
    }

    pub(super) fn drawing(draw: Draw, limits: Limits, idle_for: Duration) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            draw,
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

    /// Draws charts, as many at a time as there are engines; the answers are in the order of the requests. What has most to draw
    /// begins, so that no engine is left with it when the others are done.
    pub async fn draw(&self, requests: Vec<ChartRequest>) -> Vec<Result<Picture, RenderError>> {
        let mut ordered: Vec<(usize, ChartRequest)> = requests.into_iter().enumerate().collect();
        ordered.sort_by_key(|(_, request)| Reverse(request.data.len()));
        let answers: Vec<_> = ordered
            .into_iter()
            .map(|(place, request)| (place, self.submit(request)))
            .collect();
        let mut pictures = Vec::with_capacity(answers.len());
        for (place, answer) in answers {
            let picture = match answer {
                Ok(answer) => answer.await.unwrap_or(Err(RenderError::Lost)),
                Err(error) => Err(error),
            };
            pictures.push((place, picture));
        }
        pictures.sort_by_key(|(place, _)| *place);
        pictures.into_iter().map(|(_, picture)| picture).collect()
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

    /// The next chart; `None` when none came for as long as a thread waits. The thread is counted out by then, under the same lock
    /// under which it saw that nothing waits: a chart that comes later finds it gone and starts another.
    fn next(&self) -> Option<Job> {
        let until = Instant::now() + self.idle_for;
        let mut queue = self.queue();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            let left = until.saturating_duration_since(Instant::now());
            if queue.is_closed || left.is_zero() {
                queue.threads -= 1;
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

fn work(shared: &Shared) {
    let mut engine: Option<Engine> = None;
    while let Some(job) = shared.next() {
        // Whoever asked may have gone.
        if job.answer.is_closed() {
            continue;
        }
        // A thread that ended here would take its place in the pool along; the engine is gone after a panic.
        let drawing = AssertUnwindSafe(|| (shared.draw)(&mut engine, shared.limits, &job.request));
        let drawn = catch_unwind(drawing).unwrap_or(Err(RenderError::Lost));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> ChartRequest {
        ChartRequest {
            spec: "{}".to_owned(),
            data: "{}".to_owned(),
            theme: "{}",
            width: 1,
        }
    }

    fn drawn_at_once(_: &mut Option<Engine>, _: Limits, _: &ChartRequest) -> Result<Picture, RenderError> {
        Err(RenderError::Chart("drawn".to_owned()))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_chart_is_left_behind_by_threads_that_end() {
        // Threads leave as soon as nothing waits: every chart comes while one is about to.
        let pool = Pool::drawing(drawn_at_once, Limits::default(), Duration::ZERO);
        for round in 0..2_000 {
            let drawing = pool.draw(vec![request(), request()]);
            let answers = tokio::time::timeout(Duration::from_secs(10), drawing).await;
            let answers = answers.unwrap_or_else(|_| panic!("a chart of round {round} is never drawn"));
            assert!(
                answers
                    .iter()
                    .all(|answer| matches!(answer, Err(RenderError::Chart(_))))
            );
        }
    }

    #[tokio::test]
    async fn a_thread_outlives_a_panic() {
        fn panics(_: &mut Option<Engine>, _: Limits, _: &ChartRequest) -> Result<Picture, RenderError> {
            panic!("a defect, as a test brings it about")
        }
        let pool = Pool::drawing(panics, Limits::default(), Duration::from_secs(60));
        let answers = pool.draw(vec![request(); 5]).await;
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Err(RenderError::Lost)))
        );
        assert!((1..=pool.shared.most_threads).contains(&pool.engines()));
    }

    #[tokio::test]
    async fn more_charts_than_may_wait_are_refused() {
        let pool = Pool::drawing(drawn_at_once, Limits::default(), Duration::ZERO);
        let waiting = || Job {
            request: request(),
            answer: oneshot::channel().0,
        };
        pool.shared
            .queue()
            .jobs
            .extend((0..MOST_WAITING).map(|_| waiting()));
        let answers = pool.draw(vec![request()]).await;
        assert!(matches!(answers[0], Err(RenderError::Busy)));
    }
}
