//! Building cells: rows grouped by date and dimension values, then brought into canonical order.

use std::hash::BuildHasher;

use chrono::NaiveDate;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::interner::Interner;
use super::partial::{Cells, DimensionCells, MeasureCells, Sketch, SketchCells, SketchValues};
use super::sketch::{DistinctSketch, QuantileSketch};
use crate::decimal::Decimal;

/// The most cells a partial holds at full grain; beyond that dimension values are folded into [`OTHER`].
pub const MAX_CELLS: usize = 100_000;
/// The most bytes the cells take, while they are built as well as when they are finished and encoded; beyond that dimension
/// values are folded as well.
pub const MAX_CELL_BYTES: usize = 64 << 20;
/// Cells beyond which values are folded before all rows are there.
const MAX_CELLS_BUILDING: usize = MAX_CELLS + MAX_CELLS / 2;
/// Cells that are made between two looks at the bytes they take.
pub(super) const CELLS_BETWEEN_LOOKS: usize = 256;
/// Bytes of a cell whatever its columns: its rows and its place in the table, and its rows and its date once finished.
const CELL_BYTES: usize = 28;
/// Bytes of a cell for each part of its key: a code while cells are built, and beside it that of the finished dimension.
const CODE_BYTES: usize = 8;

/// The dimension value that stands for all that were folded together. No cell can hold it: NUL never enters a value.
pub const OTHER: &str = "\0other";

/// The cells do not fit even with every dimension value folded together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Running aggregates of one numeric column in one cell.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Running {
    pub(super) count: u64,
    pub(super) sum: Decimal,
    pub(super) min: Decimal,
    pub(super) max: Decimal,
}

impl Running {
    /// The aggregates of a finished cell.
    pub(super) fn of(cells: &MeasureCells, cell: usize) -> Self {
        Self {
            count: cells.count[cell],
            sum: cells.sum[cell],
            min: cells.min[cell],
            max: cells.max[cell],
        }
    }

    pub(super) fn add(&mut self, other: Self) {
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

    #[inline]
    pub(super) fn add_one(&mut self, value: Decimal) {
        if self.count == 0 {
            (self.min, self.max) = (value, value);
        } else if value < self.min {
            self.min = value;
        } else if value > self.max {
            self.max = value;
        }
        self.count += 1;
        self.sum += value;
    }
}

/// A column kept as a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dimension {
    /// Its index in the result.
    pub column: usize,
    /// Whether it identifies rows, so that its values go first where cells do not fit.
    pub is_id: bool,
}

/// Groups rows into cells.
///
/// As long as there are no more than [`MAX_CELLS`] cells in at most [`MAX_CELL_BYTES`], they are a function of the
/// multiset of rows. Beyond, totals stay exact, and which values are kept by name may depend on the rows' order.
#[derive(Debug)]
pub(super) struct CellsBuilder {
    pub(super) dimensions: Vec<Dimension>,
    measure_columns: Vec<usize>,
    pub(super) interners: Vec<Interner>,
    /// `1 + dimensions` numbers a cell: the date, then the codes.
    pub(super) keys: Vec<u32>,
    pub(super) rows: Vec<u64>,
    /// One entry a measure, each with one entry a cell: numbers are added up a column at a time.
    pub(super) running: Vec<Vec<Running>>,
    pub(super) sketches: Vec<SketchCells>,
    /// Bytes of the sketches when last looked at.
    sketch_bytes: usize,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    pub(super) key: Vec<u32>,
    pub(super) summarised: bool,
    looked_at: usize,
}

impl CellsBuilder {
    /// For columns kept as dimensions, numeric columns and sketched ones, each in column order.
    pub(super) fn new(
        dimensions: Vec<Dimension>,
        measure_columns: Vec<usize>,
        sketches: &[(usize, Sketch)],
    ) -> Self {
        let empty = |kind| match kind {
            Sketch::Distinct => SketchValues::Distinct(Vec::new()),
            Sketch::Quantile => SketchValues::Quantile(Vec::new()),
        };
        Self {
            interners: dimensions.iter().map(|_| Interner::default()).collect(),
            key: vec![0; 1 + dimensions.len()],
            dimensions,
            running: vec![Vec::new(); measure_columns.len()],
            measure_columns,
            keys: Vec::new(),
            rows: Vec::new(),
            sketches: (sketches.iter())
                .map(|(column, kind)| SketchCells {
                    column: *column,
                    values: empty(*kind),
                })
                .collect(),
            sketch_bytes: 0,
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            summarised: false,
            looked_at: 0,
        }
    }

    /// The numbers of a key: the date, then the dimensions' codes.
    pub(super) fn key_width(&self) -> usize {
        self.key.len()
    }

    /// The code of a value of the `index`-th dimension.
    #[inline]
    pub(super) fn code(&mut self, index: usize, value: Option<&str>) -> u32 {
        self.interners[index].code(value)
    }

    /// Counts a row in the cell of its key; returns the cell for what the row holds besides and whether this is its first
    /// row.
    #[inline]
    pub(super) fn row(&mut self, key: &[u32]) -> (usize, bool) {
        self.key.copy_from_slice(key);
        let cell = self.cell();
        self.rows[cell] += 1;
        (cell, self.rows[cell] == 1)
    }

    /// The running aggregates of the `index`-th measure, by cell.
    pub(super) fn measure(&mut self, index: usize) -> &mut [Running] {
        &mut self.running[index]
    }

    /// Takes a text into the `index`-th sketch of a cell, where that counts different ones.
    pub(super) fn distinct(&mut self, cell: usize, index: usize, value: &str) {
        if let SketchValues::Distinct(cells) = &mut self.sketches[index].values {
            cells[cell].insert(value);
        }
    }

    /// Takes a number into the `index`-th sketch of a cell, where that is of quantiles.
    pub(super) fn quantile(&mut self, cell: usize, index: usize, value: Decimal) {
        if let SketchValues::Quantile(cells) = &mut self.sketches[index].values {
            cells[cell].insert(value);
        }
    }

    /// Between two pieces of rows: makes room where the cells take more than they may.
    #[inline]
    pub(super) fn keep_within(&mut self) -> Result<(), TooLarge> {
        if self.rows.len() < self.looked_at + CELLS_BETWEEN_LOOKS {
            return Ok(());
        }
        self.make_room()
    }

    fn make_room(&mut self) -> Result<(), TooLarge> {
        if self.rows.len() > MAX_CELLS_BUILDING || self.size_bytes() > MAX_CELL_BYTES {
            self.fold_down(MAX_CELLS, MAX_CELL_BYTES / 2);
        }
        self.looked_at = self.rows.len();
        match self.size_bytes() > MAX_CELL_BYTES {
            true => Err(TooLarge),
            false => Ok(()),
        }
    }

    /// The most bytes of cells and dictionaries, now or while they are finished, a column after the other; and those of the
    /// sketches as last counted.
    pub(super) fn size_bytes(&self) -> usize {
        let cell =
            CELL_BYTES + CODE_BYTES * self.key.len() + size_of::<Running>() * self.measure_columns.len();
        self.rows.len() * cell
            + self.interners.iter().map(Interner::size_bytes).sum::<usize>()
            + self.sketch_bytes
    }

    /// Between two batches: makes room where sketches, which grow with every row, take more than they may.
    pub(super) fn keep_sketches_within(&mut self) -> Result<(), TooLarge> {
        if self.sketches.is_empty() {
            return Ok(());
        }
        self.count_sketch_bytes();
        self.make_room()
    }

    pub(super) fn count_sketch_bytes(&mut self) {
        let bytes = |sketch: &SketchCells| match &sketch.values {
            SketchValues::Distinct(cells) => cells.iter().map(DistinctSketch::size_bytes).sum::<usize>(),
            SketchValues::Quantile(cells) => cells.iter().map(QuantileSketch::size_bytes).sum(),
        };
        self.sketch_bytes = self.sketches.iter().map(bytes).sum();
    }

    /// The cell of the current key, made where it is new.
    #[inline]
    fn cell(&mut self) -> usize {
        let found = self.find_or_number(self.rows.len());
        if found == self.rows.len() {
            if found == self.rows.capacity() {
                self.grow();
            }
            self.keys.extend_from_slice(&self.key);
            self.rows.push(0);
            for measure in &mut self.running {
                measure.push(Running::default());
            }
            for sketch in &mut self.sketches {
                match &mut sketch.values {
                    SketchValues::Distinct(cells) => cells.push(DistinctSketch::default()),
                    SketchValues::Quantile(cells) => cells.push(QuantileSketch::default()),
                }
            }
        }
        found
    }

    /// Makes room for a quarter more cells: twice as many would leave up to half of a wide table's memory unused.
    fn grow(&mut self) {
        let more = (self.rows.len() / 4).max(CELLS_BETWEEN_LOOKS);
        self.rows.reserve_exact(more);
        self.keys.reserve_exact(more * self.key.len());
        for measure in &mut self.running {
            measure.reserve_exact(more);
        }
    }

    /// The number of the cell of the current key; where it is new, `next`, under which it is found from now on.
    #[inline]
    pub(super) fn find_or_number(&mut self, next: usize) -> usize {
        let width = self.key.len();
        let (key, keys, hasher) = (&self.key, &self.keys, &self.hasher);
        let key_of = |cell: u32| match cell as usize == next {
            true => &key[..],
            false => &keys[cell as usize * width..][..width],
        };
        let hash = hasher.hash_one(&key[..]);
        // Compared number by number: keys are so short that a call would cost more.
        let is_same = |cell: &u32| key_of(*cell).iter().zip(key).all(|(a, b)| a == b);
        if let Some(cell) = self.table.find(hash, is_same) {
            return *cell as usize;
        }
        self.table
            .insert_unique(hash, next as u32, |cell| hasher.hash_one(key_of(*cell)));
        next
    }

    /// Forgets where cells are, before they move.
    pub(super) fn forget_cells(&mut self) {
        self.table.clear();
    }

    /// The cells in canonical order, folded to at most [`MAX_CELLS`] in [`MAX_CELL_BYTES`].
    pub(super) fn finish(mut self) -> Result<Cells, TooLarge> {
        self.keep_sketches_within()?;
        self.fold_down(MAX_CELLS, MAX_CELL_BYTES);
        if self.size_bytes() > MAX_CELL_BYTES {
            return Err(TooLarge);
        }
        self.table = HashTable::new();
        let width = self.key.len();
        let mut dictionaries = Vec::with_capacity(self.interners.len());
        for (index, interner) in std::mem::take(&mut self.interners).into_iter().enumerate() {
            let codes = || (0..self.rows.len()).map(|cell| cell * width + 1 + index);
            let mut used = vec![false; interner.len()];
            codes().for_each(|at| used[self.keys[at] as usize] = true);
            let (ranks, values) = interner.canonical(&used);
            for at in codes() {
                self.keys[at] = ranks[self.keys[at] as usize];
            }
            dictionaries.push(values);
        }
        Ok(self.in_order(dictionaries))
    }

    fn in_order(mut self, dictionaries: Vec<Vec<Option<String>>>) -> Cells {
        let width = self.key.len();
        let keys = &self.keys;
        let key_of = |cell: u32| &keys[cell as usize * width..][..width];
        let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
        order.sort_unstable_by(|a, b| key_of(*a).cmp(key_of(*b)));
        let in_order = || order.iter().map(|cell| *cell as usize);
        // One after the other, so that no two forms of all numbers are there at a time.
        let measure = |(running, column): (Vec<Running>, usize)| {
            let cells = || in_order().map(|cell| &running[cell]);
            MeasureCells {
                column,
                count: cells().map(|running| running.count).collect(),
                sum: cells().map(|running| running.sum).collect(),
                min: cells().map(|running| running.min).collect(),
                max: cells().map(|running| running.max).collect(),
            }
        };
        let dimension =
            |(index, (dimension, values)): (usize, (Dimension, Vec<Option<String>>))| DimensionCells {
                column: dimension.column,
                values,
                codes: in_order().map(|cell| keys[cell * width + 1 + index]).collect(),
            };
        let running = std::mem::take(&mut self.running);
        let measure_columns = std::mem::take(&mut self.measure_columns);
        let dimensions = std::mem::take(&mut self.dimensions);
        let sketches = std::mem::take(&mut self.sketches);
        Cells {
            dates: in_order().map(|cell| date_of(keys[cell * width])).collect(),
            rows: in_order().map(|cell| self.rows[cell]).collect(),
            dimensions: (dimensions.into_iter().zip(dictionaries).enumerate())
                .map(dimension)
                .collect(),
            measures: running.into_iter().zip(measure_columns).map(measure).collect(),
            sketches: (sketches.into_iter())
                .map(|sketch| SketchCells {
                    column: sketch.column,
                    values: sketch.values.in_order(&order),
                })
                .collect(),
            summarised: self.summarised,
        }
    }
}

impl SketchValues {
    fn in_order(self, order: &[u32]) -> Self {
        fn moved<T: Default>(mut cells: Vec<T>, order: &[u32]) -> Vec<T> {
            order
                .iter()
                .map(|cell| std::mem::take(&mut cells[*cell as usize]))
                .collect()
        }
        match self {
            Self::Distinct(cells) => Self::Distinct(moved(cells, order)),
            Self::Quantile(cells) => Self::Quantile(moved(cells, order)),
        }
    }
}

/// Dates as numbers that sort alike, also before 1970.
pub(super) fn date_code(date: NaiveDate) -> u32 {
    ((date - NaiveDate::default()).num_days() + (1 << 31)) as u32
}

fn date_of(code: u32) -> NaiveDate {
    NaiveDate::default() + chrono::TimeDelta::days(i64::from(code) - (1 << 31))
}
