//! A view's numbers by step of time: what statistics are made from.

use chrono::NaiveDate;

use super::config::{Format, Good};
use super::{Cadence, Compare};
use crate::decimal::Decimal;
use crate::ids::ExecutionId;
use crate::window::Window;

/// A view's numbers, by step of time and by one dimension's values at a time; and over the whole view by two.
#[derive(Debug, Clone)]
pub struct Chronicle {
    /// The length of a step.
    pub cadence: Cadence,
    /// Whether results have dates of their own; else each counts at the end of its window.
    pub is_timed: bool,
    /// Every step from the first to the last one with rows, what is read for the comparison alone included.
    pub steps: Vec<Step>,
    /// The date on which the newest result finished; `None` without results.
    pub newest_finish: Option<NaiveDate>,
    /// The windows that the dashboard compares, where it does.
    pub compare: Option<Compare>,
    /// The measures, in the dashboard's order; one track each wherever tracks are listed.
    pub measures: Vec<Metric>,
    /// Everything, a track a measure.
    pub whole: Vec<Track>,
    /// The dimensions.
    pub dimensions: Vec<Axis>,
    /// Pairs of dimensions with few values.
    pub crosses: Vec<Cross>,
    /// Chains of stages, as positions of measures: each one counts what is left of the one before.
    pub stages: Vec<Vec<usize>>,
    /// What was left out or altered on the way to the numbers.
    pub faults: Faults,
    /// The executions shown, sorted.
    pub executions: Vec<ExecutionId>,
    /// The names of the dashboard's datasets.
    pub datasets: Vec<String>,
}

/// A step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Its dates.
    pub dates: Window,
    /// Whether results cover it and finished after its end.
    pub is_complete: bool,
    /// Whether the view shows it, else it is read for the comparison alone: such steps come first.
    pub in_view: bool,
}

/// A measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// Its unit; empty when it has none.
    pub unit: String,
    /// How it is shown.
    pub format: Format,
    /// Which direction of change is good news.
    pub good: Good,
    /// How its values come about.
    pub kind: MetricKind,
    /// Whether it is a quotient over dates: those of segments are the same dates, so they are no parts of the whole's.
    pub is_level: bool,
    /// What its values are made from, ascending: measures that share one of these are made of each other.
    pub sources: Vec<usize>,
    /// Values that are null, over what the view shows.
    pub nulls: u64,
    /// Values of its column that were too large or no number, each result counted whole: more than are shown, where dates of
    /// several results are the same.
    pub lost: u64,
    /// Why it has no value, where that is so.
    pub reason: Option<String>,
}

/// How the values of a measure come about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetricKind {
    /// They add up.
    Sum,
    /// A quotient of two sums, times the factor; the ids are those of the parts, where it is a declared or found ratio.
    Quotient {
        /// The ids of numerator and denominator.
        parts: Option<(String, String)>,
        /// What the quotient is multiplied by.
        factor: Decimal,
    },
    /// Smallest, largest, or of rows that cannot be put together: no statistics are made from it.
    Other,
}

impl Metric {
    /// What the quotient of its sums is multiplied by; 1 where it is none.
    pub fn factor(&self) -> Decimal {
        match self.kind {
            MetricKind::Quotient { factor, .. } => factor,
            _ => Decimal::ONE,
        }
    }
}

/// One measure's numbers, an entry a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Track {
    /// The sums, of a quotient the numerators; `None` where there are no values. Missing is not zero.
    pub amounts: Vec<Option<Decimal>>,
    /// Of a quotient the denominators; else empty.
    pub bases: Vec<Option<Decimal>>,
}

/// A dimension.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
    /// The values with the largest numbers, in descending order of them.
    pub segments: Vec<Segment>,
    /// How many values there are.
    pub values: usize,
    /// Whether most of its values are named like parts of a calendar: years, months, weekdays, dates.
    pub is_calendar: bool,
    /// Of an experiment's arms the position of the one that the others are held against.
    pub control: Option<usize>,
    /// Whether some results folded values together, so that those listed are lower bounds.
    pub is_lower_bound: bool,
}

/// The numbers of a dimension's value.
#[derive(Debug, Clone)]
pub struct Segment {
    /// The value as it is shown.
    pub name: String,
    /// Whether it stands for rows that have none.
    pub is_blank: bool,
    /// A track a measure.
    pub tracks: Vec<Track>,
}

/// The sums over what a view shows, by the values of two dimensions.
#[derive(Debug, Clone)]
pub struct Cross {
    /// The positions of the dimensions.
    pub axes: (usize, usize),
    /// How many of each dimension's segments are crossed, from the first.
    pub sizes: (usize, usize),
    /// For each measure the sums (numerators, denominators), the second dimension's values running faster.
    pub cells: Vec<Vec<Pair>>,
}

/// A sum, or a quotient's parts.
pub type Pair = (Option<Decimal>, Option<Decimal>);

/// Counts over the results shown, each whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Rows read.
    pub rows: u64,
    /// Rows that the view shows of them, each date by one result.
    pub rows_shown: u64,
    /// Rows dated outside their window.
    pub outside_window: u64,
    /// Rows without a readable date.
    pub without_date: u64,
    /// Numbers beyond the exact range.
    pub out_of_range: u64,
    /// Rows that repeat another one of the same result.
    pub duplicates: u64,
}
