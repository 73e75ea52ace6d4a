//! The dates that results have ever spoken for, also those that no result speaks for any more.
//!
//! A re-run over a narrower window, or a withdrawal, leaves dates behind that nobody covers. Their views stay, empty. So
//! that this does not depend on the order in which results arrived, every result that was ever taken in claims its
//! window for good: a set that only grows, whatever comes first.

use chrono::{Datelike, NaiveDate};

use super::Cadence;
use crate::aggregate::Kind;
use crate::window::Window;

/// Bytes of an encoded window.
const WINDOW_BYTES: usize = 8;

/// Windows that results have claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// Dates claimed one by one: disjoint, ascending, never adjacent.
    spans: Vec<Window>,
    /// Windows of results without a time column, ascending, each once: they belong where they end.
    untimed: Vec<Window>,
}

impl Claims {
    /// What results of these kinds over these windows claim together.
    pub fn of(results: impl IntoIterator<Item = (Kind, Window)>) -> Self {
        let mut claims = Self::default();
        for (kind, window) in results {
            match kind {
                Kind::Timed | Kind::Empty => claims.spans.push(window),
                Kind::Untimed => claims.untimed.push(window),
            }
        }
        claims.spans = merged(claims.spans);
        claims.untimed.sort_unstable();
        claims.untimed.dedup();
        claims
    }

    /// Both together.
    pub fn union(&self, other: &Self) -> Self {
        let mut untimed = [&self.untimed[..], &other.untimed].concat();
        untimed.sort_unstable();
        untimed.dedup();
        Self {
            spans: merged([&self.spans[..], &other.spans].concat()),
            untimed,
        }
    }

    /// Whether nothing is claimed.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.untimed.is_empty()
    }

    /// From the first to the last claimed date of the range; of a result without a time column only in the range that
    /// holds its end.
    pub fn within(&self, range: Window) -> Option<Window> {
        let dated = self.spans.iter().filter_map(|span| span.intersection(range));
        let ending = self.untimed.iter().filter(|window| range.contains(window.end()));
        let ending = ending.filter_map(|window| window.intersection(range));
        dated
            .chain(ending)
            .reduce(|a, b| Window::new(a.start().min(b.start()), a.end().max(b.end())).unwrap_or(a))
    }

    /// The calendar steps in which dates are claimed, some of them repeatedly.
    pub fn steps(&self, step: Cadence) -> impl Iterator<Item = Window> + '_ {
        let dated = self.spans.iter().flat_map(move |span| {
            let first = step.around(span.start());
            let following = std::iter::successors(Some(first), move |last| step.after(last.end()));
            following.take_while(|next| next.start() <= span.end())
        });
        dated.chain(self.untimed.iter().map(move |window| step.around(window.end())))
    }

    /// The stored bytes: the number of spans, then all windows as days from the common era; nothing when empty.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.is_empty() {
            return out;
        }
        out.extend_from_slice(&(self.spans.len() as u32).to_le_bytes());
        for window in self.spans.iter().chain(&self.untimed) {
            for date in [window.start(), window.end()] {
                out.extend_from_slice(&date.num_days_from_ce().to_le_bytes());
            }
        }
        out
    }

    /// Reads what [`Claims::encode`] wrote; `None` when the bytes are nothing of the kind.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let (count, windows) = bytes.split_first_chunk()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let (windows, rest) = windows.as_chunks::<WINDOW_BYTES>();
        let windows: Vec<Window> = windows.iter().map(window_of).collect::<Option<_>>()?;
        let (spans, untimed) = windows.split_at_checked(count)?;
        rest.is_empty().then(|| Self {
            spans: merged(spans.to_vec()),
            untimed: untimed.to_vec(),
        })
    }
}

fn window_of(bytes: &[u8; WINDOW_BYTES]) -> Option<Window> {
    let (start, end) = bytes.split_first_chunk::<4>()?;
    let date = |bytes: [u8; 4]| NaiveDate::from_num_days_from_ce_opt(i32::from_le_bytes(bytes));
    Window::new(date(*start)?, date(end.try_into().ok()?)?)
}

/// The same dates as disjoint spans, ascending, never adjacent.
fn merged(mut spans: Vec<Window>) -> Vec<Window> {
    spans.sort_unstable();
    let mut out: Vec<Window> = Vec::with_capacity(spans.len());
    for span in spans {
        let joined = out.last().copied().filter(|last| {
            let next = last.end().succ_opt().unwrap_or(last.end());
            span.start() <= next
        });
        match joined.and_then(|last| Window::new(last.start(), last.end().max(span.end()))) {
            Some(joined) => {
                out.pop();
                out.push(joined);
            }
            None => out.push(span),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{candidates, window};
    use super::super::{Candidate, PeriodKey};
    use super::*;

    fn of(results: &[Candidate]) -> Claims {
        Claims::of(results.iter().map(|result| (result.kind, result.window)))
    }

    #[test]
    fn dated_results_claim_their_windows_and_others_where_they_end() {
        let claims = Claims::of([
            (Kind::Timed, window("2026-01-20", "2026-02-03")),
            (Kind::Empty, window("2026-02-04", "2026-02-05")),
            (Kind::Untimed, window("2026-03-28", "2026-04-03")),
        ]);
        let months: Vec<_> = claims
            .steps(Cadence::Month)
            .map(|month| PeriodKey::calendar(Cadence::Month, month.start()).to_string())
            .collect();
        assert_eq!(months, ["2026-01", "2026-02", "2026-04"]);
        let within = |from, to| claims.within(window(from, to));
        assert_eq!(
            within("2026-02-01", "2026-02-28"),
            Some(window("2026-02-01", "2026-02-05"))
        );
        assert_eq!(within("2026-03-01", "2026-03-31"), None);
        assert_eq!(
            within("2026-04-01", "2026-04-30"),
            Some(window("2026-04-01", "2026-04-03"))
        );
        assert_eq!(
            within("2026-01-01", "2026-12-31"),
            Some(window("2026-01-20", "2026-04-03"))
        );
    }

    proptest! {
        #[test]
        fn claims_only_grow_and_in_any_order(
            (results, shuffled) in candidates().prop_flat_map(|results| {
                let twice = [results.clone(), results.clone()].concat();
                (Just(results), Just(twice).prop_shuffle())
            })
        ) {
            let one_by_one = shuffled
                .iter()
                .fold(Claims::default(), |claims, result| claims.union(&of(std::slice::from_ref(result))));
            prop_assert_eq!(&one_by_one, &of(&results));
            prop_assert_eq!(Claims::decode(&one_by_one.encode()), Some(one_by_one));
        }

        #[test]
        fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Claims::decode(&bytes);
        }
    }
}
