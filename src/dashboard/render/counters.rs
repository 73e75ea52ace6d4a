//! Counters and meters: numbers that never fall, which only tell by how much they rose.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::reading::Reading;
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::roles::{Agg, Decision, is_added_up, is_amount_of_money};

/// Steps from one time to the next without which a rise may be chance.
const FEWEST_STEPS: u64 = 30;
/// Dates with steps without which many things may have risen together by chance, as shops do before a feast.
const FEWEST_DATES: u64 = 20;
/// Combinations of dimension values beyond which a column is no set of meters.
const MOST_METERS: usize = 10_000;
/// Times that it is set back from which on it has to be seldom so far: what counts few things a day leaves early.
const FEW_RESTARTS: u64 = 8;
/// Steps for each at which a counter may have been set back.
const STEPS_A_RESTART: u64 = 20;
/// Steps for each at which it rises by less than before, and for each at which it rises by more.
const STEPS_A_TURN: u64 = 5;
/// How much smaller than before a counter is that was set back.
const SET_BACK: i128 = 10;

/// What is said of a counter's insights.
const NOTHING_TOLD: &str = " Insights tell nothing of it: what happened is the difference of two readings.";

/// Averages what is found to be a counter instead of adding it up, and has insights tell nothing of what its name says was added up.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    for (index, decision) in decisions.iter_mut().enumerate() {
        let is_level = decision.role == ColumnRole::Measure && decision.agg != Agg::Sum;
        if is_level && is_added_up(reading.list[index].label) && !reading.is_told(index) {
            decision.is_counter = true;
            decision.reason.push_str(NOTHING_TOLD);
        }
    }
    // What is measured may be kept as a dimension as well, as counts of nothing but 0 and 1 are.
    let measured: Vec<usize> = (0..decisions.len())
        .filter(|index| decisions[*index].role == ColumnRole::Measure)
        .collect();
    for (index, decision) in decisions.iter_mut().enumerate() {
        let is_sum = decision.role == ColumnRole::Measure && decision.agg == Agg::Sum;
        let column = &reading.list[index];
        // Money that grows is what people hope for.
        if !is_sum || reading.is_told(index) || is_amount_of_money(column.label, &column.evidence) {
            continue;
        }
        let Some(course) = Course::over(reading, index, &measured).filter(Course::is_a_counter) else {
            continue;
        };
        decision.agg = Agg::Mean;
        decision.is_counter = true;
        decision.reason = format!(
            "A measure, averaged: it rises or stays in {} of {} steps from one time to the next, as counters and meters do, whose \
             readings do not add up.{NOTHING_TOLD}",
            course.steps - course.restarts,
            course.steps
        );
    }
}

/// How numbers go on from one time to the next, of each combination of dimension values by itself.
#[derive(Debug, Default)]
struct Course {
    steps: u64,
    /// The dates that have a step, and the newest of them.
    dates: u64,
    newest: Option<NaiveDate>,
    rises: u64,
    restarts: u64,
    /// Steps that rise by less than the one before, and by more.
    slower: u64,
    faster: u64,
}

/// Where one combination stands: the greatest so far, and how much it rose last.
type Stand = (Decimal, Option<Decimal>);

impl Course {
    /// That of a column, one of those `measured`; `None` once it falls as no counter does.
    fn over(reading: &Reading<'_, '_>, column: usize, measured: &[usize]) -> Option<Self> {
        let mut course = Self::default();
        let mut stands: HashMap<Vec<Option<&str>>, Stand> = HashMap::new();
        for stretch in &reading.stretches {
            let Some(numbers) = stretch.numbers(column) else {
                continue;
            };
            for cell in stretch.cells.clone().filter(|cell| numbers.count[*cell] > 0) {
                let (least, greatest) = (numbers.min[cell], numbers.max[cell]);
                let key = stretch.values_beside(cell, measured);
                let stand = match stands.get(&key) {
                    Some(stand) => {
                        let date = stretch.contribution.partial.cells.dates[cell];
                        course.dates += u64::from(course.newest.replace(date) != Some(date));
                        course.take(*stand, least, greatest)?
                    }
                    None if stands.len() == MOST_METERS => return None,
                    None => (greatest, None),
                };
                stands.insert(key, stand);
            }
        }
        Some(course)
    }

    /// Takes a step to the least and the greatest of the next time; `None` where it falls without being set back.
    fn take(&mut self, (before, last_rise): Stand, least: Decimal, greatest: Decimal) -> Option<Stand> {
        self.steps += 1;
        if least < before {
            let is_set_back = least >= Decimal::ZERO && least.steps() <= before.steps() / SET_BACK;
            self.restarts += 1;
            let is_often = self.restarts > FEW_RESTARTS && !self.is_seldom_set_back();
            return (is_set_back && !is_often).then_some((greatest, None));
        }
        let rise = greatest - before;
        self.rises += u64::from(rise > Decimal::ZERO);
        self.slower += u64::from(last_rise.is_some_and(|last| rise < last));
        self.faster += u64::from(last_rise.is_some_and(|last| rise > last));
        Some((greatest, Some(rise)))
    }

    fn is_seldom_set_back(&self) -> bool {
        self.restarts * STEPS_A_RESTART <= self.steps
    }

    /// Whether it goes on as counters do: now faster and now slower, as amounts that grow evenly do not, and hardly ever set
    /// back.
    fn is_a_counter(&self) -> bool {
        self.steps >= FEWEST_STEPS
            && self.dates >= FEWEST_DATES
            && 2 * self.rises >= self.steps
            && self.is_seldom_set_back()
            && self.slower.min(self.faster) * STEPS_A_TURN >= self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, decided};
    use super::*;

    /// What is decided of the last column.
    fn last(header: &str, days: u64, days_a_result: u64, rows: &dyn Fn(u64) -> String) -> Decision {
        decided(header, days, days_a_result, rows).pop().unwrap()
    }

    /// A number of 0 to 12 that follows from its place.
    fn jitter(n: u64) -> u64 {
        n * 7 % 13
    }

    #[test]
    fn readings_that_never_fall_are_averaged() {
        let meters = |n: u64| {
            let reading = |meter: u64| 10_000 * meter + 50 * n + jitter(n + meter);
            (1..4)
                .map(|meter| format!("{},m{meter},{}.5\n", day(n), reading(meter)))
                .collect()
        };
        let with_errors = |n: u64| format!("{},{}.5,{}\n", day(n), 50 * n + jitter(n), u64::from(n % 9 == 4));
        let decision = decided("day,packets,errors", 40, 7, &with_errors).remove(1);
        assert_eq!(decision.agg, Agg::Mean, "{}", decision.reason);
        for days_a_result in [1, 7, 40] {
            let decision = last("day,meter,kwh", 40, days_a_result, &meters);
            assert_eq!(decision.agg, Agg::Mean, "{}", decision.reason);
            assert!(
                decision.reason.contains("117 of 117 steps"),
                "{}",
                decision.reason
            );
        }
        let requests = |n: u64| {
            let hour = |hour: u64| 1_000 * (n % 25) + 40 * hour + jitter(hour + n);
            (0..24)
                .map(|h| format!("{}T{h:02}:00:00Z,{}\n", day(n), hour(h)))
                .collect()
        };
        let decision = last("ts,total_requests", 50, 50, &requests);
        assert_eq!(decision.agg, Agg::Mean, "set back once: {}", decision.reason);
    }

    #[test]
    fn what_is_called_added_up_is_a_counter_however_long_it_is() {
        let so_far = |label: &str| {
            let row = |n: u64| format!("{},a,{}\n", day(n), 100 * n + jitter(n));
            last(&format!("day,country,{label}"), 5, 5, &row)
        };
        for label in [
            "cumulative_cases",
            "revenue_ytd",
            "Running total",
            "Umsatz kumuliert",
        ] {
            let decision = so_far(label);
            assert!(
                decision.is_counter && decision.agg != Agg::Sum,
                "{label}: {decision:?}"
            );
            assert!(decision.reason.ends_with(NOTHING_TOLD), "{}", decision.reason);
        }
        for label in ["cases", "headcount", "balance"] {
            assert!(!so_far(label).is_counter, "{label}");
        }
    }

    #[test]
    fn what_grows_and_falls_or_grows_evenly_still_adds_up() {
        let row = |number: &dyn Fn(u64) -> u64, n: u64| format!("{},a,{}\n", day(n), number(n));
        let of = |label: &str, days: u64, number: &dyn Fn(u64) -> u64| {
            last(&format!("day,shop,{label}"), days, 7, &|n| row(number, n)).agg
        };
        assert_eq!(
            of("visits", 60, &|n| 100 + 5 * n + 3 * jitter(n)),
            Agg::Sum,
            "noise"
        );
        assert_eq!(of("visits", 60, &|n| 100 + 5 * n), Agg::Sum, "an even slope");
        assert_eq!(
            of("visits", 60, &|n| 100 * (n + 1) * (n + 1)),
            Agg::Sum,
            "faster and faster"
        );
        assert_eq!(of("visits", 60, &|_| 100), Agg::Sum, "always the same");
        assert_eq!(
            of("visits", 20, &|n| 100 * n + 9 * jitter(n)),
            Agg::Sum,
            "few steps"
        );
        let season = |n: u64| {
            let shop = |shop: u64| 100 * n + 9 * jitter(n + shop) + shop;
            let shops = (0..18).filter(|_| n.is_multiple_of(31));
            shops.map(|s| format!("{},s{s},{}\n", day(n), shop(s))).collect()
        };
        let decision = last("month,shop,units", 63, 63, &season);
        assert_eq!(decision.agg, Agg::Sum, "shops before a feast");
        assert_eq!(of("revenue", 60, &|n| 100 * n + 9 * jitter(n)), Agg::Sum, "money");
        assert_eq!(
            of("visits", 60, &|n| 100 * (n % 5) + 9 * jitter(n)),
            Agg::Sum,
            "by weekday"
        );
    }
}
