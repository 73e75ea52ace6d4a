//! Rows on their way into cells.

use std::collections::HashSet;

use arrow_array::RecordBatch;
use chrono_tz::Tz;

use super::cells::{CellsBuilder, MAX_CELL_BYTES, TooLarge};
use super::partial::{Cells, Quality};
use super::plan::Plan;
use crate::rows::reader::{ColumnReader, Number, Reading};
use crate::rows::{Batches, RowsError};
use crate::window::Window;

/// Rows taken into cells by a plan.
pub(super) struct Intake {
    window: Window,
    timezone: Tz,
    plan: Plan,
    builder: CellsBuilder,
    quality: Quality,
    repeats_possible: bool,
}

/// What became of a whole result's rows.
pub(super) struct Taken {
    pub plan: Plan,
    pub cells: Cells,
    pub quality: Quality,
    /// Whether two rows met in one cell, without which no row can repeat another.
    pub repeats_possible: bool,
}

impl Intake {
    pub(super) fn new(window: Window, timezone: Tz, plan: Plan) -> Self {
        let measures = plan.measures.iter().map(|measure| measure.column).collect();
        Self {
            window,
            timezone,
            builder: CellsBuilder::new(plan.dimensions.clone(), measures, &plan.sketches),
            plan,
            quality: Quality::default(),
            repeats_possible: false,
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<(), RowsError> {
        let reader = |column: usize| ColumnReader::of(batch, column, self.plan.readings[column]);
        let time = self.plan.time.map(reader);
        let dimensions: Vec<_> = (self.plan.dimensions.iter())
            .map(|dimension| reader(dimension.column))
            .collect();
        let measures: Vec<_> = (self.plan.measures.iter())
            .map(|measure| (reader(measure.column), measure.is_judged))
            .collect();
        let sketches: Vec<_> = self
            .plan
            .sketches
            .iter()
            .map(|(column, _)| reader(*column))
            .collect();
        self.quality.rows += batch.num_rows() as u64;
        for row in 0..batch.num_rows() {
            let date = match &time {
                None => self.window.end(),
                Some(time) => match time.date(row, self.timezone) {
                    Some(date) if self.window.contains(date) => date,
                    Some(_) => {
                        self.quality.rows_outside_window += 1;
                        continue;
                    }
                    None => {
                        self.quality.rows_without_date += 1;
                        continue;
                    }
                },
            };
            self.builder.date(date);
            for (index, dimension) in dimensions.iter().enumerate() {
                self.builder.dimension(index, dimension.text(row).as_deref());
            }
            let (cell, is_new) = self.builder.row();
            self.repeats_possible |= !is_new;
            for (index, (measure, is_judged)) in measures.iter().enumerate() {
                self.number(cell, index, measure.number(row), *is_judged);
            }
            self.sketch(cell, &sketches, row);
            self.builder.keep_within().map_err(too_large)?;
        }
        self.builder.keep_sketches_within().map_err(too_large)
    }

    #[inline]
    fn number(&mut self, cell: usize, index: usize, number: Number, is_judged: bool) {
        match number {
            Number::Value(value) => self.builder.measure(cell, index, value),
            Number::Rounded(value) => {
                self.quality.values_rounded += u64::from(is_judged);
                self.builder.measure(cell, index, value);
            }
            Number::OutOfRange => self.quality.values_out_of_range += u64::from(is_judged),
            Number::Null => {}
        }
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

/// How many rows equal an earlier one in every cell.
pub(super) fn repeated_rows(
    result: &(impl Batches + ?Sized),
    readings: &[Reading],
) -> Result<u64, RowsError> {
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut repeated = 0;
    result.each(&mut |batch| {
        let readers: Vec<_> = (readings.iter().enumerate())
            .map(|(index, reading)| ColumnReader::of(batch, index, *reading))
            .collect();
        for row in 0..batch.num_rows() {
            let mut key = Vec::new();
            for reader in &readers {
                match reader.text(row) {
                    // NUL never occurs inside a cell, and 0xff in no UTF-8 text.
                    Some(text) => key.extend_from_slice(text.as_bytes()),
                    None => key.push(0xff),
                }
                key.push(0);
            }
            repeated += u64::from(!seen.insert(key));
        }
        Ok(())
    })?;
    Ok(repeated)
}
