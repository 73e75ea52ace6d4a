//! What views that read many results were drawn from last, so that one more event does not read a year again.
//!
//! It changes how long folding takes and nothing that is drawn: of each result the numbers of the dates that the view
//! reads of it are kept, and they are used only for that very result, formed in the same way. Two generations bound it: when
//! the younger one is full the older one goes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::aggregate::Partial;
use crate::dashboard::Candidate;
use crate::ids::{ExecutionId, ViewId};
use crate::window::Window;

/// The most bytes of a generation: some hundred views of a year of daily results.
const MAX_BYTES: usize = 32 << 20;
/// What an entry takes beside its numbers, about.
const ENTRY_BYTES: usize = 256;

/// What a view reads of one result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    run: u32,
    finished_at_ns: i64,
    content_hash: [u8; 32],
    shape: [u8; 32],
    dates: Window,
    body: Arc<[u8]>,
}

impl Part {
    /// The numbers of a result's dates, encoded.
    pub fn new(candidate: &Candidate, dates: Window, partial: Partial) -> Self {
        Self {
            run: candidate.run,
            finished_at_ns: candidate.finished_at_ns,
            content_hash: candidate.content_hash,
            shape: candidate.shape,
            dates,
            body: partial.narrowed(dates, usize::MAX).encode().into(),
        }
    }

    /// Whether it holds just these dates of the result.
    pub fn is(&self, candidate: &Candidate, dates: Window) -> bool {
        self.dates == dates && self.is_of(candidate)
    }

    /// The result's numbers, where it is the same result and these dates are among those kept.
    pub fn partial(&self, candidate: &Candidate, dates: Window) -> Option<Partial> {
        match self.is_of(candidate) && self.dates.intersection(dates) == Some(dates) {
            true => Partial::decode(&self.body).ok(),
            false => None,
        }
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

#[derive(Debug, Default)]
struct Generation {
    readings: HashMap<ViewId, Arc<Reading>>,
    bytes: usize,
}

impl Generation {
    fn insert(&mut self, view: ViewId, reading: Arc<Reading>) {
        self.bytes += size(&reading);
        if let Some(former) = self.readings.insert(view, reading) {
            self.bytes -= size(&former);
        }
    }

    fn remove(&mut self, view: ViewId) -> Option<Arc<Reading>> {
        let reading = self.readings.remove(&view)?;
        self.bytes -= size(&reading);
        Some(reading)
    }
}

fn size(reading: &Reading) -> usize {
    reading.values().map(|part| part.body.len() + ENTRY_BYTES).sum()
}

/// Readings that all who draw views share; a clone is the same memory.
#[derive(Debug, Clone, Default)]
pub struct Recall(Arc<Mutex<[Generation; 2]>>);

impl Recall {
    /// What a view was drawn from last, where that is known.
    pub fn of(&self, view: ViewId) -> Option<Arc<Reading>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if let Some(reading) = young.readings.get(&view) {
            return Some(reading.clone());
        }
        let reading = old.remove(view)?;
        young.insert(view, reading.clone());
        Some(reading)
    }

    /// Keeps what a view was drawn from, in place of what it was drawn from before.
    pub fn keep(&self, view: ViewId, reading: Reading) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if young.bytes >= MAX_BYTES {
            *old = std::mem::take(young);
        }
        old.remove(view);
        young.insert(view, Arc::new(reading));
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
        let part = Part::new(&candidate(), days(2, 3), partial());
        let kept = part.partial(&candidate(), days(2, 3)).unwrap();
        assert_eq!(kept, partial().narrowed(days(2, 3), usize::MAX));
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
        let part = |bytes: usize| Part {
            body: vec![0; bytes].into(),
            ..Part::new(&candidate(), days(1, 1), partial())
        };
        let view = |n: u128| ViewId(Uuid::from_u128(n));
        let keep = |recall: &Recall, n| {
            recall.keep(
                view(n),
                HashMap::from([(candidate().execution_id, part(MAX_BYTES / 2))]),
            );
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
    }
}
