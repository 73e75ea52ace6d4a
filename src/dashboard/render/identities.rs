//! Columns that are the quotient of two others in every row, whatever they are called.

use std::collections::BTreeSet;

use super::reading::Reading;
use crate::decimal::Decimal;

/// About how many rows are looked at, as many of each result.
const MOST_ROWS: usize = 400;
/// Rows that a pair of columns is tried on before all are.
const PROBES: usize = 6;
/// Of so many rows one may contradict.
const ROWS_A_MISS: usize = 50;
/// Different values without which rows must not contradict at all, and without which nothing is found.
const MANY_VALUES: usize = 8;
const FEWEST_VALUES: usize = 3;
/// What a quotient may be multiplied by.
const FACTORS: [u64; 3] = [1, 100, 1_000];
/// Parts of a number within which it is as exact as floats of single precision are.
const PRECISION: i128 = 1_000_000;

/// A quotient that a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The column of the numerator.
    pub over: usize,
    /// The column of the denominator.
    pub under: usize,
    /// What the quotient is multiplied by: 1, 100 or 1,000.
    pub factor: u64,
    /// The rows in which it is that.
    pub fits: usize,
    /// The rows that were looked at.
    pub rows: usize,
    /// Whether the numerator lies between 0 and the denominator in all of them.
    pub is_part: bool,
}

/// Single rows of a view's results. Cells that several rows fell into do not tell of one.
#[derive(Debug)]
pub struct Rows {
    /// By column of the view the numbers of the rows.
    numbers: Vec<Vec<Option<Decimal>>>,
}

impl Rows {
    /// The rows of all results, about as many of each.
    pub fn of(reading: &Reading<'_, '_>) -> Self {
        let share = MOST_ROWS.div_ceil(reading.stretches.len().max(1));
        let mut numbers = vec![Vec::new(); reading.list.len()];
        for stretch in &reading.stretches {
            let rows = &stretch.contribution.partial.cells.rows;
            let single: Vec<usize> = stretch.cells.clone().filter(|cell| rows[*cell] == 1).collect();
            let step = single.len().div_ceil(share).max(1);
            for (column, numbers) in numbers.iter_mut().enumerate() {
                let kept = stretch.numbers(column);
                let number =
                    |cell: &usize| kept.and_then(|kept| (kept.count[*cell] == 1).then(|| kept.sum[*cell]));
                numbers.extend(single.iter().step_by(step).map(number));
            }
        }
        Self { numbers }
    }

    /// The quotients of two of `parts` that a column is, by their order. `chance` is how likely one of them may be so by
    /// chance at most.
    pub fn quotients(&self, column: usize, parts: &[usize], chance: f64) -> Vec<Identity> {
        let ratios = &self.numbers[column];
        let known: Vec<usize> = (0..ratios.len()).filter(|row| ratios[*row].is_some()).collect();
        let values: BTreeSet<Decimal> = ratios.iter().copied().flatten().collect();
        if values.len() < FEWEST_VALUES {
            return Vec::new();
        }
        let probes: Vec<usize> = known
            .iter()
            .copied()
            .step_by(known.len().div_ceil(PROBES))
            .collect();
        let tests = parts.len() * parts.len().saturating_sub(1) * FACTORS.len();
        let luck = chance / tests.max(1) as f64;
        let pairs = parts
            .iter()
            .flat_map(|over| parts.iter().map(move |under| (*over, *under)));
        let pairs = pairs.filter(|(over, under)| over != under && *over != column && *under != column);
        let known = &known;
        let probes = &probes;
        let found = pairs.flat_map(|pair| {
            let most = known.len() / ROWS_A_MISS;
            let first = self.compare(column, pair, probes, 1);
            let may_be = FACTORS
                .iter()
                .enumerate()
                .filter(move |(at, _)| first.misses[*at] <= 1);
            may_be.filter_map(move |(at, factor)| {
                let all = self.compare(column, pair, known, most);
                self.judge(column, pair, (at, *factor), &all, luck)
            })
        });
        found.collect()
    }

    /// What rows say of a quotient, up to where more than `most` contradict whatever it is multiplied by.
    fn compare(&self, column: usize, (over, under): (usize, usize), rows: &[usize], most: usize) -> Compared {
        let mut compared = Compared::default();
        for row in rows {
            if compared.misses.iter().all(|misses| *misses > most) {
                break;
            }
            let Some(ratio) = self.numbers[column][*row] else {
                continue;
            };
            let parts = self.numbers[over][*row].zip(self.numbers[under][*row]);
            let quotient = parts.and_then(|(over, under)| Some((over, under, over.ratio(under)?)));
            let Some((over, under, quotient)) = quotient else {
                // Where there is nothing to divide, people write nothing or 0.
                if !ratio.is_zero() {
                    compared.without += 1;
                    compared.misses.iter_mut().for_each(|misses| *misses += 1);
                }
                continue;
            };
            for (misses, factor) in compared.misses.iter_mut().zip(FACTORS) {
                let product = quotient.times(Decimal::from_count(factor));
                *misses += usize::from(!product.is_some_and(|product| is_written(product, ratio)));
            }
            compared.rows.push((ratio, over, under));
        }
        compared
    }

    /// The identity, unless too many rows contradict or chance may have made it.
    fn judge(
        &self,
        column: usize,
        (over, under): (usize, usize),
        (at, factor): (usize, u64),
        all: &Compared,
        luck: f64,
    ) -> Option<Identity> {
        let (rows, misses) = (all.rows.len() + all.without, all.misses[at]);
        let values = |value: fn(&(Decimal, Decimal, Decimal)) -> Decimal| -> BTreeSet<Decimal> {
            all.rows.iter().map(value).collect()
        };
        let (ratios, unders) = (values(|row| row.0), values(|row| row.2));
        let may_miss = match ratios.len() >= MANY_VALUES {
            true => rows / ROWS_A_MISS,
            false => 0,
        };
        // What is divided by 1 or 100 is the same number once more.
        let is_scaled = unders.len() == 1 && unders.first().is_some_and(|under| is_power_of_ten(*under));
        if misses > may_miss || ratios.len() < FEWEST_VALUES || is_scaled {
            return None;
        }
        let is_part =
            |(_, over, under): &(Decimal, Decimal, Decimal)| Decimal::ZERO <= *over && over <= under;
        (self.luck(column, all, misses) <= luck).then(|| Identity {
            over,
            under,
            factor,
            fits: rows - misses,
            rows,
            is_part: all.rows.iter().all(is_part),
        })
    }

    /// How likely as many rows would fit if each had the number of any other: the product over rows that differ of the share
    /// of numbers that would fit there as well, times the ways to choose those that do not fit.
    fn luck(&self, column: usize, all: &Compared, misses: usize) -> f64 {
        let different: BTreeSet<&(Decimal, Decimal, Decimal)> = all.rows.iter().collect();
        let mut ratios: Vec<Decimal> = self.numbers[column].iter().copied().flatten().collect();
        ratios.sort_unstable();
        let range = (ratios[ratios.len() - 1] - ratios[0]).steps();
        let mut shares: Vec<f64> = different
            .iter()
            .map(|(ratio, ..)| {
                let slack = Decimal::from_steps(slack(*ratio));
                let first = ratios.partition_point(|other| *other < *ratio - slack);
                let after = ratios.partition_point(|other| *other <= *ratio + slack);
                let others = (after - first - 1) as f64 / (ratios.len() - 1) as f64;
                others
                    .max(2.0 * slack.to_f64() / Decimal::from_steps(range).to_f64())
                    .min(1.0)
            })
            .collect();
        // The rows that do not fit may have been any of them: those that say most are left out.
        shares.sort_unstable_by(f64::total_cmp);
        let ways = (all.rows.len() as f64).powi(misses as i32);
        shares
            .iter()
            .skip(misses)
            .fold(ways, |product, share| product * share)
    }
}

/// Rows that have a ratio and both parts, and how many rows contradict by factor.
#[derive(Debug, Default)]
struct Compared {
    rows: Vec<(Decimal, Decimal, Decimal)>,
    /// Rows that have a ratio and nothing to divide.
    without: usize,
    misses: [usize; FACTORS.len()],
}

/// Whether a number is written so: rounded at its last digit.
fn is_written(number: Decimal, written: Decimal) -> bool {
    (number - written).abs().steps() <= slack(written)
}

/// Half of the last digit of a number, or as near as floats of single precision come, in steps.
fn slack(written: Decimal) -> i128 {
    (written.last_digit().steps() / 2).max(written.abs().steps() / PRECISION)
}

fn is_power_of_ten(number: Decimal) -> bool {
    let mut steps = number.abs().steps();
    while steps > 1 && steps % 10 == 0 {
        steps /= 10;
    }
    steps == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of columns from a formula; the ratio is the first, its digits as many as given.
    fn rows(count: u64, digits: usize, columns: &dyn Fn(u64) -> Vec<f64>) -> Rows {
        let mut numbers = Vec::new();
        for row in 0..count {
            for (column, number) in columns(row).into_iter().enumerate() {
                numbers.resize(numbers.len().max(column + 1), Vec::new());
                let digits = if column == 0 { digits } else { 0 };
                numbers[column].push(Decimal::parse(&format!("{number:.digits$}")));
            }
        }
        Rows { numbers }
    }

    /// A number that follows from its place and seems random.
    fn random(n: u64, salt: u64) -> f64 {
        (((n * 31 + salt * 17 + 7) * 2_654_435_761) % 1_000_003 % 900 + 100) as f64
    }

    fn found(rows: &Rows) -> Vec<(usize, usize, u64)> {
        let parts: Vec<usize> = (1..rows.numbers.len()).collect();
        let found = rows.quotients(0, &parts, 1e-6).into_iter();
        found
            .map(|found| (found.over, found.under, found.factor))
            .collect()
    }

    #[test]
    fn quotients_are_found_as_they_are_written() {
        for (factor, digits) in [(1.0, 3), (100.0, 1), (100.0, 2), (1_000.0, 0), (1.0, 9)] {
            let table = rows(40, digits, &|n| {
                let (over, under, other) = (random(n, 1), 50.0 * random(n, 2), random(n, 3));
                vec![factor * over / under, other, over, under]
            });
            assert_eq!(found(&table), [(2, 3, factor as u64)], "{factor} {digits}");
        }
    }

    #[test]
    fn a_row_in_fifty_may_be_wrong() {
        let with = |wrong: u64| {
            rows(100, 3, &|n| {
                let (over, under) = (random(n, 1), random(n, 2));
                vec![if n % 37 < wrong { 9.0 } else { over / under }, over, under]
            })
        };
        assert_eq!(found(&with(0)), [(1, 2, 1)]);
        assert!(found(&with(2)).is_empty(), "six of a hundred");
    }

    #[test]
    fn numbers_that_have_nothing_to_do_with_each_other_are_no_quotients() {
        for digits in 0..4 {
            for count in [3, 8, 60] {
                let table = rows(count, digits, &|n| {
                    let parts = (1..12).map(|salt| random(n, salt));
                    std::iter::once(random(n, 40) / 900.0).chain(parts).collect()
                });
                assert!(found(&table).is_empty(), "{count} rows of {digits} digits");
            }
        }
    }

    #[test]
    fn constants_and_copies_are_no_quotients() {
        let constant = rows(40, 3, &|n| vec![0.25, random(n, 1), 4.0 * random(n, 1)]);
        assert!(found(&constant).is_empty());
        let copy = rows(40, 3, &|n| vec![random(n, 1) / 100.0, random(n, 1), 100.0]);
        assert!(found(&copy).is_empty());
        let of_capacity = rows(40, 3, &|n| vec![random(n, 1) / 124.0, random(n, 1), 124.0]);
        assert_eq!(found(&of_capacity), [(1, 2, 1)], "of what there always is");
    }
}
