//! From a result's rows to a partial.

use arrow_array::RecordBatch;

use super::intake::{Intake, Taken, repeated_rows};
use super::partial::{Kind, Partial, PartialSpec};
use super::plan::{Plan, columns};
use super::total_row::is_certain;
use crate::event::ColumnHint;
use crate::rows::{Batches, FirstRows, Observation, RowsError, is_blank, total_at_end};
use crate::window::Window;

/// The largest result, in rows, in which repeated rows are looked for.
const MAX_ROWS_COMPARED: u64 = 100_000;
/// The largest result, in bytes of its columns, that is kept while it is looked at.
const MAX_BYTES_KEPT: usize = 4 << 20;

/// The most batches that are kept of a total and the blank rows below it.
const MOST_BATCHES_BELOW: usize = 4;

/// Why a result gives no partial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
    /// It cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// Not one row belongs to the declared window.
    #[error(
        "none of the result's {rows} rows is dated inside the window {start} to {end} by column {column:?} \
         ({undated} have no readable date); correct data_start_date and data_end_date or the column, and run again"
    )]
    RowsOutsideWindow {
        /// Rows in the result.
        rows: u64,
        /// Rows whose date could not be read.
        undated: u64,
        /// The time column's label.
        column: String,
        /// First date of the window.
        start: chrono::NaiveDate,
        /// Last date of the window.
        end: chrono::NaiveDate,
    },
}

impl AggregateError {
    /// The dead letter's reason in snake case.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Rows(error) => error.reason(),
            Self::RowsOutsideWindow { .. } => "rows_outside_window",
        }
    }
}

/// Aggregates a result by date and dimension values, in memory that does not grow with its rows.
///
/// Rows outside the window or without a date are left out and counted; when all are, that is an error. So is a last row that
/// certainly is a total of the others. Numbers are
/// exact. The partial depends on the set of rows, not on their order, but for which of them is the last, and as long as the
/// cells' caps do not make it fold values together.
pub fn aggregate(
    result: &(impl Batches + ?Sized),
    window: Window,
    hints: &[ColumnHint],
    spec: &PartialSpec,
) -> Result<Partial, AggregateError> {
    let mut look = Look::new(window, hints, spec);
    result.each(&mut |batch| look.take(batch))?;
    let total_rows = look.settle_total(result)?;
    let rows = FirstRows(result, look.observation.rows());
    let mut columns = columns(&look.observation, hints);
    let plan = Plan::new(&columns, look.observation.readings(), spec);
    let Taken {
        plan,
        cells,
        lost,
        mut quality,
        repeats_possible,
    } = match (&look.kept, look.intake) {
        (Some(kept), _) => take_in(kept, window, spec, plan)?,
        (None, Some(intake)) if *intake.plan() == plan => intake.finish()?,
        (None, _) => take_in(&rows, window, spec, plan)?,
    };
    (quality.total_rows, quality.is_windows_1252) = (total_rows, look.observation.is_windows_1252());
    quality.title_lines = look.observation.titles();
    let left_out = quality.rows_outside_window + quality.rows_without_date;
    if let (Some(time), true) = (plan.time, quality.rows > 0 && left_out == quality.rows) {
        return Err(AggregateError::RowsOutsideWindow {
            rows: quality.rows,
            undated: quality.rows_without_date,
            column: columns[time].label.clone(),
            start: window.start(),
            end: window.end(),
        });
    }
    if repeats_possible && quality.rows <= MAX_ROWS_COMPARED {
        quality.duplicate_rows = match &look.kept {
            Some(kept) => repeated_rows(kept, &plan.readings)?,
            None => repeated_rows(&rows, &plan.readings)?,
        };
    }
    for (measure, lost) in plan.measures.iter().zip(lost) {
        columns[*measure].lost = lost;
    }
    let kind = match (quality.rows, plan.time) {
        (0, _) => Kind::Empty,
        (_, Some(_)) => Kind::Timed,
        (_, None) => Kind::Untimed,
    };
    Ok(Partial {
        kind,
        time_column: plan.time.filter(|_| kind == Kind::Timed),
        columns,
        quality,
        cells,
    })
}

fn take_in(
    result: &(impl Batches + ?Sized),
    window: Window,
    spec: &PartialSpec,
    plan: Plan,
) -> Result<Taken, RowsError> {
    let mut intake = Intake::new(window, spec.timezone, plan);
    result.each(&mut |batch| intake.take(batch))?;
    intake.finish()
}

/// The first look at a result.
///
/// What a column means, and so how its rows are taken in, is known only at the end. A small result is kept until
/// then. Of a large one the rows are taken in by what its beginning shows, which is mostly right; where the end shows
/// something else, the result is read once more.
struct Look<'a> {
    window: Window,
    hints: &'a [ColumnHint],
    spec: &'a PartialSpec,
    observation: Observation,
    /// All batches so far, as long as they are few.
    kept: Option<Vec<RecordBatch>>,
    kept_bytes: usize,
    /// The rows so far, taken in by a plan that still holds.
    intake: Option<Intake>,
    /// The last row so far, where it says that it is a total, and the blank ones below it, of one batch or of more.
    total: Vec<RecordBatch>,
}

impl<'a> Look<'a> {
    fn new(window: Window, hints: &'a [ColumnHint], spec: &'a PartialSpec) -> Self {
        Self {
            window,
            hints,
            spec,
            observation: Observation::new(Some(window)),
            kept: Some(Vec::new()),
            kept_bytes: 0,
            intake: None,
            total: Vec::new(),
        }
    }

    /// Takes a batch in, but for a last row that says it is a total, which waits for what follows.
    fn take(&mut self, batch: &RecordBatch) -> Result<(), RowsError> {
        if !self.total.is_empty() && self.total.len() < MOST_BATCHES_BELOW && is_blank(batch) {
            self.total.push(batch.clone());
            return Ok(());
        }
        self.accept_total()?;
        let Some(before) = total_at_end(batch) else {
            return self.accept(batch);
        };
        self.total = vec![batch.slice(before, batch.num_rows() - before)];
        self.accept(&batch.slice(0, before))
    }

    /// Takes in a last row that says it is a total, too, unless it certainly is one; how many were left out.
    fn settle_total(&mut self, result: &(impl Batches + ?Sized)) -> Result<u64, RowsError> {
        let Some(row) = self.total.first().cloned() else {
            return Ok(0);
        };
        let columns = columns(&self.observation, self.hints);
        let others = FirstRows(result, self.observation.rows());
        if is_certain(&row.slice(0, 1), &others, &columns, &self.plan(), self.spec)? {
            return Ok(1);
        }
        self.accept_total()?;
        Ok(0)
    }

    /// Takes in what waited as rows like others.
    fn accept_total(&mut self) -> Result<(), RowsError> {
        let waiting = std::mem::take(&mut self.total);
        waiting.iter().try_for_each(|rows| self.accept(rows))
    }

    /// Never fails for what does not fit: a plan that still holds at the end fails where it counts.
    fn accept(&mut self, batch: &RecordBatch) -> Result<(), RowsError> {
        self.observation.take(batch);
        if let Some(mut kept) = self.kept.take() {
            self.kept_bytes += batch.get_array_memory_size();
            kept.push(batch.clone());
            if self.kept_bytes <= MAX_BYTES_KEPT {
                self.kept = Some(kept);
                return Ok(());
            }
            let mut intake = Intake::new(self.window, self.spec.timezone, self.plan());
            let fits = kept.iter().try_for_each(|batch| intake.take(batch)).is_ok();
            self.intake = fits.then_some(intake);
            return Ok(());
        }
        if let Some(intake) = &self.intake
            && *intake.plan() != self.plan()
        {
            self.intake = None;
        }
        if self
            .intake
            .as_mut()
            .is_some_and(|intake| intake.take(batch).is_err())
        {
            self.intake = None;
        }
        Ok(())
    }

    fn plan(&self) -> Plan {
        let columns = columns(&self.observation, self.hints);
        Plan::new(&columns, self.observation.readings(), self.spec)
    }
}
