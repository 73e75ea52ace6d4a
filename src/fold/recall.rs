//! What views that read many results were drawn from last, so that one more event does not read a year again.
//!
//! It changes how long folding takes and nothing that is drawn: of each result the numbers of the dates that the view
//! reads of it are kept, and they are used only for that very result, formed in the same way, whether or not the transaction
//! commits that brought it. That a stored result was damaged in the meantime is seen by who reads it: a rebuild, an audit, or
//! another process. Two generations bound it: when the younger one is full the older one goes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::aggregate::Partial;
use crate::dashboard::Candidate;
use crate::ids::{ExecutionId, ViewId};
use crate::window::Window;

/// The most bytes of a generation: some dozen views of a year of daily results.
const MAX_BYTES: usize = 48 << 20;
/// What an entry takes beside what it keeps of the result, about.
const ENTRY_BYTES: usize = 256;
/// The most bytes that are kept of a view: more would push out those of many others.
pub const MAX_READING_BYTES: usize = MAX_BYTES / 8;

/// What a view reads of one result.
#[derive(Debug, Clone)]
pub struct Part {
    run: u32,
    finished_at_ns: i64,
    content_hash: [u8; 32],
    shape: [u8; 32],
    dates: Window,
    partial: Arc<Partial>,
}

impl Part {
    /// What a result holds of the dates.
    pub fn new(candidate: &Candidate, dates: Window, partial: &Partial) -> Self {
        Self {
            run: candidate.run,
            finished_at_ns: candidate.finished_at_ns,
            content_hash: candidate.content_hash,
            shape: candidate.shape,
            dates,
            partial: Arc::new(partial.over(dates)),
        }
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
    let kept = reading
        .values()
        .map(|part| part.partial.size_bytes() + ENTRY_BYTES);
    kept.sum()
}

#[derive(Debug, Default)]
struct Generations {
    young: Generation,
    old: Generation,
}

impl Generations {
    /// Takes a reading among the young; gives the older generation where it had to make room.
    #[must_use = "it is large: drop it without the lock"]
    fn insert(&mut self, view: ViewId, kept: Kept) -> Option<Generation> {
        let is_full = self.young.bytes >= MAX_BYTES;
        let gone = is_full.then(|| std::mem::replace(&mut self.old, std::mem::take(&mut self.young)));
        self.old.remove(view);
        self.young.insert(view, kept);
        gone
    }
}

/// Readings that all who draw views share; a clone is the same memory.
#[derive(Debug, Clone, Default)]
pub struct Recall(Arc<Mutex<Generations>>);

impl Recall {
    /// What a view was drawn from last, where that is known.
    pub fn of(&self, view: ViewId) -> Option<Arc<Reading>> {
        let mut generations = self.lock();
        if let Some((reading, _)) = generations.young.readings.get(&view) {
            return Some(reading.clone());
        }
        let kept = generations.old.remove(view)?;
        let reading = kept.0.clone();
        let gone = generations.insert(view, kept);
        drop(generations);
        drop(gone);
        Some(reading)
    }

    /// Keeps what a view was drawn from, in place of what it was drawn from before.
    pub fn keep(&self, view: ViewId, reading: Reading) {
        let bytes = size(&reading);
        let gone = self.lock().insert(view, (Arc::new(reading), bytes));
        drop(gone);
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut large = partial();
        large.cells.dates = vec![day(1); MAX_BYTES / 24];
        large.cells.rows = vec![1; MAX_BYTES / 24];
        let view = |n: u128| ViewId(Uuid::from_u128(n));
        let keep = |recall: &Recall, n| {
            let part = Part::new(&candidate(), days(1, 1), &large);
            recall.keep(view(n), HashMap::from([(candidate().execution_id, part)]));
        };
        let held = |recall: &Recall| {
            let generations = recall.lock();
            generations.young.bytes + generations.old.bytes
        };
        let recall = Recall::default();
        (1..=3).for_each(|n| keep(&recall, n));
        assert!(
            recall.of(view(1)).is_some(),
            "in the older generation, and now in the younger"
        );
        keep(&recall, 4);
        assert!(recall.of(view(1)).is_some());
        assert!(recall.of(view(2)).is_none());
        // Recalling moves readings to the younger generation; that alone must not let it grow.
        for n in 5..40 {
            keep(&recall, n);
            (1..n).for_each(|n| drop(recall.of(view(n))));
            assert!(held(&recall) <= 3 * MAX_BYTES, "{} bytes", held(&recall));
        }
    }
}
