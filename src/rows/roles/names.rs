//! What a column's name says.

use super::words::{CATEGORIES, DURATIONS, IDS, MEANS, NUMBERED, RATIOS, ROW_NUMBERS};
use crate::rows::evidence::{Count, Evidence};
use crate::rows::labels;
use crate::rows::value::moment::IntegerTimes;

/// Largest number of a category written as one: HTTP statuses are, years are not.
const MOST_CATEGORY: i64 = 999;

/// A column's name, in words.
#[derive(Debug)]
pub(super) struct Name {
    words: Vec<String>,
    percent_sign: bool,
}

impl Name {
    /// The name a label gives.
    pub(super) fn of(label: &str) -> Self {
        Self {
            words: labels::words(label),
            percent_sign: label.contains('%'),
        }
    }

    /// Its words in lower case.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Its last word.
    pub(super) fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    /// The first of its words that is in the list.
    pub(super) fn word_of(&self, list: &[&str]) -> Option<&str> {
        self.words
            .iter()
            .map(String::as_str)
            .find(|word| list.contains(word))
    }

    /// Whether it is exactly these words.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        self.words == words
    }

    /// The last word that marks an identifier.
    pub(super) fn id_word(&self) -> Option<&str> {
        let numbered = match self.words.as_slice() {
            [.., what, number] => {
                matches!(number.as_str(), "number" | "no" | "nr" | "num") && NUMBERED.contains(&what.as_str())
            }
            _ => false,
        };
        Some(self.last()).filter(|last| numbered || IDS.contains(last))
    }

    /// Whether there is no name, or one that a tool makes up for an unnamed column.
    pub(super) fn is_missing(&self) -> bool {
        let numbered = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
        match self.words.as_slice() {
            [] => true,
            [only] => numbered(only) || only == "unnamed",
            [first, number] => first == "unnamed" && numbered(number),
            [first, _, number] => first == "unnamed" && numbered(number),
            _ => false,
        }
    }

    /// Whether it is that of a row number.
    pub(super) fn is_row_number(&self) -> bool {
        match self.words.as_slice() {
            [only] => ROW_NUMBERS.contains(&only.as_str()),
            [row, rest] => {
                matches!(
                    row.as_str(),
                    "row" | "line" | "record" | "serial" | "s" | "sr" | "level"
                ) && (ROW_NUMBERS.contains(&rest.as_str()) || matches!(rest.as_str(), "names" | "name" | "0"))
            }
            _ => false,
        }
    }

    /// What marks it as a ratio.
    pub(super) fn ratio_word(&self) -> Option<&str> {
        let per = self.words.iter().position(|word| word == "per");
        let between = per.is_some_and(|per| per > 0 && per + 1 < self.words.len());
        self.word_of(RATIOS)
            .or(between.then_some("per"))
            .or(self.percent_sign.then_some("%"))
    }

    /// What marks it as a number to average.
    pub(super) fn mean_word(&self) -> Option<&str> {
        // Elsewhere `min` counts minutes.
        let least = self
            .words
            .first()
            .filter(|first| *first == "min" && self.words.len() > 1);
        let lasts = || {
            let pairs = self.words.windows(2);
            let mut found = pairs.filter(|pair| DURATIONS.iter().any(|known| *known == **pair));
            found.next().map(|pair| pair[0].as_str())
        };
        (self.word_of(MEANS).or(least.map(String::as_str))).or_else(lasts)
    }

    /// The part of the calendar that it names, with the numbers such a part has.
    pub(super) fn calendar_part(&self) -> Option<(&'static str, std::ops::RangeInclusive<i64>)> {
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        while words.len() > 1 && matches!(words.last(), Some(&("number" | "num" | "no" | "nr"))) {
            words.pop();
        }
        if words.len() > 3 || words.contains(&"per") {
            return None;
        }
        Some(match words.as_slice() {
            [.., "hour", "of", "day"] | [.., "hour" | "hr" | "stunde" | "heure" | "hora"] => ("hour", 0..=24),
            [.., "day", "of", "week"] | [.., "weekday" | "wday" | "dow" | "dayofweek"] => ("weekday", 0..=7),
            [.., "day", "of", "year"] | [.., "doy" | "yday" | "dayofyear"] => ("day of the year", 0..=366),
            [.., "day", "of", "month"] | [.., "day" | "dom" | "mday"] => ("day of the month", 1..=31),
            [.., "week", "of", "year"]
            | [
                ..,
                "week" | "weeknum" | "weekofyear" | "woche" | "semaine" | "semana" | "settimana",
            ] => ("week", 0..=53),
            [.., "month", "of", "year"]
            | [
                ..,
                "month" | "mnth" | "mon" | "monat" | "mois" | "mes" | "mese" | "maand",
            ] => ("month", 0..=12),
            [.., "quarter" | "qtr" | "quartal" | "trimestre"] => ("quarter", 1..=4),
            [
                ..,
                "year" | "yr" | "season" | "jahr" | "année" | "annee" | "año" | "ano" | "anno" | "jaar",
            ] => ("year", 1000..=2999),
            [.., "minute"] => ("minute", 0..=59),
            _ => return None,
        })
    }

    /// Whether it names a category and the evidence is that of one written as a small whole number.
    pub(super) fn is_numbered_category(&self, evidence: &Evidence) -> bool {
        let is_period = || evidence.integer_times().is_some_and(IntegerTimes::is_spelt);
        CATEGORIES.contains(&self.last())
            && !self.words.iter().any(|word| word == "per")
            && evidence.all_integers()
            && (evidence.integers)
                .is_some_and(|(least, most)| least >= 0 && most <= MOST_CATEGORY || is_period())
    }
}

/// Whether all values are whole numbers of that part of the calendar.
pub(super) fn within(evidence: &Evidence, range: &std::ops::RangeInclusive<i64>) -> bool {
    evidence.all_integers()
        && evidence
            .integers
            .is_some_and(|(least, most)| range.contains(&least) && range.contains(&most))
}

/// Whether all values are 0 or 1.
pub(super) fn zero_or_one(evidence: &Evidence) -> bool {
    evidence.all_integers() && evidence.count(Count::ZeroOrOne) == evidence.count(Count::Numbers)
}
