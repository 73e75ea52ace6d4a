//! Numbers that rows repeat: the size of a cohort beside each of its months.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::reading::Reading;
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::roles::{Agg, Decision, counts_steps};

/// Groups of repeated numbers without which they may be equal by chance.
const FEWEST_GROUPS: usize = 5;
/// Groups beyond which nothing more has to be seen.
const MOST_GROUPS: usize = 2_000;

/// Averages what is the same for all steps from a start instead of adding it up over them.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    let list = reading.list;
    let of_role = |decisions: &[Decision], role: ColumnRole| -> Vec<usize> {
        (0..list.len())
            .filter(|index| decisions[*index].role == role)
            .collect()
    };
    let mut dimensions = of_role(decisions, ColumnRole::Dimension);
    dimensions.retain(|index| counts_steps(list[*index].label, &list[*index].evidence));
    for index in of_role(decisions, ColumnRole::Measure) {
        if decisions[index].agg != Agg::Sum || reading.is_told(index) {
            continue;
        }
        let repeats = |dimension: &&usize| {
            let groups = Groups::of(reading, index, **dimension);
            groups.is_some_and(|groups| groups.are_repeated())
        };
        if let Some(dimension) = dimensions.iter().find(repeats) {
            decisions[index].agg = Agg::Mean;
            decisions[index].reason = format!(
                "A measure, averaged: beside the same values of the other columns it is the same for every \"{}\", so that rows \
                 only repeat it.",
                list[*dimension].label
            );
        }
    }
}

/// A date, and the values of all dimensions but one.
type Key<'a> = (NaiveDate, Vec<Option<&'a str>>);

/// What a number is beside the same date and the same values of all dimensions but one.
#[derive(Debug, Default)]
struct Groups<'a> {
    /// Of each group its number and whether several values of that dimension have it.
    numbers: HashMap<Key<'a>, (Decimal, bool)>,
}

impl<'a> Groups<'a> {
    /// Those of a number and a dimension; `None` where a group has several numbers.
    fn of(reading: &Reading<'_, 'a>, number: usize, dimension: usize) -> Option<Self> {
        let mut all = HashMap::new();
        for stretch in &reading.stretches {
            if stretch.place(number).is_none() || stretch.place(dimension).is_none() {
                continue;
            }
            let numbers = stretch.numbers(number)?;
            for cell in stretch.cells.clone().filter(|cell| numbers.count[*cell] > 0) {
                let date = stretch.contribution.partial.cells.dates[cell];
                let key = (date, stretch.values_beside(cell, &[number, dimension]));
                let (least, greatest) = (numbers.min[cell], numbers.max[cell]);
                if all.len() == MOST_GROUPS && !all.contains_key(&key) {
                    return Some(Self { numbers: all });
                }
                match all.get_mut(&key) {
                    Some((known, several)) if *known == least => *several = true,
                    Some(_) => return None,
                    None => {
                        all.insert(key, (least, false));
                    }
                }
                if least != greatest {
                    return None;
                }
            }
        }
        Some(Self { numbers: all })
    }

    /// Whether there are several groups of different numbers, and most have theirs repeated.
    fn are_repeated(&self) -> bool {
        let repeated = self.numbers.values().filter(|(_, several)| *several);
        let different: BTreeSet<Decimal> = repeated.clone().map(|(number, _)| *number).collect();
        let repeated = repeated.count();
        repeated >= FEWEST_GROUPS && 2 * repeated > self.numbers.len() && 2 * different.len() > repeated
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, decided};
    use super::*;

    fn agg(header: &str, rows: &dyn Fn(u64) -> String) -> Agg {
        decided(header, 12, 4, rows).pop().unwrap().agg
    }

    #[test]
    fn what_rows_repeat_is_averaged() {
        let cohorts = |n: u64| {
            (0..6)
                .map(|age| format!("{},{age},{}\n", day(n), 400 + n * 7 % 13))
                .collect()
        };
        assert_eq!(agg("cohort,months_since_signup,users", &cohorts), Agg::Mean);
        let vintages = |n: u64| {
            (1..9)
                .map(|week| format!("{},w{},{week},{}.5\n", day(n), n % 3, 20 + n * 11 % 17))
                .collect()
        };
        assert_eq!(agg("start,batch,week_n,planted", &vintages), Agg::Mean);
    }

    #[test]
    fn what_differs_or_hardly_varies_still_adds_up() {
        let retained = |n: u64| {
            (0..6)
                .map(|age| format!("{},{age},{}\n", day(n), 400 + n - 9 * age))
                .collect()
        };
        assert_eq!(agg("cohort,months_since_signup,retained", &retained), Agg::Sum);
        let alike = |n: u64| {
            (0..6)
                .map(|shop| format!("{},s{shop},{}\n", day(n), 20 + n * 7 % 13))
                .collect()
        };
        assert_eq!(agg("day,shop,units", &alike), Agg::Sum, "shops that sell alike");
        let ones = |n: u64| {
            (0..6)
                .map(|shop| format!("{},s{shop},{}\n", day(n), 1 + n % 2))
                .collect()
        };
        assert_eq!(agg("day,shop,units", &ones), Agg::Sum);
        let alone = |n: u64| format!("{},s{},{}\n", day(n), n % 3, 7 * n);
        assert_eq!(agg("day,shop,units", &alone), Agg::Sum);
    }
}
