//! Rows on their way into cells.

use std::collections::HashSet;
use std::ops::Range;

use arrow_array::RecordBatch;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::cells::{CELLS_BETWEEN_LOOKS, CellsBuilder, MAX_CELL_BYTES, TooLarge, date_code};
use super::partial::{Cells, Lost, Quality};
use super::plan::Plan;
use crate::rows::reader::{ColumnReader, Number, Reading};
use crate::rows::{Batches, RowsError, fixed_hash};
use crate::window::Window;

/// Rows taken into cells by a plan.
pub(super) struct Intake {
    window: Window,
    timezone: Tz,
    plan: Plan,
    builder: CellsBuilder,
    /// Of each measure.
    lost: Vec<Lost>,
    quality: Quality,
    repeats_possible: bool,
}

/// A batch's columns by what they are for.
struct Columns<'a> {
    time: Option<ColumnReader<'a>>,
    dimensions: Vec<ColumnReader<'a>>,
    measures: Vec<ColumnReader<'a>>,
    sketches: Vec<ColumnReader<'a>>,
}

/// The rows of a piece that count: their places in the batch, their keys and their cells.
#[derive(Default)]
struct Piece {
    rows: Vec<usize>,
    keys: Vec<u32>,
    cells: Vec<usize>,
}

/// What became of a whole result's rows.
pub(super) struct Taken {
    pub plan: Plan,
    pub cells: Cells,
    /// What could not be kept of each measure's numbers.
    pub lost: Vec<Lost>,
    pub quality: Quality,
    /// Whether two rows met in one cell, without which no row can repeat another.
    pub repeats_possible: bool,
}

impl Intake {
    pub(super) fn new(window: Window, timezone: Tz, plan: Plan) -> Self {
        let measures = plan.measures.clone();
        Self {
            window,
            timezone,
            builder: CellsBuilder::new(plan.dimensions.clone(), measures, &plan.sketches),
            lost: vec![Lost::default(); plan.measures.len()],
            plan,
            quality: Quality::default(),
            repeats_possible: false,
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Takes a batch in, a piece of few rows at a time and each piece column by column, so that what a column's numbers are
    /// added to stays near.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<(), RowsError> {
        let reader = |column: usize| ColumnReader::of(batch, column, self.plan.readings[column]);
        let columns = Columns {
            time: self.plan.time.map(reader),
            dimensions: (self.plan.dimensions.iter())
                .map(|dimension| reader(dimension.column))
                .collect(),
            measures: self.plan.measures.iter().copied().map(reader).collect(),
            sketches: (self.plan.sketches.iter())
                .map(|(column, _)| reader(*column))
                .collect(),
        };
        self.quality.rows += batch.num_rows() as u64;
        let mut piece = Piece::default();
        for start in (0..batch.num_rows()).step_by(CELLS_BETWEEN_LOOKS) {
            let end = batch.num_rows().min(start + CELLS_BETWEEN_LOOKS);
            self.take_piece(&columns, start..end, &mut piece);
            self.builder.keep_within().map_err(too_large)?;
        }
        self.builder.keep_sketches_within().map_err(too_large)
    }

    fn take_piece(&mut self, columns: &Columns<'_>, rows: Range<usize>, piece: &mut Piece) {
        let width = self.builder.key_width();
        piece.rows.clear();
        piece.keys.clear();
        for row in rows {
            if let Some(date) = self.date(columns.time.as_ref(), row) {
                piece.rows.push(row);
                piece.keys.push(date_code(date));
                piece.keys.resize(piece.rows.len() * width, 0);
            }
        }
        for (index, dimension) in columns.dimensions.iter().enumerate() {
            for (row, key) in piece.rows.iter().zip(piece.keys.chunks_exact_mut(width)) {
                key[1 + index] = self.builder.code(index, dimension.text(*row).as_deref());
            }
        }
        piece.cells.clear();
        for key in piece.keys.chunks_exact(width) {
            let (cell, is_new) = self.builder.row(key);
            self.repeats_possible |= !is_new;
            piece.cells.push(cell);
        }
        for (index, measure) in columns.measures.iter().enumerate() {
            let (running, lost) = (self.builder.measure(index), &mut self.lost[index]);
            for (row, cell) in piece.rows.iter().zip(&piece.cells) {
                match measure.number(*row) {
                    Number::Value(value) => running[*cell].add_one(value),
                    Number::Rounded(value) => {
                        lost.rounded += 1;
                        running[*cell].add_one(value);
                    }
                    Number::OutOfRange => lost.out_of_range += 1,
                    Number::Null => {}
                }
            }
        }
        for (row, cell) in piece.rows.iter().zip(&piece.cells) {
            self.sketch(*cell, &columns.sketches, *row);
        }
    }

    /// The bucket of a row; none, and counted, where it has no date inside the window.
    #[inline]
    fn date(&mut self, time: Option<&ColumnReader<'_>>, row: usize) -> Option<NaiveDate> {
        let Some(time) = time else {
            return Some(self.window.end());
        };
        let date = time.date(row, self.timezone);
        match date {
            Some(date) if self.window.contains(date) => return Some(date),
            Some(_) => self.quality.rows_outside_window += 1,
            None => self.quality.rows_without_date += 1,
        }
        None
    }

    fn sketch(&mut self, cell: usize, readers: &[ColumnReader<'_>], row: usize) {
        for (index, reader) in readers.iter().enumerate() {
            if let Some(text) = reader.text(row) {
                self.builder.distinct(cell, index, &text);
            }
            if let Number::Value(value) | Number::Rounded(value) = reader.number(row) {
                self.builder.quantile(cell, index, value);
            }
        }
    }

    pub(super) fn finish(self) -> Result<Taken, RowsError> {
        Ok(Taken {
            plan: self.plan,
            cells: self.builder.finish().map_err(too_large)?,
            lost: self.lost,
            quality: self.quality,
            repeats_possible: self.repeats_possible,
        })
    }
}

fn too_large(_: TooLarge) -> RowsError {
    RowsError::OverLimit {
        what: "bytes of sums once its rows are grouped by date",
        limit: MAX_CELL_BYTES as u64,
        remedy: "let the query select fewer numeric columns, or cover a shorter window with coarser dates",
    }
}

/// How many rows equal an earlier one in every cell. Rows are known by a hash of 128 bits, so that wide ones take no more
/// memory than narrow ones.
pub(super) fn repeated_rows(
    result: &(impl Batches + ?Sized),
    readings: &[Reading],
) -> Result<u64, RowsError> {
    let mut seen: HashSet<[u64; 2]> = HashSet::new();
    let mut repeated = 0;
    let mut key = Vec::new();
    result.each(&mut |batch| {
        let readers: Vec<_> = (readings.iter().enumerate())
            .map(|(index, reading)| ColumnReader::of(batch, index, *reading))
            .collect();
        for row in 0..batch.num_rows() {
            key.clear();
            for reader in &readers {
                match reader.text(row) {
                    // NUL never occurs inside a cell, and 0xff in no UTF-8 text.
                    Some(text) => key.extend_from_slice(text.as_bytes()),
                    None => key.push(0xff),
                }
                key.push(0);
            }
            let hash = fixed_hash(&key);
            key.extend_from_slice(&hash.to_le_bytes());
            repeated += u64::from(!seen.insert([hash, fixed_hash(&key)]));
        }
        Ok(())
    })?;
    Ok(repeated)
}
