//! Whether a last row that says it is a total is one.

use arrow_array::RecordBatch;

use super::partial::{Column, PartialSpec};
use super::plan::{Plan, decide};
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::reader::{ColumnReader, Number};
use crate::rows::roles::Agg;
use crate::rows::{Batches, FirstRows, RowsError};

/// Whether the row sums up the others beyond doubt: it has no date where they have one, or, without dates, some of its numbers
/// are their sums, and all are wherever numbers add up, but for rounding and for what was counted once.
pub(super) fn is_certain(
    row: &RecordBatch,
    others: &FirstRows<'_, impl Batches + ?Sized>,
    columns: &[Column],
    plan: &Plan,
    spec: &PartialSpec,
) -> Result<bool, RowsError> {
    if others.1 < 2 {
        return Ok(false);
    }
    if let Some(time) = plan.time {
        let time = ColumnReader::of(row, time, plan.readings[time]);
        return Ok(time.date(0, spec.timezone).is_none());
    }
    let decisions = decide(columns, spec);
    let claimed = |index: usize| {
        let decision = &decisions[index];
        let claimed = number(&ColumnReader::of(row, index, plan.readings[index]), 0)?;
        (decision.role == ColumnRole::Measure).then_some((index, claimed, decision.agg == Agg::Sum))
    };
    let claimed: Vec<(usize, Decimal, bool)> = (0..columns.len()).filter_map(claimed).collect();
    let mut parts = vec![Parts::default(); claimed.len()];
    others.each(&mut |batch| {
        for (parts, (index, ..)) in parts.iter_mut().zip(&claimed) {
            let reader = ColumnReader::of(batch, *index, plan.readings[*index]);
            let numbers = (0..batch.num_rows()).filter_map(|row| number(&reader, row));
            numbers.for_each(|number| parts.take(number));
        }
        Ok(())
    })?;
    // Of what is averaged some people sum up, some give the mean, and some nothing.
    let compared = || claimed.iter().zip(&parts);
    let agree = compared().all(|((_, claimed, adds_up), parts)| !adds_up || parts.may_make(*claimed));
    Ok(agree && compared().any(|((_, claimed, _), parts)| *claimed == parts.sum && !parts.sum.is_zero()))
}

/// The numbers that a total would be made of.
#[derive(Debug, Clone)]
pub struct Parts {
    count: u64,
    /// Their sum.
    pub sum: Decimal,
    least: Decimal,
    greatest: Decimal,
    /// One of the last decimal place that any of them has.
    unit: Decimal,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            count: 0,
            sum: Decimal::ZERO,
            least: Decimal::ZERO,
            greatest: Decimal::ZERO,
            unit: Decimal::ONE,
        }
    }
}

impl Parts {
    /// Takes in one of them.
    pub fn take(&mut self, number: Decimal) {
        self.count += 1;
        self.sum += number;
        self.least = self.least.min(number);
        self.greatest = self.greatest.max(number);
        while number.steps() % self.unit.steps() != 0 {
            self.unit = Decimal::from_steps(self.unit.steps() / 10);
        }
    }

    /// Whether that may be their total: their sum, if they were rounded after it was made, or how many they are together
    /// where some were counted in several.
    pub fn may_make(&self, total: Decimal) -> bool {
        let off = (total.steps() - self.sum.steps()).unsigned_abs();
        let is_rounded = 2 * off <= self.unit.steps().unsigned_abs() * u128::from(self.count);
        let counts_once = self.least >= Decimal::ZERO && (self.greatest..=self.sum).contains(&total);
        is_rounded || counts_once
    }
}

fn number(reader: &ColumnReader<'_>, row: usize) -> Option<Decimal> {
    match reader.number(row) {
        Number::Value(value) | Number::Rounded(value) => Some(value),
        Number::Null | Number::OutOfRange => None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::NaiveDate;

    use super::super::{Partial, aggregate};
    use super::*;
    use crate::event::{Compression, ResultFormat};
    use crate::rows::{Limits, read};
    use crate::window::Window;

    fn partial(csv: &str) -> Partial {
        let data = Bytes::from(csv.to_owned());
        let batches = read(ResultFormat::Csv, Compression::None, &data, &Limits::default()).unwrap();
        let date = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let window = Window::new(date(1), date(9)).unwrap();
        aggregate(&batches, window, &[], &PartialSpec::default()).unwrap()
    }

    #[test]
    fn only_a_certain_total_is_left_out() {
        for (csv, rows, totals) in [
            ("day,n\n2026-03-01,5\n2026-03-02,6\nTotal,12\n", 2, 1),
            ("day,n\n2026-03-01,5\n2026-03-02,6\nGrand total:,11\n", 2, 1),
            ("day,region,n\n2026-03-01,a,5\n2026-03-02,b,6\n,Total,11\n", 2, 1),
            ("region,n,x\na,5,1.5\nb,6,2\nGesamt,11,3.5\n", 2, 1),
            ("region,n,x\na,5,1.5\nb,6,2\nGesamt,11,\n", 2, 1),
            ("team,headcount\na,5\nb,6\nTotal,11\n", 2, 1),
            ("team,n,age\na,5,30\nb,6,40\nTotal,11,35\n", 2, 1),
            ("region,n,x\na,5,0.3\nb,6,0.3\nTotal,11,0.7\n", 2, 1),
            ("region,sales,visitors\na,5,30\nb,6,40\nTotal,11,55\n", 2, 1),
            ("region,n,x\na,5,1.5\nb,6,2\nTotal,11,3.5\n,,\n,,\n", 2, 1),
            ("region,n,x\na,5,0.3\nb,6,0.3\nTotal,10,0.7\n", 3, 0),
            ("region,n,x\na,5,0.3\nb,6,0.3\nTotal,11,0.8\n", 3, 0),
            // A region of that name, and numbers that are no sums.
            (
                "day,region,n\n2026-03-01,a,5\n2026-03-02,b,6\n2026-03-02,Total,11\n",
                3,
                0,
            ),
            ("region,n,x\na,5,1.5\nb,6,2\nTotal,11,9\n", 3, 0),
            ("region,n\na,5\nTotal,5\n", 2, 0),
            ("region,n\na,5\nTotal,11\nb,6\n", 3, 0),
        ] {
            let quality = partial(csv).quality;
            assert_eq!((quality.rows, quality.total_rows), (rows, totals), "{csv}");
        }
        let blank = format!("region,n\na,5\nb,6\nTotal,11\n{}", ",\n".repeat(9_000));
        let quality = partial(&blank).quality;
        assert_eq!(
            (quality.rows, quality.total_rows),
            (2, 1),
            "blank rows of two batches"
        );
        let same = "day,n\n2026-03-01,5\n2026-03-02,6\n";
        let mut with_total = partial(&format!("{same}Total,11\n"));
        with_total.quality.total_rows = 0;
        assert_eq!(with_total, partial(same));
    }
}
