//! What stands among numbers or dates and is neither: a few examples.

use std::collections::BTreeSet;

/// How many are kept: one fewer is few.
pub(super) const KEPT: usize = 5;
/// The bytes that are kept of each.
const LONGEST: usize = 24;

/// The first of a column's texts that are neither numbers nor dates, bytewise: the same whatever the order of rows and merges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strays(pub(super) BTreeSet<String>);

impl Strays {
    /// Takes in a text.
    pub(super) fn take(&mut self, text: &[u8]) {
        let is_full = self.0.len() == KEPT;
        if is_full && self.0.last().is_some_and(|last| last.as_bytes() <= text) {
            return;
        }
        let end = text.len().min(LONGEST);
        let text = String::from_utf8_lossy(&text[..end]);
        // Half a character may be at its end.
        self.0
            .insert(text.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned());
        self.cut();
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
        self.cut();
    }

    fn cut(&mut self) {
        while self.0.len() > KEPT {
            self.0.pop_last();
        }
    }

    /// Whether they are known to be few different ones, and none is a single letter as codes are.
    pub(super) fn are_few_words(&self) -> bool {
        (1..KEPT).contains(&self.0.len()) && self.0.iter().all(|text| text.chars().nth(1).is_some())
    }

    /// The first of them, in quotes.
    pub(super) fn examples(&self) -> String {
        let named: Vec<String> = self.0.iter().take(2).map(|text| format!("\"{text}\"")).collect();
        named.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strays<'t>(texts: impl Iterator<Item = &'t &'t str>) -> Strays {
        let mut strays = Strays::default();
        texts.for_each(|text| strays.take(text.as_bytes()));
        strays
    }

    #[test]
    fn the_same_are_kept_in_any_order() {
        let texts = [
            "err",
            "closed",
            "nd",
            "~",
            "see below",
            "offen",
            "a text of more than twenty-four bytes",
            "nur drei Zeichen mehr äöü",
        ];
        let all = strays(texts.iter());
        assert_eq!(all, strays(texts.iter().rev()));
        let mut merged = strays(texts[4..].iter());
        merged.merge(&strays(texts[..5].iter()));
        assert_eq!(merged, all);
        assert_eq!(all.examples(), "\"a text of more than twen\", \"closed\"");
    }

    #[test]
    fn few_words_are_no_letters_and_not_many() {
        assert!(strays(["closed", "offen"].iter()).are_few_words());
        assert!(!strays(["B", "err"].iter()).are_few_words());
        assert!(!strays(["a1", "b2", "c3", "d4", "e5", "f6"].iter()).are_few_words());
        assert!(!Strays::default().are_few_words());
    }
}
