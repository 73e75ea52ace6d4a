//! Tables with one row a date, whose numbers need no putting together within one.

use super::reading::{Reading, Stretch};
use crate::aggregate::Kind;
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::{Agg, Decision};

const RATIO: &str = "A ratio, averaged over the dates: there are no columns it is the quotient of, and each date has a single row, so that \
                     its value there is exact. Dates count alike; where the parts are there, declare it with \"ratio\".";

/// Averages over the dates, where each has a single row, ratios whose parts are not there: their values there are exact, and
/// dates count alike.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    if !reading.stretches.iter().all(has_one_row_a_date) {
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
        decision.reason = RATIO.to_owned();
    }
}

fn has_one_row_a_date(stretch: &Stretch<'_, '_>) -> bool {
    let (partial, places) = (stretch.contribution.partial, &stretch.cells);
    let (rows, dates) = (&partial.cells.rows, &partial.cells.dates);
    let is_alone =
        |place: usize| rows[place] == 1 && (place + 1 == places.end || dates[place] != dates[place + 1]);
    partial.kind != Kind::Untimed && places.clone().all(is_alone)
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
        let percent = |n: u64| format!("{},{n},4{n}%\n", day(n));
        assert_eq!(last("day,visits,engaged", &percent).agg, Agg::Mean);
    }

    #[test]
    fn ratios_of_several_rows_a_date_or_with_parts_are_not() {
        let shops = |n: u64| format!("{0},a,3.{n}\n{0},b,4.{n}\n", day(n));
        assert_eq!(last("day,shop,return_rate", &shops).role, ColumnRole::Ratio);
        let parts = |n: u64| format!("{},{n},10{n},0.0{n}\n", day(n));
        let decision = last("day,clicks,impressions,ctr", &parts);
        assert!(decision.binding.is_some(), "{}", decision.reason);
        let mixed = |n: u64| format!("{},{}{n}.5\n", day(n), if n < 5 { "$" } else { "€" });
        assert_eq!(last("day,fee", &mixed).role, ColumnRole::Ratio);
    }
}
