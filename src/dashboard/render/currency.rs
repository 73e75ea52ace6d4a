//! Columns that name the currency of each row's money: no sum goes over several.

use std::collections::BTreeSet;

use super::columns::{Column, Columns};
use super::fields::Dimension;
use super::measures::{Measure, Slots, Source};
use super::reading::{Reading, Stretch};
use super::totals::Formula;
use crate::aggregate::{Cells, DimensionCells, MeasureCells, OTHER};
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::roles::{Decision, Money, currencies, currency_name, may_name_currencies, money};

/// The currencies of a view.
#[derive(Debug, Default)]
pub struct Currencies {
    /// Columns whose rows have several, and which those are, ascending.
    pub mixed: Vec<(usize, Vec<String>)>,
    /// The one currency of all rows, where one column names it.
    pub only: Option<String>,
}

impl Currencies {
    /// What the dimensions of the winning rows name.
    pub fn of(reading: &Reading<'_, '_>, decisions: &[Decision]) -> Self {
        let list = reading.list;
        let mut found = Self::default();
        let mut names_one = 0;
        let dimensions = (0..list.len()).filter(|index| decisions[*index].role == ColumnRole::Dimension);
        for index in dimensions {
            let of_each = || {
                let stretches = reading.stretches.iter();
                stretches.filter_map(|stretch| Some((stretch, stretch.values(index)?)))
            };
            let known = of_each().flat_map(|(_, column)| column.values.iter().flatten());
            let known = known.map(String::as_str).filter(|value| *value != OTHER);
            if !may_name_currencies(list[index].label, &list[index].evidence, known) {
                continue;
            }
            let counted = of_each().flat_map(|(stretch, column)| counted(stretch, column));
            let values: BTreeSet<Option<&str>> = counted.collect();
            let named: Vec<&str> = values
                .iter()
                .copied()
                .flatten()
                .filter(|value| *value != OTHER)
                .collect();
            let Some(codes) = currencies(list[index].label, &list[index].evidence, &named) else {
                continue;
            };
            let codes: BTreeSet<String> = codes.into_iter().collect();
            if codes.len() > 1 || values.contains(&Some(OTHER)) {
                found.mixed.push((index, codes.into_iter().collect()));
            } else {
                names_one += 1;
                // A row without a currency may have any.
                found.only = codes.into_iter().next().filter(|_| !values.contains(&None));
            }
        }
        if names_one != 1 || !found.mixed.is_empty() {
            found.only = None;
        }
        found
    }

    /// Whether a column's numbers are, or may be, in several currencies.
    pub fn are_mixed_in(&self, column: &Column<'_>) -> bool {
        let is_told = column.hint.is_some_and(|hint| !hint.unit.is_empty());
        !self.mixed.is_empty() && !is_told && money(column.label, &column.evidence) != Money::No
    }

    /// Says of each measure in several currencies how it is shown.
    pub fn explain(&self, list: &[Column<'_>], decisions: &mut [Decision]) {
        for (column, decision) in list.iter().zip(decisions) {
            if decision.role == ColumnRole::Measure && self.are_mixed_in(column) {
                decision
                    .reason
                    .push_str(" It is in several currencies, so it is shown by currency only.");
            }
        }
    }

    /// Leaves measures of several currencies a value only where all rows share one, and gives those of one its unit.
    pub fn settle(
        &self,
        columns: &Columns<'_>,
        shown: &[Dimension],
        measures: &mut [Measure],
        slots: &mut Slots,
    ) {
        let mixed: Vec<usize> = self.mixed.iter().map(|(column, _)| *column).collect();
        let id = |column: &usize| {
            let dimension = shown.iter().find(|dimension| dimension.column == *column);
            dimension.map_or(String::new(), |dimension| dimension.field.id.clone())
        };
        for measure in measures {
            let columns_of = amounts(&measure.formula, slots);
            let of = |wanted: &dyn Fn(&Column<'_>) -> bool| {
                columns_of.iter().any(|column| wanted(&columns.list[*column]))
            };
            if of(&|column| self.are_mixed_in(column)) {
                let guards = self
                    .mixed
                    .iter()
                    .map(|(column, names)| slots.currency(*column, names.clone()));
                let guards = guards.collect();
                let inner = std::mem::replace(&mut measure.formula, Formula::Unknown);
                measure.formula = Formula::OneCurrency(Box::new(inner), guards);
                measure.reason = Some(self.reason(columns, &measure.field.label));
                measure.currencies = mixed.iter().map(id).collect();
            } else if let (Some(unit), true) = (&self.only, measure.field.unit.is_empty())
                && !matches!(measure.formula, Formula::Ratio(..))
                && of(&|column| money(column.label, &column.evidence) == Money::Yes)
            {
                measure.field.unit.clone_from(unit);
            }
        }
    }

    fn reason(&self, columns: &Columns<'_>, label: &str) -> String {
        let named = self.mixed.iter().map(|(column, names)| {
            format!(
                "the currencies {} of \"{}\"",
                names.join(", "),
                columns.list[*column].label
            )
        });
        let named: Vec<String> = named.collect();
        format!(
            "\"{label}\" mixes {}, so it is shown by currency only",
            named.join(" and ")
        )
    }
}

/// The columns whose amounts a formula puts together.
fn amounts(formula: &Formula, slots: &Slots) -> Vec<usize> {
    let column = |slot: &usize| match slots.sources[*slot] {
        Source::Column(column) => vec![column],
        Source::Stage { .. } | Source::Currency { .. } => Vec::new(),
    };
    match formula {
        Formula::Sum(slot)
        | Formula::Mean(slot)
        | Formula::Level(slot)
        | Formula::Min(slot)
        | Formula::Max(slot) => column(slot),
        Formula::Quantile(sketch, _) => vec![slots.sketches[*sketch].0],
        Formula::Ratio(numerator, denominator, _) => {
            [amounts(numerator, slots), amounts(denominator, slots)].concat()
        }
        Formula::Rows
        | Formula::Count(_)
        | Formula::SingleRow(_)
        | Formula::Distinct(_)
        | Formula::OneCurrency(..)
        | Formula::Unknown => Vec::new(),
    }
}

/// The values of a dimension in the cells that count.
fn counted<'a>(
    stretch: &Stretch<'_, '_>,
    column: &'a DimensionCells,
) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
    let mut is_counted = vec![false; column.values.len()];
    for code in &column.codes[stretch.cells.clone()] {
        is_counted[*code as usize] = true;
    }
    let values = column.values.iter().zip(is_counted);
    values
        .filter(|(_, counted)| *counted)
        .map(|(value, _)| value.as_deref())
}

/// Of each cell the place of its currency among the names, as least and most: one without a currency has a place of its
/// own, what was folded together has all of them.
pub fn at_currency(cells: &Cells, column: Option<&DimensionCells>, names: &[String]) -> MeasureCells {
    let place = |value: &Option<String>| match value.as_deref() {
        Some(OTHER) => (0, names.len()),
        Some(value) => {
            let name = currency_name(value);
            let place = names
                .iter()
                .position(|known| *known == name)
                .unwrap_or(names.len());
            (place, place)
        }
        None => (names.len(), names.len()),
    };
    let count = cells.rows.len();
    let places: Vec<(usize, usize)> = match column {
        Some(column) => {
            let of_value: Vec<_> = column.values.iter().map(place).collect();
            column.codes.iter().map(|code| of_value[*code as usize]).collect()
        }
        None => vec![place(&None); count],
    };
    let (min, max) = places
        .into_iter()
        .map(|(least, most)| {
            (
                Decimal::from_count(least as u64),
                Decimal::from_count(most as u64),
            )
        })
        .unzip();
    MeasureCells {
        column: column.map_or(0, |column| column.column),
        count: cells.rows.clone(),
        sum: vec![Decimal::ZERO; count],
        min,
        max,
    }
}
