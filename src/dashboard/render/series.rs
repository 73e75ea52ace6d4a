//! The numbers by steps of time and the values of one dimension: a line for each value.

use chrono::NaiveDate;

use super::cube::Cube;
use super::dataset::{Dataset, Key};
use super::datasets::by_code;
use super::fields::Fields;
use super::grain::Grain;
use super::ranking::{RankBy, Ranking};
use super::totals::{Formula, Totals};

/// The most values that have a line of their own; with more of them the rest is one more line, "Other".
pub const MAX_NAMED: usize = 5;

/// What a dataset of series is made of.
#[derive(Debug, Clone, Copy)]
pub struct SeriesOf<'a> {
    /// The dataset's name.
    pub name: &'a str,
    /// The dimension, as an index.
    pub dimension: usize,
    /// What its values are ranked by.
    pub by: &'a Formula,
    /// The most values named.
    pub named: usize,
    /// Whether those without a line of their own are gathered in one.
    pub other: bool,
}

/// The series over the steps of the trend, by value, then by time.
pub fn series(cube: &Cube<'_>, fields: &Fields, grain: Grain, trend: &Dataset, of: SeriesOf<'_>) -> Dataset {
    let by_code = by_code(cube, of.dimension);
    let ranking = entries(cube, fields, &by_code, of);
    let days = &cube.shown.dates;
    let mut step_of_day = Vec::with_capacity(days.len());
    for (step, (_, count)) in grain.steps(days).enumerate() {
        step_of_day.resize(step_of_day.len() + count, step);
    }
    let steps = trend.len();
    let step_of = |date: NaiveDate| days.binary_search(&date).ok().map(|day| step_of_day[day]);
    let entries = ranking.texts.len();
    let left_out = ranking.rest.filter(|_| !of.other);
    let totals = cube.grouped(&[of.dimension], entries * steps, |contribution, date, codes| {
        let entry = ranking.entry_of[codes[0] as usize].filter(|entry| Some(*entry) != left_out)?;
        let step = contribution.in_view.then(|| step_of(date)).flatten()?;
        Some(entry * steps + step)
    });
    let groups: Vec<usize> = (0..totals.len())
        .filter(|group| totals.rows[*group] > 0)
        .collect();
    let keys = groups.iter().flat_map(|group| {
        let text = Key::Text(ranking.texts[group / steps].clone());
        [trend.keys[group % steps].clone(), text]
    });
    let keys = keys.collect();
    let partial = match trend.partial.is_empty() {
        true => Vec::new(),
        false => groups.iter().map(|group| trend.partial[group % steps]).collect(),
    };
    let axes = vec![fields.time.clone(), fields.dimensions[of.dimension].field.clone()];
    Dataset {
        is_cut: ranking.is_cut && left_out.is_none(),
        is_lower_bound: ranking.is_folded,
        is_ordered: ranking.is_ordered,
        partial,
        groups,
        ..Dataset::new(of.name.to_owned(), axes, keys, totals)
    }
}

/// The entries that get a line: all values where there are no more than named ones, else the largest and "Other".
fn entries(cube: &Cube<'_>, fields: &Fields, by_code: &Totals, of: SeriesOf<'_>) -> Ranking {
    let dictionary = &cube.dictionaries[of.dimension];
    let present = by_code.rows.iter().filter(|rows| **rows > 0).count();
    let cap = if present > of.named {
        of.named + 1
    } else {
        of.named
    };
    let by = RankBy {
        label: &fields.dimensions[of.dimension].field.label,
        value: &|code| of.by.amount(by_code, code),
        cap,
    };
    Ranking::of(dictionary, by_code, by)
}
