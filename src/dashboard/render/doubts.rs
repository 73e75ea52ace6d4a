//! What of a view's columns may be meant otherwise than it was taken, and what to do about it.

use std::collections::BTreeSet;

use super::columns::Column;
use crate::dashboard::Contribution;
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::{Agg, Decision, is_amount_of_money};

/// What the sides of an account are called, in pairs in lower case.
const SIDES: [[&str; 2]; 9] = [
    ["credit", "debit"],
    ["cr", "dr"],
    ["c", "d"],
    ["haben", "soll"],
    ["h", "s"],
    ["crédit", "débit"],
    ["credit", "débit"],
    ["debe", "haber"],
    ["avere", "dare"],
];
/// Words of the names of columns that name sides of one letter.
const NAMES_SIDES: [&str; 10] = [
    "soll", "haben", "s/h", "debit", "credit", "dr/cr", "d/c", "c/d", "débit", "debe",
];

/// Says of amounts of both sides of an account what their sum is, and gives a sentence on each.
pub fn of_accounts(
    list: &[Column<'_>],
    decisions: &mut [Decision],
    contributions: &[Contribution<'_>],
) -> Vec<String> {
    let dimensions = list.iter().zip(decisions.iter());
    let dimensions = dimensions.filter(|(_, decision)| decision.role == ColumnRole::Dimension);
    let sides: Option<String> = dimensions
        .map(|(column, _)| column.label)
        .find(|label| names_sides(label, contributions))
        .map(str::to_owned);
    let Some(sides) = sides else { return Vec::new() };
    let mut notes = Vec::new();
    for (column, decision) in list.iter().zip(decisions) {
        let adds_up = decision.role == ColumnRole::Measure && decision.agg == Agg::Sum;
        if adds_up && is_amount_of_money(column.label, &column.evidence) {
            let told = format!(
                "adds up both sides of \"{sides}\", which says how much was booked and no balance: look at it by \"{sides}\", or give one \
                 side a minus"
            );
            decision.reason.push_str(&format!(" Its total {told}."));
            notes.push(format!("The total of \"{}\" {told}", column.label));
        }
    }
    notes
}

/// Whether a column's values are the two sides of an account.
fn names_sides(label: &str, contributions: &[Contribution<'_>]) -> bool {
    let mut values: BTreeSet<String> = BTreeSet::new();
    for contribution in contributions {
        let partial = contribution.partial;
        let kept = partial.cells.dimensions.iter();
        let kept = kept.filter(|kept| partial.columns[kept.column].label == label);
        for value in kept.flat_map(|kept| &kept.values).flatten() {
            values.insert(value.trim().to_lowercase());
            if values.len() > 2 {
                return false;
            }
        }
    }
    let label = label.to_lowercase();
    let is_named = NAMES_SIDES.iter().any(|word| label.contains(word));
    let mut pairs = SIDES.iter().filter(|pair| pair[0].len() > 1 || is_named);
    pairs.any(|pair| values.iter().eq(pair.iter()))
}

/// A sentence on each column of texts that some results have numbers in, and on names that may be of one column.
pub fn of_results(
    list: &[Column<'_>],
    decisions: &[Decision],
    contributions: &[Contribution<'_>],
) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let results: Vec<&Contribution<'_>> = contributions
        .iter()
        .filter(|contribution| seen.insert(contribution.execution_id))
        .collect();
    let values = |label: &str| -> Vec<Values> {
        let columns = results.iter().flat_map(|result| &result.partial.columns);
        let own = columns.filter(|column| column.label == label);
        own.map(|column| column.evidence.values()).collect()
    };
    let mut notes = Vec::new();
    for (column, decision) in list.iter().zip(decisions) {
        if decision.role != ColumnRole::Dimension || column.evidence.values() != Values::Texts {
            continue;
        }
        let values = values(column.label);
        let numbers = values.iter().filter(|values| **values == Values::Numbers).count();
        if numbers > 0 {
            notes.push(format!(
                "\"{}\" has numbers in {numbers} of {} results and other texts in the rest, so it is taken as texts",
                column.label,
                values.len()
            ));
        }
    }
    for (place, column) in list.iter().enumerate() {
        for other in &list[..place] {
            let has = |result: &Contribution<'_>, label: &str| {
                result.partial.columns.iter().any(|column| column.label == label)
            };
            let meet = || {
                results
                    .iter()
                    .any(|result| has(result, column.label) && has(result, other.label))
            };
            if letters(column.label) == letters(other.label) && !meet() {
                notes.push(format!(
                    "\"{}\" and \"{}\" are never in one result: perhaps one column, renamed",
                    other.label, column.label
                ));
            }
        }
    }
    notes
}

/// A label without what spellings differ in.
fn letters(label: &str) -> String {
    let letters = label.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, noted};

    #[test]
    fn both_sides_of_an_account_are_told() {
        let bookings = |n: u64| {
            format!(
                "{},{},{}.5\n{},{},{}.25\n",
                day(n),
                "S",
                40 + n,
                day(n),
                "H",
                30 + n
            )
        };
        let notes = noted(&[("Datum,Soll/Haben-Kz,Umsatz", 8, &bookings)]);
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(
            notes[0].starts_with("The total of \"Umsatz\" adds up both sides of \"Soll/Haben-Kz\""),
            "{notes:?}"
        );
        let ledger = |n: u64| format!("{},Debit,{}.5\n{},Credit,{}.25\n", day(n), 40 + n, day(n), 30 + n);
        assert_eq!(noted(&[("date,type,amount", 8, &ledger)]).len(), 1);
    }

    #[test]
    fn other_pairs_are_no_sides() {
        let sizes = |n: u64| format!("{},S,{}.5\n{},H,{}.25\n", day(n), 40 + n, day(n), 30 + n);
        assert!(noted(&[("date,type,amount", 8, &sizes)]).is_empty());
        let cards = |n: u64| {
            format!(
                "{},debit,{}\n{},credit,{}\n{},cash,{n}\n",
                day(n),
                40 + n,
                day(n),
                30 + n,
                day(n)
            )
        };
        assert!(noted(&[("date,card,revenue", 8, &cards)]).is_empty());
    }

    #[test]
    fn notations_of_results_do_not_take_numbers_away() {
        let points = |n: u64| format!("{},{}.50\n", day(n), n);
        let commas = |n: u64| format!("{},\"{},50\"\n", day(n), n);
        assert!(noted(&[("date,amount", 5, &points), ("date,amount", 5, &commas)]).is_empty());
        let codes = |n: u64| format!("{},{n}a\n", day(n));
        let notes = noted(&[("date,amount", 5, &points), ("date,amount", 5, &codes)]);
        assert!(
            notes[0].starts_with("\"amount\" has numbers in 1 of 2 results"),
            "{notes:?}"
        );
    }

    #[test]
    fn names_that_were_spelt_otherwise_are_told() {
        let rows = |n: u64| format!("{},{}\n", day(n), 50 + n);
        let notes = noted(&[("date,unit_sales", 5, &rows), ("date,Unit Sales", 5, &rows)]);
        assert_eq!(
            notes,
            ["\"Unit Sales\" and \"unit_sales\" are never in one result: perhaps one column, renamed"]
        );
        assert!(noted(&[("date,orders", 5, &rows), ("date,returns", 5, &rows)]).is_empty());
        let both = |n: u64| format!("{},{},{}\n", day(n), 50 + n, 9 + n * 3 % 7);
        assert!(noted(&[("date,A1,a_1", 5, &both), ("date,A1,a_1", 5, &both)]).is_empty());
    }
}
