//! What a view shows: its time, its dimensions and its measures, with their ids.

use super::columns::{Column, Columns};
use super::json;
use super::names::{Ids, snake_case};
use super::totals::Formula;
use crate::dashboard::VisualizationConfig;
use crate::dashboard::config::{self, Aggregation, Format, Good, MeasureSource};
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::{Agg, Decision};

/// The most dimensions found in results that are shown.
const MAX_FOUND_DIMENSIONS: usize = 12;
/// Words of a ratio's name that say it is shown in percent.
const PERCENT_WORDS: [&str; 6] = ["rate", "share", "margin", "pct", "ctr", "cvr"];

/// A column of a dataset.
#[derive(Debug)]
pub struct Field {
    /// Its id: the key in the rows.
    pub id: String,
    /// Its label.
    pub label: String,
    /// `time`, `dimension`, `measure` or `ratio`.
    pub role: &'static str,
    /// `date`, `string` or `number`.
    pub kind: &'static str,
    /// Its unit; empty when it has none.
    pub unit: String,
}

/// A shown dimension.
#[derive(Debug)]
pub struct Dimension {
    /// Its field.
    pub field: Field,
    /// Its column in the view.
    pub column: usize,
}

/// A shown measure or ratio.
#[derive(Debug)]
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
}

/// Everything a view shows.
#[derive(Debug)]
pub struct Fields {
    /// The time.
    pub time: Field,
    /// The dimensions: declared ones, then those found, in column order.
    pub dimensions: Vec<Dimension>,
    /// The measures: exactly the declared ones, else those found in column order, else the number of rows.
    pub measures: Vec<Measure>,
    /// For each slot of the aggregates its column in the view.
    pub slots: Vec<usize>,
    /// For each slot whether its extremes are needed.
    pub keeps_extremes: Vec<bool>,
    ranked: Option<usize>,
}

impl Field {
    /// Appends the description as a JSON object.
    pub fn write(&self, out: &mut String) {
        out.push_str("{\"id\":");
        json::string(out, &self.id);
        out.push_str(",\"label\":");
        json::string(out, &self.label);
        out.extend([
            ",\"role\":\"",
            self.role,
            "\",\"type\":\"",
            self.kind,
            "\",\"unit\":",
        ]);
        json::string(out, &self.unit);
        out.push('}');
    }
}

impl Measure {
    /// Whether values are shown times 100 with a percent sign.
    pub fn is_percent(&self) -> bool {
        self.format == Format::Percent
    }
}

impl Fields {
    /// What the columns and the configuration say is shown; `time_label` is the label of the newest result's time
    /// column, for where no column of the view is decided to be the time.
    pub fn of(columns: &Columns<'_>, config: &VisualizationConfig, time_label: Option<&str>) -> Self {
        let mut ids = Ids::default();
        config
            .measures()
            .iter()
            .for_each(|measure| ids.reserve(&measure.id));
        config
            .dimensions()
            .iter()
            .for_each(|dimension| ids.reserve(&dimension.id));
        let found = Found::of(columns, config, time_label);
        let names = found.ids(columns, &mut ids);
        let mut slots = Slots::default();
        let measures = match config.measures() {
            [] => found.measures(columns, &names, &mut slots, &mut ids),
            declared => declared
                .iter()
                .map(|measure| declared_measure(measure, declared, columns, &mut slots))
                .collect(),
        };
        let ranked = measures.iter().position(|measure| measure.formula.is_additive());
        let keeps = |slot: usize| {
            measures
                .iter()
                .any(|measure| measure.formula.extremes_slot() == Some(slot))
        };
        Self {
            time: found.time(columns, config, &names, &mut ids),
            dimensions: found.dimensions(columns, config, &names),
            keeps_extremes: (0..slots.columns.len()).map(keeps).collect(),
            slots: slots.columns,
            measures,
            ranked,
        }
    }

    /// The formula by which values of dimensions are ranked: the first measure that adds up, else the rows.
    pub fn ranked_by(&self) -> &Formula {
        self.ranked
            .map_or(&Formula::Rows, |index| &self.measures[index].formula)
    }

    /// The measure by which values of dimensions are ranked.
    pub fn ranked(&self) -> Option<usize> {
        self.ranked
    }

    /// Whether a field has the id.
    pub fn has_id(&self, id: &str) -> bool {
        let dimensions = self.dimensions.iter().map(|dimension| &dimension.field);
        let measures = self.measures.iter().map(|measure| &measure.field);
        dimensions
            .chain(measures)
            .chain([&self.time])
            .any(|field| field.id == id)
    }
}

/// Slots handed out for columns.
#[derive(Debug, Default)]
struct Slots {
    columns: Vec<usize>,
}

impl Slots {
    fn of(&mut self, column: usize) -> usize {
        self.columns
            .iter()
            .position(|known| *known == column)
            .unwrap_or_else(|| {
                self.columns.push(column);
                self.columns.len() - 1
            })
    }
}

/// Columns of the view that are shown without being declared.
#[derive(Debug)]
struct Found {
    time: Option<usize>,
    dimensions: Vec<usize>,
    measures: Vec<usize>,
}

impl Found {
    fn of(columns: &Columns<'_>, config: &VisualizationConfig, time_label: Option<&str>) -> Self {
        let with_role = |roles: &[ColumnRole]| -> Vec<usize> {
            (0..columns.list.len())
                .filter(|index| roles.contains(&columns.decisions[*index].role))
                .collect()
        };
        let declared = |index: &usize| {
            config
                .dimensions()
                .iter()
                .any(|dimension| dimension.column == columns.list[*index].label)
        };
        let time = with_role(&[ColumnRole::Time]).first().copied();
        let time = time.or_else(|| columns.find(time_label?));
        let mut dimensions = with_role(&[ColumnRole::Dimension, ColumnRole::Stage]);
        // A column nobody has given a value or a role says nothing.
        let has_values = |index: &usize| {
            let column = &columns.list[*index];
            column.evidence.values() != Values::Empty || column.hint.is_some_and(|hint| hint.role.is_some())
        };
        dimensions.retain(|index| !declared(index) && Some(*index) != time && has_values(index));
        dimensions.truncate(MAX_FOUND_DIMENSIONS);
        let measures = match config.measures() {
            [] => with_role(&[ColumnRole::Measure, ColumnRole::Ratio]),
            _ => Vec::new(),
        };
        Self {
            time,
            dimensions,
            measures,
        }
    }

    /// The ids of all found columns, by column.
    fn ids(&self, columns: &Columns<'_>, ids: &mut Ids) -> Vec<String> {
        let mut shown: Vec<usize> = self
            .dimensions
            .iter()
            .chain(&self.measures)
            .chain(&self.time)
            .copied()
            .collect();
        shown.sort_unstable();
        let labels: Vec<_> = shown
            .iter()
            .map(|index| (*index, columns.list[*index].label))
            .collect();
        let mut names = vec![String::new(); columns.list.len()];
        for (index, id) in shown.iter().zip(ids.of_columns(&labels)) {
            names[*index] = id;
        }
        names
    }

    fn time(
        &self,
        columns: &Columns<'_>,
        config: &VisualizationConfig,
        names: &[String],
        ids: &mut Ids,
    ) -> Field {
        let declared = config.dimensions().iter().find(|dimension| dimension.is_time);
        let (id, label) = match (declared, self.time) {
            (Some(declared), _) => (
                declared.id.clone(),
                declared.label.as_ref().unwrap_or(&declared.column).clone(),
            ),
            (None, Some(index)) => (names[index].clone(), columns.list[index].label.to_owned()),
            (None, None) => (ids.take("date"), "Date".to_owned()),
        };
        Field {
            id,
            label,
            role: "time",
            kind: "date",
            unit: String::new(),
        }
    }

    fn dimensions(
        &self,
        columns: &Columns<'_>,
        config: &VisualizationConfig,
        names: &[String],
    ) -> Vec<Dimension> {
        let field = |id: &str, label: &str| Field {
            id: id.to_owned(),
            label: label.to_owned(),
            role: "dimension",
            kind: "string",
            unit: String::new(),
        };
        let declared = config.dimensions().iter().filter(|dimension| !dimension.is_time);
        let declared = declared.filter_map(|dimension| {
            let label = dimension.label.as_ref().unwrap_or(&dimension.column);
            Some(Dimension {
                field: field(&dimension.id, label),
                column: columns.find(&dimension.column)?,
            })
        });
        let found = self.dimensions.iter().map(|index| Dimension {
            field: field(&names[*index], columns.list[*index].label),
            column: *index,
        });
        declared.chain(found).collect()
    }

    fn measures(
        &self,
        columns: &Columns<'_>,
        names: &[String],
        slots: &mut Slots,
        ids: &mut Ids,
    ) -> Vec<Measure> {
        if self.measures.is_empty() {
            return vec![row_count(ids.take("rows"))];
        }
        self.measures
            .iter()
            .map(|index| found_measure(*index, columns, names, slots))
            .collect()
    }
}

/// The implicit measure of a view without any.
fn row_count(id: String) -> Measure {
    Measure {
        field: Field {
            id,
            label: "Rows".to_owned(),
            role: "measure",
            kind: "number",
            unit: String::new(),
        },
        formula: Formula::Rows,
        format: Format::Number,
        good: Good::Neutral,
        ratio: None,
        reason: None,
    }
}

fn found_measure(index: usize, columns: &Columns<'_>, names: &[String], slots: &mut Slots) -> Measure {
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
        (None, Decision { agg: Agg::Sum, .. }) => Formula::Sum(slots.of(index)),
    };
    let in_percent = ratio.is_some()
        && decision
            .binding
            .is_some_and(|(_, _, factor)| factor == Decimal::ONE);
    Measure {
        field: Field {
            id: names[index].clone(),
            label: column.label.to_owned(),
            role: if is_ratio { "ratio" } else { "measure" },
            kind: "number",
            unit: unit_of(column),
        },
        format: match in_percent && names[index].split('_').any(|word| PERCENT_WORDS.contains(&word)) {
            true => Format::Percent,
            false => Format::Number,
        },
        good: Good::Neutral,
        reason: mixed.or_else(|| matches!(formula, Formula::SingleRow(_)).then(|| decision.reason.clone())),
        formula,
        ratio,
    }
}

fn declared_measure(
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
    let label = match (&measure.label, &measure.source) {
        (Some(label), _) => label,
        (None, MeasureSource::Column { column, .. }) => column,
        (None, MeasureSource::Rows | MeasureSource::Ratio { .. }) => &measure.id,
    };
    let found_unit = || column.map_or(String::new(), |index| unit_of(&columns.list[index]));
    Measure {
        field: Field {
            id: measure.id.clone(),
            label: label.clone(),
            role: if ratio.is_some() { "ratio" } else { "measure" },
            kind: "number",
            unit: if measure.unit.is_empty() {
                found_unit()
            } else {
                measure.unit.clone()
            },
        },
        formula,
        format: measure.format.unwrap_or(Format::Number),
        good: measure.good,
        ratio,
        reason,
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
            Some(index) => match mixed_units(&columns.list[index]).filter(|_| *agg != Aggregation::Count) {
                Some(reason) => (Formula::Unknown, Some(reason)),
                None => (column_formula(*agg, slots.of(index)), None),
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

fn column_formula(agg: Aggregation, slot: usize) -> Formula {
    match agg {
        Aggregation::Sum => Formula::Sum(slot),
        Aggregation::Mean => Formula::Mean(slot),
        Aggregation::Min => Formula::Min(slot),
        Aggregation::Max => Formula::Max(slot),
        Aggregation::Count => Formula::Count(slot),
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
