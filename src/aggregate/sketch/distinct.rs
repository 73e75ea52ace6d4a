//! How many different values there are: HyperLogLog with 4,096 registers, off by 1.6 % in the root mean square.

use crate::aggregate::varint::{put, take, take_byte};
use crate::rows::fixed_hash;

/// Bits of a hash that choose its register.
const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;
/// The largest rank: the hash's other bits are all zero.
const MAX_RANK: usize = 64 - PRECISION as usize + 1;
/// Registers in use up to which they are kept as a list.
const MAX_LISTED: usize = 512;
/// 1 / (2 ln 2), the estimator's constant.
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// A sketch of a set of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinctSketch(Registers);

/// Which of the two it is follows from how many registers are in use, so equal sets have equal forms.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Registers {
    /// Register << 8 | rank, ascending.
    Listed(Vec<u32>),
    /// The rank of each register, 0 where it is not in use.
    All(Box<[u8]>),
}

impl Default for DistinctSketch {
    /// The empty set.
    fn default() -> Self {
        Self(Registers::Listed(Vec::new()))
    }
}

impl DistinctSketch {
    /// Takes in a value.
    pub fn insert(&mut self, value: &str) {
        let hash = fixed_hash(value.as_bytes());
        let register = (hash >> (64 - PRECISION)) as usize;
        let rank = ((hash << PRECISION).leading_zeros() as usize + 1).min(MAX_RANK);
        self.raise(register, rank as u8);
    }

    /// Takes in all values of another set.
    pub fn merge(&mut self, other: &Self) {
        match &other.0 {
            Registers::Listed(entries) => {
                for entry in entries {
                    self.raise((entry >> 8) as usize, *entry as u8);
                }
            }
            Registers::All(ranks) => {
                let in_use = ranks.iter().enumerate().filter(|(_, rank)| **rank > 0);
                in_use.for_each(|(register, rank)| self.raise(register, *rank));
            }
        }
    }

    /// About how many different values there are; 0 exactly for none.
    ///
    /// Ertl's improved estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs
    /// no correction tables; it uses no operation whose result differs between machines.
    pub fn estimate(&self) -> u64 {
        let mut ranks = [0u32; MAX_RANK + 1];
        match &self.0 {
            Registers::Listed(entries) => {
                entries
                    .iter()
                    .for_each(|entry| ranks[(entry & 0xFF) as usize] += 1);
                ranks[0] = (REGISTERS - entries.len()) as u32;
            }
            Registers::All(all) => all.iter().for_each(|rank| ranks[usize::from(*rank)] += 1),
        }
        let registers = REGISTERS as f64;
        let mut sum = registers * tau(1.0 - f64::from(ranks[MAX_RANK]) / registers);
        for rank in ranks[1..MAX_RANK].iter().rev() {
            sum = 0.5 * (sum + f64::from(*rank));
        }
        sum += registers * sigma(f64::from(ranks[0]) / registers);
        (ALPHA * registers * registers / sum).round() as u64
    }

    /// The bytes it takes in memory.
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.0 {
                Registers::Listed(entries) => 4 * entries.len(),
                Registers::All(_) => REGISTERS,
            }
    }

    fn raise(&mut self, register: usize, rank: u8) {
        match &mut self.0 {
            Registers::All(ranks) => ranks[register] = ranks[register].max(rank),
            Registers::Listed(entries) => {
                let entry = (register as u32) << 8;
                let at = entries.partition_point(|known| *known < entry);
                match entries.get_mut(at) {
                    Some(known) if *known >> 8 == register as u32 => {
                        *known = (*known).max(entry | u32::from(rank))
                    }
                    _ => entries.insert(at, entry | u32::from(rank)),
                }
                if entries.len() > MAX_LISTED {
                    let mut ranks = vec![0; REGISTERS].into_boxed_slice();
                    entries
                        .iter()
                        .for_each(|entry| ranks[(entry >> 8) as usize] = *entry as u8);
                    self.0 = Registers::All(ranks);
                }
            }
        }
    }

    /// Appends the registers in use, as a count and then gap and rank each; beyond [`MAX_LISTED`] the rank of each.
    pub(in crate::aggregate) fn encode(&self, out: &mut Vec<u8>) {
        match &self.0 {
            Registers::Listed(entries) => {
                put(out, entries.len() as u64);
                let mut next = 0;
                for entry in entries {
                    put(out, u64::from((entry >> 8) - next));
                    out.push(*entry as u8);
                    next = (entry >> 8) + 1;
                }
            }
            Registers::All(ranks) => {
                put(out, MAX_LISTED as u64 + 1);
                out.extend_from_slice(ranks);
            }
        }
    }

    pub(in crate::aggregate) fn decode(input: &mut &[u8]) -> Option<Self> {
        let valid = |rank: u8| (1..=MAX_RANK).contains(&usize::from(rank));
        let count = usize::try_from(take(input)?).ok()?;
        if count > MAX_LISTED {
            let (ranks, rest) = input.split_at_checked(REGISTERS)?;
            *input = rest;
            let in_use = ranks.iter().filter(|rank| **rank > 0).count();
            let fits = in_use > MAX_LISTED && ranks.iter().all(|rank| *rank == 0 || valid(*rank));
            return (count == MAX_LISTED + 1 && fits).then(|| Self(Registers::All(ranks.into())));
        }
        let mut entries = Vec::with_capacity(count.min(input.len()));
        let mut next = 0u64;
        for _ in 0..count {
            let register = next.checked_add(take(input)?)?;
            let rank = take_byte(input)?;
            if register >= REGISTERS as u64 || !valid(rank) {
                return None;
            }
            entries.push((register as u32) << 8 | u32::from(rank));
            next = register + 1;
        }
        Some(Self(Registers::Listed(entries)))
    }
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> DistinctSketch {
        let mut sketch = DistinctSketch::default();
        values
            .into_iter()
            .for_each(|value| sketch.insert(&format!("user-{value}")));
        sketch
    }

    #[test]
    fn estimates_are_within_five_percent() {
        assert_eq!(of([]).estimate(), 0);
        assert_eq!(of([7, 7, 7]).estimate(), 1);
        for count in [10, 100, 511, 513, 1_000, 4_000, 20_000, 300_000] {
            let estimate = of(0..count).estimate();
            let error = estimate.abs_diff(count) as f64 / count as f64;
            assert!(error < 0.05, "{count}: {estimate}");
        }
    }

    #[test]
    fn its_bytes_are_the_same_on_every_machine() {
        let mut out = Vec::new();
        of(0..3).encode(&mut out);
        assert_eq!(DistinctSketch::decode(&mut &out[..]), Some(of(0..3)));
        assert_eq!(of([1]).estimate(), 1);
        let mut all = Vec::new();
        of(0..5_000).encode(&mut all);
        let sum = all
            .iter()
            .fold(0u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(*byte));
        assert_eq!(
            format!("{out:?} {sum}"),
            "[3, 147, 12, 3, 232, 6, 1, 209, 9, 2] 375663"
        );
    }

    proptest! {
        #[test]
        fn merging_is_associative_commutative_and_idempotent(
            a in proptest::collection::vec(0u64..2_000, 0..900),
            b in proptest::collection::vec(0u64..2_000, 0..900),
            c in proptest::collection::vec(0u64..2_000, 0..900),
        ) {
            let merged = |one: &DistinctSketch, other: &DistinctSketch| {
                let mut sum = one.clone();
                sum.merge(other);
                sum
            };
            let whole = of(a.iter().chain(&b).chain(&c).copied());
            let (a, b, c) = (of(a), of(b), of(c));
            prop_assert_eq!(merged(&merged(&a, &b), &c), whole.clone());
            prop_assert_eq!(merged(&c, &merged(&b, &a)), whole.clone());
            prop_assert_eq!(merged(&whole, &a), whole.clone());
            let mut out = Vec::new();
            whole.encode(&mut out);
            prop_assert_eq!(DistinctSketch::decode(&mut &out[..]), Some(whole));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(sketch) = DistinctSketch::decode(&mut &bytes[..]) {
                let _ = sketch.estimate();
            }
        }
    }
}
