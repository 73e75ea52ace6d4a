//! Datasets: rows of keys and numbers, written as canonical JSON.

use std::rc::Rc;

use chrono::NaiveDate;

use super::fields::Field;
use super::json;
use super::measures::Measure;
use super::totals::Totals;
use super::value::Value;

/// Rows of a view's numbers at one grain.
#[derive(Debug)]
pub struct Dataset {
    /// Its name, `trend`, `by_<dimension>`, `by_<dimension>__<dimension>`, `table`, …
    pub name: String,
    /// The fields of its keys.
    pub axes: Vec<Field>,
    /// The keys, row by row, one an axis.
    pub keys: Vec<Key>,
    /// The groups of `totals` in the order of the rows.
    pub groups: Vec<usize>,
    /// The aggregates.
    pub totals: Totals,
    /// Whether the view's measures are among its columns.
    pub has_measures: bool,
    /// Columns computed for this dataset alone.
    pub derived: Vec<Derived>,
    /// Whether each row is a step of time that is not covered to its end; empty when none is.
    pub partial: Vec<bool>,
    /// Whether values were gathered in "Other" for want of room.
    pub is_cut: bool,
    /// How many rows of one value each were put together in the last one, where they are known.
    pub gathered: usize,
    /// Whether a summarised result gathered values before, so that those named may be larger than they look.
    pub is_lower_bound: bool,
    /// Whether its rows have an order of their own (a calendar's, a funnel's), which is not that of their numbers.
    pub is_ordered: bool,
}

/// One key of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The first day of a step of time.
    Date(NaiveDate),
    /// A dimension's value, as shown.
    Text(Rc<str>),
}

/// A column that is no measure of the view.
#[derive(Debug)]
pub struct Derived {
    /// Its description.
    pub field: Field,
    /// Its cells, row by row.
    pub cells: Vec<Cell>,
}

/// A cell of a derived column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number, where there is one.
    Number(Option<Value>),
    /// A text.
    Text(String),
}

/// The field that marks steps of time that are not covered to their end.
pub const PARTIAL: &str = "_partial";

/// What a column of a dataset is written from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Axis(usize),
    Measure(usize),
    Derived(usize),
    Partial,
}

impl Key {
    /// The key of a text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Derived {
    /// A column of numbers.
    pub fn numbers(field: Field, values: impl IntoIterator<Item = Option<Value>>) -> Self {
        Self {
            field,
            cells: values.into_iter().map(Cell::Number).collect(),
        }
    }
}

impl Dataset {
    /// A dataset with a row for each group of the aggregates, and all measures.
    pub fn new(name: String, axes: Vec<Field>, keys: Vec<Key>, totals: Totals) -> Self {
        Self {
            name,
            axes,
            keys,
            groups: (0..totals.len()).collect(),
            totals,
            has_measures: true,
            derived: Vec::new(),
            partial: Vec::new(),
            is_cut: false,
            gathered: 0,
            is_lower_bound: false,
            is_ordered: false,
        }
    }

    /// A dataset of derived columns alone.
    pub fn of_derived(name: String, axes: Vec<Field>, keys: Vec<Key>, derived: Vec<Derived>) -> Self {
        Self {
            groups: (0..keys.len() / axes.len().max(1)).collect(),
            has_measures: false,
            derived,
            ..Self::new(name, axes, keys, Totals::default())
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// The text of the last row's first key where that row gathers those without room.
    pub fn rest_text(&self) -> Option<&str> {
        let first = self.keys.len().checked_sub(self.axes.len())?;
        match &self.keys[first] {
            Key::Text(text) if self.is_cut => Some(text),
            Key::Text(_) | Key::Date(_) => None,
        }
    }

    /// The distinct values of an axis, in order of appearance.
    pub fn values_of(&self, axis: usize) -> Vec<&Key> {
        let mut seen: Vec<&Key> = Vec::new();
        for key in self.keys.iter().skip(axis).step_by(self.axes.len().max(1)) {
            if seen.last() != Some(&key) && !seen.contains(&key) {
                seen.push(key);
            }
        }
        seen
    }

    /// Whether a measure has a value in any row.
    pub fn shows(&self, measure: &Measure) -> bool {
        let value = |group: &usize| measure.value(&self.axes, &self.totals, *group);
        self.groups.iter().any(|group| value(group).is_some())
    }

    /// Appends the rows as a JSON array of objects.
    pub fn write_rows(&self, out: &mut String, measures: &[Measure]) {
        let columns = self.sources(measures);
        out.reserve(self.len() * columns.len() * 24);
        json::array(out, 0..self.len(), |out, row| {
            let group = self.groups[row];
            for (index, (prefix, source)) in columns.iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                out.push_str(prefix);
                match *source {
                    Source::Axis(axis) => self.keys[row * self.axes.len() + axis].write(out),
                    Source::Measure(index) => {
                        json::number(out, measures[index].value(&self.axes, &self.totals, group));
                    }
                    Source::Derived(index) => self.derived[index].cells[row].write(out),
                    Source::Partial => out.push_str(if self.partial[row] { "true" } else { "false" }),
                }
            }
            out.push('}');
        });
    }

    /// Appends the description of the columns as a JSON array: keys first, then measures in their order, then the rest.
    pub fn write_columns(&self, out: &mut String, measures: &[Measure]) {
        let fields = self
            .axes
            .iter()
            .chain(self.measures(measures).iter().map(|measure| &measure.field))
            .chain(self.derived.iter().map(|derived| &derived.field));
        json::array(out, fields, |out, field| field.write(out));
        if !self.partial.is_empty() {
            out.pop();
            out.push_str(",{\"id\":\"_partial\",\"label\":\"Not covered to its end\",\"role\":\"flag\",\"type\":\"boolean\",\"unit\":\"\"}]");
        }
    }

    fn measures<'m>(&self, measures: &'m [Measure]) -> &'m [Measure] {
        if self.has_measures { measures } else { &[] }
    }

    /// The columns as `"id":` and source, bytewise by id.
    fn sources(&self, measures: &[Measure]) -> Vec<(String, Source)> {
        let axes = self.axes.iter().enumerate();
        let axes = axes.map(|(index, field)| (field.id.as_str(), Source::Axis(index)));
        let values = self.measures(measures).iter().enumerate();
        let values = values.map(|(index, measure)| (measure.field.id.as_str(), Source::Measure(index)));
        let derived = self.derived.iter().enumerate();
        let derived = derived.map(|(index, derived)| (derived.field.id.as_str(), Source::Derived(index)));
        let flag = (!self.partial.is_empty()).then_some((PARTIAL, Source::Partial));
        let mut columns: Vec<_> = axes.chain(values).chain(derived).chain(flag).collect();
        columns.sort_unstable_by_key(|(id, _)| *id);
        columns
            .into_iter()
            .map(|(id, source)| {
                let mut prefix = json::quoted(id);
                prefix.push(':');
                (prefix, source)
            })
            .collect()
    }
}

impl Key {
    fn write(&self, out: &mut String) {
        match self {
            Self::Date(date) => json::date(out, *date),
            Self::Text(text) => json::string(out, text),
        }
    }
}

impl Cell {
    fn write(&self, out: &mut String) {
        match self {
            Self::Number(value) => json::number(out, *value),
            Self::Text(text) => json::string(out, text),
        }
    }
}
