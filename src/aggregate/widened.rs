//! A long result made wide: what one column names is a column of numbers each.

use chrono::NaiveDate;

use super::cells::Running;
use super::partial::{Cells, Column, DimensionCells, MeasureCells, Partial};
use crate::decimal::Decimal;

/// Which columns of a result make it long.
#[derive(Debug, Clone, Copy)]
pub struct Long<'l> {
    /// The column that names what the numbers are of.
    pub names: usize,
    /// The column of the numbers.
    pub numbers: usize,
    /// The column that names their units, where there is one.
    pub units: Option<usize>,
    /// The names.
    pub values: &'l [&'l str],
    /// For each name its column.
    pub columns: &'l [Column],
}

impl Partial {
    /// The same result with a column of numbers for each name behind the others; the columns that made it long stay, without
    /// cells. A cell is what has one date and the same values of the dimensions that are left, its rows those of the name with
    /// most.
    pub fn widened(&self, long: &Long<'_>) -> Self {
        let is_left = |dimension: &&DimensionCells| {
            dimension.column != long.names && Some(dimension.column) != long.units
        };
        let dimensions: Vec<&DimensionCells> = self.cells.dimensions.iter().filter(is_left).collect();
        let place = |column: usize| self.cells.dimensions.iter().find(|kept| kept.column == column);
        let name_of: Vec<Option<usize>> = place(long.names).map_or(Vec::new(), |names| {
            let labelled = |value: &Option<String>| {
                let value = value.as_ref()?;
                long.values.iter().position(|name| name == value)
            };
            let places: Vec<Option<usize>> = names.values.iter().map(labelled).collect();
            names.codes.iter().map(|code| places[*code as usize]).collect()
        });
        let numbers = self
            .cells
            .measures
            .iter()
            .find(|kept| kept.column == long.numbers);
        let key = |cell: usize| -> (NaiveDate, Vec<u32>) {
            let codes = dimensions.iter().map(|dimension| dimension.codes[cell]);
            (self.cells.dates[cell], codes.collect())
        };
        let mut order: Vec<usize> = (0..self.cells.rows.len()).collect();
        order.sort_by_cached_key(|cell| key(*cell));
        let groups: Vec<&[usize]> = order.chunk_by(|one, next| key(*one) == key(*next)).collect();
        let mut wide = vec![vec![Running::default(); groups.len()]; long.columns.len()];
        let mut rows = Vec::with_capacity(groups.len());
        for (group, cells) in groups.iter().enumerate() {
            let mut of_name = vec![0; long.columns.len()];
            for cell in *cells {
                let Some(name) = name_of.get(*cell).copied().flatten() else {
                    continue;
                };
                of_name[name] += self.cells.rows[*cell];
                if let Some(numbers) = numbers {
                    wide[name][group].add(Running::of(numbers, *cell));
                }
            }
            rows.push(of_name.into_iter().max().unwrap_or_default());
        }
        let first = |cells: &&[usize]| cells[0];
        let firsts: Vec<usize> = groups.iter().map(first).collect();
        let kept = dimensions.iter().map(|dimension| DimensionCells {
            column: dimension.column,
            values: dimension.values.clone(),
            codes: firsts.iter().map(|cell| dimension.codes[*cell]).collect(),
        });
        let measured = wide.iter().enumerate().map(|(name, running)| MeasureCells {
            column: self.columns.len() + name,
            count: running.iter().map(|one| one.count).collect(),
            sum: numbers_of(running, |one| one.sum),
            min: numbers_of(running, |one| one.min),
            max: numbers_of(running, |one| one.max),
        });
        Self {
            kind: self.kind,
            time_column: self.time_column,
            columns: [&self.columns[..], long.columns].concat(),
            quality: self.quality.clone(),
            cells: Cells {
                dates: firsts.iter().map(|cell| self.cells.dates[*cell]).collect(),
                rows,
                dimensions: kept.collect(),
                measures: measured.collect(),
                sketches: Vec::new(),
                summarised: self.cells.summarised,
            },
        }
    }
}

fn numbers_of(running: &[Running], of: impl Fn(&Running) -> Decimal) -> Vec<Decimal> {
    running.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Lost, PartialSpec, aggregate};
    use crate::event::{Compression, ResultFormat};
    use crate::rows::{Evidence, Limits, read};
    use crate::window::Window;

    #[test]
    fn what_a_column_names_becomes_columns() {
        let csv = "day,metric,shop,value\n\
                   2026-01-01,orders,b,5\n2026-01-01,orders,a,3\n2026-01-01,visits,a,40\n2026-01-01,visits,a,2\n\
                   2026-01-02,visits,a,\n2026-01-02,other,a,9\n";
        let data = bytes::Bytes::from(csv);
        let batches = read(ResultFormat::Csv, Compression::None, &data, &Limits::default()).unwrap();
        let day = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
        let window = Window::new(day(1), day(2)).unwrap();
        let partial = aggregate(&batches, window, &[], &PartialSpec::default()).unwrap();
        let column = |label: &str| Column {
            label: label.to_owned(),
            evidence: Evidence::default(),
            hint: None,
            lost: Lost::default(),
        };
        let wide = partial.widened(&Long {
            names: 1,
            numbers: 3,
            units: None,
            values: &["orders", "visits"],
            columns: &[column("Orders"), column("Visits")],
        });
        let cells = &wide.cells;
        assert_eq!(cells.dates, [day(1), day(1), day(2)]);
        assert_eq!(cells.rows, [2, 1, 1], "two of visits in a, one of orders in b");
        assert_eq!(cells.dimensions.len(), 1, "the shop");
        let shops: Vec<_> = (0..3).map(|cell| cells.dimensions[0].value(cell)).collect();
        assert_eq!(shops, [Some("a"), Some("b"), Some("a")]);
        let sums = |measure: usize| -> Vec<(u64, String)> {
            let measure = &cells.measures[measure];
            let sums = measure.sum.iter().map(ToString::to_string);
            measure.count.iter().copied().zip(sums).collect()
        };
        let told = |expected: [(u64, &str); 3]| expected.map(|(count, sum)| (count, sum.to_owned()));
        assert_eq!(sums(0), told([(1, "3"), (1, "5"), (0, "0")]));
        assert_eq!(sums(1), told([(2, "42"), (0, "0"), (0, "0")]));
        assert_eq!((cells.measures[0].column, wide.columns.len()), (4, 6));
        assert_eq!(cells.measures[1].max[0].to_string(), "40");
    }
}
