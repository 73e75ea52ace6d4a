//! A column whose values are the stages of a funnel.

use std::collections::{BTreeSet, HashMap};

use super::columns::Columns;
use super::fields::{Field, Fields};
use super::measures::{Measure, Source};
use super::names::snake_case;
use super::totals::{Formula, Keeps};
use crate::aggregate::Partial;
use crate::dashboard::config::{Aggregation, Counting, Format, Good, MeasureSource};
use crate::dashboard::{Contribution, ViewInput};
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::{Agg, numbers_stages};

/// The most stages that are found; more may not be declared either.
const MAX_STAGES: usize = 12;
/// Words of a label that say its values are stages.
const STAGE_WORDS: [&str; 3] = ["stage", "step", "funnel"];
/// Words of a label that say so where nothing else can be a stage: of what happened one after the other.
const EVENT_WORDS: [&str; 8] = [
    "event", "action", "activity", "status", "state", "phase", "page", "screen",
];

/// The stages a column names, in order.
#[derive(Debug)]
pub struct StageValues {
    /// The column's label.
    pub label: String,
    /// The stages.
    pub values: Vec<String>,
    /// How rows count.
    pub counting: Counting,
    /// The label of the column whose values are added up; none for the number of rows.
    pub amount: Option<String>,
    column: usize,
    /// The column that numbers the stages.
    numbers: Option<usize>,
    amount_column: Option<usize>,
    unit: String,
}

impl StageValues {
    /// The first column that is declared or hinted to hold stages, else the first with texts whose name says so; where one column of
    /// numbers at most leaves no other stages, the first whose name is that of events. None where it has no two values.
    pub fn find(input: &ViewInput<'_>, columns: &Columns<'_>) -> Option<Self> {
        let all = || 0..columns.list.len();
        let named = |words: &[&str]| {
            all().find(|index| {
                let texts = columns.list[*index].evidence.values() == Values::Texts;
                let name = snake_case(columns.list[*index].label);
                let is_dimension = columns.decisions[*index].role == ColumnRole::Dimension;
                is_dimension && texts && name.split('_').any(|word| words.contains(&word))
            })
        };
        let told = all().find(|index| columns.decisions[*index].role == ColumnRole::Stage);
        let is_measure = |index: &usize| columns.decisions[*index].role == ColumnRole::Measure;
        let has_no_other = || all().filter(is_measure).count() < 2 && input.config.panels().is_empty();
        let event = || has_no_other().then(|| named(&EVENT_WORDS)).flatten();
        let column = told.or_else(|| named(&STAGE_WORDS)).or_else(event)?;
        let label = columns.list[column].label;
        let declared = input
            .config
            .stage_columns()
            .iter()
            .find(|declared| declared.column == label);
        let amount_column = amount_column(input, columns);
        let sizes = sizes(&input.contributions, columns, column, amount_column);
        let numbered = all().find_map(|index| {
            let is_one = numbers_stages(columns.list[index].label, &columns.list[index].evidence);
            let is_kept = matches!(
                columns.decisions[index].role,
                ColumnRole::Dimension | ColumnRole::Id
            );
            let numbers = (is_one && is_kept && index != column)
                .then(|| numbers_of(&input.contributions, columns, column, index))??;
            Some((index, numbers))
        });
        let values = match (declared.filter(|declared| !declared.stages.is_empty()), &numbered) {
            (Some(declared), _) => declared.stages.clone(),
            (None, Some((_, numbers))) => by_number(sizes, numbers),
            (None, None) => ordered(sizes),
        };
        (values.len() > 1).then(|| Self {
            label: label.to_owned(),
            values,
            counting: declared.map_or(Counting::Each, |declared| declared.counting),
            amount: amount_column.map(|index| columns.list[index].label.to_owned()),
            unit: amount_column
                .and_then(|index| Some(columns.list[index].hint?.unit.clone()))
                .unwrap_or_default(),
            column,
            numbers: numbered.map(|(index, _)| index),
            amount_column,
        })
    }

    /// Adds a measure for each stage, before all others, and leaves the column and that of the stages' numbers out of the
    /// dimensions.
    pub fn add_to(&self, fields: &mut Fields) {
        fields
            .dimensions
            .retain(|dimension| dimension.column != self.column && Some(dimension.column) != self.numbers);
        let mut stages = Vec::with_capacity(self.values.len() + fields.measures.len());
        for (place, value) in self.values.iter().enumerate() {
            let values = match self.counting {
                Counting::Each => vec![value.clone()],
                Counting::Furthest => self.values[place..].to_vec(),
            };
            fields.slots.push(Source::Stage {
                column: self.column,
                amount: self.amount_column,
                values,
            });
            fields.keeps.push(Keeps::default());
            let name = match snake_case(value).as_str() {
                "" => format!("stage_{}", place + 1),
                name => name.to_owned(),
            };
            let taken = |id: &str| stages.iter().any(|stage: &Measure| stage.field.id == id);
            let mut id = fields.free_id(&name);
            let mut next = 2;
            while taken(&id) {
                id = fields.free_id(&format!("{name}_{next}"));
                next += 1;
            }
            stages.push(Measure {
                field: Field::number(&id, value, "measure", &self.unit, Format::Number),
                formula: Formula::Sum(fields.slots.len() - 1),
                format: Format::Number,
                good: Good::Neutral,
                ratio: None,
                reason: None,
                currencies: Vec::new(),
                is_counter: false,
            });
        }
        stages.append(&mut fields.measures);
        fields.set_measures(stages);
    }
}

/// The column that is added up at each stage: that of the first declared sum, else the first measure that adds up.
fn amount_column(input: &ViewInput<'_>, columns: &Columns<'_>) -> Option<usize> {
    if !input.config.measures().is_empty() {
        return input
            .config
            .measures()
            .iter()
            .find_map(|measure| match &measure.source {
                MeasureSource::Column {
                    agg: Aggregation::Sum,
                    column,
                } => columns.find(column),
                _ => None,
            });
    }
    (0..columns.list.len()).find(|index| {
        let decision = &columns.decisions[*index];
        decision.role == ColumnRole::Measure
            && decision.agg == Agg::Sum
            && !columns.list[*index].mixes_units
            && columns.list[*index].evidence.currencies().len() < 2
            && !columns.currencies.are_mixed_in(&columns.list[*index])
    })
}

/// How much each value of the column counts over what is shown; ascending by value.
fn sizes<'a>(
    contributions: &[Contribution<'a>],
    columns: &Columns<'_>,
    column: usize,
    amount: Option<usize>,
) -> Vec<(&'a str, Decimal)> {
    let mut sizes: HashMap<&str, Decimal> = HashMap::new();
    for (index, contribution) in contributions.iter().enumerate() {
        let layout = columns.layout(index);
        let cells = &contribution.partial.cells;
        let of = |partial: &'a Partial, place: usize| {
            partial
                .cells
                .dimensions
                .iter()
                .find(move |cells| cells.column == place)
        };
        let stages = layout[column].and_then(|place| of(contribution.partial, place));
        let Some(stages) = stages.filter(|_| contribution.in_view) else {
            continue;
        };
        let place = amount.and_then(|amount| layout[amount]);
        let amounts = place.and_then(|place| cells.measures.iter().find(|cells| cells.column == place));
        for (cell, date) in cells.dates.iter().enumerate() {
            let stage = stages.values[stages.codes[cell] as usize].as_deref();
            let Some(stage) = stage.filter(|_| contribution.from <= *date && *date <= contribution.to) else {
                continue;
            };
            let size = match (amount, amounts) {
                (Some(_), Some(amounts)) => amounts.sum[cell],
                (Some(_), None) => Decimal::ZERO,
                (None, _) => Decimal::from_count(cells.rows[cell]),
            };
            *sizes.entry(stage).or_default() += size;
        }
    }
    let mut sizes: Vec<(&str, Decimal)> = sizes.into_iter().collect();
    sizes.sort_unstable();
    sizes
}

/// The number that another column gives each stage; `None` where one has several, or several have one.
fn numbers_of<'a>(
    contributions: &[Contribution<'a>],
    columns: &Columns<'_>,
    column: usize,
    numbers: usize,
) -> Option<HashMap<&'a str, Decimal>> {
    let mut found: HashMap<&str, Decimal> = HashMap::new();
    for (index, contribution) in contributions.iter().enumerate() {
        let layout = columns.layout(index);
        let cells = &contribution.partial.cells;
        let kept = |column: usize| {
            let place = layout[column]?;
            cells.dimensions.iter().find(|cells| cells.column == place)
        };
        let (Some(stages), Some(numbers)) = (kept(column), kept(numbers)) else {
            return None;
        };
        for (stage, number) in stages.codes.iter().zip(&numbers.codes) {
            let stage = stages.values[*stage as usize].as_deref();
            let number = numbers.values[*number as usize].as_deref();
            let (Some(stage), Some(number)) = (stage, number) else {
                continue;
            };
            let number = Decimal::parse(number)?;
            if *found.entry(stage).or_insert(number) != number {
                return None;
            }
        }
    }
    let different: BTreeSet<&Decimal> = found.values().collect();
    (different.len() == found.len()).then_some(found)
}

/// In the order of these numbers; stages without one come last.
fn by_number(mut sizes: Vec<(&str, Decimal)>, numbers: &HashMap<&str, Decimal>) -> Vec<String> {
    sizes.sort_by_key(|(stage, _)| (!numbers.contains_key(stage), numbers.get(stage).copied()));
    sizes.truncate(MAX_STAGES);
    sizes.into_iter().map(|(value, _)| value.to_owned()).collect()
}

/// By the numbers that all of them begin with, else from the largest to the smallest.
fn ordered(mut sizes: Vec<(&str, Decimal)>) -> Vec<String> {
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    sizes.truncate(MAX_STAGES);
    let number = |value: &str| -> Option<u64> {
        let digits = value.trim_start().split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    };
    if sizes.iter().all(|(value, _)| number(value).is_some()) {
        sizes.sort_by_key(|(value, _)| (number(value), *value));
    }
    sizes.into_iter().map(|(value, _)| value.to_owned()).collect()
}
