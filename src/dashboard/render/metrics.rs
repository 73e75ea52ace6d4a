//! `metrics_summary`: every measure over the view's whole range, and compared with the steps before.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::NaiveDate;

use super::cube::{Cube, Days};
use super::fields::Fields;
use super::json;
use super::measures::Measure;
use super::totals::{Formula, Totals};
use super::value::Value;
use crate::dashboard::{Cadence, Compare, Headline, NoCompare, PeriodKey, ViewInput};
use crate::decimal::Decimal;
use crate::window::Window;

/// How many of the first measures are the headline.
pub const HEADLINES: usize = 6;

/// The measures of a view, evaluated.
#[derive(Debug)]
pub struct Metrics<'a> {
    fields: &'a Fields,
    whole: Totals,
    compared: Result<Compared<'a>, NoCompare>,
}

#[derive(Debug)]
struct Compared<'a> {
    windows: Compare,
    step: Cadence,
    current: Side<'a>,
    previous: Side<'a>,
}

/// One of the two windows.
#[derive(Debug)]
struct Side<'a> {
    /// All it holds, as one group.
    total: Totals,
    /// Its dates with rows: where they are read, and as which groups.
    days: Vec<(&'a Days, Range<usize>)>,
}

impl<'a> Metrics<'a> {
    /// Evaluates the measures over the view and both windows of its comparison.
    pub fn of(cube: &'a Cube<'_>, fields: &'a Fields, input: &ViewInput<'_>) -> Self {
        let compared = input.compare().map(|windows| {
            let (current, previous) = match input.plan.key {
                // Both results count whole here, wherever their windows lie.
                PeriodKey::Execution(_) => (
                    Side::of([(&cube.shown, Window::EVER)]),
                    Side::of([(&cube.before, Window::EVER)]),
                ),
                PeriodKey::Rolling | PeriodKey::All | PeriodKey::Calendar(..) => {
                    let side = |window| Side::of([&cube.shown, &cube.before].map(|days| (days, window)));
                    (side(windows.current), side(windows.previous))
                }
            };
            Compared {
                windows,
                step: input.cadence,
                current,
                previous,
            }
        });
        Self {
            fields,
            whole: cube.whole(),
            compared,
        }
    }

    /// The first measures' values, for the event.
    pub fn headline(&self) -> Vec<Headline> {
        let headline = |measure: &Measure| Headline {
            id: measure.field.id.clone(),
            value: measure.total(&self.whole).map(written),
            unit: measure.field.unit.clone(),
        };
        self.fields
            .measures
            .iter()
            .take(HEADLINES)
            .map(headline)
            .collect()
    }

    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(64 + self.fields.measures.len() * 320);
        out.push_str("{\"metrics\":");
        json::array(&mut out, &self.fields.measures, |out, measure| {
            self.write_metric(out, measure)
        });
        out.push_str(",\"schema\":\"dashloom.metrics/1\"}");
        out
    }

    fn write_metric(&self, out: &mut String, measure: &Measure) {
        out.push_str("{\"compare\":");
        match &self.compared {
            Ok(compared) => {
                let reason = write_compare(out, measure, compared);
                out.push_str(",\"compare_reason\":");
                match reason {
                    Some(reason) => json::string(out, &reason),
                    None => out.push_str("null"),
                }
            }
            Err(reason) => {
                out.push_str("null,\"compare_reason\":");
                json::string(out, &reason.to_string());
            }
        }
        let (numerator, denominator) = match measure.currencies[..] {
            [] => measure.formula.parts(&self.whole, 0),
            _ => (None, None),
        };
        out.push_str(",\"denominator\":");
        json::number(out, denominator.map(Value::Exact));
        out.extend([
            ",\"format\":\"",
            measure.format.name(),
            "\",\"good\":\"",
            measure.good.name(),
            "\",\"id\":",
        ]);
        json::string(out, &measure.field.id);
        out.push_str(",\"label\":");
        json::string(out, &measure.field.label);
        out.push_str(",\"numerator\":");
        json::number(out, numerator.map(Value::Exact));
        if let Some((numerator, denominator)) = &measure.ratio {
            out.push_str(",\"ratio\":");
            json::array(out, [numerator, denominator], |out, id| json::string(out, id));
        }
        let value = measure.total(&self.whole);
        let missing = || value.is_none().then(|| without_value(measure, &self.whole));
        if let Some(reason) = measure.reason.clone().or_else(missing) {
            out.push_str(",\"reason\":");
            json::string(out, &reason);
        }
        out.push_str(",\"unit\":");
        json::string(out, &measure.field.unit);
        out.push_str(",\"value\":");
        json::number(out, value);
        out.push('}');
    }
}

/// Why a measure has no value over all of what is shown.
fn without_value(measure: &Measure, whole: &Totals) -> String {
    match measure.formula.parts(whole, 0) {
        _ if whole.rows[0] == 0 => "there are no rows",
        (Some(_), Some(denominator)) if denominator == Decimal::ZERO => "what it is divided by is 0",
        _ if matches!(measure.formula, Formula::Distinct(_) | Formula::Quantile(..)) => {
            "a result was read before it was declared; a replay repairs that"
        }
        _ => "no row has a value for it",
    }
    .to_owned()
}

/// Why no change is given between two windows of values; `None` where one is.
fn without_change(
    measure: &Measure,
    value: Option<Value>,
    previous: Option<Value>,
    change: Option<Value>,
) -> Option<String> {
    let reason = match (value, previous, change) {
        (_, _, Some(_)) => return None,
        (None, None, None) => match &measure.reason {
            Some(reason) => return Some(reason.clone()),
            None => "it has no value in either window",
        },
        (None, Some(_), None) => "it has no value in the newer window",
        (Some(_), None, None) => "it has no value in the window before",
        (Some(_), Some(_), None) => {
            "it was 0 in the window before, which nothing can be compared with in proportion"
        }
    };
    Some(reason.to_owned())
}

/// Writes both windows' values and the change; returns why there is none.
fn write_compare(out: &mut String, measure: &Measure, compared: &Compared<'_>) -> Option<String> {
    let value = measure.total(&compared.current.total);
    let previous = measure.total(&compared.previous.total);
    let change = value
        .zip(previous)
        .and_then(|(value, previous)| value.change_from(previous));
    out.push_str("{\"change\":");
    json::number(out, change);
    out.push_str(",\"previous\":");
    json::number(out, previous);
    out.push_str(",\"previous_window\":");
    write_window(out, compared.windows.previous);
    out.push_str(",\"value\":");
    json::number(out, value);
    out.push_str(",\"window\":");
    write_window(out, compared.windows.current);
    let steps = |side: &Side<'_>| side.steps_with_values(measure, compared.step);
    let (current, before) = (steps(&compared.current), steps(&compared.previous));
    if change.is_some() && current != before {
        let step = compared.step.name();
        out.push_str(&format!(
            ",\"with_values\":{{\"previous\":{before},\"step\":\"{step}\",\"window\":{current}}}"
        ));
    }
    out.push('}');
    without_change(measure, value, previous, change)
}

fn write_window(out: &mut String, window: Window) {
    json::array(out, [window.start(), window.end()], json::date);
}

/// A value as the JSON columns write it.
fn written(value: Value) -> String {
    let mut text = String::new();
    value.write_to(&mut text);
    text
}

impl<'a> Side<'a> {
    /// What the days hold, each inside its window.
    fn of<const N: usize>(days: [(&'a Days, Window); N]) -> Self {
        let inside = days.map(|(days, window)| {
            let first = days.dates.partition_point(|date| *date < window.start());
            let after = days.dates.partition_point(|date| *date <= window.end());
            (days, first..after)
        });
        let mut total = Totals::like(&days[0].0.totals);
        total.resize(1);
        for (days, range) in &inside {
            total.add_groups(&days.totals, |day| range.contains(&day).then_some(0));
        }
        Self {
            total,
            days: inside.into(),
        }
    }

    /// In how many steps the measure has a value. Sums of windows with unequal numbers of them differ by what is missing,
    /// too, or nothing happened there: who reads the change must know.
    fn steps_with_values(&self, measure: &Measure, step: Cadence) -> usize {
        let with_values = |(days, range): &(&'a Days, Range<usize>)| {
            let filled = range
                .clone()
                .filter(|day| measure.formula.has_value(&days.totals, *day));
            filled
                .map(|day| step.around(days.dates[day]).start())
                .collect::<Vec<NaiveDate>>()
        };
        self.days
            .iter()
            .flat_map(with_values)
            .collect::<BTreeSet<_>>()
            .len()
    }
}
