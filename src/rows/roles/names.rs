//! What a column's name says.

use super::id_words::{
    ENTITIES, ENTITY_ENDINGS, GIVEN_NUMBERS, ID_ENDINGS, IDS, NUMBERED, ROW_NUMBERS, THINGS,
};
use super::mean_words::{
    DURATIONS, GIVEN, LINKS, MEAN_BEGINNINGS, MEAN_ENDINGS, MEANS, MODEL_LOSSES, SAYS_NOTHING, STATISTICS,
    UNIT_PLURALS,
};
use super::money::{is_amount, is_count};
use super::ordinals::which_of_many;
use super::words::{
    CATEGORIES, CLASSIFICATIONS, LEVEL_UNITS, NUMBERED_PLACES, PRESSURES, QUOTIENTS, RATIO_ENDINGS, RATIOS,
};
use crate::rows::evidence::{Count, Evidence};
use crate::rows::labels;
use crate::rows::value::moment::IntegerTimes;

/// Largest number of a category written as one: HTTP statuses are, years are not.
const MOST_CATEGORY: i64 = 999;

/// Words beside that of a period which say that its numbers are of that period.
const OF_A_PERIOD: &[&str] = &[
    "per", "pro", "this", "last", "previous", "next", "diese", "dieser", "diesen", "letzte", "letzter",
    "letzten", "vorige",
];
/// Plurals that a calendar's parts are of.
const OF_SEVERAL: &[&str] = &["operations", "analytics", "earnings", "hours", "months", "weeks"];

/// A column's name, in words.
#[derive(Debug)]
pub(super) struct Name {
    words: Vec<String>,
    percent_sign: bool,
    /// Whether it ends in `#`, as in `Order #`.
    number_sign: bool,
    /// The scale that it tells in parentheses, as in `I would recommend it (1-5)`.
    scale: Option<String>,
}

impl Name {
    /// The name a label gives.
    pub(super) fn of(label: &str) -> Self {
        Self {
            words: labels::words(label),
            percent_sign: label.contains('%'),
            number_sign: label.trim_end().ends_with(['#', '°']),
            scale: scale(label),
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
        // An `snr` and an `inr` are no compounds.
        let is_compound = |last: &&str| {
            ID_ENDINGS
                .iter()
                .any(|end| last.len() > end.len() + 2 && last.ends_with(end))
        };
        Some(self.last()).filter(|last| numbered || IDS.contains(last) || is_compound(last))
    }

    /// How it ends, where that is as names of numbers do that are given to something (`claim number`, `Order #`), whatever
    /// that is; not the number of how many there are (`total number`).
    pub(super) fn given_number(&self) -> Option<&str> {
        let what = match self.words.as_slice() {
            [.., what, last] if GIVEN_NUMBERS.contains(&last.as_str()) => what,
            [.., what] if self.number_sign => what,
            _ => return None,
        };
        let counts = matches!(
            what.as_str(),
            "total" | "sum" | "avg" | "average" | "mean" | "max" | "min" | "daily" | "the" | "of" | "gesamt"
        );
        let ending = if self.number_sign { "#" } else { self.last() };
        (!counts && self.calendar_part().is_none()).then_some(ending)
    }

    /// The word at its end for one of something (`customer`), whose numbers tell which one and not how many.
    pub(super) fn entity(&self) -> Option<&str> {
        let is_compound = |last: &&str| ENTITY_ENDINGS.iter().any(|end| last.ends_with(end));
        Some(self.last()).filter(|last| ENTITIES.contains(last) || is_compound(last))
    }

    /// Whether it is that of an id which may tell things apart that rows are about: of shops or meters, never of people.
    pub(super) fn may_be_subject(&self) -> bool {
        let is_id = self.id_word().or(self.given_number()).or(self.entity()).is_some();
        is_id && self.word_of(THINGS).is_some() || which_of_many(self).is_some()
    }

    /// Whether there is no name, or one that a tool makes up for an unnamed column. A year is a name.
    pub(super) fn is_missing(&self) -> bool {
        let numbered = |word: &String| word.len() < 4 && word.bytes().all(|byte| byte.is_ascii_digit());
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
        // `income per capita` and `per capita income`, but not `per day`.
        let between = per.is_some_and(|per| per + 1 + usize::from(per == 0) < self.words.len());
        let is_compound = |word: &&str| RATIO_ENDINGS.iter().any(|end| word.ends_with(end));
        self.word_of(RATIOS)
            .or_else(|| self.words.iter().map(String::as_str).find(is_compound))
            .or(between.then_some("per"))
            .or(self.percent_sign.then_some("%"))
    }

    /// What marks it as a number to average, beside values that look like this.
    pub(super) fn mean_word(&self, evidence: Option<&Evidence>) -> Option<&str> {
        // Elsewhere `min` counts minutes.
        let least = self
            .words
            .first()
            .filter(|first| *first == "min" && self.words.len() > 1);
        self.statistic()
            .or_else(|| self.mean_of(evidence))
            .or(least.map(String::as_str))
            .or_else(|| self.pair_of(DURATIONS).map(|[first, _]| first))
            .or_else(|| self.pair_of(MODEL_LOSSES).map(|[_, second]| second))
            .or_else(|| self.level_unit().filter(|unit| self.measures_in(unit, evidence)))
            .or(self.scale.as_deref())
            .or_else(|| self.is(&["pos"]).then_some("pos"))
    }

    /// The word of a statistic, which is none of what it is of.
    fn statistic(&self) -> Option<&str> {
        let is_compound = |word: &str| MEAN_BEGINNINGS.iter().any(|begin| word.starts_with(begin));
        let mut words = self.words.iter().map(String::as_str);
        words.find(|word| STATISTICS.contains(word) || is_compound(word))
    }

    /// The word of what its numbers are where they average, not of what is counted in it (`quality issues`, `number of ratings`).
    fn mean_of(&self, evidence: Option<&Evidence>) -> Option<&str> {
        if is_count(self) {
            return None;
        }
        let is_mean =
            |word: &str| MEANS.contains(&word) || MEAN_ENDINGS.iter().any(|end| word.ends_with(end));
        let mut words = self.words.iter().map(String::as_str).enumerate();
        let found = words.find(|(index, word)| is_mean(word) && self.leads(*index, evidence));
        found.map(|(_, word)| word)
    }

    /// Whether the numbers are what the word says, rather than what the words behind it count or pay.
    fn leads(&self, index: usize, evidence: Option<&Evidence>) -> bool {
        let are_whole = evidence.is_some_and(Evidence::all_integers);
        let most = evidence
            .and_then(|evidence| evidence.integers)
            .map_or(0, |(_, most)| most);
        let word = self.words[index].as_str();
        let behind = &self.words[index + 1..];
        match behind.first().map(String::as_str) {
            None => !(are_whole && GIVEN.iter().any(|(given, scale)| *given == word && most > *scale)),
            Some(next) if LINKS.contains(&next) => true,
            Some(_) => {
                let is_other = |word: &String| is_amount(word) && !MEANS.contains(&word.as_str());
                let counts = are_whole
                    && self.is_plural()
                    && !UNIT_PLURALS.contains(&self.last())
                    && !MEANS.contains(&self.last());
                !counts && !behind.iter().any(is_other)
            }
        }
    }

    /// Whether its last word is a plural, of many of something.
    pub(super) fn is_plural(&self) -> bool {
        is_plural(self.last())
    }

    /// The first two words beside each other that are in the list.
    pub(super) fn pair_of(&self, list: &[[&str; 2]]) -> Option<[&str; 2]> {
        let pairs = self.words.windows(2);
        let mut found = pairs.filter(|pair| list.iter().any(|known| *known == **pair));
        found.next().map(|pair| [pair[0].as_str(), pair[1].as_str()])
    }

    /// Whether it says nothing of what its numbers are.
    pub(super) fn says_nothing(&self) -> bool {
        !self.words.is_empty()
            && self
                .words
                .iter()
                .all(|word| SAYS_NOTHING.contains(&word.as_str()))
    }

    /// Whether its last words are a unit of levels, speeds or concentrations.
    pub(super) fn has_level_unit(&self) -> bool {
        self.level_unit().is_some()
    }

    /// The unit at its end, where that is one of levels, speeds or concentrations.
    fn level_unit(&self) -> Option<&str> {
        let is_quotient = |over: &str, under: &str| {
            (QUOTIENTS.iter()).any(|(overs, unders)| overs.contains(&over) && unders.contains(&under))
        };
        match self.words.as_slice() {
            [_, .., over, under] if is_quotient(over, under) => Some(over),
            [_, .., unit] if LEVEL_UNITS.contains(&unit.as_str()) => Some(unit),
            // Alone, a `bar` or a `pa` is something else.
            [unit] if unit.len() > 2 && unit != "bar" && LEVEL_UNITS.contains(&unit.as_str()) => Some(unit),
            _ => None,
        }
    }

    /// Whether the word is a unit here: a `bar` is one of pressures, and is sold in whole numbers else.
    fn measures_in(&self, unit: &str, evidence: Option<&Evidence>) -> bool {
        let are_whole = evidence.is_some_and(Evidence::all_integers);
        unit != "bar" || !are_whole || self.word_of(PRESSURES).is_some()
    }

    /// The part of the calendar that it names, with the numbers such a part has.
    pub(super) fn calendar_part(&self) -> Option<(&'static str, std::ops::RangeInclusive<i64>)> {
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        while words.len() > 1 && matches!(words.last(), Some(&("number" | "num" | "no" | "nr"))) {
            words.pop();
        }
        // So many came in a period (`closed_this_week`, `visits_month`).
        let counts = self.words.len() > 1 && self.word_of(OF_A_PERIOD).is_some()
            || matches!(words.as_slice(), [.., what, _] if is_plural(what) && !OF_SEVERAL.contains(what));
        if words.len() > 3 || counts {
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
                "year" | "yr" | "season" | "saison" | "temporada" | "stagione" | "jahr" | "année" | "annee"
                | "año" | "ano" | "anno" | "jaar" | "baujahr",
            ] => ("year", 1000..=2999),
            ["year" | "yr" | "jahr" | "année" | "annee" | "año" | "anno", _] => ("year", 1800..=2100),
            [.., "minute"] => ("minute", 0..=59),
            _ => return None,
        })
    }

    /// Whether it names a category and the evidence is that of one written as a whole number, a small one unless classes of a
    /// classification are named.
    pub(super) fn is_numbered_category(&self, evidence: &Evidence) -> bool {
        // What was given a number has no period for one (`store nbr` 1204).
        let is_period = || {
            let is_spelt = evidence.integer_times().is_some_and(IntegerTimes::is_spelt);
            is_spelt && self.given_number().is_none()
        };
        let is_small = || {
            let range = evidence.integers;
            range.is_some_and(|(least, most)| least >= 0 && most <= MOST_CATEGORY || is_period())
        };
        let ends_in = |pair: &[&str; 2]| self.words.ends_with(&pair.map(str::to_owned));
        let is_place = || NUMBERED_PLACES.iter().any(ends_in);
        evidence.all_integers()
            && !self.words.iter().any(|word| word == "per")
            && (CLASSIFICATIONS.contains(&self.last())
                || is_place()
                || CATEGORIES.contains(&self.category()) && is_small())
    }

    /// Its last word, or the one before where that only says that numbers are given (`store nbr`).
    pub(super) fn category(&self) -> &str {
        match self.words.as_slice() {
            [.., what, last] if GIVEN_NUMBERS.contains(&last.as_str()) => what,
            _ => self.last(),
        }
    }
}

/// Whether a word is a plural.
fn is_plural(word: &str) -> bool {
    let is_singular = ["ss", "is", "us", "as"].iter().any(|end| word.ends_with(end));
    word.len() > 3 && word.ends_with('s') && !is_singular
}

/// The scale of answers that a label tells in parentheses: from 0 or 1 to a number that people rate up to.
fn scale(label: &str) -> Option<String> {
    let (_, behind) = label.rsplit_once('(')?;
    let (inside, _) = behind.split_once(')')?;
    let (least, most) = inside.split_once(['-', '–', '—'])?;
    let (least, most): (u32, u32) = (least.trim().parse().ok()?, most.trim().parse().ok()?);
    (least <= 1 && matches!(most, 3..=11 | 100)).then(|| inside.to_owned())
}

/// Whether all values are whole numbers of that part of the calendar.
pub(super) fn within(evidence: &Evidence, range: &std::ops::RangeInclusive<i64>) -> bool {
    evidence.all_integers()
        && evidence
            .integers
            .is_some_and(|(least, most)| range.contains(&least) && range.contains(&most))
}

/// Whether the whole numbers are codes: written with leading zeros, and with more digits than parts of the calendar have.
pub(super) fn padded_codes(evidence: &Evidence) -> bool {
    evidence.count(Count::Padded) > 0
        && evidence.count(Count::Integers) == evidence.present()
        && evidence.integers.is_some_and(|(_, most)| most >= 1_000)
}

/// Whether the whole numbers are so large and so near to each other that they are counted through like serial numbers, not
/// measured.
pub(super) fn counted_through(evidence: &Evidence) -> bool {
    let is_narrow = |(least, most): (i64, i64)| {
        let span = i128::from(most) - i128::from(least);
        least >= 1_000_000_000 && span > 0 && span * 10_000 <= i128::from(least)
    };
    evidence.all_integers() && evidence.integers.is_some_and(is_narrow)
}

/// Whether all values are 0 or 1.
pub(super) fn zero_or_one(evidence: &Evidence) -> bool {
    evidence.all_integers() && evidence.count(Count::ZeroOrOne) == evidence.count(Count::Numbers)
}
