//! The scale of values: from where it starts, and what it spans where all values are the same.

use crate::dashboard::render::dataset::{Cell, Dataset};
use crate::dashboard::render::measures::Measure;
use crate::dashboard::render::value::Value;
use crate::decimal::Decimal;

/// From zero to the furthest value.
const FROM_ZERO: &str = "{\"zero\":true}";
/// As far as the values lie apart.
const AS_FAR_AS_VALUES: &str = "{\"zero\":false}";
/// Where every value is zero, so that zero is the foot of the chart and not its middle.
const ONLY_ZERO: &str = "{\"domain\":[0,1]}";

/// The scale of a measure over a dataset. Levels, which are read by their changes, need not begin at zero, but where they do
/// not change there is nothing else to read them by.
pub fn of_measure(dataset: &Dataset, measure: &Measure, from_zero: bool) -> &'static str {
    let value = |group: &usize| measure.value(&dataset.axes, &dataset.totals, *group);
    scale(dataset.groups.iter().filter_map(value), from_zero)
}

/// The scale of columns that a dataset computes, and of a measure beside them; from zero.
pub fn of_columns(dataset: &Dataset, ids: &[&str], measure: Option<&Measure>) -> &'static str {
    let computed = dataset
        .derived
        .iter()
        .filter(|derived| ids.contains(&derived.field.id.as_str()));
    let computed = computed
        .flat_map(|derived| &derived.cells)
        .filter_map(|cell| match cell {
            Cell::Number(value) => *value,
            Cell::Text(_) => None,
        });
    let value = |group: &usize| measure?.value(&dataset.axes, &dataset.totals, *group);
    let measured = dataset.groups.iter().filter_map(value);
    scale(computed.chain(measured), true)
}

fn scale(mut values: impl Iterator<Item = Value>, from_zero: bool) -> &'static str {
    let Some(first) = values.next() else {
        return ONLY_ZERO;
    };
    let same = |value: Value| value.minus(first) == Some(Decimal::ZERO);
    let is_zero = same(Value::Exact(Decimal::ZERO));
    match (from_zero && !is_zero) || !values.all(same) {
        true if from_zero => FROM_ZERO,
        true => AS_FAR_AS_VALUES,
        false if is_zero => ONLY_ZERO,
        false => FROM_ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_change_is_read_from_zero() {
        let of = |numbers: &[&str], from_zero| {
            let values = numbers
                .iter()
                .map(|number| Value::Exact(Decimal::parse(number).unwrap()));
            scale(values, from_zero)
        };
        assert_eq!(of(&["3", "4"], true), FROM_ZERO);
        assert_eq!(of(&["3", "4"], false), AS_FAR_AS_VALUES);
        assert_eq!(of(&["3", "3"], false), FROM_ZERO);
        assert_eq!(of(&["0", "4"], true), FROM_ZERO);
        assert_eq!(of(&["0", "4"], false), AS_FAR_AS_VALUES);
        assert_eq!(of(&["0", "0"], true), ONLY_ZERO);
        assert_eq!(of(&["0"], false), ONLY_ZERO);
        assert_eq!(of(&[], true), ONLY_ZERO);
    }
}
