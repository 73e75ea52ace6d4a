//! How a measure's numbers are aggregated, by its name, its values, and what stands beside it.

use super::beside::{Beside, Times};
use super::decide::Agg;
use super::durations::of_one_case;
use super::levels::{is_running, level, moves, unit_value};
use super::names::Name;
use super::shares::{is_share_unknown, share_reason};
use super::states::busy;
use crate::rows::Evidence;

/// Words of what was planned, beside which a `variance` is a difference and no statistic.
const PLANNED: &[&str] = &[
    "budget", "budgeted", "plan", "planned", "forecast", "target", "actual", "actuals",
];

/// Pairs of words that say what weighs so much.
const BODIES: &[[&str; 2]] = &[["body", "mass"], ["body", "weight"], ["birth", "weight"]];

/// How a measure's numbers are aggregated, and why. Levels add up over departments and accounts, not over time.
pub(super) fn measured(name: &Name, evidence: &Evidence, beside: &Beside<'_>) -> (Agg, String) {
    if name.last() == "variance" && beside.has_word(PLANNED) {
        let reason =
            "A measure, added up: beside what was planned its variance is how much more or less it was.";
        return (Agg::Sum, reason.to_owned());
    }
    if let Some(word) = name.mean_word(Some(evidence)) {
        let reason = format!("A measure, averaged: its values are numbers and its name has \"{word}\".");
        return (Agg::Mean, reason);
    }
    if let Some(word) = of_a_body(name, beside) {
        let reason = format!(
            "A measure, averaged: its name has \"{word}\", which is measured of each thing by itself."
        );
        return (Agg::Mean, reason);
    }
    if let Some(word) = of_one_case(name, beside.are_cases) {
        let reason = format!(
            "A measure, averaged: its name has \"{word}\", so it says how long each one took, and the sum is no time that anybody \
             spent."
        );
        return (Agg::Mean, reason);
    }
    if let Some(reason) = share_reason(name, evidence) {
        return (Agg::Mean, reason);
    }
    if let Some(value) = unit_value(name) {
        return (Agg::Mean, averaged_level(&value));
    }
    if let Some(level) = level(name, beside) {
        // Where all that there is was looked at, what runs for each thing is there for all of them.
        let adds_up = !is_running(name) || beside.are_snapshots;
        return as_level(&level, adds_up, beside.times);
    }
    if let Some(word) = busy(name, evidence, beside) {
        let reason =
            format!("A measure, averaged: its name has \"{word}\", of which so much is taken up at a time.");
        return (Agg::Mean, reason);
    }
    if beside.are_snapshots && beside.times == Times::Dates && !moves(name) {
        let reason = "A measure, added up within a date and averaged over dates: the name of the time says that everything was looked at \
                      then, so that each date tells how much there was.";
        return (Agg::Level, reason.to_owned());
    }
    let mut reason = "A measure, added up: its values are numbers.".to_owned();
    if is_share_unknown(name, evidence) {
        reason.push_str(
            " Its results were taken in by an older version, which does not tell whether they are shares between 0 and 1: a \
             replay would.",
        );
    }
    (Agg::Sum, reason)
}

/// What marks a name as that of a measure of a body: its length where its width, height or depth stands beside it, or what it weighs.
fn of_a_body<'n>(name: &'n Name, beside: &Beside<'_>) -> Option<&'n str> {
    let length = name
        .word_of(&["length"])
        .filter(|_| beside.has_word(&["width", "height", "depth", "thickness"]));
    length.or_else(|| {
        name.pair_of(BODIES)
            .and_then(|_| name.word_of(&["mass", "weight"]))
    })
}

/// How a level is aggregated that a name has the word of: `adds_up` says whether rows of one time are parts of each other.
fn as_level(level: &str, adds_up: bool, times: Times) -> (Agg, String) {
    match times {
        Times::One => (
            Agg::Sum,
            format!(
                "A measure, added up: its name has \"{level}\", of which there is so much at a time, and no column tells of several \
                 times."
            ),
        ),
        Times::Things => (
            Agg::Sum,
            format!(
                "A measure, added up: its name has \"{level}\", of which there is so much at a time, and each row is another thing, \
                 whose date says nothing of when that was."
            ),
        ),
        Times::Dates if adds_up => (
            Agg::Level,
            format!(
                "A measure, added up within a date and averaged over dates: its name has \"{level}\", of which there is so much at a \
                 time, not so much more with every date."
            ),
        ),
        Times::Dates | Times::Finer => (Agg::Mean, averaged_level(level)),
    }
}

fn averaged_level(level: &str) -> String {
    format!(
        "A measure, averaged: its name has \"{level}\", of which there is so much at a time or for each, not so much more with every \
         row."
    )
}
