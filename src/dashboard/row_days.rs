//! Which dates of a result's window have rows, as a bitmap.

use chrono::NaiveDate;
use smallvec::SmallVec;

use crate::window::Window;

/// Encoded as runs: day counts without and with rows in turn.
const RUNS: u8 = 0;
/// Encoded as a bitmap, day 0 in the lowest bit of the first byte.
const BITMAP: u8 = 1;
/// Days beyond this are refused on decoding (a window has at most 36,600).
const MAX_DAYS: u64 = 40_000;

/// The dates with rows, relative to the start of the result's window.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct RowDays {
    /// Bit `d` is day `d`; the last word is never zero. A workflow's results are compared in their thousands, and most of them
    /// speak for less than four months.
    words: SmallVec<[u64; 2]>,
}

impl RowDays {
    /// The days of `window` among `dates`; dates outside it are left out.
    pub fn of(window: Window, dates: impl IntoIterator<Item = NaiveDate>) -> Self {
        let mut days = Self::default();
        for date in dates {
            if window.contains(date) {
                days.insert((date - window.start()).num_days().unsigned_abs() as usize);
            }
        }
        days
    }

    /// Whether no date has rows.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether day `day` (0 is the window's start) has rows.
    pub fn contains(&self, day: i64) -> bool {
        self.between(day, day).next().is_some()
    }

    /// The days with rows from `first` to `last`, both inclusive, ascending.
    pub fn between(&self, first: i64, last: i64) -> impl Iterator<Item = i64> + '_ {
        let first = first.max(0);
        let last = last.min(self.words.len() as i64 * 64 - 1);
        let words = first / 64..(last + 64) / 64;
        words.flat_map(move |index| {
            let base = index * 64;
            let mut word = usize::try_from(index)
                .ok()
                .and_then(|index| self.words.get(index).copied())
                .unwrap_or(0);
            word &= u64::MAX << (first - base).clamp(0, 63);
            word &= u64::MAX >> (63 - (last - base).clamp(0, 63));
            bits(word).map(move |bit| base + bit)
        })
    }

    /// Appends the compact encoding: a tag, then runs or a bitmap, whichever is shorter.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let runs = self.runs();
        let bitmap = self.bitmap();
        if runs.len() <= bitmap.len() {
            out.push(RUNS);
            out.extend_from_slice(&runs);
        } else {
            out.push(BITMAP);
            out.extend_from_slice(&bitmap);
        }
    }

    /// Reads what [`RowDays::encode`] wrote; `None` when the bytes are nothing of the kind.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (tag, body) = bytes.split_first()?;
        match *tag {
            RUNS => Self::from_runs(body),
            BITMAP if body.len() as u64 <= MAX_DAYS / 8 => Some(Self::from_bitmap(body)),
            _ => None,
        }
    }

    fn insert(&mut self, day: usize) {
        if self.words.len() <= day / 64 {
            self.words.resize(day / 64 + 1, 0);
        }
        self.words[day / 64] |= 1 << (day % 64);
    }

    fn days(&self) -> impl Iterator<Item = i64> + '_ {
        self.between(0, self.words.len() as i64 * 64 - 1)
    }

    fn runs(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut end = 0;
        let mut length = 0;
        for day in self.days() {
            if length > 0 && day == end {
                length += 1;
            } else {
                if length > 0 {
                    write_varint(length, &mut out);
                }
                write_varint(day.abs_diff(end), &mut out);
                length = 1;
            }
            end = day + 1;
        }
        if length > 0 {
            write_varint(length, &mut out);
        }
        out
    }

    fn from_runs(mut body: &[u8]) -> Option<Self> {
        let mut days = Self::default();
        let mut day = 0u64;
        while !body.is_empty() {
            let gap = read_varint(&mut body)?;
            let length = read_varint(&mut body)?;
            let start = day.checked_add(gap)?;
            day = start.checked_add(length).filter(|end| *end <= MAX_DAYS)?;
            (start..day).for_each(|day| days.insert(day as usize));
        }
        Some(days)
    }

    fn bitmap(&self) -> Vec<u8> {
        let mut out: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let length = out.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        out.truncate(length);
        out
    }

    fn from_bitmap(body: &[u8]) -> Self {
        let mut words: SmallVec<[u64; 2]> = body
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(word)
            })
            .collect();
        let length = words
            .iter()
            .rposition(|word| *word != 0)
            .map_or(0, |last| last + 1);
        words.truncate(length);
        Self { words }
    }
}

/// The positions of the set bits, ascending.
fn bits(mut word: u64) -> impl Iterator<Item = i64> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| i64::from(word.trailing_zeros()))?;
        word &= word - 1;
        Some(bit)
    })
}

fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn days(list: impl IntoIterator<Item = usize>) -> RowDays {
        let mut days = RowDays::default();
        list.into_iter().for_each(|day| days.insert(day));
        days
    }

    fn encoded(days: &RowDays) -> Vec<u8> {
        let mut out = Vec::new();
        days.encode(&mut out);
        out
    }

    #[test]
    fn full_windows_take_three_bytes() {
        assert_eq!(encoded(&days(0..34)), [RUNS, 0, 34]);
        assert_eq!(encoded(&RowDays::default()), [RUNS]);
        assert!(encoded(&days((0..364).filter(|day| day % 7 < 5))).len() <= 47);
    }

    #[test]
    fn dates_outside_the_window_are_left_out() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let window = Window::new(date("2026-11-01"), date("2026-11-07")).unwrap();
        let days = RowDays::of(window, ["2026-10-31", "2026-11-02", "2026-11-08"].map(date));
        assert_eq!(days.days().collect::<Vec<_>>(), [1]);
        assert!(days.contains(1) && !days.contains(0) && !days.contains(-1));
    }

    proptest! {
        #[test]
        fn encoding_round_trips(list in prop::collection::btree_set(0usize..36_600, 0..60), span in 0usize..200) {
            let list: BTreeSet<usize> = list.into_iter().chain(0..span).collect();
            let days = days(list.iter().copied());
            prop_assert_eq!(RowDays::decode(&encoded(&days)), Some(days));
        }

        #[test]
        fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = RowDays::decode(&bytes);
        }

        #[test]
        fn ranges_list_what_they_hold(
            list in prop::collection::btree_set(0usize..300, 0..60), first in -70i64..400, length in -2i64..300
        ) {
            let last = first + length;
            let held: Vec<i64> = list.iter().map(|day| *day as i64).filter(|day| first <= *day && *day <= last).collect();
            prop_assert_eq!(days(list).between(first, last).collect::<Vec<_>>(), held);
        }
    }
}
