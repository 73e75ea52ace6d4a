//! Results for this room's tests.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Candidate, RowDays};
use crate::aggregate::Kind;
use crate::ids::ExecutionId;
use crate::window::Window;

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn window(from: &str, to: &str) -> Window {
    Window::new(date(from), date(to)).unwrap()
}

/// Nanoseconds since 1970 at midnight UTC.
pub(super) fn midnight_ns(date: NaiveDate) -> i64 {
    date.and_hms_opt(0, 0, 0)
        .unwrap()
        .and_utc()
        .timestamp_nanos_opt()
        .unwrap()
}

/// A result with rows on every date.
pub(super) fn candidate(number: u128, window: Window, finished_at_ns: i64) -> Candidate {
    Candidate {
        execution_id: ExecutionId(Uuid::from_u128(number)),
        run: 0,
        finished_at_ns,
        window,
        kind: Kind::Timed,
        content_hash: [0; 32],
        shape: [0; 32],
        row_days: RowDays::of(window, window.dates()),
        withdrawn: false,
    }
}

/// A timed result that finished at midnight UTC of `finished`.
pub(super) fn timed(number: u128, from: &str, to: &str, finished: &str) -> Candidate {
    candidate(number, window(from, to), midnight_ns(date(finished)))
}

pub(super) fn untimed(number: u128, from: &str, to: &str, finished: &str) -> Candidate {
    Candidate {
        kind: Kind::Untimed,
        row_days: RowDays::default(),
        ..timed(number, from, to, finished)
    }
}

pub(super) fn empty(number: u128, from: &str, to: &str, finished: &str) -> Candidate {
    Candidate {
        kind: Kind::Empty,
        row_days: RowDays::default(),
        ..timed(number, from, to, finished)
    }
}

/// `count` timed results of `days` days each, one after the other from `first`, each finished at the midnight after.
pub(super) fn in_sequence(first: &str, days: u64, count: u64) -> Vec<Candidate> {
    (0..count)
        .map(|index| {
            let start = date(first) + Days::new(index * days);
            let window = Window::new(start, start + Days::new(days - 1)).unwrap();
            candidate(
                u128::from(index) + 1,
                window,
                midnight_ns(start + Days::new(days)),
            )
        })
        .collect()
}

/// Histories of a few executions over about four months, with overlaps, re-runs, ties and withdrawals.
pub(super) fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
    prop::collection::vec(any_candidate(), 0..14)
}

fn any_candidate() -> impl Strategy<Value = Candidate> {
    let place = (1u128..9, 0u64..100, 0u64..25, 0i64..30);
    let nature = (0u32..3, 0u8..8, any::<u32>());
    (place, nature).prop_map(|((number, start, length, age), (run, kind, days))| {
        let start = date("2026-09-01") + Days::new(start);
        let window = Window::new(start, start + Days::new(length)).unwrap();
        let kind = match kind {
            0..5 => Kind::Timed,
            5..7 => Kind::Untimed,
            _ => Kind::Empty,
        };
        let listed = window
            .dates()
            .enumerate()
            .filter(|(day, _)| kind == Kind::Timed && days >> day & 1 == 1);
        // As in life, equal hashes mean equal results.
        let mut content_hash = [kind as u8; 32];
        content_hash[..4].copy_from_slice(&days.to_be_bytes());
        content_hash[4..8].copy_from_slice(&chrono::Datelike::num_days_from_ce(&start).to_be_bytes());
        content_hash[8..16].copy_from_slice(&length.to_be_bytes());
        Candidate {
            run,
            kind,
            content_hash,
            row_days: RowDays::of(window, listed.map(|(_, date)| date)),
            withdrawn: number == 5 && run == 0,
            ..candidate(number, window, midnight_ns(start) + age * 43_200_000_000_000)
        }
    })
}
