//! The stages of a funnel, each one a measure: declared, named by a column, or found among the measures.

use super::cube::Cube;
use super::fields::{Field, Fields};
use super::json;
use super::measures::Measure;
use super::names::snake_case;
use super::stage_values::StageValues;
use super::totals::Formula;
use crate::dashboard::VisualizationConfig;
use crate::dashboard::config::{Counting, Format, Good, Mark};
use crate::decimal::Decimal;
use crate::rows::roles::names_amount_of_money;

/// The most stages that are found among measures.
const MAX_FOUND: usize = 6;

/// The stages of a funnel.
#[derive(Debug)]
pub struct Stages {
    /// The measures' ids, in order.
    pub ids: Vec<String>,
    /// The id of the quotient of last and first.
    pub conversion: Option<String>,
    /// How things count, as a sentence for the analyst.
    pub counting: String,
    /// The counting mode's name: `each`, `furthest` or `columns`.
    pub mode: &'static str,
    /// Where the stages come from: `declared`, `column` or `found`.
    pub source: &'static str,
    /// Declared stages that no measure has the id of.
    pub unknown: Vec<String>,
}

impl Stages {
    /// The stages: those the first funnel panel declares, else those a column names, else counts found among the
    /// measures. Adds their conversions to the measures.
    pub fn of(
        column: Option<StageValues>,
        fields: &mut Fields,
        cube: &Cube<'_>,
        config: &VisualizationConfig,
    ) -> Self {
        let mut panels = config.panels().iter();
        let declared = panels
            .find(|panel| panel.mark == Mark::Funnel)
            .map(|panel| &panel.stages);
        let mut stages = match (declared, column) {
            (Some(declared), _) => Self::declared(declared, fields),
            (None, Some(column)) => Self::named(&column, fields),
            (None, None) => Self::found(fields, cube),
        };
        stages.add_conversions(fields);
        stages
    }

    /// The measures of the stages, as indices.
    pub fn measures(&self, fields: &Fields) -> Vec<usize> {
        self.ids.iter().filter_map(|id| fields.measure(id)).collect()
    }

    /// The canonical JSON of what the stages are and how they count.
    pub fn to_json(&self) -> String {
        let mut stages = String::new();
        json::array(&mut stages, &self.ids, |out, id| json::string(out, id));
        let quoted = [&self.counting, self.mode, self.source].map(json::quoted);
        let mut out = String::new();
        let members = vec![
            ("counting", quoted[1].as_str()),
            ("counting_text", quoted[0].as_str()),
            ("source", quoted[2].as_str()),
            ("stages", stages.as_str()),
        ];
        json::object(&mut out, members);
        out
    }

    fn new(ids: Vec<String>, mode: &'static str, source: &'static str, counting: String) -> Self {
        Self {
            ids,
            conversion: None,
            counting,
            mode,
            source,
            unknown: Vec::new(),
        }
    }

    fn declared(ids: &[String], fields: &Fields) -> Self {
        let (known, unknown): (Vec<_>, Vec<_>) =
            ids.iter().cloned().partition(|id| fields.measure(id).is_some());
        Self {
            unknown,
            ..Self::new(known, "columns", "declared", BY_COLUMN.to_owned())
        }
    }

    /// The first measures of the fields, which the column's values have become.
    fn named(column: &StageValues, fields: &Fields) -> Self {
        let ids = fields.measures[..column.values.len()]
            .iter()
            .map(|measure| measure.field.id.clone());
        let what = match &column.amount {
            Some(label) => format!("\"{label}\" of each row"),
            None => "each row".to_owned(),
        };
        let (mode, text) = match column.counting {
            Counting::Each => (
                "each",
                format!("Counts {what} at the stage that \"{}\" names", column.label),
            ),
            Counting::Furthest => (
                "furthest",
                format!(
                    "Counts {what} at the furthest stage reached, which \"{}\" names, and at all before it",
                    column.label
                ),
            ),
        };
        Self::new(ids.collect(), mode, "column", format!("{text}."))
    }

    /// Counts (whole, positive totals without a unit or an amount's name), of which none exceeds the one before it on any
    /// date: the longest such chain from the largest total to the smallest, of equally long ones that with the largest
    /// totals.
    fn found(fields: &Fields, cube: &Cube<'_>) -> Self {
        let whole = cube.whole();
        let days = &cube.shown.totals;
        let mut counts: Vec<(Decimal, &Measure)> = Vec::new();
        for measure in fields
            .measures
            .iter()
            .filter(|measure| measure.field.unit.is_empty() && !names_amount(&measure.field.id))
        {
            let total = measure
                .formula
                .amount(&whole, 0)
                .filter(|_| measure.formula.is_additive());
            let total = total.filter(|total| total.is_integer() && *total > Decimal::ZERO);
            counts.extend(total.map(|total| (total, measure)));
        }
        // Stable, so that equal counts keep the order of the columns.
        counts.sort_by_key(|(total, _)| std::cmp::Reverse(*total));
        let within = |after: &Measure, before: &Measure| {
            (0..days.len()).all(|day| {
                let amounts = (after.formula.amount(days, day), before.formula.amount(days, day));
                matches!(amounts, (None, _)) || amounts.0 <= amounts.1
            })
        };
        // For each count the best chain that ends with it: its length, the sum of its totals, the count before.
        let mut best: Vec<(usize, Decimal, Option<usize>)> = Vec::with_capacity(counts.len());
        for (index, (total, measure)) in counts.iter().enumerate() {
            let longer = (0..index)
                .filter(|before| best[*before].0 < MAX_FOUND && within(measure, counts[*before].1))
                .map(|before| (best[before].0 + 1, best[before].1 + *total, Some(before)));
            best.push(
                longer
                    .chain([(1, *total, None)])
                    .max()
                    .unwrap_or((1, *total, None)),
            );
        }
        let mut next = (0..best.len()).max_by_key(|index| (best[*index].0, best[*index].1));
        let mut ids = Vec::new();
        while let Some(index) = next {
            ids.push(counts[index].1.field.id.clone());
            next = best[index].2;
        }
        ids.reverse();
        let text = format!(
            "{BY_COLUMN} Stages are found: counts from the largest to the smallest, of which none exceeds the one before it \
             on any date."
        );
        Self::new(ids, "columns", "found", text)
    }

    /// Puts the overall conversion first, then the stages, then the conversion of each step, then the other measures.
    fn add_conversions(&mut self, fields: &mut Fields) {
        let stages: Vec<Measure> = self
            .measures(fields)
            .into_iter()
            .map(|index| fields.measures[index].clone())
            .collect();
        let (Some(first), Some(last)) = (stages.first(), stages.last().filter(|_| stages.len() > 1)) else {
            return;
        };
        let overall = conversion(first, last, fields.free_id("conversion"), "Conversion".to_owned());
        self.conversion = Some(overall.field.id.clone());
        let mut shown = vec![overall];
        shown.extend(stages.iter().cloned());
        if stages.len() > 2 {
            for pair in stages.windows(2) {
                let [before, after] = pair else { continue };
                let id = format!(
                    "{}_of_{}",
                    snake_case(&after.field.id),
                    snake_case(&before.field.id)
                );
                let label = format!("{} of {}", after.field.label, before.field.label);
                shown.push(conversion(before, after, fields.free_id(&id), label));
            }
        }
        let is_stage = |measure: &Measure| stages.iter().any(|stage| stage.field.id == measure.field.id);
        let others = fields.measures.iter().filter(|measure| !is_stage(measure));
        shown.extend(others.cloned());
        fields.set_measures(shown);
    }
}

/// Words of measures that say how much of something there is, not how many; those of money aside.
const AMOUNT_WORDS: [&str; 12] = [
    "sum", "avg", "seconds", "minutes", "hours", "duration", "time", "distance", "weight", "bytes", "age",
    "kg",
];

/// Whether an id is that of an amount.
fn names_amount(id: &str) -> bool {
    names_amount_of_money(id) || id.split('_').any(|word| AMOUNT_WORDS.contains(&word))
}

/// How measures that are columns of their own count.
pub const BY_COLUMN: &str =
    "Each stage is the sum of a column of its own; nobody is followed from one stage to the next.";

fn conversion(before: &Measure, after: &Measure, id: String, label: String) -> Measure {
    let parts = (after.formula.clone(), before.formula.clone());
    Measure {
        field: Field::number(&id, &label, "ratio", "", Format::Number),
        formula: Formula::Ratio(Box::new(parts.0), Box::new(parts.1), Decimal::ONE),
        format: Format::Percent,
        good: Good::Up,
        ratio: Some((after.field.id.clone(), before.field.id.clone())),
        reason: None,
        currencies: Vec::new(),
        is_counter: false,
    }
}
