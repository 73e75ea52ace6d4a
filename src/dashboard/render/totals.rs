//! Aggregates of groups of cells, and the formulas that turn them into values.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::sketches::{Merged, Sketched};
use super::value::Value;
use crate::aggregate::{Cells, MeasureCells, Sketch};
use crate::decimal::Decimal;

/// Aggregates by group: rows, and for each slot (a numeric column some measure needs) count, sum, extremes and dates.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Rows in each group.
    pub rows: Vec<u64>,
    slots: Vec<Slot>,
    sketches: Vec<Merged>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    count: Vec<u64>,
    sum: Vec<Decimal>,
    /// Smallest and largest; empty unless a measure asks for them.
    extremes: Vec<(Decimal, Decimal)>,
    /// The dates with values, ascending; empty unless a measure asks for them.
    dates: Vec<Vec<NaiveDate>>,
    keeps: Keeps,
}

/// What a slot keeps beside count and sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keeps {
    /// The smallest and the largest value.
    pub extremes: bool,
    /// The dates with values.
    pub dates: bool,
}

/// How a measure's value follows from the aggregates of a group.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// The number of rows.
    Rows,
    /// Values that are not null.
    Count(usize),
    /// Their sum; null where there are none.
    Sum(usize),
    /// Sum over count.
    Mean(usize),
    /// Sum over the number of dates with values: what adds up over everything but time.
    Level(usize),
    /// The smallest.
    Min(usize),
    /// The largest.
    Max(usize),
    /// A quotient that is not additive and has no parts: a value only where the group is a single row.
    SingleRow(usize),
    /// Numerator over denominator, times the factor; both are sums over the group, never quotients.
    Ratio(Box<Formula>, Box<Formula>, Decimal),
    /// About how many different values there are; null where a result of the group lacks the sketch.
    Distinct(usize),
    /// About the value at or below which a share of all lies; null where a result of the group lacks the sketch.
    Quantile(usize, Decimal),
    /// The value where all rows of the group have the same currency by each of these slots, else none.
    OneCurrency(Box<Formula>, Vec<usize>),
    /// What the partials do not hold.
    Unknown,
}

impl Formula {
    /// The slots its values are made from, ascending, each once; sketches are numbered apart and have none.
    pub fn slots(&self) -> Vec<usize> {
        match self {
            Self::Rows | Self::Distinct(_) | Self::Quantile(..) | Self::Unknown => Vec::new(),
            Self::Count(slot)
            | Self::Sum(slot)
            | Self::Mean(slot)
            | Self::Level(slot)
            | Self::Min(slot)
            | Self::Max(slot)
            | Self::SingleRow(slot) => vec![*slot],
            Self::Ratio(numerator, denominator, _) => {
                let mut slots = numerator.slots();
                slots.extend(denominator.slots());
                slots.sort_unstable();
                slots.dedup();
                slots
            }
            Self::OneCurrency(formula, _) => formula.slots(),
        }
    }

    /// The value of a group, null where it has none: no values, or a denominator of 0.
    pub fn value(&self, totals: &Totals, group: usize) -> Option<Value> {
        match self {
            Self::Ratio(..) | Self::Mean(_) | Self::Level(_) => {
                let (numerator, denominator) = self.parts(totals, group);
                let numerator = match self {
                    Self::Ratio(_, _, factor) if *factor != Decimal::ONE => numerator?.times(*factor),
                    _ => numerator,
                };
                Value::quotient(numerator?, denominator?)
            }
            Self::OneCurrency(formula, currencies) => {
                (totals.have_one(currencies, group)).then(|| formula.value(totals, group))?
            }
            _ => self.amount(totals, group).map(Value::Exact),
        }
    }

    /// The value of a group as a decimal; of a quotient as far as a decimal holds it.
    pub fn amount(&self, totals: &Totals, group: usize) -> Option<Decimal> {
        let slot = |slot: &usize| &totals.slots[*slot];
        let some = |index: &usize| (slot(index).count[group] > 0).then(|| slot(index));
        match self {
            Self::Rows => Some(Decimal::from_count(totals.rows[group])),
            Self::Count(index) => Some(Decimal::from_count(slot(index).count[group])),
            Self::Sum(index) => some(index).map(|slot| slot.sum[group]),
            Self::Min(index) => some(index).map(|slot| slot.extremes[group].0),
            Self::Max(index) => some(index).map(|slot| slot.extremes[group].1),
            Self::SingleRow(index) => some(index)
                .filter(|_| totals.rows[group] == 1)
                .map(|slot| slot.sum[group]),
            Self::Ratio(..) | Self::Mean(_) | Self::Level(_) => self.value(totals, group)?.decimal(),
            Self::Distinct(index) => totals.sketches[*index].distinct(group),
            Self::Quantile(index, q) => totals.sketches[*index].quantile(group, *q),
            Self::OneCurrency(formula, currencies) => {
                (totals.have_one(currencies, group)).then(|| formula.amount(totals, group))?
            }
            Self::Unknown => None,
        }
    }

    /// Whether any value of the group enters it; rows alone do where it counts rows or different values.
    pub fn has_value(&self, totals: &Totals, group: usize) -> bool {
        match self {
            Self::Rows | Self::Count(_) | Self::Distinct(_) | Self::Quantile(..) => totals.rows[group] > 0,
            Self::OneCurrency(formula, _) => formula.has_value(totals, group),
            _ => self.amount(totals, group).is_some(),
        }
    }

    /// What a quotient's value was divided from: the parts of a ratio, sum and count of a mean, sum and dates of a level; none
    /// otherwise.
    pub fn parts(&self, totals: &Totals, group: usize) -> (Option<Decimal>, Option<Decimal>) {
        match self {
            Self::Ratio(numerator, denominator, _) => {
                (numerator.amount(totals, group), denominator.amount(totals, group))
            }
            Self::Mean(slot) => {
                let slot = &totals.slots[*slot];
                let count = slot.count[group];
                (
                    (count > 0).then(|| slot.sum[group]),
                    Some(Decimal::from_count(count)),
                )
            }
            Self::Level(slot) => {
                let slot = &totals.slots[*slot];
                (
                    (slot.count[group] > 0).then(|| slot.sum[group]),
                    Some(Decimal::from_count(slot.dates[group].len() as u64)),
                )
            }
            Self::OneCurrency(formula, currencies) if totals.have_one(currencies, group) => {
                formula.parts(totals, group)
            }
            _ => (None, None),
        }
    }

    /// Whether it says how much or how many there is, so that a line of it is read from zero.
    pub fn counts_from_zero(&self) -> bool {
        match self {
            Self::OneCurrency(formula, _) => formula.counts_from_zero(),
            _ => self.is_additive() || matches!(self, Self::Distinct(_) | Self::Level(_)),
        }
    }

    /// Whether it is a quotient of what adds up, or a value only of single rows.
    pub fn is_quotient(&self) -> bool {
        matches!(
            self,
            Self::Ratio(..) | Self::Mean(_) | Self::Level(_) | Self::SingleRow(_)
        )
    }

    /// Whether the values of parts add up to the value of the whole.
    pub fn is_additive(&self) -> bool {
        matches!(self, Self::Rows | Self::Count(_) | Self::Sum(_))
    }

    /// What it needs of a slot beside count and sum.
    pub fn keeps(&self, slot: usize) -> Keeps {
        Keeps {
            extremes: self.needs_extremes(slot),
            dates: self.needs_dates(slot),
        }
    }

    fn needs_dates(&self, slot: usize) -> bool {
        match self {
            Self::Level(needed) => *needed == slot,
            Self::Ratio(numerator, denominator, _) => {
                numerator.needs_dates(slot) || denominator.needs_dates(slot)
            }
            Self::OneCurrency(formula, _) => formula.needs_dates(slot),
            _ => false,
        }
    }

    /// Whether it needs the extremes of a slot.
    fn needs_extremes(&self, slot: usize) -> bool {
        match self {
            Self::Min(needed) | Self::Max(needed) => *needed == slot,
            Self::Ratio(numerator, denominator, _) => {
                numerator.needs_extremes(slot) || denominator.needs_extremes(slot)
            }
            Self::OneCurrency(formula, currencies) => {
                currencies.contains(&slot) || formula.needs_extremes(slot)
            }
            _ => false,
        }
    }
}

impl Totals {
    /// No groups yet; `keeps` says for each slot what is kept beside count and sum, one kind a sketch what it answers.
    pub fn new(keeps: &[Keeps], sketches: &[Sketch]) -> Self {
        let slot = |keeps: &Keeps| Slot {
            keeps: *keeps,
            ..Slot::default()
        };
        Self {
            rows: Vec::new(),
            slots: keeps.iter().map(slot).collect(),
            sketches: sketches.iter().copied().map(Merged::new).collect(),
        }
    }

    /// No groups yet, and the slots of another one.
    pub fn like(other: &Self) -> Self {
        let slot = |slot: &Slot| Slot {
            keeps: slot.keeps,
            ..Slot::default()
        };
        Self {
            rows: Vec::new(),
            slots: other.slots.iter().map(slot).collect(),
            sketches: other.sketches.iter().map(Merged::like).collect(),
        }
    }

    /// Whether all rows of a group have the same value in each of these slots.
    fn have_one(&self, slots: &[usize], group: usize) -> bool {
        slots.iter().all(|slot| {
            let (least, most) = self.slots[*slot].extremes[group];
            least == most
        })
    }

    /// The number of groups.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Makes room for so many groups.
    pub fn resize(&mut self, groups: usize) {
        self.rows.resize(groups, 0);
        self.sketches.iter_mut().for_each(|merged| merged.resize(groups));
        for slot in &mut self.slots {
            slot.count.resize(groups, 0);
            slot.sum.resize(groups, Decimal::ZERO);
            if slot.keeps.extremes {
                slot.extremes.resize(groups, (Decimal::ZERO, Decimal::ZERO));
            }
            if slot.keeps.dates {
                slot.dates.resize(groups, Vec::new());
            }
        }
    }

    /// Adds cells of a partial, the first of which is the `first`-th, to their groups; `sources` gives each slot's column,
    /// where the partial has it.
    pub fn add_cells(
        &mut self,
        groups: &[u32],
        first: usize,
        cells: &Cells,
        sources: &[Option<Cow<'_, MeasureCells>>],
    ) {
        for (group, rows) in groups.iter().zip(&cells.rows[first..]) {
            self.rows[*group as usize] += rows;
        }
        for (slot, source) in self.slots.iter_mut().zip(sources) {
            let Some(source) = source else { continue };
            if slot.keeps.extremes {
                slot.add_extremes(groups, first, source);
            }
            if slot.keeps.dates {
                slot.add_dates(groups, first, source, &cells.dates);
            }
            let cells = source.count[first..].iter().zip(&source.sum[first..]);
            for (group, (count, sum)) in groups.iter().zip(cells) {
                slot.count[*group as usize] += count;
                slot.sum[*group as usize] += *sum;
            }
        }
    }

    /// Adds the sketches of cells to their groups, as [`Totals::add_cells`] does numbers.
    pub fn add_sketches(&mut self, groups: &[u32], first: usize, sources: &[Sketched<'_>]) {
        for (merged, source) in self.sketches.iter_mut().zip(sources) {
            merged.add_cells(groups, first, *source);
        }
    }

    /// Adds every group of `other` to the group of this one that `group_of` names, if it names one.
    pub fn add_groups(&mut self, other: &Self, group_of: impl Fn(usize) -> Option<usize>) {
        for from in 0..other.len() {
            let Some(to) = group_of(from) else { continue };
            self.rows[to] += other.rows[from];
            for (merged, source) in self.sketches.iter_mut().zip(&other.sketches) {
                merged.add_group(to, source, from);
            }
            for (slot, source) in self.slots.iter_mut().zip(&other.slots) {
                if slot.keeps.extremes && source.count[from] > 0 {
                    slot.widen(to, source.extremes[from]);
                }
                if slot.keeps.dates {
                    slot.join_dates(to, &source.dates[from]);
                }
                slot.count[to] += source.count[from];
                slot.sum[to] += source.sum[from];
            }
        }
    }

    /// The single group that holds all groups of `other` that `keep` accepts.
    pub fn sum_of(other: &Self, keep: impl Fn(usize) -> bool) -> Self {
        let mut total = Self::like(other);
        total.resize(1);
        total.add_groups(other, |group| keep(group).then_some(0));
        total
    }
}

impl Slot {
    fn add_extremes(&mut self, groups: &[u32], first: usize, source: &MeasureCells) {
        // The counts are still those before these cells, so within one call a group's first cell must be told apart.
        let mut seen: Vec<bool> = self.count.iter().map(|count| *count > 0).collect();
        for (offset, group) in groups.iter().enumerate() {
            let (cell, group) = (first + offset, *group as usize);
            if source.count[cell] == 0 {
                continue;
            }
            let (min, max) = (source.min[cell], source.max[cell]);
            let known = &mut self.extremes[group];
            *known = if seen[group] {
                (known.0.min(min), known.1.max(max))
            } else {
                (min, max)
            };
            seen[group] = true;
        }
    }

    fn add_dates(&mut self, groups: &[u32], first: usize, source: &MeasureCells, dates: &[NaiveDate]) {
        for (offset, group) in groups.iter().enumerate() {
            let cell = first + offset;
            if source.count[cell] > 0 {
                self.join_dates(*group as usize, &dates[cell..=cell]);
            }
        }
    }

    /// Takes dates into a group's, ascending; most come behind those that are there.
    fn join_dates(&mut self, group: usize, more: &[NaiveDate]) {
        let known = &mut self.dates[group];
        for date in more {
            match known.last() {
                Some(last) if last >= date => {
                    if let Err(place) = known.binary_search(date) {
                        known.insert(place, *date);
                    }
                }
                _ => known.push(*date),
            }
        }
    }

    fn widen(&mut self, group: usize, (min, max): (Decimal, Decimal)) {
        let known = &mut self.extremes[group];
        *known = if self.count[group] > 0 {
            (known.0.min(min), known.1.max(max))
        } else {
            (min, max)
        };
    }
}
