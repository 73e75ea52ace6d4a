//! Ids of the things that rows are about: few, and with rows at every time, as meters, shops and machines have.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::reading::{Reading, Stretch};
use crate::aggregate::{DimensionCells, OTHER};
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::{Decision, may_be_subject, names_ordinals};

/// The most things that a table is read by.
const MOST: usize = 50;
/// The fewest rows for each of them.
const ROWS_EACH: u64 = 5;

/// Breaks numbers down by ids that are few and recur, unless another dimension names the same things.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    number_others(reading, decisions);
    let list = reading.list;
    let is_candidate = |index: &usize| {
        let is_id = decisions[*index].role == ColumnRole::Id;
        is_id && !reading.is_told(*index) && may_be_subject(list[*index].label)
    };
    let candidates: Vec<usize> = (0..list.len()).filter(is_candidate).collect();
    for index in candidates {
        let Some(things) = Things::of(reading, index).filter(Things::recur) else {
            continue;
        };
        let is_named = |other: &usize| {
            let shown = &decisions[*other];
            shown.role == ColumnRole::Dimension
                && !shown.is_other_date
                && name_the_same(reading, index, *other)
        };
        if (0..list.len()).any(|other| is_named(&other)) {
            continue;
        }
        decisions[index].role = ColumnRole::Dimension;
        decisions[index].reason = format!(
            "A dimension: its name is that of an id, but it has only {} values, which recur over the rows: they are what the rows \
             are about.",
            things.rows.len()
        );
    }
}

/// Numbers that only number what another dimension names are no dimension of their own: the steps of stages, the terms of a
/// year.
fn number_others(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    let list = reading.list;
    for index in 0..list.len() {
        let is_number = list[index].evidence.values() == Values::Numbers && names_ordinals(list[index].label);
        if !is_number || decisions[index].role != ColumnRole::Dimension || reading.is_told(index) {
            continue;
        }
        let names = |other: &usize| {
            decisions[*other].role == ColumnRole::Dimension
                && list[*other].evidence.values() == Values::Texts
                && name_the_same(reading, index, *other)
        };
        if let Some(named) = (0..list.len()).find(names) {
            decisions[index].role = ColumnRole::Id;
            decisions[index].reason = format!(
                "An id, never added up: each of its numbers goes with one value of \"{}\", whose order they tell.",
                list[named].label
            );
        }
    }
}

/// The values of a column.
#[derive(Debug, Default)]
struct Things<'a> {
    /// The rows of each, and the last of its dates.
    rows: BTreeMap<&'a str, (u64, NaiveDate)>,
    /// Pairs of a value and a date that has it.
    meetings: u64,
    dates: u64,
}

impl<'a> Things<'a> {
    /// The values of a column; `None` where they are too many, or some result did not keep them.
    fn of(reading: &Reading<'_, 'a>, column: usize) -> Option<Self> {
        let mut things = Self::default();
        let mut newest = None;
        for stretch in reading
            .stretches
            .iter()
            .filter(|stretch| stretch.place(column).is_some())
        {
            let kept = kept(stretch, column)?;
            for cell in stretch.cells.clone() {
                let date = stretch.contribution.partial.cells.dates[cell];
                things.dates += u64::from(newest.replace(date) != Some(date));
                if let Some(value) = kept.value(cell) {
                    things.meet(value, stretch.contribution.partial.cells.rows[cell], date);
                }
            }
            if things.rows.len() > MOST {
                return None;
            }
        }
        Some(things)
    }

    /// Takes in rows of a value on a date; dates ascend.
    fn meet(&mut self, value: &'a str, rows: u64, date: NaiveDate) {
        let known = self.rows.entry(value).or_insert((0, NaiveDate::MIN));
        self.meetings += u64::from(known.1 != date);
        *known = (known.0 + rows, date);
    }

    /// Whether they are several with many rows each, and most of them are there at each time.
    fn recur(&self) -> bool {
        let things = self.rows.len() as u64;
        let rows: u64 = self.rows.values().map(|(rows, _)| rows).sum();
        things > 1 && rows >= ROWS_EACH * things && 2 * self.meetings >= things * self.dates
    }
}

/// The values of a column of the view in a result; `None` where it did not keep all of them.
fn kept<'a>(stretch: &Stretch<'_, 'a>, column: usize) -> Option<&'a DimensionCells> {
    let kept = stretch.values(column)?;
    (!kept.values.iter().flatten().any(|value| value == OTHER)).then_some(kept)
}

/// Whether each value of one column goes with one of the other, and the other way round.
fn name_the_same(reading: &Reading<'_, '_>, column: usize, other: usize) -> bool {
    let (mut there, mut back) = (BTreeMap::new(), BTreeMap::new());
    reading.stretches.iter().all(|stretch| {
        let (Some(own), Some(others)) = (kept(stretch, column), kept(stretch, other)) else {
            return stretch.place(column).is_none();
        };
        stretch.cells.clone().all(|cell| {
            let (value, name) = (own.value(cell), others.value(cell));
            *there.entry(value).or_insert(name) == name && *back.entry(name).or_insert(value) == value
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, decided};
    use super::*;

    /// The role of the second column of a table whose rows are made for each of so many days, in weekly results.
    fn role(header: &str, days: u64, rows: &dyn Fn(u64) -> String) -> ColumnRole {
        decided(header, days, 7, rows)[1].role
    }

    #[test]
    fn few_things_with_rows_at_every_time_are_what_a_table_is_read_by() {
        let meters = |n: u64| {
            (0..4)
                .map(|m| format!("{},m-{m},{}\n", day(n), n * m % 17))
                .collect()
        };
        let decision = decided("day,meter_id,kwh", 28, 7, &meters).remove(1);
        assert_eq!(decision.role, ColumnRole::Dimension);
        assert!(decision.reason.contains("only 4 values"), "{}", decision.reason);
        let stock = |n: u64| {
            (0..30)
                .map(|m| format!("{},{m}-B,north,{}\n", day(n), n + m))
                .collect()
        };
        assert_eq!(role("day,sku,depot,units", 10, &stock), ColumnRole::Dimension);
        let machines = |n: u64| {
            (101..109)
                .map(|m| format!("{},{m},{}\n", day(n), n + m))
                .collect()
        };
        assert_eq!(
            role("day,machine_id,pieces", 10, &machines),
            ColumnRole::Dimension
        );
    }

    #[test]
    fn numbers_of_what_another_dimension_names_are_none() {
        let stages = |n: u64| {
            (1..4)
                .map(|step| format!("{},{step},stage {step},{}\n", day(n), n * step))
                .collect()
        };
        assert_eq!(role("day,step,stage,users", 14, &stages), ColumnRole::Id);
        let terms = |n: u64| {
            format!(
                "{},{},{},{n}\n",
                day(n),
                1 + n / 10,
                ["autumn", "spring"][n as usize / 10]
            )
        };
        assert_eq!(role("day,term,term_name,absences", 20, &terms), ColumnRole::Id);
        let rounds = |n: u64| format!("{},{},club {},{n}\n", day(n), 1 + n / 4, n % 3);
        assert_eq!(role("day,round,club,goals", 20, &rounds), ColumnRole::Dimension);
        let alone = |n: u64| format!("{},{},{n}\n", day(n), 1 + n % 3);
        assert_eq!(role("day,step,users", 20, &alone), ColumnRole::Dimension);
    }

    #[test]
    fn what_comes_once_or_is_many_or_is_named_otherwise_stays_an_id() {
        let once = |n: u64| (0..4).map(|m| format!("{},o-{n}-{m},{m}\n", day(n))).collect();
        assert_eq!(role("day,order_id,units", 28, &once), ColumnRole::Id);
        let many = |n: u64| (0..60).map(|m| format!("{},c-{m},{m}\n", day(n))).collect();
        assert_eq!(role("day,customer_id,units", 28, &many), ColumnRole::Id);
        let seldom = |n: u64| {
            let row = |m: u64| format!("{},b-{},{m}\n", day(n), n / 2);
            (0..12).map(row).collect()
        };
        assert_eq!(role("day,batch_key,units", 28, &seldom), ColumnRole::Id);
        let places = |n: u64| (0..4).map(|m| format!("{},AB{m} 1CD,{m}\n", day(n))).collect();
        assert_eq!(role("day,postcode,units", 28, &places), ColumnRole::Id);
        let apart = |n: u64| {
            (1..5)
                .map(|m| format!("{},{},{n}\n", day(n), m * 4_711))
                .collect()
        };
        assert_eq!(role("day,store_id,units", 28, &apart), ColumnRole::Id, "not kept");
        let named = |n: u64| {
            (0..4)
                .map(|m| format!("{},s-{m},Shop {m},{n}\n", day(n)))
                .collect()
        };
        assert_eq!(role("day,store_id,store,units", 28, &named), ColumnRole::Id);
    }
}
