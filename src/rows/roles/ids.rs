//! Which columns only identify something.

use super::decide::{ColumnFacts, Decision, decision, told};
use super::money::is_named_currency;
use super::names::{Name, counted_through, padded_codes};
use super::ordinals::ordinal;
use super::time;
use crate::event::ColumnRole;
use crate::rows::evidence::{Evidence, Values};

/// Rows of one result beyond which texts that are all distinct make an identifier.
const DISTINCT_ROWS: u64 = 50;
/// Whole numbers one after the other, from so many on, are those of rows, whatever their name.
const NUMBERED_ROWS: u64 = 20;
/// Pairs of words that name times of the day.
const CLOCKS: &[[&str; 2]] = &[
    ["dep", "time"],
    ["arr", "time"],
    ["departure", "time"],
    ["arrival", "time"],
    ["start", "time"],
    ["end", "time"],
    ["pickup", "time"],
    ["check", "time"],
];
/// What the greatest of times of the day without a colon is at least: where all lie before noon they may be minutes as well.
const LEAST_CLOCK: i64 = 1_200;
/// From which number on whole numbers under the name of one thing are taken to tell which one it is.
const LEAST_LARGE_ID: i64 = 1_000;

/// Whether a column gives each row an id of its own, so that rows are things or events that can be counted; a number of rows itself,
/// which any table may have, says nothing of what its rows are.
pub fn tells_rows_apart(label: &str, evidence: &Evidence) -> bool {
    let name = Name::of(label);
    let is_full = evidence.present() == evidence.cells() && evidence.cells() > 1;
    is_full && !evidence.repeats && name.id_word().is_some() && !name.is_row_number()
}

/// Why a column's values only identify something, by its name and by what they look like.
pub(super) fn id_reason(name: &Name, evidence: &Evidence) -> Option<String> {
    if is_named_currency(name, evidence) {
        return None;
    }
    if let Some(word) = name.id_word().filter(|_| !evidence.all_letter_codes()) {
        return Some(format!("An id, never added up: its name ends in \"{word}\"."));
    }
    let integers = evidence.all_integers();
    if let Some(ending) = name.given_number() {
        if evidence.values() == Values::Texts {
            return Some(format!(
                "An id: its name ends in \"{ending}\" and its values are texts."
            ));
        }
        let is_other = name.is_row_number() || name.is_numbered_category(evidence);
        if integers && !is_other && ordinal(name, evidence).is_none() {
            return Some(format!(
                "An id, never added up: its name ends in \"{ending}\" and its numbers are whole."
            ));
        }
    }
    let is_large = |(least, most): (i64, i64)| least > 0 && most >= LEAST_LARGE_ID;
    if let Some(word) = name
        .entity()
        .filter(|_| integers && evidence.integers.is_some_and(is_large))
    {
        return Some(format!(
            "An id, never added up: its name, \"{word}\", is that of one thing and its whole numbers are large."
        ));
    }
    let is_clock = name.word_of(&["time", "hour"]).is_some();
    if padded_codes(evidence) && name.calendar_part().is_none() && !is_clock {
        return Some("An id, never added up: its numbers have leading zeros, as codes do.".to_owned());
    }
    let is_within_a_day = |(least, most): (i64, i64)| least >= 0 && (LEAST_CLOCK..=2400).contains(&most);
    let is_of_day = evidence.integers.is_some_and(is_within_a_day);
    if integers && is_of_day && (name.pair_of(CLOCKS).is_some() || name.word_of(&["sched", "crs"]).is_some())
    {
        return Some(
            "An id, never added up: its numbers are times of the day without a colon, as 1545 is 15:45."
                .to_owned(),
        );
    }
    if counted_through(evidence) {
        return Some(
            "An id, never added up: its numbers are large and follow closely on each other, like serial numbers."
                .to_owned(),
        );
    }
    // Columns of a pivot have numbers for names, too.
    let is_numbered = evidence.scattered && name.word_of(&["unnamed"]).is_none() && !name.words().is_empty();
    if integers && name.is_missing() && !is_numbered && !evidence.repeats {
        return Some(
            "An id: it has no name and its whole numbers never repeat, like row numbers.".to_owned(),
        );
    }
    // A lone whole number is always consecutive and shows nothing.
    if integers && name.is_row_number() && !evidence.scattered && evidence.distinct > 1 {
        return Some("An id: its whole numbers are consecutive, like row numbers.".to_owned());
    }
    all_texts_differ(evidence).then(|| {
        format!(
            "An id: all of its texts differ, over {} rows of one result.",
            evidence.distinct
        )
    })
}

/// Why an unnamed first column of whole numbers is one of row numbers even though they repeat: tables put below each other
/// keep theirs.
pub(super) fn restarted_index(name: &Name, facts: &ColumnFacts<'_>) -> Option<String> {
    let counts_rows = |(least, most): (i64, i64)| {
        matches!(least, 0 | 1) && u64::try_from(most).is_ok_and(|most| most <= facts.evidence.cells())
    };
    let is_index = facts.position == 0
        && name.is_missing()
        && facts.evidence.all_integers()
        && facts.evidence.integers.is_some_and(counts_rows);
    is_index
        .then(|| "An id: it is first, has no name, and its whole numbers count rows, some anew.".to_owned())
}

/// Whether a first column counts the rows, whatever it is called.
pub(super) fn numbers_rows(name: &Name, facts: &ColumnFacts<'_>) -> bool {
    let evidence = facts.evidence;
    let is_consecutive = evidence.all_integers() && !evidence.repeats && !evidence.scattered;
    facts.position == 0
        && is_consecutive
        && evidence.distinct > NUMBERED_ROWS
        && name.calendar_part().is_none()
        && time::candidate(name, evidence).is_none()
}

fn all_texts_differ(evidence: &Evidence) -> bool {
    evidence.values() == Values::Texts && !evidence.repeats && evidence.distinct > DISTINCT_ROWS
}

/// Without a time the rows of a table are what it is about: a column of texts that all differ names them, where no other
/// column is a dimension, or where it is the first and others measure.
pub(super) fn name_rows(columns: &[ColumnFacts<'_>], names: &[Name], decisions: &mut [Decision]) {
    let has = |role: ColumnRole| decisions.iter().any(|decision| decision.role == role);
    if has(ColumnRole::Time) {
        return;
    }
    let others = has(ColumnRole::Dimension) || has(ColumnRole::Stage);
    let names_rows = |index: &usize| {
        let is_candidate = decisions[*index].role == ColumnRole::Id
            && told(&columns[*index]).is_none()
            && (names[*index].id_word().is_none() || columns[*index].evidence.all_letter_codes())
            && names[*index].given_number().is_none();
        is_candidate && all_texts_differ(columns[*index].evidence)
    };
    let is_measured = has(ColumnRole::Measure) || has(ColumnRole::Ratio);
    let found = (0..columns.len()).find(names_rows);
    let found = found.filter(|index| !others || (*index == 0 && is_measured));
    if let Some(index) = found {
        decisions[index] = decision(
            ColumnRole::Dimension,
            "A dimension: there is no time, and its texts name the rows.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::roles;

    #[test]
    fn columns_of_a_pivot_are_measures() {
        for (table, expected) in [
            (
                "Region,2021,2022,2023\nN,8824,9098,9131\nS,9046,9051,9013\nE,9070,8872,8927\n",
                "dsss",
            ),
            (
                "Country Name,Country Code,2019,2020\nSpain,ESP,851,978\nWales,WAL,980,1039\n",
                "ddss",
            ),
            ("shift,10,20,30\nearly,14,3,9\nlate,7,8,12\n", "dsss"),
            ("Kunde,1999\na,1\nb,2\nc,3\n", "ds"),
        ] {
            assert_eq!(roles(table), expected, "{table}");
        }
        for (table, expected) in [
            ("0,sales\n0,14\n1,9\n2,14\n", "is"),
            (
                "date,dep_time,sched_dep_time,air_time\n2013-01-01,517,515,227\n2013-01-02,1544,1545,183\n",
                "Tiis",
            ),
            ("date,start_time\n2013-01-01,517\n2013-01-02,901\n", "Ts"),
            ("Unnamed: 0,sales\n17,5\n4,9\n", "is"),
            (",sales\n17,5\n4,9\n", "is"),
        ] {
            assert_eq!(roles(table), expected, "{table}");
        }
    }
}
