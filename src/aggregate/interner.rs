//! The distinct values of a dimension while cells are being built.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::cells::OTHER;

/// About the bytes of a finished value besides its text, which are more than those of an interned one: where it lies, and
/// what an allocation costs.
const VALUE_BYTES: usize = 40;

/// Distinct values in order of appearance, all texts in one buffer.
#[derive(Debug, Default)]
pub(super) struct Interner {
    text: String,
    /// Where each value's text ends.
    ends: Vec<u32>,
    /// The code of null, whose text is empty.
    null: Option<u32>,
    table: HashTable<u32>,
    last: Option<u32>,
    hasher: DefaultHashBuilder,
    /// Set once every value, now and to come, is "other".
    dropped: bool,
}

impl Interner {
    /// One that knows no value but "other", and takes every value for it.
    pub(super) fn dropped() -> Self {
        let mut interner = Self::default();
        interner.code(Some(OTHER));
        interner.dropped = true;
        interner
    }

    /// The value's code, a new one where it is new.
    #[inline]
    pub(super) fn code(&mut self, value: Option<&str>) -> u32 {
        if self.dropped {
            return 0;
        }
        let Some(text) = value else {
            return match self.null {
                Some(code) => code,
                None => {
                    let code = self.push("");
                    self.null = Some(code);
                    code
                }
            };
        };
        // Neighbouring rows often share a value.
        if let Some(last) = self.last
            && self.value(last) == Some(text)
        {
            return last;
        }
        let code = self.find_or_push(text);
        self.last = Some(code);
        code
    }

    fn find_or_push(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        let is = |code: &u32| self.value(*code) == Some(text);
        if let Some(code) = self.table.find(hash, is) {
            return *code;
        }
        let code = self.push(text);
        let (values, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        self.table
            .insert_unique(hash, code, |code| hasher.hash_one(text_at(values, ends, *code)));
        code
    }

    fn push(&mut self, text: &str) -> u32 {
        let code = self.ends.len() as u32;
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        code
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The value of a code.
    #[inline]
    pub(super) fn value(&self, code: u32) -> Option<&str> {
        (self.null != Some(code)).then(|| text_at(&self.text, &self.ends, code))
    }

    /// About the most bytes its values take on their way into a stored partial. A text is there twice: interned and finished,
    /// then finished and encoded.
    pub(super) fn size_bytes(&self) -> usize {
        2 * self.text.len() + VALUE_BYTES * self.ends.len()
    }

    /// Canonical order: ascending bytewise, null last.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) => a.as_bytes().cmp(b.as_bytes()),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }

    /// For each code its rank in canonical order among the `used` ones, and the used values in that order.
    pub(super) fn canonical(self, used: &[bool]) -> (Vec<u32>, Vec<Option<String>>) {
        let mut order: Vec<u32> = (0..self.ends.len() as u32)
            .filter(|code| used[*code as usize])
            .collect();
        order.sort_unstable_by(|a, b| self.compare(*a, *b));
        let mut rank = vec![0; self.ends.len()];
        for (position, code) in order.iter().enumerate() {
            rank[*code as usize] = position as u32;
        }
        let values = order
            .iter()
            .map(|code| self.value(*code).map(str::to_owned))
            .collect();
        (rank, values)
    }
}

fn text_at<'a>(text: &'a str, ends: &[u32], code: u32) -> &'a str {
    let code = code as usize;
    let start = if code == 0 { 0 } else { ends[code - 1] as usize };
    &text[start..ends[code] as usize]
}
