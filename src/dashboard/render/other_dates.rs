//! Dates beside the time: which of them are categories, and which only days of something else.

use std::collections::BTreeSet;

use super::reading::Reading;
use crate::rows::are_steps;
use crate::rows::roles::Decision;

/// Dates so few that they are categories, whatever the rows.
const FEW: usize = 7;
/// Dates beyond which nobody compares them.
const MANY: usize = 60;
/// Rows a date from which on it is a category.
const ROWS_A_DATE: u64 = 5;

/// Keeps those dates off the dimensions that are many beside the rows and no steps, as cohorts are, and says how to show them.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    for (index, decision) in decisions.iter_mut().enumerate() {
        if !decision.is_other_date {
            continue;
        }
        let kept = reading
            .stretches
            .iter()
            .filter_map(|stretch| stretch.values(index));
        let values = kept.flat_map(|kept| kept.values.iter().flatten());
        let dates: BTreeSet<&str> = values.map(String::as_str).collect();
        let rows = reading.list[index].evidence.cells();
        let are_many = dates.len() > MANY || (dates.len() > FEW && dates.len() as u64 > rows / ROWS_A_DATE);
        decision.is_other_date = are_many && !are_steps(dates.iter().copied());
        if decision.is_other_date {
            decision.reason.push_str(
                " It is not shown, as days are no categories: name it under \"dimensions\" to show it, or give it the role \
                 \"time\" to place rows by it.",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use uuid::Uuid;

    use super::*;
    use crate::aggregate::{self, Cells, DimensionCells, Kind, Lost, Partial, Quality};
    use crate::dashboard::render::columns::Columns;
    use crate::dashboard::{Contribution, VisualizationConfig};
    use crate::event::{Compression, ResultFormat};
    use crate::ids::ExecutionId;
    use crate::rows::{Limits, observe, read};

    #[test]
    fn cohorts_are_shown_and_days_of_something_else_are_not() {
        let day = |n: u32| {
            NaiveDate::from_ymd_opt(2026, n / 28 % 12 + 1, n % 28 + 1)
                .unwrap()
                .to_string()
        };
        let month = |n: u32| {
            NaiveDate::from_ymd_opt(2025 - n as i32 / 12, n % 12 + 1, 1)
                .unwrap()
                .to_string()
        };
        let is_hidden = |rows: u32, other: &dyn Fn(u32) -> String| {
            let mut csv = "day,cohort,users\n".to_owned();
            (0..rows).for_each(|n| csv.push_str(&format!("{},{},{n}\n", day(n), other(n))));
            let csv = bytes::Bytes::from(csv);
            let batches = read(ResultFormat::Csv, Compression::None, &csv, &Limits::default()).unwrap();
            let evidence = observe(&batches);
            let labels = ["day", "cohort", "users"];
            let columns = labels
                .iter()
                .zip(evidence)
                .map(|(label, evidence)| aggregate::Column {
                    label: (*label).to_owned(),
                    evidence,
                    hint: None,
                    lost: Lost::default(),
                });
            let values: BTreeSet<String> = (0..rows).map(other).collect();
            let partial = Partial {
                kind: Kind::Timed,
                time_column: Some(0),
                columns: columns.collect(),
                quality: Quality::default(),
                cells: Cells {
                    dimensions: vec![DimensionCells {
                        column: 1,
                        values: values.into_iter().map(Some).collect(),
                        codes: Vec::new(),
                    }],
                    ..Cells::default()
                },
            };
            let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
            let contribution = Contribution {
                execution_id: ExecutionId(Uuid::from_u128(1)),
                finished_at_ns: 0,
                from: day,
                to: day,
                in_view: true,
                partial: &partial,
            };
            let columns = Columns::of(&[contribution], &VisualizationConfig::default());
            columns.decisions[1].is_other_date
        };
        assert!(is_hidden(12, &|n| day(n + 3)), "another day in each row");
        assert!(is_hidden(330, &|n| day(n % 70 + 3)), "seventy days");
        assert!(!is_hidden(12, &|n| day(n % 3 * 4)), "three snapshots");
        assert!(!is_hidden(12, &|n| month(n)), "a month in each row");
        assert!(!is_hidden(300, &|n| day(n % 20 + 3)), "many rows a day");
    }
}
