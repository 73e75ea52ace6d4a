//! Names of how much there is at a time or for each, which adds up over no time.

use super::beside::Beside;
use super::change_words::{CHANGES, EVENTS, IRREGULAR, OF_THE_FIGURE, STATES_OF_THINGS};
use super::level_words::{
    ADDED_UP, ADDED_UP_PAIRS, COUNTED_AT_A_TIME, GENRES, LEVEL_HEADS, LEVEL_PAIRS, LEVELS, QUALIFIERS,
    RUNNING, STATES, UNIT_PAIRS, UNIT_VALUES,
};
use super::mean_words::LINKS;
use super::names::Name;
use super::states;

/// Who is served as well as kept, so that only what stands beside them tells whether a total of them is there at a time.
const SERVED: &[&str] = &["customers", "clients"];

/// What marks a name as that of what one unit costs or brings, which adds up over nothing; not of its change.
pub(super) fn unit_value(name: &Name) -> Option<String> {
    let is_level = || name.word_of(LEVELS).or(name.word_of(ADDED_UP)).is_some();
    let is_other = name.word_of(CHANGES).is_some() || is_level();
    if is_other || happened(name).is_some() {
        return None;
    }
    let word = name.word_of(UNIT_VALUES).map(str::to_owned);
    word.or_else(|| name.pair_of(UNIT_PAIRS).map(|pair| pair.join(" ")))
}

/// What marks a name as that of a level, which adds up over no time; not of its change, nor of what happened to it.
pub(super) fn level(name: &Name, beside: &Beside<'_>) -> Option<String> {
    if moves(name) {
        return None;
    }
    // `pop` is music as well.
    let is_music = |word: &&str| *word == "pop" && name.is(&["pop"]) && beside.has_column(GENRES);
    let alone = || Some(name.last()).filter(|_| name.is(&["connections"]));
    let word = name
        .word_of(LEVELS)
        .filter(|word| !is_music(word))
        .or_else(|| name.word_of(ADDED_UP))
        .or_else(|| Some(head(name)).filter(|head| LEVEL_HEADS.contains(head)))
        .or_else(|| kept(name, beside))
        .or_else(alone);
    let pair = || {
        name.pair_of(LEVEL_PAIRS)
            .or_else(|| counted(name, beside))
            .or_else(|| states::ongoing(name))
            .or_else(|| states::stored(name))
    };
    word.map(str::to_owned)
        .or_else(|| pair().map(|pair| pair.join(" ")))
}

/// Whether a name is that of a change, or of what happened.
pub(super) fn moves(name: &Name) -> bool {
    name.word_of(CHANGES).or(name.word_of(EVENTS)).is_some() || happened(name).is_some()
}

/// Whether a name is that of a level that one thing has after each row, not one of many at a time.
pub(super) fn is_running(name: &Name) -> bool {
    name.word_of(RUNNING).or(name.word_of(ADDED_UP)).is_some()
}

/// Whether a name says that its numbers were added up so far: they rise whatever happens, and tell it by how much they rise.
pub fn is_added_up(label: &str) -> bool {
    let name = Name::of(label);
    name.word_of(ADDED_UP).is_some() || name.pair_of(ADDED_UP_PAIRS).is_some()
}

/// Those of whom there is a number at a time, where the name says so by a word before or behind.
fn counted<'n>(name: &'n Name, beside: &Beside<'_>) -> Option<[&'n str; 2]> {
    let (state, what) = (name.word_of(STATES)?, name.word_of(COUNTED_AT_A_TIME)?);
    let is_known = state != "total" || !SERVED.contains(&what) || beside.keeps(what);
    is_known.then_some([state, what])
}

/// Those whom a business keeps, where the columns beside tell of those who came and those who went.
fn kept<'n>(name: &'n Name, beside: &Beside<'_>) -> Option<&'n str> {
    Some(name.last()).filter(|what| name.is(&[what]) && beside.keeps(what))
}

/// The participle behind what a name is of that says what happened to it (`employees trained`), so that its numbers count that.
fn happened(name: &Name) -> Option<&str> {
    let mut behind = name.words().iter().skip(1).map(String::as_str);
    behind.find(|word| is_participle(word))
}

/// Whether a word says that something happened; not in what state it is since, nor how the number was made.
fn is_participle(word: &str) -> bool {
    let is_regular = word.len() > 4 && word.ends_with("ed") && !word.ends_with("eed");
    (is_regular || IRREGULAR.contains(&word))
        && !STATES_OF_THINGS.contains(&word)
        && !OF_THE_FIGURE.contains(&word)
}

/// The noun that a name is about: its last word that tells neither a unit nor a state, before what belongs to it
/// (`beds in use`, `capacity_mw`).
fn head(name: &Name) -> &str {
    let words = || name.words().iter().map(String::as_str);
    let end = words().skip(1).position(|word| LINKS.contains(&word));
    let own: Vec<&str> = words().take(end.map_or(usize::MAX, |end| end + 1)).collect();
    let says_more = |word: &&&str| !QUALIFIERS.contains(*word) && !STATES_OF_THINGS.contains(*word);
    own.iter().rev().find(says_more).copied().unwrap_or_default()
}
