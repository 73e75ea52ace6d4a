//! Long tables: a column whose values name what the numbers beside it are of, drawn as if each had a column of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};

use super::columns::{Columns, kinds_of_results};
use super::fields::is_asked_for;
use super::replaced::Replaced;
use crate::aggregate::{Column, DimensionCells, Long, Lost, OTHER, Partial};
use crate::dashboard::{Contribution, VisualizationConfig, words};
use crate::event::{ColumnHint, ColumnRole};
use crate::rows::roles::{is_percent, names_metrics, names_units, shown_unit};
use crate::rows::{Evidence, Values, observe};

/// Names beyond which they are categories rather than metrics.
const MOST: usize = 40;
/// Numbers of each that are looked at to know what they are like.
const MOST_NUMBERS: usize = 400;

/// What makes the table of a view long, and its results made wide.
#[derive(Debug)]
pub struct LongTable {
    /// The results made wide.
    pub wide: Replaced,
    names: String,
    numbers: String,
    units: Option<String>,
    /// How many metrics there are.
    count: usize,
}

impl LongTable {
    /// That of a view's results, if it is one: a column of texts is called so, its values are few and never missing, and the table
    /// has one column of numbers. What somebody has said of these columns stays so.
    pub fn of(contributions: &[Contribution<'_>], config: &VisualizationConfig) -> Option<Self> {
        let labels = |partial: &Partial| partial.columns.iter().any(|column| names_metrics(&column.label));
        if !config.measures().is_empty() || !kinds_of_results(contributions).into_iter().any(labels) {
            return None;
        }
        let columns = Columns::of(contributions, config);
        let is_left_to_us = |index: &usize| {
            let column = &columns.list[*index];
            let is_hinted = column.hint.is_some_and(|hint| hint.role.is_some());
            let is_declared = config.declared_role(column.label).is_some();
            !is_hinted && !is_declared && !is_asked_for(column.label, config)
        };
        let all = || 0..columns.list.len();
        let is_text = |index: &usize| {
            columns.decisions[*index].role == ColumnRole::Dimension
                && columns.list[*index].evidence.values() == Values::Texts
        };
        let names = all().find(|index| is_text(index) && names_metrics(columns.list[*index].label))?;
        let is_number = |index: &usize| {
            matches!(
                columns.decisions[*index].role,
                ColumnRole::Measure | ColumnRole::Ratio
            )
        };
        let mut numbers = all().filter(is_number);
        let (numbers, None) = (numbers.next()?, numbers.next()) else {
            return None;
        };
        let units = all().find(|index| is_text(index) && names_units(columns.list[*index].label));
        if ![names, numbers].iter().all(is_left_to_us) {
            return None;
        }
        let table = Table {
            contributions,
            columns: &columns,
            names,
            numbers,
        };
        let metrics = table.metrics()?;
        let unit_of = units.and_then(|units| Some((units, table.units(units)?)));
        Some(table.widened(&metrics, unit_of))
    }

    /// Says of the columns what they were taken for.
    pub fn explain(&self, columns: &mut Columns<'_>) {
        let Self {
            names,
            numbers,
            units,
            count,
            ..
        } = self;
        let named = words::count(*count as u64, "value", "values");
        let reasons = [
            (
                Some(names),
                format!(
                    "A dimension: its {named} name what the numbers of \"{numbers}\" are of, so each is shown as a column of its own."
                ),
            ),
            (
                Some(numbers),
                format!(
                    "A measure: each value of \"{names}\" has its numbers, which are shown as columns of their own."
                ),
            ),
            (
                units.as_ref(),
                format!("A dimension: it names one unit for each value of \"{names}\"."),
            ),
        ];
        for (label, reason) in reasons {
            let index = label.and_then(|label| columns.find(label));
            if let Some(decision) = index.map(|index| &mut columns.decisions[index]) {
                decision.reason = reason;
            }
        }
        columns.notes.push(format!(
            "The {named} of \"{names}\" are shown as columns of their own, with the numbers of \"{numbers}\""
        ));
    }

    /// The role of a column that makes the table long: in the wide one it is left out.
    pub fn role(&self, label: &str) -> Option<ColumnRole> {
        match label {
            _ if label == self.numbers => Some(ColumnRole::Measure),
            _ if label == self.names || Some(label) == self.units.as_deref() => Some(ColumnRole::Dimension),
            _ => None,
        }
    }
}

/// A table that may be long.
struct Table<'t, 'a> {
    contributions: &'t [Contribution<'a>],
    columns: &'t Columns<'a>,
    names: usize,
    numbers: usize,
}

impl<'a> Table<'_, 'a> {
    fn kept(&self, read: usize, column: usize) -> Option<&'a DimensionCells> {
        let place = self.columns.layout(read)[column]?;
        let kept = &self.contributions[read].partial.cells.dimensions;
        kept.iter().find(|kept| kept.column == place)
    }

    /// The names, ascending; `None` where they are one or many, or some row has none.
    fn metrics(&self) -> Option<Vec<&'a str>> {
        let mut found = BTreeSet::new();
        for read in 0..self.contributions.len() {
            for value in &self.kept(read, self.names)?.values {
                found.insert(value.as_deref().filter(|value| *value != OTHER)?);
            }
        }
        (2..=MOST)
            .contains(&found.len())
            .then(|| found.into_iter().collect())
    }

    /// The unit of each name, by a column; `None` where a name has several.
    fn units(&self, column: usize) -> Option<BTreeMap<&'a str, &'a str>> {
        let mut unit_of = BTreeMap::new();
        for read in 0..self.contributions.len() {
            let (names, units) = (self.kept(read, self.names)?, self.kept(read, column)?);
            for cell in 0..names.codes.len() {
                let (Some(name), unit) = (names.value(cell), units.value(cell).unwrap_or_default()) else {
                    continue;
                };
                if *unit_of.entry(name).or_insert(unit) != unit {
                    return None;
                }
            }
        }
        Some(unit_of)
    }

    fn widened(&self, metrics: &[&str], units: Option<(usize, BTreeMap<&str, &str>)>) -> LongTable {
        let unit_of = |name: &str| {
            let known = units.as_ref().and_then(|(_, unit_of)| unit_of.get(name));
            shown_unit(known.copied().unwrap_or_default())
        };
        let label = |index: usize| self.columns.list[index].label.to_owned();
        let column = |(name, evidence): (&&str, Evidence)| {
            let unit = unit_of(name);
            // A name in percent is that of a ratio.
            let (label, unit) = match is_percent(unit) {
                true => (format!("{name} (%)"), ""),
                false => ((*name).to_owned(), unit),
            };
            Column {
                label: self.free_label(&label),
                evidence,
                hint: Some(hint(&label, None, unit)).filter(|_| !unit.is_empty()),
                lost: Lost::default(),
            }
        };
        // What all numbers are like is told once, by the first result: others have none to add.
        let named: Vec<Column> = metrics.iter().zip(self.evidence(metrics)).map(column).collect();
        let without = |column: &Column| Column {
            evidence: Evidence::default(),
            ..column.clone()
        };
        let unknown: Vec<Column> = named.iter().map(without).collect();
        let first = self.contributions.iter().map(|result| result.execution_id).min();
        let wide = Replaced::of(self.contributions, |read, contribution| {
            let layout = self.columns.layout(read);
            let (Some(names), Some(numbers)) = (layout[self.names], layout[self.numbers]) else {
                return contribution.partial.clone();
            };
            let units = units.as_ref().and_then(|(units, _)| layout[*units]);
            let mut wide = contribution.partial.widened(&Long {
                names,
                numbers,
                units,
                values: metrics,
                columns: match Some(contribution.execution_id) == first {
                    true => &named,
                    false => &unknown,
                },
            });
            for place in [Some(names), Some(numbers), units].into_iter().flatten() {
                let column = &mut wide.columns[place];
                column.hint = Some(hint(&column.label, Some(ColumnRole::Ignore), ""));
            }
            wide
        });
        LongTable {
            wide,
            names: label(self.names),
            numbers: label(self.numbers),
            units: units.map(|(units, _)| label(units)),
            count: metrics.len(),
        }
    }

    /// A name as a label that no column of the table has.
    fn free_label(&self, name: &str) -> String {
        match self.columns.find(name) {
            Some(_) => format!("{name} ({})", self.columns.list[self.names].label),
            None => name.to_owned(),
        }
    }

    /// What the numbers of each name are like.
    fn evidence(&self, metrics: &[&str]) -> Vec<Evidence> {
        let mut numbers: Vec<Vec<String>> = vec![Vec::new(); metrics.len()];
        for read in 0..self.contributions.len() {
            let partial = self.contributions[read].partial;
            let place = self.columns.layout(read)[self.numbers];
            let amounts = partial
                .cells
                .measures
                .iter()
                .find(|kept| Some(kept.column) == place);
            let (Some(names), Some(amounts)) = (self.kept(read, self.names), amounts) else {
                continue;
            };
            for cell in (0..amounts.count.len()).filter(|cell| amounts.count[*cell] > 0) {
                let place = names
                    .value(cell)
                    .and_then(|name| metrics.binary_search(&name).ok());
                if let Some(own) = place.map(|place| &mut numbers[place])
                    && own.len() < MOST_NUMBERS
                {
                    own.push(amounts.min[cell].to_string());
                }
            }
        }
        let most = numbers.iter().map(Vec::len).max().unwrap_or_default();
        let column = |(place, own): (usize, &Vec<String>)| {
            let padded = (0..most).map(|row| own.get(row));
            (
                place.to_string(),
                Arc::new(StringArray::from_iter(padded)) as ArrayRef,
            )
        };
        let batch = RecordBatch::try_from_iter(numbers.iter().enumerate().map(column));
        batch.map_or_else(
            |_| vec![Evidence::default(); metrics.len()],
            |batch| observe(&[batch]),
        )
    }
}

fn hint(label: &str, role: Option<ColumnRole>, unit: &str) -> ColumnHint {
    ColumnHint {
        name: label.to_owned(),
        role,
        type_name: String::new(),
        unit: unit.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepared::Prepared;
    use super::super::samples::{day, of_results};
    use super::*;

    /// The columns of a table over four weeks in results of one, as they are drawn: label, role, how it is put together and of
    /// what it is the quotient.
    fn drawn(header: &str, config: &VisualizationConfig, rows: &dyn Fn(u64) -> String) -> Vec<String> {
        of_results(header, 28, 7, rows, |contributions| {
            let prepared = Prepared::of(contributions, config);
            let replaced = prepared.contributions(contributions);
            let mut columns = Columns::of(replaced.as_deref().unwrap_or(contributions), config);
            prepared.explain(&mut columns);
            let told = columns.list.iter().zip(&columns.decisions);
            let told = told.filter(|(_, decision)| decision.role != ColumnRole::Ignore);
            told.map(|(column, decision)| {
                let unit = column.hint.map_or("", |hint| hint.unit.as_str());
                match (decision.role, decision.binding) {
                    (ColumnRole::Ratio, Some((a, b, _))) => {
                        format!(
                            "{} {}/{}",
                            column.label, columns.list[a].label, columns.list[b].label
                        )
                    }
                    (ColumnRole::Measure, _) => format!("{} {:?}{unit}", column.label, decision.agg),
                    (role, _) => format!("{} {role:?}", column.label),
                }
            })
            .collect()
        })
    }

    fn default() -> VisualizationConfig {
        VisualizationConfig::default()
    }

    /// Visits, orders and staff of a day, and the quotient of the first two.
    fn shop(n: u64) -> String {
        let (date, visits, orders) = (day(n), 400 + n * 37 % 90, 20 + n * 13 % 17);
        let rate = orders as f64 / visits as f64;
        format!(
            "{date},visits,{visits},count\n{date},orders,{orders},count\n{date},conversion_rate,{rate:.6},ratio\n\
             {date},headcount,{},FTE\n",
            40 + n / 9
        )
    }

    #[test]
    fn each_metric_becomes_a_column_as_if_it_had_been_one() {
        assert_eq!(
            drawn("day,metric,value,unit", &default(), &shop),
            [
                "day Time",
                "conversion_rate orders/visits",
                "headcount LevelFTE",
                "orders Sum",
                "visits Sum"
            ]
        );
    }

    #[test]
    fn what_is_in_percent_is_a_ratio() {
        let labour = |n: u64| {
            ["Austria", "Chile"]
                .map(|country| {
                    format!(
                        "{0},{country},Jobless,%,{1}.5\n{0},{country},Hours,h,{n}.5\n",
                        day(n),
                        n % 5
                    )
                })
                .concat()
        };
        assert_eq!(
            drawn("Year,Country,Indicator,Unit,Value", &default(), &labour),
            [
                "Year Time",
                "Country Dimension",
                "Hours Sumh",
                "Jobless (%) Ratio"
            ]
        );
    }

    #[test]
    fn dimensions_beside_it_stay() {
        let cities = |n: u64| {
            let row = |city: &str, kpi: &str, value: u64| format!("{},{city},{kpi},{value}\n", day(n));
            ["Bonn", "Trier"]
                .map(|city| row(city, "hires", n % 4) + &row(city, "leavers", n % 3))
                .concat()
        };
        assert_eq!(
            drawn("day,city,KPI,amount", &default(), &cities),
            ["day Time", "city Dimension", "hires Sum", "leavers Sum"]
        );
    }

    #[test]
    fn what_somebody_asks_for_or_is_no_long_table_stays() {
        let config = |json: &str| VisualizationConfig::parse(json).unwrap();
        let asked = [
            r#"{"version":1,"dimensions":{"m":{"column":"metric"}}}"#,
            r#"{"version":1,"measures":{"v":{"agg":"sum","column":"value"}}}"#,
        ];
        for asked in asked {
            let kept = drawn("day,metric,value,unit", &config(asked), &shop);
            assert!(kept.contains(&"value Sum".to_owned()), "{asked}: {kept:?}");
        }
        let two = |n: u64| format!("{0},visits,{n},{n}\n{0},orders,1,2\n", day(n));
        let kept = drawn("day,metric,value,target", &default(), &two);
        assert_eq!(kept[1], "metric Dimension", "two columns of numbers");
        let missing = |n: u64| format!("{0},visits,{n}\n{0},,1\n", day(n));
        assert_eq!(
            drawn("day,metric,value", &default(), &missing)[1],
            "metric Dimension"
        );
        let one = |n: u64| format!("{},visits,{n}\n", day(n));
        assert_eq!(drawn("day,metric,value", &default(), &one)[1], "metric Dimension");
        let several_units = |n: u64| format!("{0},visits,{n},a\n{0},orders,1,{n}x\n", day(n));
        let kept = drawn("day,metric,value,unit", &default(), &several_units);
        assert!(kept.contains(&"unit Dimension".to_owned()), "{kept:?}");
    }

    #[test]
    fn numbers_of_a_metric_are_added_up_by_themselves() {
        let made = of_results("day,metric,value,unit", 28, 7, &shop, |contributions| {
            let long = LongTable::of(contributions, &default()).unwrap();
            let wide = long.wide.contributions(contributions);
            let visits = wide.iter().flat_map(|wide| &wide.partial.cells.measures[3].sum);
            (long.count, visits.copied().sum::<crate::decimal::Decimal>())
        });
        let visits: u64 = (0..28).map(|n| 400 + n * 37 % 90).sum();
        assert_eq!(made, (4, crate::decimal::Decimal::from_count(visits)));
    }
}
