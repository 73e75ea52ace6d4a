//! Datasets: rows of keys and measures, written as canonical JSON.

use chrono::NaiveDate;

use super::fields::Field;
use super::json;
use super::measures::Measure;
use super::totals::Totals;

/// Rows of a view's numbers at one grain.
#[derive(Debug)]
pub struct Dataset<'a> {
    /// Its name, `trend`, `by_<dimension>`, `by_<dimension>__<dimension>` or `table`.
    pub name: String,
    /// The fields of its keys.
    pub axes: Vec<&'a Field>,
    /// The keys, row by row.
    pub keys: Keys,
    /// The groups of `totals` in the order of the rows.
    pub groups: Vec<usize>,
    /// The aggregates.
    pub totals: Totals,
    /// Whether each row is a step of time that is not covered to its end; empty when none is.
    pub partial: Vec<bool>,
    /// Whether values were gathered in "Other" for want of room.
    pub is_cut: bool,
    /// Whether a summarised result gathered values before, so that those named may be larger than they look.
    pub is_lower_bound: bool,
}

/// The keys of a dataset's rows.
#[derive(Debug)]
pub enum Keys {
    /// One date a row.
    Dates(Vec<NaiveDate>),
    /// One text an axis for each row.
    Texts(Vec<String>),
}

/// The field that marks steps of time that are not covered to their end.
pub const PARTIAL: &str = "_partial";

/// What a column of a dataset is written from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Axis(usize),
    Measure(usize),
    Partial,
}

impl<'a> Dataset<'a> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// The text of the last row's first key where that row gathers those without room.
    pub fn rest_text(&self) -> Option<&str> {
        match &self.keys {
            Keys::Texts(texts) if self.is_cut => texts.get(texts.len() - self.axes.len()).map(String::as_str),
            Keys::Texts(_) | Keys::Dates(_) => None,
        }
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
                    Source::Axis(axis) => self.write_key(out, row, axis),
                    Source::Measure(index) => {
                        json::number(out, measures[index].formula.value(&self.totals, group));
                    }
                    Source::Partial => out.push_str(if self.partial[row] { "true" } else { "false" }),
                }
            }
            out.push('}');
        });
    }

    /// Appends the description of the columns as a JSON array, keys first, then measures in their order.
    pub fn write_columns(&self, out: &mut String, measures: &[Measure]) {
        let fields = self
            .axes
            .iter()
            .copied()
            .chain(measures.iter().map(|measure| &measure.field));
        json::array(out, fields, |out, field| field.write(out));
        if !self.partial.is_empty() {
            out.pop();
            out.push_str(",{\"id\":\"_partial\",\"label\":\"Not covered to its end\",\"role\":\"flag\",\"type\":\"boolean\",\"unit\":\"\"}]");
        }
    }

    /// The columns as `"id":` and source, bytewise by id.
    fn sources(&self, measures: &[Measure]) -> Vec<(String, Source)> {
        let axes = self
            .axes
            .iter()
            .enumerate()
            .map(|(index, field)| (field.id.as_str(), Source::Axis(index)));
        let values = measures
            .iter()
            .enumerate()
            .map(|(index, measure)| (measure.field.id.as_str(), Source::Measure(index)));
        let flag = (!self.partial.is_empty()).then_some((PARTIAL, Source::Partial));
        let mut columns: Vec<_> = axes.chain(values).chain(flag).collect();
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

    fn write_key(&self, out: &mut String, row: usize, axis: usize) {
        match &self.keys {
            Keys::Dates(dates) => json::date(out, dates[row]),
            Keys::Texts(texts) => json::string(out, &texts[row * self.axes.len() + axis]),
        }
    }
}
