//! What views that read many results were drawn from last, so that one more event does not read a year again.
//!
//! It changes how long folding takes and nothing that is drawn: of each result the numbers of the dates that the view
//! reads of it are kept, and they are used only for that very result, formed in the same way, whether or not the transaction
//! commits that brought it. That a stored result was damaged in the meantime is seen by who reads it: a rebuild, an audit, or
//! another process. Two generations bound it: when the younger one is full the older one goes. `consumer.recall_size` says
//! how much memory both may take.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use crate::aggregate::Partial;
use crate::dashboard::Candidate;
use crate::ids::{ExecutionId, ViewId};
use crate::telemetry::metrics;
use crate::window::Window;

/// What an entry takes beside what it keeps of the result, about.
const ENTRY_BYTES: usize = 256;
/// The part of a generation that one view may take: more would push out those of many others.
const VIEWS: usize = 8;

/// What a view reads of one result.
#[derive(Debug, Clone)]
pub struct Part {
    run: u32,
    finished_at_ns: i64,
    content_hash: [u8; 32],
    shape: [u8; 32],
    dates: Window,
    partial: Arc<Partial>,
    /// What it takes in memory, about.
    bytes: usize,
}

impl Part {
    /// What a result holds of the dates.
    pub fn new(candidate: &Candidate, dates: Window, partial: &Partial) -> Self {
        let partial = partial.over(dates);
        Self {
            run: candidate.run,
            finished_at_ns: candidate.finished_at_ns,
            content_hash: candidate.content_hash,
            shape: candidate.shape,
            dates,
            bytes: partial.size_bytes(),
            partial: Arc::new(partial),
        }
    }

    /// What it takes in memory, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it holds just these dates of the result.
    pub fn is(&self, candidate: &Candidate, dates: Window) -> bool {
        self.dates == dates && self.is_of(candidate)
    }

    /// What is kept of the result, where it is the same result and these dates are among those kept.
    pub fn partial(&self, candidate: &Candidate, dates: Window) -> Option<Arc<Partial>> {
        let has_dates = self.dates.intersection(dates) == Some(dates);
        (has_dates && self.is_of(candidate)).then(|| self.partial.clone())
    }

    fn is_of(&self, candidate: &Candidate) -> bool {
        self.run == candidate.run
            && self.finished_at_ns == candidate.finished_at_ns
            && self.content_hash == candidate.content_hash
            && self.shape == candidate.shape
    }
}

/// What one view was drawn from.
pub type Reading = HashMap<ExecutionId, Part>;

/// A reading and its bytes.
type Kept = (Arc<Reading>, usize);

#[derive(Debug, Default)]
struct Generation {
    readings: HashMap<ViewId, Kept>,
    bytes: usize,
}

impl Generation {
    fn insert(&mut self, view: ViewId, kept: Kept) {
        self.remove(view);
        self.bytes += kept.1;
        self.readings.insert(view, kept);
    }

    fn remove(&mut self, view: ViewId) -> Option<Kept> {
        let kept = self.readings.remove(&view)?;
        self.bytes -= kept.1;
        Some(kept)
    }
}

fn size(reading: &Reading) -> usize {
    reading.values().map(|part| part.bytes + ENTRY_BYTES).sum()
}

#[derive(Debug, Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

impl Generations {
    /// Takes a reading among the young, of which there are as many as `most` bytes; gives the older generation where it had
    /// to make room.
    #[must_use = "it is large: drop it without the lock"]
    fn insert(&mut self, view: ViewId, kept: Kept, most: usize) -> Option<Generation> {
        self.young.remove(view);
        self.old.remove(view);
        let is_full = self.young.bytes + kept.1 > most;
        let gone = is_full.then(|| std::mem::replace(&mut self.old, std::mem::take(&mut self.young)));
        self.young.insert(view, kept);
        gone
    }
}

/// Readings that all who draw views share; a clone is the same memory.
#[derive(Debug, Clone)]
pub struct Recall {
    generations: Arc<Mutex<Generations>>,
    /// The most bytes of a generation.
    most: usize,
}

impl Recall {
    /// One that keeps at most so many bytes.
    pub fn of_at_most(bytes: usize) -> Self {
        Self {
            generations: Arc::default(),
            most: bytes / 2,
        }
    }

    /// One that keeps nothing.
    pub fn none() -> Self {
        Self::of_at_most(0)
    }

    /// The most bytes that are kept of one view.
    pub fn most_of_a_view(&self) -> usize {
        self.most / VIEWS
    }

    /// What a view was drawn from last, where that is known.
    pub fn of(&self, view: ViewId) -> Option<Arc<Reading>> {
        let mut generations = self.lock();
        if let Some((reading, _)) = generations.young.readings.get(&view) {
            return Some(reading.clone());
        }
        let kept = generations.old.remove(view)?;
        let reading = kept.0.clone();
        let gone = generations.insert(view, kept, self.most);
        drop(generations);
        drop(gone);
        Some(reading)
    }

    /// Keeps what a view was drawn from, in place of what it was drawn from before.
    pub fn keep(&self, view: ViewId, reading: Reading) {
        let bytes = size(&reading);
        let mut generations = self.lock();
        let gone = generations.insert(view, (Arc::new(reading), bytes), self.most);
        metrics::recall_bytes(generations.young.bytes + generations.old.bytes);
        drop(generations);
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::aggregate::{Cells, Kind, Quality};
    use crate::dashboard::RowDays;

    fn day(day: u32) -> chrono::NaiveDate {
        chrono::NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    fn days(from: u32, to: u32) -> Window {
        Window::new(day(from), day(to)).unwrap()
    }

    fn candidate() -> Candidate {
        Candidate {
            execution_id: ExecutionId(Uuid::from_u128(1)),
            run: 0,
            finished_at_ns: 7,
            window: days(1, 4),
            kind: Kind::Timed,
            content_hash: [1; 32],
            shape: [2; 32],
            row_days: RowDays::of(days(1, 4), days(1, 4).dates()),
            withdrawn: false,
        }
    }

    fn partial() -> Partial {
        Partial {
            kind: Kind::Untimed,
            time_column: None,
            columns: Vec::new(),
            quality: Quality::default(),
            cells: Cells {
                dates: days(1, 4).dates().collect(),
                rows: vec![1, 2, 3, 4],
                ..Cells::default()
            },
        }
    }

    #[test]
    fn a_part_stands_for_its_result_and_its_dates_alone() {
        let part = Part::new(&candidate(), days(2, 3), &partial());
        let kept = part.partial(&candidate(), days(2, 3)).unwrap();
        assert_eq!(*kept, partial().over(days(2, 3)));
        assert_eq!(kept.cells.rows, [2, 3]);
        assert!(part.partial(&candidate(), days(3, 3)).is_some());
        assert!(part.partial(&candidate(), days(1, 3)).is_none());
        for other in [
            Candidate {
                run: 1,
                ..candidate()
            },
            Candidate {
                finished_at_ns: 8,
                ..candidate()
            },
            Candidate {
                content_hash: [9; 32],
                ..candidate()
            },
            Candidate {
                shape: [9; 32],
                ..candidate()
            },
        ] {
            assert!(part.partial(&other, days(2, 3)).is_none());
        }
    }

    #[test]
    fn the_older_generation_goes_when_the_younger_is_full() {
        let most = 1 << 20;
        let mut third = partial();
        third.cells.dates = vec![day(1); most / 40];
        third.cells.rows = vec![1; most / 40];
        let view = |n: u128| ViewId(Uuid::from_u128(n));
        let keep = |recall: &Recall, n| {
            let part = Part::new(&candidate(), days(1, 1), &third);
            recall.keep(view(n), HashMap::from([(candidate().execution_id, part)]));
        };
        let held = |recall: &Recall| {
            let generations = recall.lock();
            generations.young.bytes + generations.old.bytes
        };
        let recall = Recall::of_at_most(2 * most);
        (1..=4).for_each(|n| keep(&recall, n));
        assert!(
            recall.of(view(1)).is_some(),
            "in the older generation, and now in the younger"
        );
        (5..=6).for_each(|n| keep(&recall, n));
        assert!(recall.of(view(1)).is_some());
        assert!(recall.of(view(2)).is_none());
        // Recalling moves readings to the younger generation; that alone must not let it grow.
        for n in 7..40 {
            keep(&recall, n);
            (1..n).for_each(|n| drop(recall.of(view(n))));
            assert!(held(&recall) <= 2 * most, "{} bytes", held(&recall));
        }
    }

    #[test]
    fn without_memory_nothing_is_kept() {
        let recall = Recall::none();
        assert_eq!(recall.most_of_a_view(), 0);
        assert!(recall.of(ViewId(Uuid::from_u128(1))).is_none());
    }
}
