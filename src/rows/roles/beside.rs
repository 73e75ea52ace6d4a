//! What the columns of a table say together, where the name of one alone leaves open what it is.

use std::collections::BTreeSet;

use super::change_words::{CAME, RECURRING, SUBSCRIBED, WENT};
use super::decide::ColumnFacts;
use super::ids::{id_reason, numbers_rows};
use super::level_words::COUNTED_AT_A_TIME;
use super::names::Name;
use super::ordinals::{one_of_many, ordinal};
use crate::rows::evidence::Values;

/// What runs again and again under one number.
const RUNS: &[&str] = &[
    "flight", "train", "trip", "tour", "voyage", "flug", "zug", "vol", "vuelo",
];

/// Words of dates that belong to the life of a thing and say nothing of when its numbers were read: `hire_date`, `last_seen`.
const OF_A_LIFE: &[&str] = &[
    "hire",
    "hired",
    "hiring",
    "join",
    "joined",
    "joining",
    "signup",
    "signed",
    "registered",
    "registration",
    "enrolled",
    "enrolment",
    "enrollment",
    "onboarded",
    "birth",
    "birthday",
    "birthdate",
    "born",
    "dob",
    "founded",
    "opened",
    "opening",
    "built",
    "installed",
    "installation",
    "commissioned",
    "acquired",
    "since",
    "first",
    "last",
    "latest",
    "expiry",
    "expires",
    "expiration",
    "renewal",
    "eintritt",
    "eintrittsdatum",
    "geburtsdatum",
    "baujahr",
    "seit",
    "letzte",
    "letzter",
    "letztes",
    "embauche",
    "naissance",
    "dernier",
    "dernière",
    "nacimiento",
    "última",
    "ultima",
    "último",
    "ultimo",
];

/// Names of times at which everything was looked at: what rows tell is how much there was.
const OF_A_LOOK: &[&str] = &["snapshot", "stichtag", "asof", "inventur", "bestandsdatum"];

/// How a table's rows lie in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Nothing tells rows of different times apart.
    One,
    /// The same: each row is another thing, and its date one of the thing's life.
    Things,
    /// Each date, or each result, is one time.
    Dates,
    /// There are, or may be, several times within a date or a result.
    Finer,
}

/// What a table's columns say of each other.
#[derive(Debug)]
pub(super) struct Beside<'n> {
    /// How the rows lie in time.
    pub times: Times,
    /// Whether a column is the time.
    pub has_time: bool,
    /// Whether each time is one at which everything was looked at.
    pub are_snapshots: bool,
    /// Whether each row is a case of its own, as it has an id that no other one has.
    pub are_cases: bool,
    names: &'n [Name],
    /// What comes and goes: `customers`, beside new and churned ones.
    kept: BTreeSet<&'n str>,
}

impl<'n> Beside<'n> {
    /// What these columns say; `several` are the results that their rows may come of, each of a time of its own.
    pub(super) fn of(
        columns: &[ColumnFacts<'_>],
        names: &'n [Name],
        time: Option<usize>,
        several: bool,
    ) -> Self {
        let is_its_own = |(facts, name): (&ColumnFacts<'_>, &Name)| {
            let evidence = facts.evidence;
            let is_full = evidence.present() == evidence.cells() && evidence.cells() > 1;
            let is_id = || {
                id_reason(name, evidence).is_some()
                    || numbers_rows(name, facts)
                    || one_of_many(name, evidence).is_some()
            };
            // Flights and trains have their numbers again on other days.
            let is_run = || name.given_number().is_some() && name.word_of(RUNS).is_some();
            is_full && is_id() && (!evidence.repeats || is_run())
        };
        let are_cases = columns.iter().zip(names).any(is_its_own);
        let is_of_a_life = |time: &usize| names[*time].word_of(OF_A_LIFE).is_some();
        Self {
            times: match time.filter(is_of_a_life) {
                Some(_) if are_cases => Times::Things,
                _ => times(columns, names, time, several),
            },
            has_time: time.is_some(),
            are_snapshots: time.is_some_and(|time| {
                let name = &names[time];
                name.word_of(OF_A_LOOK).is_some() || name.pair_of(&[["as", "of"]]).is_some()
            }),
            are_cases,
            names,
            kept: kept(names),
        }
    }

    /// Whether a column is called by one of these words.
    pub(super) fn has_column(&self, words: &[&str]) -> bool {
        self.names
            .iter()
            .any(|name| words.iter().any(|word| name.is(&[word])))
    }

    /// Whether some name has one of these words.
    pub(super) fn has_word(&self, words: &[&str]) -> bool {
        self.names.iter().any(|name| name.word_of(words).is_some())
    }

    /// Whether there is a number of them at a time: others come and go, or they pay again and again.
    pub(super) fn keeps(&self, what: &str) -> bool {
        let tells_it = |name: &Name| RECURRING.contains(&name.last()) || name.word_of(SUBSCRIBED).is_some();
        let pay_again = || COUNTED_AT_A_TIME.contains(&what) && self.names.iter().any(tells_it);
        self.kept.contains(what) || pay_again()
    }
}

/// What names say to have come and, in other ones, to have gone.
fn kept(names: &[Name]) -> BTreeSet<&str> {
    let of =
        |words: &[&str]| -> BTreeSet<&str> { names.iter().filter_map(|name| moved(name, words)).collect() };
    let (came, went) = (of(CAME), of(WENT));
    came.intersection(&went).copied().collect()
}

/// What a name of two words says to have moved so.
fn moved<'n>(name: &'n Name, words: &[&str]) -> Option<&'n str> {
    match name.words() {
        [one, what] | [what, one] if words.contains(&one.as_str()) => Some(what),
        _ => None,
    }
}

/// How the rows lie in time. Without a time column each of several results is one time, unless its rows tell of others.
fn times(columns: &[ColumnFacts<'_>], names: &[Name], time: Option<usize>, several: bool) -> Times {
    let others = || {
        let all = columns.iter().zip(names).enumerate();
        all.filter(|(index, _)| Some(*index) != time)
            .map(|(_, column)| column)
    };
    let Some(time) = time else {
        return match (others().any(is_of_time), several) {
            (true, _) => Times::Finer,
            (false, true) => Times::Dates,
            (false, false) => Times::One,
        };
    };
    let is_clock = |(facts, name): (&ColumnFacts<'_>, &Name)| {
        let part = name.calendar_part().map(|(part, _)| part);
        let is_numbered = facts.evidence.values() == Values::Numbers;
        matches!(part, Some("hour" | "minute")) || (name.is(&["time"]) && !is_numbered)
    };
    // Months since a start are the times of what started then.
    let counts_on = |(facts, name): (&ColumnFacts<'_>, &Name)| ordinal(name, facts.evidence).is_some();
    match columns[time].evidence.has_times_of_day()
        || others().any(|column| is_clock(column) || counts_on(column))
    {
        true => Times::Finer,
        false => Times::Dates,
    }
}

/// Whether a column tells rows of different times apart, be it the time or not.
fn is_of_time((facts, name): (&ColumnFacts<'_>, &Name)) -> bool {
    const TIMES: &[&str] = &[
        "date",
        "datum",
        "fecha",
        "time",
        "period",
        "periode",
        "période",
        "periodo",
        "wochentag",
    ];
    facts.evidence.values() == Values::Times
        || name.calendar_part().is_some()
        || name.word_of(TIMES).is_some()
}
