//! The mergeable aggregate of one execution's result.

use chrono::NaiveDate;

use crate::decimal::Decimal;
use crate::event::{ColumnHint, ColumnRole};
use crate::rows::Evidence;

use super::sketch::{DistinctSketch, QuantileSketch};

/// How an execution's rows are placed in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A time column gives each row its date.
    Timed,
    /// No column is a time: the whole window is one bucket.
    Untimed,
    /// There are no rows: the window is stated to be empty.
    Empty,
}

impl Kind {
    /// The number it is stored as.
    pub fn code(self) -> u8 {
        match self {
            Self::Timed => 0,
            Self::Untimed => 1,
            Self::Empty => 2,
        }
    }

    /// The kind that is stored as a number; `None` where none is.
    pub fn of_code(code: u8) -> Option<Self> {
        [Self::Timed, Self::Untimed, Self::Empty]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// The aggregate of one execution's result by bucket and dimension values: everything a view needs, without the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Partial {
    /// How rows are placed in time.
    pub kind: Kind,
    /// The time column as an index into `columns`; set exactly when `kind` is [`Kind::Timed`].
    pub time_column: Option<usize>,
    /// Every column of the result, in its order.
    pub columns: Vec<Column>,
    /// What was left out or altered while reading.
    pub quality: Quality,
    /// The numbers.
    pub cells: Cells,
}

/// One column of the result as this execution saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The label as delivered (duplicates already told apart).
    pub label: String,
    /// What its values looked like; merges over executions.
    pub evidence: Evidence,
    /// The engine's hint for it, if any.
    pub hint: Option<ColumnHint>,
    /// What could not be kept of its numbers.
    pub lost: Lost,
}

/// What could not be kept of a column's numbers, in cells. Whether that is a matter of quality is for the view to say: it is
/// none where numbers only identify something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// Numbers beyond the exact range, taken as null.
    pub out_of_range: u64,
    /// Numbers rounded half-even to 12 fraction digits.
    pub rounded: u64,
}

/// Counts of what was left out while reading, all in rows of this result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// Rows read.
    pub rows: u64,
    /// Rows dated outside the window, left out of every number.
    pub rows_outside_window: u64,
    /// Rows without a readable date, left out of every number.
    pub rows_without_date: u64,
    /// Duplicate rows (counted, not dropped).
    pub duplicate_rows: u64,
    /// Rows of totals below all others, left out of every number and not among the rows read.
    pub total_rows: u64,
    /// Whether its text was no UTF-8 and was read as Windows-1252.
    pub is_windows_1252: bool,
    /// Lines of titles above its header, which were left out.
    pub title_lines: u64,
}

/// Columnar cells in canonical order: ascending by date, then by the dimensions' codes. All vectors have one entry a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cells {
    /// The cell's bucket: its date; for an untimed result the window's last date.
    pub dates: Vec<NaiveDate>,
    /// Rows that fell into the cell.
    pub rows: Vec<u64>,
    /// One entry for each column kept as a dimension, in column order.
    pub dimensions: Vec<DimensionCells>,
    /// One entry for each numeric column, in column order (a column may be both).
    pub measures: Vec<MeasureCells>,
    /// One entry for each sketch that the configuration declares and whose column is there, in the columns' order.
    pub sketches: Vec<SketchCells>,
    /// Whether values of a dimension (ids aside) had to be folded into "other" to stay within the caps.
    pub summarised: bool,
}

/// A dimension's values over the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct DimensionCells {
    /// Index into [`Partial::columns`].
    pub column: usize,
    /// Distinct values, ascending bytewise, null last.
    pub values: Vec<Option<String>>,
    /// For each cell the index of its value.
    pub codes: Vec<u32>,
}

impl DimensionCells {
    /// The value of a cell.
    pub fn value(&self, cell: usize) -> Option<&str> {
        self.values[self.codes[cell] as usize].as_deref()
    }
}

/// A numeric column's aggregates over the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureCells {
    /// Index into [`Partial::columns`].
    pub column: usize,
    /// Non-null values in the cell; where 0 the other three are zero and mean nothing.
    pub count: Vec<u64>,
    /// Their exact sum.
    pub sum: Vec<Decimal>,
    /// The smallest.
    pub min: Vec<Decimal>,
    /// The largest.
    pub max: Vec<Decimal>,
}

/// A column's sketches over the cells.
#[derive(Debug, Clone, PartialEq)]
pub struct SketchCells {
    /// Index into [`Partial::columns`].
    pub column: usize,
    /// One sketch a cell.
    pub values: SketchValues,
}

/// Sketches of one kind, one a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum SketchValues {
    /// Of the column's different texts; null and blank are none.
    Distinct(Vec<DistinctSketch>),
    /// Of the column's numbers.
    Quantile(Vec<QuantileSketch>),
}

/// What a sketch is to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sketch {
    /// How many different values there are.
    Distinct,
    /// Which value a share of all numbers stays below.
    Quantile,
}

/// What the configuration asks of a partial: part of its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialSpec {
    /// The time zone in which timestamps with an offset become dates.
    pub timezone: chrono_tz::Tz,
    /// Columns whose role the configuration declares, by label.
    pub declared: Vec<(String, ColumnRole)>,
    /// Columns of which sketches are kept, by label.
    pub sketches: Vec<(String, Sketch)>,
}

impl Default for PartialSpec {
    /// What `{}` asks.
    fn default() -> Self {
        Self {
            timezone: chrono_tz::UTC,
            declared: Vec::new(),
            sketches: Vec::new(),
        }
    }
}

impl PartialSpec {
    /// The role declared for a column, by its label.
    pub fn declared_role(&self, label: &str) -> Option<ColumnRole> {
        self.declared
            .iter()
            .find(|(declared, _)| declared == label)
            .map(|(_, role)| *role)
    }
}
