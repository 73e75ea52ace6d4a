//! Whole numbers of 768 bits: room for the products of four sums and twelve digits behind them.

use std::cmp::Ordering;

/// Words of 64 bits.
const WORDS: usize = 12;

/// An unsigned whole number of 768 bits. Products of at most five 127-bit numbers and 10^30 fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wide([u64; WORDS]);

impl Wide {
    /// Zero.
    pub const ZERO: Self = Self([0; WORDS]);

    /// The product of all factors.
    pub fn product(factors: &[u128]) -> Self {
        let mut product = Self::ZERO;
        product.0[0] = 1;
        factors
            .iter()
            .fold(product, |product, factor| product.times(*factor))
    }

    /// `self × factor`.
    pub fn times(self, factor: u128) -> Self {
        let low = self.times_word(factor as u64);
        let high = self.times_word((factor >> 64) as u64);
        let mut shifted = Self::ZERO;
        shifted.0[1..].copy_from_slice(&high.0[..WORDS - 1]);
        low.plus(shifted)
    }

    /// `self × 10^power`.
    pub fn times_ten_to(mut self, mut power: u32) -> Self {
        while power > 0 {
            let step = power.min(19);
            self = self.times_word(10u64.pow(step));
            power -= step;
        }
        self
    }

    fn times_word(self, factor: u64) -> Self {
        let mut product = Self::ZERO;
        let mut carry = 0u128;
        for (word, place) in self.0.iter().zip(&mut product.0) {
            let sum = u128::from(*word) * u128::from(factor) + carry;
            *place = sum as u64;
            carry = sum >> 64;
        }
        product
    }

    /// `self + other`.
    pub fn plus(mut self, other: Self) -> Self {
        let mut carry = false;
        for (word, more) in self.0.iter_mut().zip(other.0) {
            let (sum, over) = word.overflowing_add(more);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, over || again);
        }
        self
    }

    /// `self - other`, which must not be larger.
    pub fn minus(mut self, other: Self) -> Self {
        let mut borrow = false;
        for (word, less) in self.0.iter_mut().zip(other.0) {
            let (rest, under) = word.overflowing_sub(less);
            let (rest, again) = rest.overflowing_sub(u64::from(borrow));
            (*word, borrow) = (rest, under || again);
        }
        self
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self.0 == [0; WORDS]
    }

    /// The number of bits without leading zeros.
    pub fn bits(self) -> u32 {
        self.0
            .iter()
            .rposition(|word| *word != 0)
            .map_or(0, |top| 64 * (top as u32 + 1) - self.0[top].leading_zeros())
    }

    /// Quotient and rest, bit by bit; the quotient must fit 128 bits and the denominator must not be zero.
    pub fn divided_by(self, denominator: Self) -> (u128, Self) {
        // What has fewer bits than the denominator is rest.
        let later = (self.bits() + 1).saturating_sub(denominator.bits());
        let (mut quotient, mut rest) = (0u128, self.without_lowest(later));
        for bit in (0..later).rev() {
            rest = rest.doubled(self.0[bit as usize / 64] >> (bit % 64) & 1);
            quotient <<= 1;
            if rest >= denominator {
                rest = rest.minus(denominator);
                quotient |= 1;
            }
        }
        (quotient, rest)
    }

    /// `self ÷ denominator`, half-even; the quotient must fit 128 bits and the denominator must not be zero.
    pub fn divided_half_even(self, denominator: Self) -> u128 {
        let (quotient, rest) = self.divided_by(denominator);
        let up = match rest.doubled(0).cmp(&denominator) {
            Ordering::Greater => true,
            Ordering::Equal => quotient % 2 == 1,
            Ordering::Less => false,
        };
        quotient + u128::from(up)
    }

    /// `self ÷ 2^bits`, cut off.
    fn without_lowest(self, bits: u32) -> Self {
        let (words, bits) = ((bits / 64) as usize, bits % 64);
        let mut cut = Self::ZERO;
        for (place, word) in cut.0.iter_mut().enumerate() {
            let at = |index: usize| self.0.get(index).copied().unwrap_or_default();
            // In two steps, as no word can be shifted by all of its bits.
            let above = at(place + words + 1) << 1 << (63 - bits);
            *word = at(place + words) >> bits | above;
        }
        cut
    }

    fn doubled(mut self, lowest: u64) -> Self {
        let mut carry = lowest;
        for word in &mut self.0 {
            let next = *word >> 63;
            *word = *word << 1 | carry;
            carry = next;
        }
        self
    }
}

impl PartialOrd for Wide {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wide {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}

/// A number of 767 bits and its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// Whether it is below zero; never of zero in what is written.
    pub is_negative: bool,
    /// Its magnitude.
    pub magnitude: Wide,
}

impl Signed {
    /// The product of all factors.
    pub fn product(factors: &[i128]) -> Self {
        let magnitudes: Vec<u128> = factors.iter().map(|factor| factor.unsigned_abs()).collect();
        Self {
            is_negative: factors.iter().filter(|factor| **factor < 0).count() % 2 == 1,
            magnitude: Wide::product(&magnitudes),
        }
    }

    /// `self + other`.
    pub fn plus(self, other: Self) -> Self {
        if self.is_negative == other.is_negative {
            return Self {
                magnitude: self.magnitude.plus(other.magnitude),
                ..self
            };
        }
        match self.magnitude >= other.magnitude {
            true => Self {
                magnitude: self.magnitude.minus(other.magnitude),
                ..self
            },
            false => Self {
                magnitude: other.magnitude.minus(self.magnitude),
                ..other
            },
        }
    }

    /// The opposite.
    pub fn negated(self) -> Self {
        Self {
            is_negative: !self.is_negative,
            ..self
        }
    }

    /// `self ÷ denominator` in steps of 10^-12, half-even; none from 0 and beyond 128 bits.
    pub fn steps_over(self, denominator: Self) -> Option<i128> {
        if denominator.magnitude.is_zero() {
            return None;
        }
        let scaled = self.magnitude.times_ten_to(crate::decimal::FRACTION_DIGITS);
        if scaled.bits() > denominator.magnitude.bits() + 126 {
            return None;
        }
        let steps = i128::try_from(scaled.divided_half_even(denominator.magnitude)).ok()?;
        Some(if self.is_negative != denominator.is_negative {
            -steps
        } else {
            steps
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quotient_times_denominator_plus_rest_is_the_numerator(
            a in any::<u128>(), b in any::<u128>(), c in 1..u128::MAX
        ) {
            let numerator = Wide::product(&[a, b]);
            let denominator = Wide::product(&[c, b.max(1)]);
            let (quotient, rest) = numerator.divided_by(denominator);
            prop_assert!(rest < denominator);
            prop_assert_eq!(denominator.times(quotient).plus(rest), numerator);
        }

        #[test]
        fn signed_sums_agree_with_small_ones(a in -1_000_000i128..1_000_000, b in -1_000_000i128..1_000_000, c in 1i128..1_000) {
            let sum = Signed::product(&[a]).plus(Signed::product(&[b]));
            let expected = (a + b) * 1_000_000_000_000 / c;
            let found = sum.steps_over(Signed::product(&[c])).unwrap();
            prop_assert!((found - expected).abs() <= 1);
        }
    }
}
