//! Measures: how each one is computed, from a column, a declaration, or the rows alone.

use super::columns::{Column, Columns};
use super::fields::Field;
use super::names::snake_case;
use super::totals::{Formula, Totals};
use super::value::Value;
use crate::aggregate::Sketch;
use crate::dashboard::config::{self, Aggregation, Format, Good, MeasureSource};
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::roles::{Agg, Decision, is_share_of_amount};

/// Words of a ratio's name that say it is shown in percent.
const PERCENT_WORDS: [&str; 6] = ["rate", "share", "margin", "pct", "ctr", "cvr"];

/// The ways to say yes of columns of yes and no, as dimensions keep them.
const YES: [&str; 38] = [
    "1",
    "true",
    "True",
    "TRUE",
    "t",
    "T",
    "yes",
    "Yes",
    "YES",
    "y",
    "Y",
    "ja",
    "Ja",
    "JA",
    "j",
    "J",
    "wahr",
    "Wahr",
    "WAHR",
    "oui",
    "Oui",
    "OUI",
    "o",
    "O",
    "vrai",
    "Vrai",
    "VRAI",
    "sí",
    "Sí",
    "SÍ",
    "si",
    "Si",
    "SI",
    "s",
    "S",
    "verdadero",
    "Verdadero",
    "VERDADERO",
];
/// The ways to say no.
const NO: [&str; 26] = [
    "0", "false", "False", "FALSE", "f", "F", "no", "No", "NO", "n", "N", "nein", "Nein", "NEIN", "falsch",
    "Falsch", "FALSCH", "non", "Non", "NON", "faux", "Faux", "FAUX", "falso", "Falso", "FALSO",
];

/// A shown measure or ratio.
#[derive(Debug, Clone)]
pub struct Measure {
    /// Its field.
    pub field: Field,
    /// How its values are computed.
    pub formula: Formula,
    /// How it is shown.
    pub format: Format,
    /// Which direction of change is good news.
    pub good: Good,
    /// For a ratio with parts the ids of numerator and denominator.
    pub ratio: Option<(String, String)>,
    /// Why it has no value over more than one row, where that is so.
    pub reason: Option<String>,
    /// The ids of the dimensions that name the currency of its amounts, where there are several: it has a value only beside
    /// them.
    pub currencies: Vec<String>,
    /// Whether its values are readings of counters, which only tell by how much they rose.
    pub is_counter: bool,
}

impl Measure {
    /// The value of a group of a dataset with these keys.
    pub fn value(&self, axes: &[Field], totals: &Totals, group: usize) -> Option<Value> {
        let is_beside = |id: &String| axes.iter().any(|axis| axis.id == *id);
        let is_told = self.currencies.iter().all(is_beside);
        is_told.then(|| self.formula.value(totals, group)).flatten()
    }

    /// The value over all of what is shown.
    pub fn total(&self, totals: &Totals) -> Option<Value> {
        self.value(&[], totals, 0)
    }

    /// Whether values are shown times 100 with a percent sign.
    pub fn is_percent(&self) -> bool {
        self.format == Format::Percent
    }
}

/// Where the numbers of a slot come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A column of the view.
    Column(usize),
    /// What counts at a stage of a funnel.
    Stage {
        /// The column that names the stages.
        column: usize,
        /// The column whose values are added up; none for the number of rows.
        amount: Option<usize>,
        /// The values of the column that count.
        values: Vec<String>,
    },
    /// The place of each row's currency.
    Currency {
        /// The column that names currencies.
        column: usize,
        /// The currencies, ascending.
        names: Vec<String>,
    },
}

/// Slots handed out for columns.
#[derive(Debug, Default)]
pub struct Slots {
    /// For each slot where its numbers come from.
    pub sources: Vec<Source>,
    /// For each sketch its column in the view and its kind.
    pub sketches: Vec<(usize, Sketch)>,
}

impl Slots {
    /// The place of a column's sketch.
    pub fn sketch(&mut self, column: usize, kind: Sketch) -> usize {
        let sketch = (column, kind);
        self.sketches
            .iter()
            .position(|known| *known == sketch)
            .unwrap_or_else(|| {
                self.sketches.push(sketch);
                self.sketches.len() - 1
            })
    }

    /// The slot of a column.
    pub fn of(&mut self, column: usize) -> usize {
        self.slot(Source::Column(column))
    }

    /// The slot of the currencies that a column names.
    pub fn currency(&mut self, column: usize, names: Vec<String>) -> usize {
        self.slot(Source::Currency { column, names })
    }

    fn slot(&mut self, source: Source) -> usize {
        self.sources
            .iter()
            .position(|known| *known == source)
            .unwrap_or_else(|| {
                self.sources.push(source);
                self.sources.len() - 1
            })
    }
}

/// The implicit measure of a view without any.
pub fn row_count(id: String) -> Measure {
    Measure {
        field: Field {
            id,
            label: "Rows".to_owned(),
            role: "measure",
            kind: "number",
            unit: String::new(),
            format: None,
        },
        formula: Formula::Rows,
        format: Format::Number,
        good: Good::Neutral,
        ratio: None,
        reason: None,
        currencies: Vec::new(),
        is_counter: false,
    }
}

/// The measure or ratio that a column of the results is.
pub fn found_measure(index: usize, columns: &Columns<'_>, names: &[String], slots: &mut Slots) -> Measure {
    let column = &columns.list[index];
    let decision = &columns.decisions[index];
    let is_ratio = decision.role == ColumnRole::Ratio;
    let mixed = mixed_units(column);
    let mut ratio = None;
    let formula = match (&mixed, decision) {
        (Some(_), _) => Formula::Unknown,
        (
            None,
            Decision {
                role: ColumnRole::Ratio,
                binding: Some((numerator, denominator, factor)),
                ..
            },
        ) => {
            let id = |index: usize| match names[index].is_empty() {
                true => snake_case(columns.list[index].label),
                false => names[index].clone(),
            };
            ratio = Some((id(*numerator), id(*denominator)));
            let mut part = |index: usize| Box::new(Formula::Sum(slots.of(index)));
            Formula::Ratio(part(*numerator), part(*denominator), *factor)
        }
        (
            None,
            Decision {
                role: ColumnRole::Ratio,
                ..
            },
        ) => Formula::SingleRow(slots.of(index)),
        (None, Decision { agg: Agg::Mean, .. }) => Formula::Mean(slots.of(index)),
        (None, Decision { agg: Agg::Level, .. }) => Formula::Level(slots.of(index)),
        (None, Decision { agg: Agg::Sum, .. }) => Formula::Sum(slots.of(index)),
    };
    let is_quotient = decision
        .binding
        .is_some_and(|(_, _, factor)| factor == Decimal::ONE);
    let is_named_percent = || names[index].split('_').any(|word| PERCENT_WORDS.contains(&word));
    let in_percent = match formula {
        _ if column.evidence.all_percents() => ratio.is_none() || is_quotient || decision.in_percent,
        Formula::Mean(_) => is_share_of_amount(column.label, &column.evidence),
        _ => ratio.is_some() && (decision.in_percent || is_quotient && is_named_percent()),
    };
    Measure {
        field: Field {
            id: names[index].clone(),
            label: column.label.to_owned(),
            role: if is_ratio { "ratio" } else { "measure" },
            kind: "number",
            unit: unit_of(column),
            format: None,
        },
        format: match in_percent {
            true => Format::Percent,
            false => Format::Number,
        },
        good: Good::Neutral,
        reason: mixed.or_else(|| matches!(formula, Formula::SingleRow(_)).then(|| decision.reason.clone())),
        formula,
        ratio,
        currencies: Vec::new(),
        is_counter: decision.is_counter,
    }
}

/// The share of rows that say yes in a column of yes and no, among those that say either.
pub fn outcome(index: usize, columns: &Columns<'_>, id: String, slots: &mut Slots) -> Measure {
    let mut rows = |values: &[&str]| {
        let slot = slots.slot(Source::Stage {
            column: index,
            amount: None,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        });
        Box::new(Formula::Sum(slot))
    };
    let (yes, either) = (rows(&YES), rows(&[&YES[..], &NO[..]].concat()));
    Measure {
        field: Field {
            id,
            label: format!("{} (share)", columns.list[index].label),
            role: "ratio",
            kind: "number",
            unit: String::new(),
            format: None,
        },
        formula: Formula::Ratio(yes, either, Decimal::ONE),
        format: Format::Percent,
        good: Good::Neutral,
        ratio: None,
        reason: None,
        currencies: Vec::new(),
        is_counter: false,
    }
}

/// A measure or ratio of the configuration; `declared` are all of them.
pub fn declared_measure(
    measure: &config::Measure,
    declared: &[config::Measure],
    columns: &Columns<'_>,
    slots: &mut Slots,
) -> Measure {
    let column = match &measure.source {
        MeasureSource::Column { column, .. } => columns.find(column),
        MeasureSource::Rows | MeasureSource::Ratio { .. } => None,
    };
    let (formula, reason) = declared_formula(measure, declared, columns, slots);
    let ratio = match &measure.source {
        MeasureSource::Ratio {
            numerator,
            denominator,
            ..
        } => Some((numerator.clone(), denominator.clone())),
        MeasureSource::Column { .. } | MeasureSource::Rows => None,
    };
    let label = measure.label.clone().unwrap_or_else(|| own_label(measure));
    let found_unit = || column.map_or(String::new(), |index| unit_of(&columns.list[index]));
    Measure {
        field: Field {
            id: measure.id.clone(),
            label,
            role: if ratio.is_some() { "ratio" } else { "measure" },
            kind: "number",
            unit: if measure.unit.is_empty() {
                found_unit()
            } else {
                measure.unit.clone()
            },
            format: None,
        },
        formula,
        format: measure.format.unwrap_or(Format::Number),
        good: measure.good,
        ratio,
        reason,
        currencies: Vec::new(),
        is_counter: false,
    }
}

/// The label of a measure that is given none: its column's, told apart from the sum where it is none.
fn own_label(measure: &config::Measure) -> String {
    let MeasureSource::Column { agg, column } = &measure.source else {
        return measure.id.clone();
    };
    match agg {
        Aggregation::Sum => column.clone(),
        Aggregation::Mean => format!("Mean {column}"),
        Aggregation::Min => format!("Smallest {column}"),
        Aggregation::Max => format!("Largest {column}"),
        Aggregation::Count => format!("Count of {column}"),
        Aggregation::Distinct => format!("Different {column}"),
        Aggregation::Quantile(q) => format!("Quantile {q} of {column}"),
    }
}

/// The formula of a declared measure, and why it has no value where that is so.
fn declared_formula(
    measure: &config::Measure,
    declared: &[config::Measure],
    columns: &Columns<'_>,
    slots: &mut Slots,
) -> (Formula, Option<String>) {
    match &measure.source {
        MeasureSource::Rows => (Formula::Rows, None),
        MeasureSource::Column { agg, column } => match columns.find(column) {
            None => (
                Formula::Unknown,
                Some(format!("no result has a column \"{column}\"")),
            ),
            Some(index) => match mixed_units(&columns.list[index])
                .filter(|_| !matches!(agg, Aggregation::Count | Aggregation::Distinct))
            {
                Some(reason) => (Formula::Unknown, Some(reason)),
                None => (column_formula(*agg, index, slots), None),
            },
        },
        MeasureSource::Ratio {
            numerator,
            denominator,
            factor,
        } => {
            let mut part = |id: &String| match declared.iter().find(|part| part.id == *id) {
                Some(part) => declared_formula(part, &[], columns, slots),
                None if id == "rows" => (Formula::Rows, None),
                None => (Formula::Unknown, Some(format!("\"{id}\" is no measure"))),
            };
            let ((numerator, no_numerator), (denominator, no_denominator)) =
                (part(numerator), part(denominator));
            let formula = Formula::Ratio(Box::new(numerator), Box::new(denominator), *factor);
            (formula, no_numerator.or(no_denominator))
        }
    }
}

fn column_formula(agg: Aggregation, column: usize, slots: &mut Slots) -> Formula {
    match agg {
        Aggregation::Sum => Formula::Sum(slots.of(column)),
        Aggregation::Mean => Formula::Mean(slots.of(column)),
        Aggregation::Min => Formula::Min(slots.of(column)),
        Aggregation::Max => Formula::Max(slots.of(column)),
        Aggregation::Count => Formula::Count(slots.of(column)),
        Aggregation::Distinct => Formula::Distinct(slots.sketch(column, Sketch::Distinct)),
        Aggregation::Quantile(q) => Formula::Quantile(slots.sketch(column, Sketch::Quantile), q),
    }
}

/// The unit of a column: as hinted, else the one currency sign its values carry.
fn unit_of(column: &Column<'_>) -> String {
    match column.hint {
        Some(hint) if !hint.unit.is_empty() => hint.unit.clone(),
        _ => match column.evidence.currencies()[..] {
            [currency] => currency.to_owned(),
            _ => String::new(),
        },
    }
}

/// Why a column's numbers cannot be put together, where they have different units.
fn mixed_units(column: &Column<'_>) -> Option<String> {
    let currencies = column.evidence.currencies();
    match (currencies.len() > 1, column.mixes_units) {
        (true, _) => Some(format!(
            "\"{}\" mixes the currencies {}",
            column.label,
            currencies.join(", ")
        )),
        (false, true) => Some(format!(
            "\"{}\" has different units in different results",
            column.label
        )),
        (false, false) => None,
    }
}
