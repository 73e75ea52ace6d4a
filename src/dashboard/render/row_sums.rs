//! Columns that are the sums of other columns beside them: a total of the months of a year.

use super::reading::Reading;
use crate::aggregate::MeasureCells;
use crate::dashboard::words;
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::roles::{Agg, Decision};
use crate::rows::summed_up;

/// Sums without which they may be equal by chance.
const FEWEST: usize = 3;
/// The parts that are named.
const NAMED: usize = 2;

/// Says of each column that adds up others of its row which those are, and gives the sentences.
///
/// Its name says that it is a total, or one of a year, and it is in every cell the sum of the columns before it, of those that are
/// beside each other or of all that add up.
pub fn explain(reading: &Reading<'_, '_>, decisions: &mut [Decision]) -> Vec<String> {
    let list = reading.list;
    let adds_up = |index: &usize| {
        let decision = &decisions[*index];
        decision.role == ColumnRole::Measure && decision.agg == Agg::Sum
    };
    let measures: Vec<usize> = (0..list.len()).filter(adds_up).collect();
    let mut notes = Vec::new();
    for total in measures
        .iter()
        .copied()
        .filter(|index| is_total(list[*index].label))
    {
        let others = measures
            .iter()
            .copied()
            .filter(|index| *index != total && !is_total(list[*index].label));
        let all: Vec<usize> = others.collect();
        let before: Vec<usize> = all.iter().copied().filter(|index| *index < total).collect();
        let beside = before
            .iter()
            .rev()
            .zip(1..)
            .take_while(|(index, back)| **index + back == total)
            .count();
        let beside = before[before.len() - beside..].to_vec();
        let mut choices = [beside, before, all].into_iter();
        let Some(parts) = choices.find(|parts| is_sum(reading, total, parts)) else {
            continue;
        };
        let named = parts
            .iter()
            .take(NAMED)
            .map(|index| format!("\"{}\"", list[*index].label));
        let named: Vec<String> = named.collect();
        let parts = match parts.len().saturating_sub(NAMED) {
            0 => named.join(" and "),
            more => format!(
                "{} and {}",
                named.join(", "),
                words::count(more as u64, "other column", "other columns")
            ),
        };
        notes.push(format!(
            "\"{}\" is in every row the sum of {parts}",
            list[total].label
        ));
        let reason = &mut decisions[total].reason;
        reason.push_str(&format!(
            " It is in every row the sum of {parts}: do not add it to them."
        ));
    }
    notes
}

fn is_total(label: &str) -> bool {
    let is_year = ["year", "jahr", "année", "annee", "año", "anno", "ytd"]
        .contains(&label.trim().to_lowercase().as_str());
    is_year || summed_up(label).is_some()
}

/// Whether a column is the sum of others, several of which are not nothing, in all cells that count.
fn is_sum(reading: &Reading<'_, '_>, total: usize, parts: &[usize]) -> bool {
    let mut sums = 0;
    for stretch in &reading.stretches {
        let Some(claimed) = stretch.numbers(total) else {
            continue;
        };
        let parts: Vec<&MeasureCells> = parts.iter().filter_map(|part| stretch.numbers(*part)).collect();
        for cell in stretch.cells.clone().filter(|cell| claimed.count[*cell] > 0) {
            let sum: Decimal = parts.iter().map(|part| part.sum[cell]).sum();
            if sum != claimed.sum[cell] {
                return false;
            }
            sums += usize::from(parts.iter().filter(|part| !part.sum[cell].is_zero()).count() > 1);
        }
    }
    sums >= FEWEST
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, decided};

    /// The reason of the last column of a table of six days.
    fn reason(header: &str, rows: &dyn Fn(u64) -> String) -> String {
        decided(header, 6, 6, rows).pop().unwrap().reason
    }

    #[test]
    fn totals_beside_their_parts_are_told() {
        let quarters = |n: u64| format!("team {n},{},{},{},{},{}\n", 20 + n, 15, 30 - n, 4 * n, 65 + 4 * n);
        let told = reason("Team,Q1,Q2,Q3,Q4,Year", &quarters);
        assert!(
            told.ends_with("the sum of \"Q1\", \"Q2\" and 2 other columns: do not add it to them."),
            "{told}"
        );
        let shops = |n: u64| format!("{},{}.5,{}.25,{}.75\n", day(n), 3 + n, 2 * n, 3 + 3 * n);
        let told = reason("Datum,Laden,Online,Gesamt", &shops);
        assert!(told.contains("the sum of \"Laden\" and \"Online\""), "{told}");
    }

    #[test]
    fn other_numbers_are_not() {
        let off = |n: u64| format!("{},{},{},{}\n", day(n), 3 + n, 2 * n, 4 + 3 * n);
        assert!(!reason("day,shop,online,total", &off).contains("the sum of"));
        let unnamed = |n: u64| format!("{},{},{},{}\n", day(n), 3 + n, 2 * n, 3 + 3 * n);
        assert!(!reason("day,new,returning,visits", &unnamed).contains("the sum of"));
        let copied = |n: u64| format!("{},{},0,{}\n", day(n), 3 + n, 3 + n);
        assert!(
            !reason("day,shop,online,total", &copied).contains("the sum of"),
            "of one alone"
        );
    }
}
