//! Tables with one row a date, whose numbers need no putting together within one.

use super::reading::{Reading, Stretch};
use crate::aggregate::Kind;
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::{Agg, Decision};

/// Dates of one row for each one that may have several, as where a row was delivered twice.
const DATES_TO_ONE_OTHER: usize = 20;

/// Averages over the dates, where each has a single row, ratios whose parts are not there: their values there are exact, and
/// dates count alike.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    let dates: Option<Vec<Dates>> = reading.stretches.iter().map(Dates::of).collect();
    let Some(dates) = dates.map(|dates| dates.into_iter().fold(Dates::default(), Dates::with)) else {
        return;
    };
    if dates.several * DATES_TO_ONE_OTHER > dates.all {
        return;
    }
    for (index, decision) in decisions.iter_mut().enumerate() {
        let evidence = &reading.list[index].evidence;
        let is_plain = evidence.values() == Values::Numbers
            && (evidence.all_percents() || !evidence.some_percents())
            && evidence.currencies().len() <= 1;
        let is_lone = decision.role == ColumnRole::Ratio && decision.binding.is_none();
        if reading.is_told(index) || !is_plain || !is_lone {
            continue;
        }
        decision.role = ColumnRole::Measure;
        decision.agg = Agg::Mean;
        let each = if dates.several == 0 { "each" } else { "nearly each" };
        decision.reason = format!(
            "A ratio, averaged over the dates: there are no columns it is the quotient of, and {each} date has a single row, so that \
             its value there is exact. Dates count alike; where the parts are there, declare it with \"ratio\"."
        );
    }
}

/// How many dates there are, and how many of them have several rows.
#[derive(Debug, Default)]
struct Dates {
    all: usize,
    several: usize,
}

impl Dates {
    /// Those of a result; `None` where its rows have none.
    fn of(stretch: &Stretch<'_, '_>) -> Option<Self> {
        let partial = stretch.contribution.partial;
        let of_date = partial.cells.dates[stretch.cells.clone()].chunk_by(|one, next| one == next);
        let mut rows = partial.cells.rows[stretch.cells.clone()].iter();
        let counts: Vec<u64> = of_date.map(|date| rows.by_ref().take(date.len()).sum()).collect();
        (partial.kind != Kind::Untimed).then(|| Self {
            all: counts.len(),
            several: counts.iter().filter(|rows| **rows > 1).count(),
        })
    }

    fn with(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            several: self.several + other.several,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, decided};
    use super::*;

    /// What is decided of the last column over ten days, in results of two.
    fn last(header: &str, rows: &dyn Fn(u64) -> String) -> Decision {
        decided(header, 10, 2, rows).pop().unwrap()
    }

    #[test]
    fn ratios_of_one_row_a_date_are_averaged_over_dates() {
        let row = |n: u64| format!("{},3.{n}\n", day(n));
        let decision = last("day,interest_rate", &row);
        assert_eq!(
            (decision.role, decision.agg),
            (ColumnRole::Measure, Agg::Mean),
            "{}",
            decision.reason
        );
        let once_twice = |n: u64| format!("{},3.{n}\n", day(n)).repeat(1 + usize::from(n == 7));
        let decision = decided("day,interest_rate", 30, 2, &once_twice).pop().unwrap();
        assert_eq!(decision.agg, Agg::Mean, "a row that was delivered twice");
        let percent = |n: u64| format!("{},{n},4{n}%\n", day(n));
        assert_eq!(last("day,visits,engaged", &percent).agg, Agg::Mean);
    }

    #[test]
    fn ratios_of_several_rows_a_date_or_with_parts_are_not() {
        let shops = |n: u64| format!("{0},a,3.{n}\n{0},b,4.{n}\n", day(n));
        assert_eq!(last("day,shop,return_rate", &shops).role, ColumnRole::Ratio);
        let often_twice = |n: u64| format!("{},3.{n}\n", day(n)).repeat(1 + usize::from(n.is_multiple_of(5)));
        assert_eq!(last("day,return_rate", &often_twice).role, ColumnRole::Ratio);
        let parts = |n: u64| format!("{},{n},10{n},0.0{n}\n", day(n));
        let decision = last("day,clicks,impressions,ctr", &parts);
        assert!(decision.binding.is_some(), "{}", decision.reason);
        let mixed = |n: u64| format!("{},{}{n}.5\n", day(n), if n < 5 { "$" } else { "€" });
        assert_eq!(last("day,fee", &mixed).role, ColumnRole::Ratio);
    }
}
