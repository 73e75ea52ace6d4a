//! Building cells: rows grouped by date and dimension values, then brought into canonical order.

use std::hash::BuildHasher;

use chrono::NaiveDate;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::partial::{Cells, DimensionCells, MeasureCells};
use crate::decimal::Decimal;

/// The most cells a partial holds at full grain; beyond that dimension values are folded into [`OTHER`].
pub const MAX_CELLS: usize = 100_000;

/// The dimension value that stands for all that were folded together. No cell can hold it: NUL never enters a value.
pub const OTHER: &str = "\0other";

/// The fewest values a dimension keeps while others have more.
const FEWEST_KEPT: usize = 10;

/// Distinct values of a dimension in order of appearance.
#[derive(Debug, Default)]
struct Interner {
    values: Vec<Option<String>>,
    table: HashTable<u32>,
    null: Option<u32>,
    last: Option<u32>,
    hasher: DefaultHashBuilder,
}

impl Interner {
    fn code(&mut self, value: Option<&str>) -> u32 {
        let Some(text) = value else {
            return *self.null.get_or_insert_with(|| {
                self.values.push(None);
                self.values.len() as u32 - 1
            });
        };
        // Neighbouring rows often share a value.
        if let Some(last) = self.last
            && self.values[last as usize].as_deref() == Some(text)
        {
            return last;
        }
        let hash = self.hasher.hash_one(text);
        let values = &self.values;
        let code = match self
            .table
            .find(hash, |code| values[*code as usize].as_deref() == Some(text))
        {
            Some(code) => *code,
            None => {
                let code = self.values.len() as u32;
                self.values.push(Some(text.to_owned()));
                let (values, hasher) = (&self.values, &self.hasher);
                self.table.insert_unique(hash, code, |code| {
                    hasher.hash_one(values[*code as usize].as_deref().unwrap_or(""))
                });
                code
            }
        };
        self.last = Some(code);
        code
    }

    /// For each code its rank in canonical order (ascending bytewise, null last), and the values in that order.
    fn canonical(self) -> (Vec<u32>, Vec<Option<String>>) {
        let mut order: Vec<u32> = (0..self.values.len() as u32).collect();
        order.sort_unstable_by(|a, b| compare_values(&self.values[*a as usize], &self.values[*b as usize]));
        let mut rank = vec![0; order.len()];
        for (position, code) in order.iter().enumerate() {
            rank[*code as usize] = position as u32;
        }
        let mut values = self.values;
        let sorted = order.iter().map(|code| values[*code as usize].take()).collect();
        (rank, sorted)
    }
}

fn compare_values(a: &Option<String>, b: &Option<String>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.as_bytes().cmp(b.as_bytes()),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// Running aggregates of one numeric column in one cell.
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    count: u64,
    sum: Decimal,
    min: Decimal,
    max: Decimal,
}

impl Running {
    fn add(&mut self, other: Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other;
            return;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// Groups rows into cells.
#[derive(Debug)]
pub struct CellsBuilder {
    dimension_columns: Vec<usize>,
    measure_columns: Vec<usize>,
    interners: Vec<Interner>,
    /// `1 + dimensions` numbers a cell: the date, then the codes.
    keys: Vec<u32>,
    rows: Vec<u64>,
    /// `measures` entries a cell.
    running: Vec<Running>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    key: Vec<u32>,
    summarised: bool,
}

impl CellsBuilder {
    /// For columns kept as dimensions and numeric columns, both as indices in column order.
    pub fn new(dimension_columns: Vec<usize>, measure_columns: Vec<usize>) -> Self {
        Self {
            interners: dimension_columns.iter().map(|_| Interner::default()).collect(),
            key: vec![0; 1 + dimension_columns.len()],
            dimension_columns,
            measure_columns,
            keys: Vec::new(),
            rows: Vec::new(),
            running: Vec::new(),
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            summarised: false,
        }
    }

    /// Begins a row of the date.
    pub fn date(&mut self, date: NaiveDate) {
        self.key[0] = date_code(date);
    }

    /// Gives the row its value of the `index`-th dimension.
    pub fn dimension(&mut self, index: usize, value: Option<&str>) {
        self.key[1 + index] = self.interners[index].code(value);
    }

    /// Counts the row in its cell; returns the cell for [`CellsBuilder::measure`] and whether this is its first row.
    pub fn row(&mut self) -> (usize, bool) {
        let cell = self.cell();
        self.rows[cell] += 1;
        (cell, self.rows[cell] == 1)
    }

    /// Adds a number of the `index`-th measure to a cell.
    pub fn measure(&mut self, cell: usize, index: usize, value: Decimal) {
        let slot = cell * self.measure_columns.len() + index;
        self.running[slot].add(Running {
            count: 1,
            sum: value,
            min: value,
            max: value,
        });
    }

    /// The cell of the current key, made where it is new.
    fn cell(&mut self) -> usize {
        let width = self.key.len();
        let (key, keys, hasher) = (&self.key, &self.keys, &self.hasher);
        let key_of = |cell: u32| &keys[cell as usize * width..][..width];
        let hash = hasher.hash_one(&key[..]);
        if let Some(cell) = self.table.find(hash, |cell| key_of(*cell) == &key[..]) {
            return *cell as usize;
        }
        let cell = self.rows.len();
        self.table
            .insert_unique(hash, cell as u32, |cell| hasher.hash_one(key_of(*cell)));
        self.keys.extend_from_slice(&self.key);
        self.rows.push(0);
        self.running.resize(
            self.running.len() + self.measure_columns.len(),
            Running::default(),
        );
        cell
    }

    /// The cells in canonical order, folded to at most [`MAX_CELLS`].
    pub fn finish(mut self) -> Cells {
        while self.rows.len() > MAX_CELLS && self.fold_widest() {}
        let width = self.key.len();
        let (ranks, values): (Vec<_>, Vec<_>) = self.interners.into_iter().map(Interner::canonical).unzip();
        for key in self.keys.chunks_exact_mut(width) {
            for (code, rank) in key[1..].iter_mut().zip(&ranks) {
                *code = rank[*code as usize];
            }
        }
        let keys = &self.keys;
        let key_of = |cell: u32| &keys[cell as usize * width..][..width];
        let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
        order.sort_unstable_by(|a, b| key_of(*a).cmp(key_of(*b)));
        let in_order = || order.iter().map(|cell| *cell as usize);
        let measures = self.measure_columns.len();
        Cells {
            dates: in_order().map(|cell| date_of(keys[cell * width])).collect(),
            rows: in_order().map(|cell| self.rows[cell]).collect(),
            dimensions: (self.dimension_columns.into_iter().zip(values).enumerate())
                .map(|(index, (column, values))| DimensionCells {
                    column,
                    values,
                    codes: in_order().map(|cell| keys[cell * width + 1 + index]).collect(),
                })
                .collect(),
            measures: (self.measure_columns.into_iter().enumerate())
                .map(|(index, column)| {
                    let column_cells = || in_order().map(|cell| self.running[cell * measures + index]);
                    MeasureCells {
                        column,
                        count: column_cells().map(|running| running.count).collect(),
                        sum: column_cells().map(|running| running.sum).collect(),
                        min: column_cells().map(|running| running.min).collect(),
                        max: column_cells().map(|running| running.max).collect(),
                    }
                })
                .collect(),
            summarised: self.summarised,
        }
    }

    /// Folds the dimension with the most values down to a quarter of them, those with the most rows; `false` when no
    /// dimension has values left to fold.
    fn fold_widest(&mut self) -> bool {
        let widest = (0..self.interners.len())
            .rev()
            .max_by_key(|index| self.interners[*index].values.len());
        let Some(index) = widest.filter(|index| self.interners[*index].values.len() > 1) else {
            return false;
        };
        let distinct = self.interners[index].values.len();
        let kept = if distinct > FEWEST_KEPT {
            (distinct / 4).max(FEWEST_KEPT)
        } else {
            0
        };
        self.fold_dimension(index, kept);
        true
    }

    fn fold_dimension(&mut self, index: usize, kept: usize) {
        let width = self.key.len();
        let old = std::mem::take(&mut self.interners[index]).values;
        let mut rows = vec![0u64; old.len()];
        for (key, count) in self.keys.chunks_exact(width).zip(&self.rows) {
            rows[key[1 + index] as usize] += count;
        }
        let mut order: Vec<usize> = (0..old.len())
            .filter(|code| old[*code].as_deref() != Some(OTHER))
            .collect();
        order.sort_unstable_by(|a, b| {
            rows[*b]
                .cmp(&rows[*a])
                .then_with(|| compare_values(&old[*a], &old[*b]))
        });
        let mut target = vec![None; old.len()];
        for code in order.into_iter().take(kept) {
            target[code] = Some(self.interners[index].code(old[code].as_deref()));
        }
        let other = self.interners[index].code(Some(OTHER));
        let (keys, counts, running) = (
            std::mem::take(&mut self.keys),
            std::mem::take(&mut self.rows),
            std::mem::take(&mut self.running),
        );
        self.table.clear();
        let measures = self.measure_columns.len();
        for (cell, key) in keys.chunks_exact(width).enumerate() {
            self.key.copy_from_slice(key);
            self.key[1 + index] = target[key[1 + index] as usize].unwrap_or(other);
            let into = self.cell();
            self.rows[into] += counts[cell];
            for measure in 0..measures {
                self.running[into * measures + measure].add(running[cell * measures + measure]);
            }
        }
        self.summarised = true;
    }
}

/// Dates as numbers that sort alike, also before 1970.
fn date_code(date: NaiveDate) -> u32 {
    ((date - NaiveDate::default()).num_days() + (1 << 31)) as u32
}

fn date_of(code: u32) -> NaiveDate {
    NaiveDate::default() + chrono::TimeDelta::days(i64::from(code) - (1 << 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
    }

    fn build(rows: &[(u32, Option<&str>, i128)]) -> Cells {
        let mut builder = CellsBuilder::new(vec![1], vec![2]);
        for (day, value, number) in rows {
            builder.date(date(*day));
            builder.dimension(0, *value);
            let (cell, _) = builder.row();
            builder.measure(cell, 0, Decimal::from_integer(*number).unwrap());
        }
        builder.finish()
    }

    #[test]
    fn rows_in_any_order_give_the_same_cells() {
        let mut rows = vec![
            (2, Some("b"), 5),
            (1, None, 1),
            (2, Some("a"), 7),
            (1, Some("b"), 2),
            (2, Some("b"), -3),
        ];
        let cells = build(&rows);
        rows.reverse();
        assert_eq!(cells, build(&rows));
        assert_eq!(
            cells.dimensions[0].values,
            [Some("a".to_owned()), Some("b".to_owned()), None]
        );
        assert_eq!(cells.dimensions[0].codes, [1, 2, 0, 1]);
        assert_eq!(cells.rows, [1, 1, 1, 2]);
        assert_eq!(cells.measures[0].sum[3].to_string(), "2");
        assert_eq!(cells.measures[0].min[3].to_string(), "-3");
        assert_eq!(cells.measures[0].max[3].to_string(), "5");
    }

    #[test]
    fn beyond_the_cap_totals_stay_exact_and_the_largest_values_stay() {
        let mut builder = CellsBuilder::new(vec![1], vec![2]);
        for number in 0..(MAX_CELLS as i128 + 10) {
            builder.date(date(1));
            builder.dimension(0, Some(&number.to_string()));
            let (cell, _) = builder.row();
            builder.measure(cell, 0, Decimal::from_integer(number).unwrap());
            if number == 7 {
                builder.row();
            }
        }
        let cells = builder.finish();
        assert!(cells.summarised && cells.dates.len() <= MAX_CELLS);
        let total: Decimal = cells.measures[0].sum.iter().copied().sum();
        assert_eq!(total.to_string(), "5000950045");
        assert!(cells.dimensions[0].values.contains(&Some("7".to_owned())));
        assert!(cells.dimensions[0].values.contains(&Some(OTHER.to_owned())));
    }
}
