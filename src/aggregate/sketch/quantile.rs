//! Which value a share of all values stays below: a DDSketch, off by 1 % of the value at most, told in three digits, which
//! are all that is known.
//!
//! Its bins grow by 101/99 from one to the next, in exact integers instead of logarithms, so that every machine puts
//! a value into the same bin.

use std::sync::LazyLock;

use crate::aggregate::varint::{put, put_signed, take, take_signed};
use crate::decimal::Decimal;

/// Where each bin of magnitudes begins, in a decimal's smallest steps. The first bins hold one step each, so bin 1
/// begins at one step; the last ends beyond every number that is read.
static BINS: LazyLock<Vec<i128>> = LazyLock::new(|| {
    let most = Decimal::ONE.steps() * 1_000_000_000_000_000;
    let mut bins = vec![0i128];
    let mut next = 1i128;
    while next <= most {
        bins.push(next);
        next += (next * 2 / 99).max(1);
    }
    bins.push(next);
    bins
});

/// A sketch of a multiset of numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuantileSketch {
    /// Bin and how many values it holds, ascending; the bins of negative numbers are negative, zero's is 0.
    bins: Vec<(i16, u64)>,
}

impl QuantileSketch {
    /// Takes in a number.
    pub fn insert(&mut self, value: Decimal) {
        self.add(bin_of(value), 1);
    }

    /// Takes in all numbers of another multiset.
    pub fn merge(&mut self, other: &Self) {
        other.bins.iter().for_each(|(bin, count)| self.add(*bin, *count));
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.bins.iter().map(|(_, count)| count).sum()
    }

    /// The number below or at which the share `q` (0 to 1) of all numbers lies, within 1.5 % of it; `None` without
    /// numbers. Of `n` numbers in order it is the one at place `⌊q × (n − 1)⌋`, from 0.
    pub fn quantile(&self, q: Decimal) -> Option<Decimal> {
        let one = Decimal::ONE.steps();
        let share = q.steps().clamp(0, one);
        let mut before = i128::from(self.count().checked_sub(1)?) * share / one;
        for (bin, count) in &self.bins {
            if before < i128::from(*count) {
                return Some(estimate(*bin));
            }
            before -= i128::from(*count);
        }
        None
    }

    /// The bytes it takes in memory.
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>() + size_of::<(i16, u64)>() * self.bins.len()
    }

    fn add(&mut self, bin: i16, count: u64) {
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => self.bins[at].1 = self.bins[at].1.saturating_add(count),
            Err(at) => self.bins.insert(at, (bin, count)),
        }
    }

    /// Appends how many bins there are, then for each the gap to the one before and its count.
    pub(in crate::aggregate) fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.bins.len() as u64);
        let mut before = 0;
        for (bin, count) in &self.bins {
            put_signed(out, i128::from(*bin) - before);
            put(out, *count);
            before = i128::from(*bin);
        }
    }

    pub(in crate::aggregate) fn decode(input: &mut &[u8]) -> Option<Self> {
        let count = usize::try_from(take(input)?)
            .ok()
            .filter(|count| *count <= input.len())?;
        let mut bins: Vec<(i16, u64)> = Vec::with_capacity(count);
        let mut before = 0i128;
        for _ in 0..count {
            let bin = i16::try_from(before.checked_add(take_signed(input)?)?).ok()?;
            let count = take(input)?;
            let ascends = bins.last().is_none_or(|(last, _)| *last < bin);
            if count == 0 || !ascends || usize::from(bin.unsigned_abs()) + 1 >= BINS.len() {
                return None;
            }
            before = i128::from(bin);
            bins.push((bin, count));
        }
        let total = bins
            .iter()
            .try_fold(0u64, |sum, (_, count)| sum.checked_add(*count));
        total.map(|_| Self { bins })
    }
}

fn bin_of(value: Decimal) -> i16 {
    let magnitude = value.abs().steps();
    let bin = BINS.partition_point(|start| *start <= magnitude) - 1;
    let bin = bin.min(BINS.len() - 2) as i16;
    if value.steps() < 0 { -bin } else { bin }
}

/// The number whose greatest relative distance to any in the bin is least, the harmonic mean of the bin's ends, in three
/// digits: those behind are no knowledge of the numbers.
fn estimate(bin: i16) -> Decimal {
    let at = usize::from(bin.unsigned_abs());
    let (start, end) = (BINS[at], BINS[at + 1]);
    // start / (start + end) is 99/200.
    let magnitude = in_three_digits(start + (end - start) * 99 / 200);
    Decimal::from_steps(if bin < 0 { -magnitude } else { magnitude })
}

/// Rounded to three significant digits, half up.
fn in_three_digits(magnitude: i128) -> i128 {
    let mut unit = 1;
    while magnitude / unit >= 1_000 {
        unit *= 10;
    }
    (magnitude + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[i64]) -> QuantileSketch {
        let mut sketch = QuantileSketch::default();
        values.iter().for_each(|value| sketch.insert(number(*value)));
        sketch
    }

    fn number(cents: i64) -> Decimal {
        Decimal::parse(&format!(
            "{}{}.{:02}",
            if cents < 0 { "-" } else { "" },
            cents.abs() / 100,
            cents.abs() % 100
        ))
        .unwrap()
    }

    fn share(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn the_ends_of_what_a_number_may_be_have_bins() {
        assert!(BINS.len() < i16::MAX as usize, "{}", BINS.len());
        let most = Decimal::parse("999999999999999.999999999999").unwrap();
        let least = Decimal::parse("0.000000000001").unwrap();
        let mut sketch = QuantileSketch::default();
        for value in [most, least, Decimal::ZERO, -most] {
            sketch.insert(value);
        }
        assert_eq!(sketch.quantile(share("0.34")), Some(Decimal::ZERO));
        assert_eq!(sketch.quantile(share("0.67")), Some(least));
        assert_eq!(QuantileSketch::default().quantile(share("0.5")), None);
    }

    #[test]
    fn its_bytes_are_the_same_on_every_machine() {
        let mut out = Vec::new();
        of(&[-5, 0, 100, 100, 123_456_789]).encode(&mut out);
        assert_eq!(out, [4, 179, 17, 1, 180, 17, 1, 224, 19, 2, 250, 10, 1]);
    }

    proptest! {
        #[test]
        fn quantiles_are_near_and_have_three_digits(mut values in proptest::collection::vec(-1_000_000i64..100_000_000, 1..200), q in 0u32..=100) {
            let sketch = of(&values);
            values.sort_unstable();
            let exact = number(values[(values.len() - 1) * q as usize / 100]);
            let found = sketch.quantile(share(&format!("{}.{:02}", q / 100, q % 100))).unwrap();
            let error = (found.steps() - exact.steps()).abs();
            prop_assert!(error * 1_000 <= exact.steps().abs() * 15, "{found} for {exact}");
            let digits = found.to_string();
            let digits = digits.trim_start_matches(['-', '0', '.']).replace('.', "");
            prop_assert!(digits.trim_end_matches('0').len() <= 3, "{found}");
        }

        #[test]
        fn merging_is_associative_and_commutative(
            a in proptest::collection::vec(-900i64..90_000, 0..60),
            b in proptest::collection::vec(-900i64..90_000, 0..60),
            c in proptest::collection::vec(-900i64..90_000, 0..60),
        ) {
            let merged = |one: &QuantileSketch, other: &QuantileSketch| {
                let mut sum = one.clone();
                sum.merge(other);
                sum
            };
            let whole = of(&[&a[..], &b[..], &c[..]].concat());
            let (a, b, c) = (of(&a), of(&b), of(&c));
            prop_assert_eq!(merged(&merged(&a, &b), &c), whole.clone());
            prop_assert_eq!(merged(&c, &merged(&b, &a)), whole.clone());
            let mut out = Vec::new();
            whole.encode(&mut out);
            prop_assert_eq!(QuantileSketch::decode(&mut &out[..]), Some(whole));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(sketch) = QuantileSketch::decode(&mut &bytes[..]) {
                let _ = sketch.quantile(Decimal::ONE);
            }
        }
    }
}
