//! The rules, first match wins.

use super::beside::Beside;
use super::binding::{Binding, bind_ratios};
use super::counts::counts_events;
use super::guesses::{guesses, strays};
use super::ids::{id_reason, name_rows, numbers_rows, restarted_index};
use super::measured::measured;
use super::money::is_named_currency;
use super::names::{Name, within, zero_or_one};
use super::ordinals::{STAGES, one_of_many, ordinal, stage_number};
use super::quotes::quotes;
use super::ratios;
use super::shares::outcome;
use super::siblings;
use super::time::{self, Candidate};
use crate::event::{ColumnHint, ColumnRole};
use crate::rows::evidence::{Evidence, Values};
use crate::rows::value::moment::IntegerTimes;

/// How far numbers of an id reach whose values are kept.
const NEAR: i128 = 200;

/// What is known of one column.
#[derive(Debug, Clone, Copy)]
pub struct ColumnFacts<'a> {
    /// Its label as delivered, duplicates told apart.
    pub label: &'a str,
    /// Its place in the result, from 0.
    pub position: usize,
    /// What its values look like, merged over the executions that count.
    pub evidence: &'a Evidence,
    /// The latest execution's hint for it.
    pub hint: Option<&'a ColumnHint>,
    /// The role its configuration declares.
    pub declared: Option<ColumnRole>,
}

/// How a measure is aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Agg {
    /// Added up.
    Sum,
    /// Averaged over its values, by keeping sum and count.
    Mean,
    /// Added up within a date and averaged over dates: how much there is at a time.
    Level,
}

/// What a column means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its role.
    pub role: ColumnRole,
    /// How its numbers are aggregated, where it is a measure.
    pub agg: Agg,
    /// Why, in one sentence for an analyst.
    pub reason: String,
    /// For a ratio the numerator and denominator as indices into the facts, and the factor of their quotient; `None`
    /// marks it non-additive.
    pub binding: Option<Binding>,
    /// Whether rows show it to be a quotient that is shown in percent, whatever its name.
    pub in_percent: bool,
    /// Whether it says yes or no of what happened to each row, so that the share of yes tells something.
    pub is_outcome: bool,
    /// Whether its values are dates of something else than the time, which are no categories unless they are few.
    pub is_other_date: bool,
    /// Whether it is a counter or a meter, whose readings only tell by how much they rose.
    pub is_counter: bool,
}

/// Decides every column's role, in the order of `columns`. At most one column is the time.
///
/// Declared roles come before hinted ones, those before inferred ones. Inference takes the first rule that matches:
/// time, id, dimension, ratio, measure.
pub fn decide(columns: &[ColumnFacts<'_>]) -> Vec<Decision> {
    decide_over(columns, false)
}

/// Says of a table without a time what would make one.
fn tell_parted_date(columns: &[ColumnFacts<'_>], names: &[Name], decisions: &mut [Decision]) {
    let parts = columns.iter().zip(names);
    let parts: Vec<(&Name, &str, &Evidence)> = parts
        .map(|(facts, name)| (name, facts.label, facts.evidence))
        .collect();
    if let Some((year, told)) = time::parted(&parts)
        && decisions[year].role == ColumnRole::Dimension
    {
        decisions[year].reason.push(' ');
        decisions[year].reason.push_str(&told);
    }
}

/// Decides as [`decide`] does, of columns whose rows may come of `several` results, each of a time of its own: levels do not
/// add up over them.
pub fn decide_over(columns: &[ColumnFacts<'_>], several: bool) -> Vec<Decision> {
    let names: Vec<Name> = columns.iter().map(|column| Name::of(column.label)).collect();
    let time = time_column(columns, &names);
    let beside = Beside::of(columns, &names, time, several);
    let quotes = quotes(columns, &names);
    let decide_one = |(index, (facts, name)): (usize, (&ColumnFacts<'_>, &Name))| match told(facts) {
        Some((ColumnRole::Time, _)) if time != Some(index) => decision(
            ColumnRole::Dimension,
            "A dimension: another column is already the time.",
        ),
        Some((role, source)) => Decision {
            agg: if quotes.contains(&index) {
                Agg::Mean
            } else {
                measured(name, facts.evidence, &beside).0
            },
            ..decision(role, &told_reason(role, source))
        },
        None if time == Some(index) => decision(ColumnRole::Time, &time_reason(name, facts.evidence)),
        None => match inferred(name, facts, &beside) {
            measure if measure.role == ColumnRole::Measure && quotes.contains(&index) => Decision {
                agg: Agg::Mean,
                reason: "A measure, averaged: it is one of the prices of a time (open, high, low, close)."
                    .to_owned(),
                ..measure
            },
            other => other,
        },
    };
    let mut decisions: Vec<Decision> = columns.iter().zip(&names).enumerate().map(decide_one).collect();
    name_rows(columns, &names, &mut decisions);
    average_lone_series(columns, &names, &mut decisions);
    siblings::align(columns, &names, &mut decisions);
    bind_ratios(columns, &mut decisions);
    mark_outcomes(columns, &names, &mut decisions);
    mark_other_dates(columns, &names, &mut decisions);
    if time.is_none() {
        tell_parted_date(columns, &names, &mut decisions);
    }
    for (facts, decision) in columns.iter().zip(&mut decisions) {
        let strays = strays(facts.evidence, decision.role);
        for guess in guesses(facts.evidence).into_iter().chain(strays) {
            decision.reason.push(' ');
            decision.reason.push_str(&guess);
        }
    }
    decisions
}

/// Whether some view might take this column as a dimension, so that a partial has to keep its values: false only for
/// numbers that stay measures, ratios or ids unless other executions bring texts under the same label.
pub fn may_be_dimension(label: &str, evidence: &Evidence) -> bool {
    let name = Name::of(label);
    evidence.values() != Values::Numbers
        || zero_or_one(evidence)
        || name
            .calendar_part()
            .is_some_and(|(_, range)| within(evidence, &range))
        || name.is_numbered_category(evidence)
        || ordinal(&name, evidence).is_some()
        || one_of_many(&name, evidence).is_some()
        || stage_number(&name, evidence).is_some()
        || name.may_be_subject() && lie_near(evidence)
        || time::candidate(&name, evidence).is_some()
}

/// Whether whole numbers lie so near to each other that they cannot be many.
fn lie_near(evidence: &Evidence) -> bool {
    let range = evidence.integers.filter(|_| evidence.all_integers());
    range.is_some_and(|(least, most)| i128::from(most) - i128::from(least) < NEAR)
}

/// Whether a column's name is that of an id which may tell things apart that rows are about, where its values recur.
pub fn may_be_subject(label: &str) -> bool {
    Name::of(label).may_be_subject()
}

/// The role that somebody gave, and who.
pub(super) fn told(facts: &ColumnFacts<'_>) -> Option<(ColumnRole, &'static str)> {
    let declared = facts.declared.map(|role| (role, "its configuration"));
    declared.or_else(|| Some((facts.hint?.role?, "the engine's hint")))
}

fn time_column(columns: &[ColumnFacts<'_>], names: &[Name]) -> Option<usize> {
    let is_told = |column: &ColumnFacts<'_>| matches!(told(column), Some((ColumnRole::Time, _)));
    let declared = columns
        .iter()
        .position(|column| column.declared == Some(ColumnRole::Time));
    if let Some(index) = declared.or_else(|| columns.iter().position(is_told)) {
        return Some(index);
    }
    let facts = || columns.iter().zip(names);
    let parts = facts().any(|(column, name)| time::is_part_of_date(name, column.evidence));
    let candidates = facts()
        .enumerate()
        .filter(|(_, (column, _))| told(column).is_none());
    let ranked = candidates.filter_map(|(index, (column, name))| {
        let candidate: Candidate = time::candidate(name, column.evidence)?;
        (candidate.weak == 0 || !parts).then_some((candidate, index))
    });
    ranked.min().map(|(_, index)| index)
}

fn inferred(name: &Name, facts: &ColumnFacts<'_>, beside: &Beside<'_>) -> Decision {
    let evidence = facts.evidence;
    if let Some(reason) = id_reason(name, evidence).or_else(|| restarted_index(name, facts)) {
        return decision(ColumnRole::Id, &reason);
    }
    if let Some(word) = one_of_many(name, evidence).filter(|_| beside.has_time && !evidence.repeats) {
        let reason = format!(
            "An id, never added up: its numbers tell which {word} it is, and each row of a result has another one."
        );
        return decision(ColumnRole::Id, &reason);
    }
    if let Some(reason) = dimension_reason(name, evidence) {
        return decision(ColumnRole::Dimension, &reason);
    }
    if numbers_rows(name, facts) {
        let reason = "An id, never added up: it is first, and its whole numbers are consecutive and never repeat, like row numbers.";
        return decision(ColumnRole::Id, reason);
    }
    if let Some(reason) = ratio_reason(name, facts) {
        return decision(ColumnRole::Ratio, &reason);
    }
    let (agg, reason) = measured(name, evidence, beside);
    Decision {
        agg,
        ..decision(ColumnRole::Measure, &reason)
    }
}

/// Averages numbers with fractions that are one series over time and whose name does not say what they are: as many are
/// prices, rates and readings as are amounts, and a mean is true of all of them.
fn average_lone_series(columns: &[ColumnFacts<'_>], names: &[Name], decisions: &mut [Decision]) {
    let has = |role: ColumnRole| decisions.iter().any(|decision| decision.role == role);
    if !has(ColumnRole::Time) || has(ColumnRole::Dimension) || has(ColumnRole::Stage) {
        return;
    }
    let measures = columns.iter().zip(names).zip(decisions);
    for ((facts, name), decision) in measures {
        let is_sum = decision.role == ColumnRole::Measure && decision.agg == Agg::Sum;
        let evidence = facts.evidence;
        let is_unclear = name.says_nothing() && !evidence.all_integers() && evidence.currencies().is_empty();
        if is_sum && is_unclear && told(facts).is_none() {
            decision.agg = Agg::Mean;
            decision.reason = "A measure, averaged: its name does not say what its numbers are, they have fractions, and they \
                               are one series over time, as prices, rates and readings are. Declare it with \"agg\": \"sum\" if \
                               they are amounts."
                .to_owned();
        }
    }
}

/// Marks the columns of yes and no whose share of yes is shown in their place, and says so.
fn mark_outcomes(columns: &[ColumnFacts<'_>], names: &[Name], decisions: &mut [Decision]) {
    for ((facts, name), decision) in columns.iter().zip(names).zip(decisions) {
        let is_found = decision.role == ColumnRole::Dimension && told(facts).is_none();
        let Some(word) = outcome(name, facts.evidence).filter(|_| is_found) else {
            continue;
        };
        decision.is_outcome = true;
        decision.reason.push_str(&format!(
            " Its name has \"{word}\", so the share of rows that say yes is shown in its place: name it under \
             \"dimensions\" to break numbers down by it."
        ));
    }
}

/// Marks the dimensions of dates, of which every few rows may have another one. Months and other named steps are few, and what
/// happened in one belongs together.
fn mark_other_dates(columns: &[ColumnFacts<'_>], names: &[Name], decisions: &mut [Decision]) {
    for ((facts, name), decision) in columns.iter().zip(names).zip(decisions) {
        let evidence = facts.evidence;
        let are_dates = match evidence.values() {
            Values::Times => true,
            Values::Numbers => time::candidate(name, evidence).is_some_and(|candidate| candidate.weak == 0),
            _ => false,
        };
        let is_found = decision.role == ColumnRole::Dimension && told(facts).is_none();
        if is_found && are_dates && evidence.named_step().is_none() {
            decision.is_other_date = true;
        }
    }
}

fn dimension_reason(name: &Name, evidence: &Evidence) -> Option<String> {
    let reason = match evidence.values() {
        Values::Empty => "A dimension: it has no values yet.".to_owned(),
        Values::Texts if is_named_currency(name, evidence) => "A dimension: it names currencies.".to_owned(),
        Values::Texts if evidence.all_letter_codes() && name.id_word().is_some() => {
            "A dimension: its values are codes of two or three letters, as countries, currencies and languages have them.".to_owned()
        }
        Values::Texts if STAGES.contains(&name.last()) => {
            "A dimension: its values are texts. Its name is that of a stage: numbers are added up over stages, so what goes through \
             several counts in each; a dashboard of type \"funnel\" tells how much goes on."
                .to_owned()
        }
        Values::Texts => "A dimension: its values are texts.".to_owned(),
        Values::Booleans => "A dimension: its values are yes or no.".to_owned(),
        Values::Times if evidence.present() < evidence.cells().div_ceil(2) => {
            "A dimension: its values are dates, but most rows have none.".to_owned()
        }
        Values::Times => "A dimension: its values are dates, but another column is the time.".to_owned(),
        Values::Numbers if zero_or_one(evidence) => match counts_events(name) {
            Some(_) => return None,
            None => "A dimension: its numbers are only 0 and 1.".to_owned(),
        },
        Values::Numbers => match name.calendar_part().filter(|(_, range)| within(evidence, range)) {
            Some((part, _)) => format!("A dimension: its numbers are a part of the calendar ({part})."),
            None if name.is_numbered_category(evidence) => {
                format!(
                    "A dimension: its name, \"{}\", is that of a category and its numbers are small.",
                    name.category()
                )
            }
            None if ordinal(name, evidence).is_some() => {
                format!(
                    "A dimension: its name has \"{}\", and its small whole numbers count steps from a start.",
                    ordinal(name, evidence)?
                )
            }
            None if stage_number(name, evidence).or(one_of_many(name, evidence)).is_some() => {
                format!(
                    "A dimension: its small whole numbers tell which {} it is.",
                    name.last()
                )
            }
            None if time::candidate(name, evidence).is_some_and(|candidate| candidate.weak == 0) => {
                "A dimension: its numbers stand for dates, but another column is the time.".to_owned()
            }
            None => return None,
        },
    };
    Some(reason)
}

/// From which whole number on a margin is an amount: it would be ten times the sales in percent.
const LEAST_MARGIN: i64 = 1_000;

fn ratio_reason(name: &Name, facts: &ColumnFacts<'_>) -> Option<String> {
    let evidence = facts.evidence;
    if evidence.all_percents() {
        return Some("A ratio: its values are percentages".to_owned());
    }
    if evidence.some_percents() {
        return Some("A ratio: some of its values are percentages, others bare numbers".to_owned());
    }
    // A margin is a share of the sales, or what is left of them.
    let is_money = || {
        let is_large =
            evidence.all_integers() && evidence.integers.is_some_and(|(_, most)| most >= LEAST_MARGIN);
        let is_margin = name.word_of(&["margin", "margins", "marge"]).is_some();
        is_margin && (is_large || !evidence.currencies().is_empty())
    };
    if let Some(word) = name.ratio_word().filter(|_| !is_money()) {
        return Some(format!("A ratio: its name has \"{word}\""));
    }
    // Whole numbers may be of two things in one column.
    if ratios::is_quotient(facts.label) && !evidence.all_integers() {
        return Some("A ratio: its name divides one thing by another".to_owned());
    }
    let currencies = evidence.currencies();
    (currencies.len() > 1).then(|| format!("Not to be added up: its values mix {}", currencies.join(" and ")))
}

fn time_reason(name: &Name, evidence: &Evidence) -> String {
    let values = match evidence.values() {
        Values::Times if evidence.strays() > 0 => "nearly every value is a date or timestamp",
        Values::Times => "every value is a date or timestamp",
        _ => match evidence.integer_times() {
            Some(IntegerTimes::SerialDays) => {
                "its numbers are days counted as spreadsheets do, 45296 is 2024-01-05"
            }
            Some(IntegerTimes::YearWeeks) => "its numbers are ISO weeks of a year, 202405 is 2024-W05",
            _ => "its numbers stand for dates and its name is that of a time",
        },
    };
    match name.word_of(&["date", "day", "week", "month", "time"]) {
        Some(word) => format!("The time: {values}, and its name has \"{word}\"."),
        None => format!("The time: {values}, and it is the first such column."),
    }
}

fn told_reason(role: ColumnRole, source: &str) -> String {
    let role = match role {
        ColumnRole::Time => "The time",
        ColumnRole::Dimension => "A dimension",
        ColumnRole::Measure => "A measure",
        ColumnRole::Ratio => "A ratio",
        ColumnRole::Id => "An id",
        ColumnRole::Stage => "A funnel's stage",
        ColumnRole::Ignore => "Left out",
    };
    format!("{role}: {source} says so.")
}

pub(super) fn decision(role: ColumnRole, reason: &str) -> Decision {
    Decision {
        role,
        agg: Agg::Sum,
        reason: reason.to_owned(),
        binding: None,
        in_percent: false,
        is_outcome: false,
        is_other_date: false,
        is_counter: false,
    }
}
