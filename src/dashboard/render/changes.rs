//! The datasets of a comparison: change by segment, its bridges, and mix against rate.

use super::cube::Cube;
use super::dataset::{Cell, Dataset, Derived, Key};
use super::fields::{Field, Fields};
use super::json;
use super::measures::Measure;
use super::mix::{MixRate, Pair};
use super::ranking::{RankBy, Ranking};
use super::sides::Sides;
use super::totals::{Formula, Totals};
use super::value::Value;
use crate::dashboard::config::Format;
use crate::dashboard::words;
use crate::decimal::Decimal;

/// The segments of one dimension on both sides: group 2 × entry + side.
#[derive(Debug)]
pub struct Segments {
    ranking: Ranking,
    totals: Totals,
    axis: Field,
}

/// A dataset with what it explains.
#[derive(Debug)]
pub struct Explained {
    /// The dataset.
    pub dataset: Dataset,
    /// The measure, as an index.
    pub measure: usize,
    /// Canonical JSON: from what to what, and how it closes.
    pub fact: String,
}

impl Segments {
    /// The values of a dimension whose change in a measure is largest, at most `cap`, ranked by it.
    pub fn of(
        sides: &Sides,
        cube: &Cube<'_>,
        fields: &Fields,
        dimension: usize,
        by: &Formula,
        cap: usize,
    ) -> Self {
        let both = sides.by_code(cube, dimension);
        let dictionary = &cube.dictionaries[dimension];
        let mut present = Totals::like(&both);
        present.resize(dictionary.codes());
        present.add_groups(&both, |group| Some(group / 2));
        let change = |code: usize| Some(difference(by, &both, code).unwrap_or_default());
        let field = &fields.dimensions[dimension].field;
        let by = RankBy {
            label: &field.label,
            value: &change,
            cap,
        };
        let ranking = Ranking::of(dictionary, &present, by);
        let mut totals = Totals::like(&both);
        totals.resize(ranking.texts.len() * 2);
        totals.add_groups(&both, |group| Some(ranking.entry_of[group / 2]? * 2 + group % 2));
        Self {
            ranking,
            totals,
            axis: field.clone(),
        }
    }

    /// The number of segments.
    pub fn len(&self) -> usize {
        self.ranking.texts.len()
    }

    /// Every measure of every segment: its value, the one before, and their difference.
    pub fn changes(self, fields: &Fields, sides: &Sides) -> Dataset {
        let [base, _] = sides.names();
        let value = |measure: &Measure, entry: usize, side: usize| {
            measure.value(std::slice::from_ref(&self.axis), &self.totals, entry * 2 + side)
        };
        let mut derived = Vec::with_capacity(fields.measures.len() * 2);
        for measure in &fields.measures {
            let label = &measure.field.label;
            let number = |suffix: &str, label: String| {
                let id = fields.free_id(&format!("{}__{suffix}", measure.field.id));
                Field::number(
                    &id,
                    &label,
                    measure.field.role,
                    &measure.field.unit,
                    measure.format,
                )
            };
            let before = (0..self.len()).map(|entry| value(measure, entry, 0));
            derived.push(Derived::numbers(
                number("before", format!("{label}, {base}")),
                before,
            ));
            let change = (0..self.len()).map(|entry| {
                if measure.formula.is_additive() {
                    return difference(&measure.formula, &self.totals, entry).map(Value::Exact);
                }
                let (now, before) = (value(measure, entry, 1)?, value(measure, entry, 0)?);
                now.minus(before).map(Value::Exact)
            });
            derived.push(Derived::numbers(
                number("difference", format!("{label}, difference")),
                change,
            ));
        }
        Dataset {
            derived,
            groups: (0..self.len()).map(|entry| entry * 2 + 1).collect(),
            is_cut: self.ranking.is_cut,
            is_lower_bound: self.ranking.is_folded,
            is_ordered: true,
            ..Dataset::new(
                format!("change_by_{}", self.axis.id),
                vec![self.axis.clone()],
                self.ranking.keys(),
                self.totals.clone(),
            )
        }
    }

    /// The waterfall of an additive measure from one side's total to the other's: it closes exactly. None where all that a side
    /// has of the measure is blank: that is no way down to zero.
    pub fn bridge(&self, fields: &Fields, measure: usize, labels: &[String; 2]) -> Option<Explained> {
        let shown = &fields.measures[measure];
        let amount = |entry: usize, side: usize| shown.formula.amount(&self.totals, entry * 2 + side);
        let total = |side: usize| -> Option<Decimal> {
            let amounts = (0..self.len()).filter_map(|entry| amount(entry, side));
            let has_rows = (0..self.len()).any(|entry| self.totals.rows[entry * 2 + side] > 0);
            amounts
                .reduce(|sum, amount| sum + amount)
                .or((!has_rows).then_some(Decimal::ZERO))
        };
        let (from, to) = total(0).zip(total(1))?;
        let mut steps = vec![(
            unlike(&labels[0], &self.ranking),
            "total",
            from,
            Decimal::ZERO,
            from,
        )];
        let mut level = from;
        for entry in 0..self.len() {
            let change = amount(entry, 1).unwrap_or_default() - amount(entry, 0).unwrap_or_default();
            let kind = if change < Decimal::ZERO { "less" } else { "more" };
            steps.push((
                self.ranking.texts[entry].to_string(),
                kind,
                change,
                level,
                level + change,
            ));
            level += change;
        }
        steps.push((
            unlike(&labels[1], &self.ranking),
            "total",
            to,
            Decimal::ZERO,
            level,
        ));
        let numbers = |id: &str, label: &str, value: &dyn Fn(&Step) -> Decimal| {
            let field = Field::number(id, label, "measure", &shown.field.unit, shown.format);
            Derived::numbers(field, steps.iter().map(|step| Some(Value::Exact(value(step)))))
        };
        let texts = |id: &str, label: &str, text: &dyn Fn(&Step) -> String| Derived {
            field: Field::dimension(id, label),
            cells: steps.iter().map(|step| Cell::Text(text(step))).collect(),
        };
        let derived = vec![
            numbers("amount", &shown.field.label, &|step| step.2),
            numbers("start", "From", &|step| step.3),
            numbers("end", "To", &|step| step.4),
            texts("kind", "Kind", &|step| step.1.to_owned()),
            texts("label", "In words", &|step| match step.1 {
                "total" => words::amount(step.2),
                _ => words::signed(step.2),
            }),
        ];
        let name = format!("bridge_{}_by_{}", shown.field.id, self.axis.id);
        let fact = self.fact(
            &name,
            shown,
            &[("difference", to - from), ("from", from), ("to", to)],
        );
        Some(Explained {
            dataset: Dataset {
                is_cut: self.ranking.is_cut,
                is_lower_bound: self.ranking.is_folded,
                is_ordered: true,
                ..Dataset::of_derived(
                    name,
                    vec![Field::dimension("step", &self.axis.label)],
                    steps.iter().map(|step| Key::text(&step.0)).collect(),
                    derived,
                )
            },
            measure,
            fact,
        })
    }

    /// Mix against rate of a quotient; none where it has none on both sides, or a segment has rows whose numerator or denominator
    /// is blank.
    pub fn mix_rate(&self, fields: &Fields, measure: usize) -> Option<Explained> {
        let shown = &fields.measures[measure];
        let side = |entry: usize, side: usize| {
            let (numerator, denominator) = shown.formula.parts(&self.totals, entry * 2 + side);
            let is_zero = |part: Option<Decimal>| part.is_none_or(Decimal::is_zero);
            if numerator.is_none() && !is_zero(denominator) || denominator.is_none() && !is_zero(numerator) {
                return None;
            }
            let numerator = match &shown.formula {
                Formula::Ratio(_, _, factor) => numerator.and_then(|numerator| numerator.times(*factor)),
                _ => numerator,
            };
            Some((numerator.unwrap_or_default(), denominator.unwrap_or_default()))
        };
        let pair = |entry: usize| {
            Some(Pair {
                before: side(entry, 0)?,
                after: side(entry, 1)?,
            })
        };
        let pairs: Vec<Pair> = (0..self.len()).map(pair).collect::<Option<_>>()?;
        let parts = MixRate::of(&pairs)?;
        let has_rest = !parts.remainder.is_zero();
        let mut keys = self.ranking.keys();
        if has_rest {
            keys.push(Key::text(&unlike("(rounding)", &self.ranking)));
        }
        let name = format!("mix_rate_{}_by_{}", shown.field.id, self.axis.id);
        let fact = self.fact(
            &name,
            shown,
            &[
                ("difference", parts.to - parts.from),
                ("from", parts.from),
                ("mix", parts.mix()),
                ("rate", parts.rate()),
                ("remainder", parts.remainder),
                ("to", parts.to),
            ],
        );
        let dataset = Dataset {
            is_cut: self.ranking.is_cut,
            is_lower_bound: self.ranking.is_folded,
            is_ordered: true,
            ..Dataset::of_derived(
                name,
                vec![self.axis.clone()],
                keys,
                mix_columns(&parts, shown, &self.axis),
            )
        };
        Some(Explained {
            dataset,
            measure,
            fact,
        })
    }

    fn fact(&self, dataset: &str, measure: &Measure, numbers: &[(&str, Decimal)]) -> String {
        let texts = [dataset, &self.axis.id, &measure.field.id].map(json::quoted);
        let numbers: Vec<(&str, String)> = numbers
            .iter()
            .map(|(key, value)| (*key, value.to_string()))
            .collect();
        let mut members: Vec<(&str, &str)> = ["dataset", "dimension", "measure"]
            .into_iter()
            .zip(texts.iter().map(String::as_str))
            .collect();
        members.extend(numbers.iter().map(|(key, value)| (*key, value.as_str())));
        let mut out = String::new();
        json::object(&mut out, members);
        out
    }
}

/// A step of a bridge: its text, kind, amount, and the levels it goes from and to.
type Step = (String, &'static str, Decimal, Decimal, Decimal);

fn mix_columns(parts: &MixRate, measure: &Measure, axis: &Field) -> Vec<Derived> {
    let weight = ("", Format::Percent);
    let rate = (measure.field.unit.as_str(), measure.format);
    let rest = (!parts.remainder.is_zero()).then_some(parts.remainder);
    let column = |id: &str,
                  label: &str,
                  (unit, format): (&str, Format),
                  value: &dyn Fn(&super::mix::Effect) -> Option<Decimal>,
                  rest: Option<Option<Decimal>>| {
        let id = if axis.id == id {
            format!("{id}_2")
        } else {
            id.to_owned()
        };
        let values = parts.effects.iter().map(value).chain(rest);
        let values: Vec<_> = values.map(|value| value.map(Value::Exact)).collect();
        Derived::numbers(Field::number(&id, label, "ratio", unit, format), values)
    };
    let none = || rest.map(|_| None);
    vec![
        column(
            "weight_before",
            "Weight before",
            weight,
            &|effect| Some(effect.weight.0),
            none(),
        ),
        column(
            "weight_after",
            "Weight",
            weight,
            &|effect| Some(effect.weight.1),
            none(),
        ),
        column(
            "rate_before",
            "Rate before",
            rate,
            &|effect| effect.rate.0,
            none(),
        ),
        column("rate_after", "Rate", rate, &|effect| effect.rate.1, none()),
        column(
            "rate_effect",
            "By rate",
            rate,
            &|effect| Some(effect.rate_effect),
            none(),
        ),
        column(
            "mix_effect",
            "By mix",
            rate,
            &|effect| Some(effect.mix_effect),
            none(),
        ),
        column(
            "effect",
            "Together",
            rate,
            &|effect| Some(effect.rate_effect + effect.mix_effect),
            rest.map(Some),
        ),
    ]
}

/// The difference of both sides of a group; a side without rows adds nothing, one whose rows are blank is not known.
fn difference(formula: &Formula, totals: &Totals, group: usize) -> Option<Decimal> {
    let amount = |side: usize| {
        let group = group * 2 + side;
        let nothing = (totals.rows[group] == 0).then_some(Decimal::ZERO);
        formula.amount(totals, group).or(nothing)
    };
    Some(amount(1)? - amount(0)?)
}

/// The text, told apart from the segments' own.
fn unlike(text: &str, ranking: &Ranking) -> String {
    let mut text = text.to_owned();
    while ranking.texts.iter().any(|known| **known == *text) {
        text.push_str(" (total)");
    }
    text
}
