//! Which columns ratios are of: what every row shows, else what names tell, unless cells contradict it.

use std::cmp::Reverse;

use super::columns::Column;
use super::identities::{Identity, Rows};
use super::reading::{Reading, Stretch};
use super::value::Value;
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::Values;
use crate::rows::roles::{Agg, Binding, Decision, Shown, bindings, is_amount_of_money};

/// Cells without which nothing is shown.
const FEWEST: usize = 3;
/// About how many cells are looked at, as many of each result.
const MOST: usize = 200;

/// Columns of numbers beyond which no quotients are looked for.
const MOST_COLUMNS: usize = 24;
/// How likely a quotient may be chance: where a name or a percent sign says that there is one, and where nothing does.
const CHANCE_OF_NAMED: f64 = 1e-2;
const CHANCE: f64 = 1e-6;

/// Binds ratios.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    let shown = bind_by_rows(reading, decisions);
    bind_by_names(reading, decisions, &shown);
}

/// Binds the columns that are the quotient of two others in every row, whether or not a name says so, and tells which those
/// are. Names only decide between several pairs that all fit.
fn bind_by_rows(reading: &Reading<'_, '_>, decisions: &mut [Decision]) -> Vec<usize> {
    let is_number = |index: &usize| reading.list[*index].evidence.values() == Values::Numbers;
    let numbers: Vec<usize> = (0..decisions.len())
        .filter(is_number)
        .take(MOST_COLUMNS)
        .collect();
    let labels: Vec<&str> = reading.list.iter().map(|column| column.label).collect();
    let may_be = |index: &usize| {
        let kind = Kind::of(&reading.list[*index], &decisions[*index]);
        kind.filter(|_| !reading.is_told(*index))
            .map(|kind| (*index, kind))
    };
    let candidates: Vec<(usize, Kind)> = numbers.iter().filter_map(may_be).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let rows = Rows::of(reading);
    let found = candidates.iter().filter_map(|(ratio, kind)| {
        let parts = numbers.iter().filter(|part| kind.may_have(&decisions[**part]));
        let parts: Vec<usize> = parts.copied().collect();
        let named = bindings(*ratio, &labels, decisions);
        let rank = |identity: &Identity| {
            let is_it = |named: &Binding| (named.0, named.1) == (identity.over, identity.under);
            let place = named.iter().position(is_it).unwrap_or(named.len());
            let adds_up = |part: usize| decisions[part].agg == Agg::Sum;
            let sums = usize::from(adds_up(identity.over)) + usize::from(adds_up(identity.under));
            (place, Reverse(sums), Reverse(identity.fits), identity.factor)
        };
        let mut identities = rows.quotients(*ratio, &parts, kind.chance());
        identities.sort_by_key(rank);
        (!identities.is_empty()).then_some((*ratio, identities))
    });
    let found: Vec<(usize, Vec<Identity>)> = found.collect();
    // What is itself a quotient is no part. Of two amounts whose product is a third, rows do not tell which one is the quotient.
    let is_found = |column: usize| found.iter().any(|(ratio, _)| *ratio == column);
    let clear = found.iter().filter_map(|(ratio, identities)| {
        let mut identities = identities.iter();
        let own = identities.find(|own| !is_found(own.over) && !is_found(own.under))?;
        Some((*ratio, own))
    });
    let bind = |(ratio, identity): (usize, &Identity)| {
        let is_known = |(over, under, _): Binding| (over, under) == (identity.over, identity.under);
        if !decisions[ratio].binding.is_some_and(is_known) {
            decisions[ratio].bind_as_shown(&labels, shown(reading, ratio, identity));
        }
        ratio
    };
    clear.map(bind).collect()
}

/// What a column that may be a ratio was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A ratio, by its name or its signs of percent.
    Ratio,
    /// Numbers that are averaged.
    Mean,
    /// Numbers with fractions that are added up because nothing says otherwise.
    Amount,
}

impl Kind {
    fn of(column: &Column<'_>, decision: &Decision) -> Option<Self> {
        let Column { label, evidence, .. } = column;
        match (decision.role, decision.agg) {
            (ColumnRole::Ratio, _) => Some(Self::Ratio),
            // Of a number, a part of it and their quotient the one that is no whole number is the quotient.
            (ColumnRole::Measure, _) if evidence.all_integers() => None,
            (ColumnRole::Measure, Agg::Mean) => Some(Self::Mean),
            (ColumnRole::Measure, Agg::Sum) if !is_amount_of_money(label, evidence) => Some(Self::Amount),
            _ => None,
        }
    }

    /// Whether it may be the quotient of such a column. An amount is not the quotient of prices and readings.
    fn may_have(self, part: &Decision) -> bool {
        part.role == ColumnRole::Measure && (part.agg != Agg::Mean || self == Self::Ratio)
    }

    fn chance(self) -> f64 {
        match self {
            Self::Ratio => CHANCE_OF_NAMED,
            Self::Mean | Self::Amount => CHANCE,
        }
    }
}

/// What rows show a ratio to be. A quotient of counts or of amounts of money is one in percent where it is written so, or its
/// counts are parts of each other; of two things, a hundredfold is one of the units (`cents per click`).
fn shown(reading: &Reading<'_, '_>, ratio: usize, identity: &Identity) -> Shown {
    let column = |index: usize| &reading.list[index];
    let is_money = |index: usize| is_amount_of_money(column(index).label, &column(index).evidence);
    let are_counts = [identity.over, identity.under]
        .iter()
        .all(|part| column(*part).evidence.all_integers() && !is_money(*part));
    let is_hundredfold = identity.factor == 100 && is_money(identity.over) == is_money(identity.under);
    let in_percent = is_hundredfold
        || identity.factor == 1 && (column(ratio).evidence.all_percents() || are_counts && identity.is_part);
    let factor = if is_hundredfold { 1 } else { identity.factor };
    Shown {
        binding: (identity.over, identity.under, Decimal::from_count(factor)),
        in_percent,
        fits: identity.fits,
        rows: identity.rows,
    }
}

/// Binds each ratio that rows do not show to the first columns that its name may mean and its cells agree with: a cell's quotient of sums lies
/// between the smallest and the largest of its ratios. Where cells contradict all of them it is bound to none.
fn bind_by_names(reading: &Reading<'_, '_>, decisions: &mut [Decision], shown: &[usize]) {
    let is_contradicted = |ratio: usize, binding: &Binding| {
        let mut seen = Seen::default();
        let share = MOST.div_ceil(reading.stretches.len().max(1));
        for stretch in &reading.stretches {
            seen.look(stretch, share, ratio, binding);
        }
        seen.is_against()
    };
    let labels: Vec<&str> = reading.list.iter().map(|column| column.label).collect();
    for index in 0..decisions.len() {
        let Some(bound) = decisions[index]
            .binding
            .filter(|_| !reading.is_told(index) && !shown.contains(&index))
        else {
            continue;
        };
        if !is_contradicted(index, &bound) {
            continue;
        }
        let others = bindings(index, &labels, decisions).into_iter();
        let other = others
            .filter(|other| *other != bound)
            .find(|other| !is_contradicted(index, other));
        decisions[index].rebind(&labels, other, bound);
    }
}

/// How many cells agree with a quotient, and how many do not.
#[derive(Debug, Default)]
struct Seen {
    agree: usize,
    differ: usize,
}

impl Seen {
    fn look(
        &mut self,
        stretch: &Stretch<'_, '_>,
        share: usize,
        ratio: usize,
        (numerator, denominator, factor): &Binding,
    ) {
        let numbers = |column: usize| stretch.numbers(column);
        let (Some(ratio), Some(over), Some(under)) =
            (numbers(ratio), numbers(*numerator), numbers(*denominator))
        else {
            return;
        };
        let cells = stretch.cells.clone();
        let step = (cells.len() / share).max(1);
        for cell in cells.step_by(step) {
            let rows = stretch.contribution.partial.cells.rows[cell];
            let has_all = [ratio, over, under].iter().all(|kept| kept.count[cell] == rows);
            // A mean of ratios lies between them only where none of its weights is negative.
            if !has_all || under.min[cell] < Decimal::ZERO {
                continue;
            }
            let quotient = over.sum[cell]
                .times(*factor)
                .and_then(|over| Value::quotient(over, under.sum[cell])?.decimal());
            match quotient.map(|quotient| lies_between(quotient, ratio.min[cell], ratio.max[cell])) {
                Some(true) => self.agree += 1,
                Some(false) => self.differ += 1,
                None => {}
            }
        }
    }

    fn is_against(&self) -> bool {
        self.agree + self.differ >= FEWEST && self.differ > self.agree
    }
}

/// Whether a quotient, as it is or in percent, lies between two ratios as they are written: each may be rounded at its last
/// digit, or by a percent.
fn lies_between(quotient: Decimal, least: Decimal, greatest: Decimal) -> bool {
    let slack = |ratio: Decimal| ratio.abs().hundredth().max(ratio.last_digit());
    let is_it =
        |quotient: Decimal| least - slack(least) <= quotient && quotient <= greatest + slack(greatest);
    is_it(quotient) || quotient.times(Decimal::from_count(100)).is_some_and(is_it)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, decided};
    use super::*;

    /// What is decided of the last column over thirty days, in results of ten.
    fn last(header: &str, rows: &dyn Fn(u64) -> String) -> Decision {
        decided(header, 30, 10, rows).pop().unwrap()
    }

    fn bound(decision: &Decision) -> Option<(usize, usize, String)> {
        let (over, under, factor) = decision.binding?;
        Some((over, under, factor.to_string()))
    }

    #[test]
    fn ratios_that_names_do_not_know_are_bound_to_what_every_row_shows() {
        let hotel = |n: u64| {
            let (available, sold) = (120 + n % 3, 60 + n * 7 % 41);
            let cents = sold * (8_000 + n * 331 % 1_700);
            let revpar = cents as f64 / available as f64 / 100.0;
            let money = format!("{}.{:02}", cents / 100, cents % 100);
            format!("{},{available},{sold},{money},{revpar:.2}\n", day(n))
        };
        let decision = last("day,rooms_available,rooms_sold,room_revenue,revpar", &hotel);
        assert_eq!(
            bound(&decision),
            Some((3, 1, "1".to_owned())),
            "{}",
            decision.reason
        );
        assert!(
            !decision.in_percent
                && decision
                    .reason
                    .contains("in all 30 rows looked at it is room_revenue ÷ rooms_available"),
            "{}",
            decision.reason
        );
        let scrap = |n: u64| {
            let line = |line: u64| {
                let (made, scrapped) = (900 + 77 * n % 400 + line, 11 + (n * 13 + line * 5) % 37);
                let rate = 100.0 * scrapped as f64 / made as f64;
                format!("{},line {line},{made},{scrapped},{rate:.1}\n", day(n))
            };
            (1..4).map(line).collect()
        };
        let decision = last("day,line,produced,scrapped,scrap_rate", &scrap);
        assert_eq!(
            bound(&decision),
            Some((3, 2, "1".to_owned())),
            "{}",
            decision.reason
        );
        assert!(decision.in_percent, "written times 100, of two counts");
    }

    #[test]
    fn products_and_numbers_of_their_own_are_not_bound() {
        let goods = |n: u64| {
            let (weight, worth) = (1_000 + n * 377 % 900, 2_000 + n * 91 % 700);
            let (weight, worth) = (weight as f64 / 100.0, worth as f64 / 1_000.0);
            format!("{},{:.4},{weight:.2},{worth:.3}\n", day(n), weight * worth)
        };
        let decision = last("day,foo,bar,baz", &goods);
        assert_eq!(bound(&decision), None, "either may be it: {}", decision.reason);
        let own = |n: u64| {
            let rate = n * 37 % 90;
            format!(
                "{},{},{},0.{rate:02}\n",
                day(n),
                500 + n * 71 % 97,
                700 + n * 29 % 89
            )
        };
        let decision = last("day,errors,requests,late_share", &own);
        assert_eq!(bound(&decision), None, "{}", decision.reason);
    }

    #[test]
    fn ratios_are_compared_as_they_are_written() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let lies = |quotient: &str, least: &str, greatest: &str| {
            lies_between(number(quotient), number(least), number(greatest))
        };
        assert!(lies("0.0213", "0.02", "0.02"), "rounded to two digits");
        assert!(lies("0.0213", "2.13", "2.13"), "in percent");
        assert!(lies("2.349", "2.35", "2.35"));
        assert!(lies("0.03", "0.01", "0.05"), "of several rows");
        assert!(!lies("0.1", "0.02", "0.02"));
        assert!(!lies("0.0815", "0.013", "0.075"));
    }
}
