//! Names of sheets: at most 31 characters, some of which are forbidden, and no two alike but for case.

use std::collections::BTreeSet;

const MOST_CHARACTERS: usize = 31;

/// The names taken so far.
#[derive(Debug, Default)]
pub struct SheetNames {
    taken: BTreeSet<String>,
}

impl SheetNames {
    /// None; `History` belongs to the spreadsheet program itself.
    pub fn new() -> Self {
        Self {
            taken: BTreeSet::from(["history".to_owned()]),
        }
    }

    /// A name like the wanted one that is allowed and free.
    pub fn take(&mut self, wanted: &str) -> String {
        let allowed = |c: char| {
            if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'') || c.is_control() {
                '_'
            } else {
                c
            }
        };
        let clean: String = wanted.chars().map(allowed).take(MOST_CHARACTERS).collect();
        let clean = if clean.trim().is_empty() {
            "data".to_owned()
        } else {
            clean
        };
        let mut name = clean.clone();
        let mut number = 2;
        while !self.taken.insert(name.to_lowercase()) {
            let ending = format!(" {number}");
            let kept = MOST_CHARACTERS - ending.len();
            name = clean.chars().take(kept).collect::<String>() + &ending;
            number += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_allowed_short_and_different() {
        let mut names = SheetNames::new();
        let long = "by_a_very_long_dimension_name__and_another";
        let taken: Vec<String> = ["by_a", "BY_A", "a/b:c", "", "History", long, long]
            .iter()
            .map(|name| names.take(name))
            .collect();
        assert_eq!(taken[..5], ["by_a", "BY_A 2", "a_b_c", "data", "History 2"]);
        assert_eq!(taken[6], "by_a_very_long_dimension_name 2");
        assert!(taken.iter().all(|name| name.chars().count() <= MOST_CHARACTERS));
    }
}
