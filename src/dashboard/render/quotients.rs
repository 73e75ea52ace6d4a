//! Whether ratios are of the columns that their names tell: what cells show decides between several, and against all of them.

use super::reading::{Reading, Stretch};
use super::value::Value;
use crate::decimal::Decimal;
use crate::rows::roles::{Binding, Decision, bindings};

/// Cells without which nothing is shown.
const FEWEST: usize = 3;
/// About how many cells are looked at, as many of each result.
const MOST: usize = 200;

/// Binds each ratio to the first columns that its name may mean and its cells agree with: a cell's quotient of sums lies
/// between the smallest and the largest of its ratios. Where cells contradict all of them it is bound to none.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
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
        let Some(bound) = decisions[index].binding.filter(|_| !reading.is_told(index)) else {
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
    use super::*;

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
