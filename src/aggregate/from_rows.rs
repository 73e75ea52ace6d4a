//! From record batches to a partial.

use std::collections::HashSet;

use arrow_array::RecordBatch;

use super::cells::CellsBuilder;
use super::partial::{Column, Kind, Partial, PartialSpec, Quality};
use crate::event::{ColumnHint, ColumnRole};
use crate::rows::reader::{ColumnReader, Number, Reading, readings};
use crate::rows::roles::{self, ColumnFacts, Decision, may_be_dimension};
use crate::rows::{Evidence, Values, observe};
use crate::window::Window;

/// The largest result, in rows, in which repeated rows are looked for.
const MAX_ROWS_COMPARED: u64 = 100_000;

/// Why a readable result gives no partial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
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
            Self::RowsOutsideWindow { .. } => "rows_outside_window",
        }
    }
}

/// Aggregates a result by date and dimension values.
///
/// Rows outside the window or without a date are left out and counted; when all are, that is an error. Numbers are
/// exact; the partial depends on the set of rows, not on their order.
pub fn aggregate(
    batches: &[RecordBatch],
    window: Window,
    hints: &[ColumnHint],
    spec: &PartialSpec,
) -> Result<Partial, AggregateError> {
    let evidence = observe(batches);
    let columns = columns(batches, evidence, hints);
    let decisions = decide(&columns, spec);
    let plan = Plan::new(&columns, &decisions);
    let evidence: Vec<Evidence> = columns.iter().map(|column| column.evidence.clone()).collect();
    let readings = readings(batches, &evidence, Some(window));
    let mut intake = Intake {
        window,
        spec,
        plan: &plan,
        readings: &readings,
        builder: CellsBuilder::new(plan.dimensions.clone(), plan.measures.clone()),
        quality: Quality::default(),
        repeats_possible: false,
    };
    for batch in batches {
        intake.take(batch);
    }
    let Intake {
        builder,
        mut quality,
        repeats_possible,
        ..
    } = intake;
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
        quality.duplicate_rows = repeated_rows(batches, &readings);
    }
    let kind = match (quality.rows, plan.time) {
        (0, _) => Kind::Empty,
        (_, Some(_)) => Kind::Timed,
        (_, None) => Kind::Untimed,
    };
    let time_column = plan.time.filter(|_| kind == Kind::Timed);
    Ok(Partial {
        kind,
        time_column,
        columns,
        quality,
        cells: builder.finish(),
    })
}

/// The result's columns with their evidence and hints.
fn columns(batches: &[RecordBatch], evidence: Vec<Evidence>, hints: &[ColumnHint]) -> Vec<Column> {
    let Some(batch) = batches.first() else {
        return Vec::new();
    };
    let schema = batch.schema_ref();
    (schema.fields().iter().zip(evidence))
        .map(|(field, evidence)| Column {
            label: field.name().clone(),
            evidence,
            hint: hints.iter().rfind(|hint| hint.name == *field.name()).cloned(),
        })
        .collect()
}

fn decide(columns: &[Column], spec: &PartialSpec) -> Vec<Decision> {
    let facts: Vec<ColumnFacts<'_>> = (columns.iter().enumerate())
        .map(|(position, column)| ColumnFacts {
            label: &column.label,
            position,
            evidence: &column.evidence,
            hint: column.hint.as_ref(),
            declared: spec.declared_role(&column.label),
        })
        .collect();
    roles::decide(&facts)
}

/// What is kept of which column.
struct Plan {
    time: Option<usize>,
    dimensions: Vec<usize>,
    measures: Vec<usize>,
}

impl Plan {
    /// Keeps every column that some view might need as a dimension, and the sums of every numeric one, so that views
    /// can decide roles from all their executions without reading rows again.
    fn new(columns: &[Column], decisions: &[Decision]) -> Self {
        let mut plan = Self {
            time: None,
            dimensions: Vec::new(),
            measures: Vec::new(),
        };
        for (index, (column, decision)) in columns.iter().zip(decisions).enumerate() {
            match decision.role {
                ColumnRole::Time => plan.time = Some(index),
                ColumnRole::Ignore => {}
                ColumnRole::Dimension | ColumnRole::Stage => {
                    plan.dimensions.push(index);
                    if column.evidence.values() == Values::Numbers {
                        plan.measures.push(index);
                    }
                }
                ColumnRole::Measure | ColumnRole::Ratio => {
                    plan.measures.push(index);
                    if may_be_dimension(&column.label, &column.evidence) {
                        plan.dimensions.push(index);
                    }
                }
                ColumnRole::Id => {
                    if may_be_dimension(&column.label, &column.evidence) {
                        plan.dimensions.push(index);
                    }
                }
            }
        }
        plan
    }
}

/// Rows on their way into cells.
struct Intake<'a> {
    window: Window,
    spec: &'a PartialSpec,
    plan: &'a Plan,
    readings: &'a [Reading],
    builder: CellsBuilder,
    quality: Quality,
    /// Whether two rows met in one cell, without which no row can repeat another.
    repeats_possible: bool,
}

impl Intake<'_> {
    fn take(&mut self, batch: &RecordBatch) {
        let reader = |column: usize| ColumnReader::new(batch.column(column), self.readings[column]);
        let time = self.plan.time.map(reader);
        let dimensions: Vec<_> = self.plan.dimensions.iter().copied().map(reader).collect();
        let measures: Vec<_> = self.plan.measures.iter().copied().map(reader).collect();
        self.quality.rows += batch.num_rows() as u64;
        for row in 0..batch.num_rows() {
            let date = match &time {
                None => self.window.end(),
                Some(time) => match time.date(row, self.spec.timezone) {
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
            for (index, measure) in measures.iter().enumerate() {
                self.number(cell, index, measure.number(row));
            }
        }
    }

    fn number(&mut self, cell: usize, index: usize, number: Number) {
        match number {
            Number::Value(value) => self.builder.measure(cell, index, value),
            Number::Rounded(value) => {
                self.quality.values_rounded += 1;
                self.builder.measure(cell, index, value);
            }
            Number::OutOfRange => self.quality.values_out_of_range += 1,
            Number::Null => {}
        }
    }
}

/// How many rows equal an earlier one in every cell.
fn repeated_rows(batches: &[RecordBatch], readings: &[Reading]) -> u64 {
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut repeated = 0;
    for batch in batches {
        let readers: Vec<_> = batch
            .columns()
            .iter()
            .zip(readings)
            .map(|(column, reading)| ColumnReader::new(column, *reading))
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
    }
    repeated
}
