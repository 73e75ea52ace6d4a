//! Column labels: told apart where they repeat, split into words where rules look at names.

use std::collections::HashSet;

/// The labels with `_2`, `_3`, … behind those that occurred before; the first of each keeps its own.
pub(super) fn distinct(labels: Vec<String>) -> Vec<String> {
    let originals: HashSet<String> = labels.iter().cloned().collect();
    let mut used: HashSet<String> = HashSet::with_capacity(labels.len());
    let mut result = Vec::with_capacity(labels.len());
    for label in labels {
        let mut candidate = label.clone();
        let mut number = 2u32;
        while used.contains(&candidate) || (number > 2 && originals.contains(&candidate)) {
            candidate = format!("{label}_{number}");
            number += 1;
        }
        used.insert(candidate.clone());
        result.push(candidate);
    }
    result
}

/// The label's words in lower case: a word ends where something other than letters and digits stands, and before an
/// upper-case letter that follows lower-case ones or a digit (`DriversKilled` is `drivers killed`); a single one belongs to what follows
/// (`pH`, `kWh`).
pub(super) fn words(label: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for letter in label.chars() {
        let is_one_letter = before.is_lowercase() && word.chars().nth(1).is_none();
        let starts =
            letter.is_uppercase() && (before.is_lowercase() || before.is_numeric()) && !is_one_letter;
        if (starts || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_labels_are_told_apart() {
        let distinct = |labels: &[&str]| distinct(labels.iter().map(|label| (*label).to_owned()).collect());
        assert_eq!(distinct(&["a", "a", "a"]), ["a", "a_2", "a_3"]);
        assert_eq!(distinct(&["a", "a", "a_2"]), ["a", "a_3", "a_2"]);
        assert_eq!(distinct(&["", "x", ""]), ["", "x", "_2"]);
    }

    #[test]
    fn labels_split_into_words() {
        assert_eq!(words("DriversKilled"), ["drivers", "killed"]);
        assert_eq!(words("Sub-Category  Name"), ["sub", "category", "name"]);
        assert_eq!(words("Channel0_impression"), ["channel0", "impression"]);
        assert_eq!(words("day_of_week"), ["day", "of", "week"]);
        assert_eq!(words("CTR"), ["ctr"]);
        assert_eq!(words("pH"), ["ph"]);
        assert_eq!(words("Total kWh"), ["total", "kwh"]);
        assert_eq!(words("größeÄnderung"), ["größe", "änderung"]);
        assert!(words("--").is_empty());
    }
}
