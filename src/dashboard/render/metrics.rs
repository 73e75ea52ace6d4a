//! `metrics_summary`: every measure over the view's whole range, and compared with the steps before.

use chrono::NaiveDate;

use super::cube::{Cube, Days};
use super::fields::Fields;
use super::json;
use super::measures::Measure;
use super::totals::Totals;
use super::value::Value;
use crate::dashboard::{Compare, Headline, NoCompare, PeriodKey, ViewPlan};
use crate::window::Window;

/// How many of the first measures are the headline.
pub const HEADLINES: usize = 6;

/// The measures of a view, evaluated.
#[derive(Debug)]
pub struct Metrics<'a> {
    fields: &'a Fields,
    whole: Totals,
    compared: Result<Compared, NoCompare>,
}

#[derive(Debug)]
struct Compared {
    windows: Compare,
    current: Totals,
    previous: Totals,
}

impl<'a> Metrics<'a> {
    /// Evaluates the measures over the view and both windows of its comparison.
    pub fn of(cube: &Cube<'_>, fields: &'a Fields, plan: &ViewPlan) -> Self {
        let compared = plan.compare.map(|windows| match plan.key {
            // Both results count whole here, wherever their windows lie.
            PeriodKey::Execution(_) => Compared {
                windows,
                current: cube.whole(),
                previous: Totals::sum_of(&cube.before.totals, |_| true),
            },
            PeriodKey::Rolling | PeriodKey::All | PeriodKey::Calendar(..) => Compared {
                windows,
                current: within(cube, windows.current),
                previous: within(cube, windows.previous),
            },
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
                write_compare(out, measure, compared);
                out.push_str(",\"compare_reason\":null");
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
        if let Some(reason) = &measure.reason {
            out.push_str(",\"reason\":");
            json::string(out, reason);
        }
        out.push_str(",\"unit\":");
        json::string(out, &measure.field.unit);
        out.push_str(",\"value\":");
        json::number(out, measure.total(&self.whole));
        out.push('}');
    }
}

fn write_compare(out: &mut String, measure: &Measure, compared: &Compared) {
    let value = measure.total(&compared.current);
    let previous = measure.total(&compared.previous);
    out.push_str("{\"change\":");
    json::number(
        out,
        value
            .zip(previous)
            .and_then(|(value, previous)| value.change_from(previous)),
    );
    out.push_str(",\"previous\":");
    json::number(out, previous);
    out.push_str(",\"previous_window\":");
    write_window(out, compared.windows.previous);
    out.push_str(",\"value\":");
    json::number(out, value);
    out.push_str(",\"window\":");
    write_window(out, compared.windows.current);
    out.push('}');
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

/// Everything dated inside the window, shown or read for the comparison.
fn within(cube: &Cube<'_>, window: Window) -> Totals {
    let inside = |dates: &[NaiveDate]| {
        let first = dates.partition_point(|date| *date < window.start());
        let after = dates.partition_point(|date| *date <= window.end());
        first..after
    };
    let sum = |days: &Days| {
        let range = inside(&days.dates);
        Totals::sum_of(&days.totals, |day| range.contains(&day))
    };
    let mut total = sum(&cube.shown);
    total.add_groups(&sum(&cube.before), |_| Some(0));
    total
}
