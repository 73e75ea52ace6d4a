//! The dashboard's two windows: what they are called, and what it makes that one is longer.

use super::claim::{Claim, Show, Span};
use super::season::{self, Move};
use super::study::{FLOOR, Scope, Study};
use crate::dashboard::{Cadence, Compare, words};

/// The claim with the windows it compares, by name.
pub fn comparing(study: &Study<'_>, claim: Claim, compare: Compare) -> Claim {
    let (now, before) = match study.chronicle.is_timed {
        true => (words::named(compare.current), words::named(compare.previous)),
        false => ("this result".to_owned(), "the one before".to_owned()),
    };
    let is_day = study.chronicle.is_timed && compare.current.days() == 1;
    let claim = claim.word("in", if is_day { "on" } else { "in" });
    claim.name("now", now).name("before", before).over(Span {
        current: Some(compare.current),
        reference: Some(compare.previous),
        is_aligned: false,
    })
}

/// Whether a measure moved so between the windows in earlier years, too.
pub fn is_usual(study: &Study<'_>, scope: Scope<'_>, measure: usize, compare: Compare, is_up: bool) -> bool {
    let own = study
        .steps_inside(compare.previous)
        .zip(study.steps_inside(compare.current));
    own.is_some_and(|(before, after)| season::is_usual(study, scope, measure, is_up, Move { before, after }))
}

/// The days of both windows, newer first, where a month is compared with one of another length; steps of a month and longer
/// are what such results count in, whatever their days.
pub fn unlike_lengths(study: &Study<'_>, compare: Compare) -> Option<[i64; 2]> {
    let lengths = [compare.current.days(), compare.previous.days()];
    let is_told = matches!(study.chronicle.cadence, Cadence::Day | Cadence::Week);
    (is_told && lengths[0] != lengths[1]).then_some(lengths)
}

/// Whether a sum's change is more than a longer or shorter window makes: that of its mean day goes the same way, beyond the
/// floor.
pub fn outlasts_length(lengths: Option<[i64; 2]>, current: f64, previous: f64) -> bool {
    let Some([newer, older]) = lengths else {
        return true;
    };
    let daily = (current / newer as f64 - previous / older as f64) / (previous / older as f64).abs();
    daily.abs() >= FLOOR && (daily > 0.0) == (current > previous)
}

/// The claim with both windows' days in its sentence, where they differ.
pub fn telling_lengths(mut claim: Claim, lengths: Option<[i64; 2]>) -> Claim {
    let Some([newer, older]) = lengths else {
        return claim;
    };
    claim.template += " ({days} days against {days_before})";
    claim
        .value("days", newer as f64, Show::Count)
        .value("days_before", older as f64, Show::Count)
}
