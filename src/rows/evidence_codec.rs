//! The compact bytes of evidence, kept in every partial.
//!
//! A length, then a bit mask of the counts that are not zero, those counts, the flags and what they announce, all as
//! LEB128 varints. The length lets a reader skip fields appended later; fields that are not there are zero.

use super::evidence::{COUNTS, Evidence};
use super::strays::KEPT;

const HAS_INTEGERS: u64 = 1;
const REPEATS: u64 = 2;
const SCATTERED: u64 = 4;

impl Evidence {
    /// Appends the compact encoding.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(32);
        let mask = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        write(&mut body, mask.fold(0, |mask, (index, _)| mask | 1 << index));
        for count in self.counts.iter().filter(|count| **count > 0) {
            write(&mut body, *count);
        }
        let flag = |set: bool, bit: u64| if set { bit } else { 0 };
        write(
            &mut body,
            flag(self.integers.is_some(), HAS_INTEGERS)
                | flag(self.repeats, REPEATS)
                | flag(self.scattered, SCATTERED),
        );
        write(&mut body, self.distinct);
        write(&mut body, self.currencies);
        if let Some((least, most)) = self.integers {
            write(&mut body, zigzag(least));
            write(&mut body, zigzag(most));
        }
        let has_strays = !self.strays.0.is_empty();
        if self.months > 0 || self.levels > 0 || has_strays {
            write(&mut body, self.months);
        }
        if self.levels > 0 || has_strays {
            write(&mut body, self.levels);
        }
        for stray in &self.strays.0 {
            write(&mut body, stray.len() as u64);
            body.extend_from_slice(stray.as_bytes());
        }
        write(out, body.len() as u64);
        out.extend_from_slice(&body);
    }

    /// Reads one encoding from the front of `bytes` and moves past it; `None` when it is not one.
    pub fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let mut rest = *bytes;
        let length = usize::try_from(read(&mut rest)?).ok()?;
        let (mut body, after) = rest.split_at_checked(length)?;
        let mut evidence = Self::default();
        let mask = read(&mut body)?;
        if mask >> COUNTS != 0 {
            return None;
        }
        for (index, count) in evidence.counts.iter_mut().enumerate() {
            if mask >> index & 1 == 1 {
                *count = read(&mut body)?;
            }
        }
        let flags = read(&mut body)?;
        evidence.repeats = flags & REPEATS != 0;
        evidence.scattered = flags & SCATTERED != 0;
        evidence.distinct = read(&mut body)?;
        evidence.currencies = read(&mut body)?;
        if flags & HAS_INTEGERS != 0 {
            evidence.integers = Some((unzigzag(read(&mut body)?), unzigzag(read(&mut body)?)));
        }
        if !body.is_empty() {
            evidence.months = read(&mut body)?;
        }
        if !body.is_empty() {
            evidence.levels = read(&mut body)?;
        }
        while !body.is_empty() && evidence.strays.0.len() < KEPT {
            let length = usize::try_from(read(&mut body)?).ok()?;
            let (stray, after) = body.split_at_checked(length)?;
            evidence.strays.0.insert(String::from_utf8(stray.to_vec()).ok()?);
            body = after;
        }
        *bytes = after;
        evidence.consistent().then_some(evidence)
    }

    /// Whether the counts can be those of any column, so that nothing computed from them can underflow.
    fn consistent(&self) -> bool {
        let [cells, others @ ..] = &self.counts;
        let missing = others[..3]
            .iter()
            .try_fold(0u64, |sum, count| sum.checked_add(*count));
        missing.is_some_and(|missing| missing <= *cells) && others.iter().all(|count| count <= cells)
    }
}

fn write(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::strays::Strays;
    use super::*;

    prop_compose! {
        fn evidence()(
            counts in proptest::collection::vec(0u64..1000, COUNTS - 1),
            integers in proptest::option::of((any::<i64>(), any::<i64>())),
            currencies in 0u64..1 << 46,
            repeats: bool,
            scattered: bool,
            distinct in 0u64..1 << 40,
            months in 0u64..1 << 12,
            levels: u64,
            strays in proptest::collection::btree_set("[a-zé<]{1,9}", 0..=KEPT),
        ) -> Evidence {
            let mut all = [0; COUNTS];
            all[0] = 3000 + counts[0];
            all[1..].copy_from_slice(&counts);
            Evidence { counts: all, integers, currencies, repeats, scattered, distinct, months, levels, strays: Strays(strays) }
        }
    }

    fn merged(one: &Evidence, other: &Evidence) -> Evidence {
        let mut sum = one.clone();
        sum.merge(other);
        sum
    }

    proptest! {
        #[test]
        fn evidence_survives_a_round_trip(one in evidence(), other in evidence()) {
            let mut bytes = Vec::new();
            one.encode(&mut bytes);
            other.encode(&mut bytes);
            let mut rest = &bytes[..];
            prop_assert_eq!(Evidence::decode(&mut rest), Some(one));
            prop_assert_eq!(Evidence::decode(&mut rest), Some(other));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn merging_is_associative_and_commutative(a in evidence(), b in evidence(), c in evidence()) {
            prop_assert_eq!(merged(&a, &b), merged(&b, &a));
            prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
            prop_assert_eq!(merged(&a, &Evidence::default()), a);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(evidence) = Evidence::decode(&mut &bytes[..]) {
                let _ = (evidence.values(), evidence.integer_times(), evidence.currencies());
            }
        }
    }

    #[test]
    fn an_ordinary_column_takes_few_bytes() {
        let mut evidence = Evidence {
            integers: Some((0, 40_000)),
            repeats: true,
            ..Evidence::default()
        };
        evidence.counts[..6].copy_from_slice(&[100, 0, 0, 0, 100, 100]);
        let mut bytes = Vec::new();
        evidence.encode(&mut bytes);
        assert!(bytes.len() <= 14, "{} bytes", bytes.len());
    }
}
