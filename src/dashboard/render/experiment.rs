//! Experiments: the dimension that names their arms, the arm the others are held against, and the rates that nobody wrote down.

use std::collections::BTreeSet;

use super::columns::Columns;
use super::fields::{Field, Fields};
use super::measures::{Measure, Source};
use super::names::snake_case;
use super::totals::Formula;
use crate::aggregate::{DimensionCells, MeasureCells};
use crate::dashboard::config::{Format, Good};
use crate::dashboard::{Contribution, VisualizationConfig};
use crate::decimal::Decimal;
use crate::window::Window;

/// The most arms of an experiment.
const MOST_ARMS: usize = 6;
/// Values of a column in one result beyond which they name no arms.
const MOST_VALUES: usize = 64;
/// The most rates that are formed.
const MOST_RATES: usize = 3;
/// Words of a label that say its values are arms.
const ARM_WORDS: [&str; 10] = [
    "variant",
    "variants",
    "variation",
    "arm",
    "treatment",
    "experiment",
    "test",
    "ab",
    "variante",
    "testgruppe",
];
/// Labels that say so by themselves; behind another word they are of things (`sku group`).
const ARM_LABELS: [&str; 5] = ["group", "bucket", "gruppe", "groupe", "grupo"];
/// Words of a value that say it is the arm that nothing was done to.
const CONTROL_WORDS: [&str; 13] = [
    "control",
    "ctrl",
    "baseline",
    "placebo",
    "holdout",
    "original",
    "kontrolle",
    "kontrollgruppe",
    "contrôle",
    "controle",
    "témoin",
    "temoin",
    "controllo",
];
/// Words of a value that say something was tried on it.
const TRIED_WORDS: [&str; 13] = [
    "treatment",
    "treated",
    "variant",
    "variation",
    "test",
    "challenger",
    "new",
    "neu",
    "variante",
    "exposed",
    "drug",
    "redesign",
    "experiment",
];
/// Words of a label that say its numbers count those who take part.
const EXPOSED_WORDS: [&str; 27] = [
    "users",
    "visitors",
    "visits",
    "sessions",
    "participants",
    "subjects",
    "patients",
    "exposures",
    "exposed",
    "assigned",
    "enrolled",
    "recipients",
    "delivered",
    "sent",
    "impressions",
    "trials",
    "entrants",
    "customers",
    "people",
    "accounts",
    "n",
    "size",
    "nutzer",
    "besucher",
    "teilnehmer",
    "visiteurs",
    "usuarios",
];

/// An experiment that a view is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// The position of the dimension whose values are its arms.
    pub dimension: usize,
    /// The arm the others are held against: the one that is named like it, else the first by name.
    pub control: String,
    /// What the reader has to know of it, as a sentence.
    pub note: String,
}

impl Experiment {
    /// The first dimension whose values are named like the arms of an experiment.
    pub fn find(contributions: &[Contribution<'_>], columns: &Columns<'_>, fields: &Fields) -> Option<Self> {
        let mut dimensions = fields.dimensions.iter().enumerate();
        dimensions.find_map(|(dimension, shown)| {
            let label = &shown.field.label;
            let is_named =
                has_word(label, &ARM_WORDS) || ARM_LABELS.iter().any(|own| label.eq_ignore_ascii_case(own));
            if !is_named && !may_name_control(contributions, columns, shown.column) {
                return None;
            }
            let arms = arms(contributions, columns, shown.column)?;
            let control = arms.iter().find(|arm| has_word(arm, &CONTROL_WORDS));
            let is_tried = |arm: &&str| has_word(arm, &TRIED_WORDS);
            let others = || arms.iter().filter(|arm| Some(*arm) != control);
            let are_arms = match control {
                Some(_) => is_named || others().any(is_tried),
                None => is_named && arms.iter().all(|arm| is_letter(arm) || is_tried(arm)),
            };
            let control = control.or(arms.first())?;
            are_arms.then(|| Self {
                dimension,
                control: (*control).to_owned(),
                note: format!(
                    "The values of \"{}\" are taken for the arms of an experiment, which are compared with \"{control}\"",
                    shown.field.label
                ),
            })
        })
    }

    /// Adds the share of those exposed of whom each other number counts no more than there are, where no ratio says it.
    pub fn add_rates(
        &self,
        contributions: &[Contribution<'_>],
        columns: &Columns<'_>,
        config: &VisualizationConfig,
        fields: &mut Fields,
    ) {
        if !config.measures().is_empty() {
            return;
        }
        let column = |slot: usize| match fields.slots[slot] {
            Source::Column(column) => Some(column),
            Source::Stage { .. } | Source::Currency { .. } => None,
        };
        let counts: Vec<(usize, usize)> = (fields.measures.iter().enumerate())
            .filter_map(|(index, measure)| match measure.formula {
                Formula::Sum(slot) if measure.field.unit.is_empty() => Some((index, column(slot)?)),
                _ => None,
            })
            .collect();
        let is_exposed = |(index, _): &&(usize, usize)| counts_exposed(&fields.measures[*index].field.label);
        let Some((exposed, base)) = counts.iter().find(is_exposed).copied() else {
            return;
        };
        let counted = counts.iter().filter(|count| !is_exposed(count));
        let rates = counted.filter(|(_, amount)| is_share(contributions, columns, *amount, base));
        let rates: Vec<Measure> = rates
            .map(|(index, _)| [&fields.measures[*index], &fields.measures[exposed]])
            .filter(|[amount, base]| !is_told(fields, amount, base))
            .take(MOST_RATES)
            .map(|[amount, base]| rate(fields, amount, base))
            .collect();
        let with_rates = rates
            .into_iter()
            .chain(std::mem::take(&mut fields.measures))
            .collect();
        fields.set_measures(with_rates);
    }
}

/// Whether some value of a column is named like a control: what most tables lack, and is soon seen.
fn may_name_control(contributions: &[Contribution<'_>], columns: &Columns<'_>, column: usize) -> bool {
    let mut before: Option<&DimensionCells> = None;
    contributions.iter().enumerate().any(|(read, contribution)| {
        let Some(kept) = kept(contribution, columns.layout(read), column) else {
            return false;
        };
        let known = before.replace(kept);
        let mut values = kept.values.iter().flatten();
        kept.values.len() <= MOST_VALUES
            && known.is_none_or(|known| known.values != kept.values)
            && values.any(|value| has_word(value, &CONTROL_WORDS))
    })
}

/// What a result keeps of a column of the view as a dimension.
fn kept<'a>(
    contribution: &Contribution<'a>,
    layout: &[Option<usize>],
    column: usize,
) -> Option<&'a DimensionCells> {
    let place = layout.get(column).copied().flatten()?;
    let kept = &contribution.partial.cells.dimensions;
    kept.iter().find(|kept| kept.column == place)
}

/// The values of a dimension over what is shown, where there are as many as an experiment has arms.
fn arms<'a>(
    contributions: &[Contribution<'a>],
    columns: &Columns<'_>,
    column: usize,
) -> Option<Vec<&'a str>> {
    let mut arms: BTreeSet<&str> = BTreeSet::new();
    for (read, contribution) in contributions.iter().enumerate().filter(|(_, read)| read.in_view) {
        let cells = &contribution.partial.cells;
        let kept = kept(contribution, columns.layout(read), column);
        let (Some(kept), Some(dates)) = (kept, Window::new(contribution.from, contribution.to)) else {
            continue;
        };
        for cell in cells.between(dates) {
            arms.extend(kept.values[kept.codes[cell] as usize].as_deref());
            if arms.len() > MOST_ARMS {
                return None;
            }
        }
    }
    (arms.len() > 1).then(|| arms.into_iter().collect())
}

/// Whether one column's whole numbers are a share of the other's in every cell, and not all of them in all.
fn is_share(contributions: &[Contribution<'_>], columns: &Columns<'_>, amount: usize, base: usize) -> bool {
    let mut is_part = false;
    for (read, contribution) in contributions.iter().enumerate() {
        let cells = &contribution.partial.cells;
        let layout = columns.layout(read);
        let kept = |column: usize| -> Option<&MeasureCells> {
            let place = layout.get(column).copied().flatten()?;
            cells.measures.iter().find(|kept| kept.column == place)
        };
        let (Some(amount), Some(base), Some(dates)) = (
            kept(amount),
            kept(base),
            Window::new(contribution.from, contribution.to),
        ) else {
            continue;
        };
        for cell in cells.between(dates) {
            let (share, whole) = (amount.sum[cell], base.sum[cell]);
            let is_known = amount.count[cell] > 0 && base.count[cell] > 0;
            let fits = share.is_integer() && amount.min[cell] >= Decimal::ZERO && share <= whole;
            if is_known && !fits {
                return false;
            }
            is_part |= is_known && share < whole;
        }
    }
    is_part
}

/// Whether a ratio of these parts is shown already.
fn is_told(fields: &Fields, amount: &Measure, base: &Measure) -> bool {
    let parts = Some((amount.field.id.clone(), base.field.id.clone()));
    fields.measures.iter().any(|measure| measure.ratio == parts)
}

fn rate(fields: &Fields, amount: &Measure, base: &Measure) -> Measure {
    let id = fields.free_id(&format!("{}_per_{}", amount.field.id, base.field.id));
    let label = format!("{} / {}", amount.field.label, base.field.label);
    Measure {
        field: Field::number(&id, &label, "ratio", "", Format::Number),
        formula: Formula::Ratio(
            Box::new(amount.formula.clone()),
            Box::new(base.formula.clone()),
            Decimal::ONE,
        ),
        format: Format::Percent,
        good: Good::Neutral,
        ratio: Some((amount.field.id.clone(), base.field.id.clone())),
        reason: None,
        currencies: Vec::new(),
        is_counter: false,
    }
}

/// Whether a label says that its numbers count those who take part; `n` before another word only says that they count.
fn counts_exposed(label: &str) -> bool {
    let own = label.strip_prefix("n_").unwrap_or(label);
    has_word(own, &EXPOSED_WORDS)
}

/// Whether a text has one of these words, with a number behind it or none.
fn has_word(text: &str, words: &[&str]) -> bool {
    snake_case(text)
        .split('_')
        .any(|word| words.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// `A`, `b`: what arms are called where nobody gives them a name.
fn is_letter(text: &str) -> bool {
    let mut letters = text.trim().chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}
