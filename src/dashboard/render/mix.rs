//! Why a quotient changed: the rates inside its segments against the mix of the segments.
//!
//! With a segment's weight w (its share of the denominator) and rate r (its own quotient), the whole is Σwr, and its
//! change is Σ(w̄Δr + r̄Δw) exactly, w̄ and r̄ being the means of before and after. Each effect is computed as an exact
//! fraction and rounded once, half-even, to 12 digits behind the point; what the roundings add up to is stated, so that
//! the parts and the remainder close on the change of the whole to the last digit.

use super::wide::Signed;
use crate::decimal::Decimal;

/// Numerator and denominator of a segment, or of the whole, before and after.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pair {
    /// Before: numerator, denominator.
    pub before: (Decimal, Decimal),
    /// After: numerator, denominator.
    pub after: (Decimal, Decimal),
}

/// A segment's share of the change of a quotient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Its share of the denominator before and after.
    pub weight: (Decimal, Decimal),
    /// Its own quotient before and after; none where its denominator is 0.
    pub rate: (Option<Decimal>, Option<Decimal>),
    /// w̄Δr: what its own quotient's change does.
    pub rate_effect: Decimal,
    /// r̄Δw: what the change of its weight does. Of a segment that is there on one side only it is everything.
    pub mix_effect: Decimal,
}

/// The change of a quotient in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixRate {
    /// The quotient before.
    pub from: Decimal,
    /// The quotient after.
    pub to: Decimal,
    /// One effect a segment.
    pub effects: Vec<Effect>,
    /// What the roundings leave: `to - from` less all effects.
    pub remainder: Decimal,
}

impl MixRate {
    /// The parts of the change; none where the whole has no quotient on both sides, or one too large for a decimal.
    pub fn of(segments: &[Pair]) -> Option<Self> {
        let sum = |part: fn(&Pair) -> Decimal| -> Decimal { segments.iter().map(part).sum() };
        let whole = Pair {
            before: (sum(|pair| pair.before.0), sum(|pair| pair.before.1)),
            after: (sum(|pair| pair.after.0), sum(|pair| pair.after.1)),
        };
        let (from, to) = (ratio(whole.before)?, ratio(whole.after)?);
        let effects = segments
            .iter()
            .map(|segment| Effect::of(segment, &whole))
            .collect::<Option<Vec<_>>>()?;
        let explained: Decimal = effects
            .iter()
            .map(|effect| effect.rate_effect + effect.mix_effect)
            .sum();
        Some(Self {
            from,
            to,
            remainder: to - from - explained,
            effects,
        })
    }

    /// The sum of the segments' rate effects.
    pub fn rate(&self) -> Decimal {
        self.effects.iter().map(|effect| effect.rate_effect).sum()
    }

    /// The sum of the segments' mix effects.
    pub fn mix(&self) -> Decimal {
        self.effects.iter().map(|effect| effect.mix_effect).sum()
    }
}

impl Effect {
    fn of(segment: &Pair, whole: &Pair) -> Option<Self> {
        let ((n0, d0), (n1, d1)) = (steps(segment.before), steps(segment.after));
        let (_, whole0) = steps(whole.before);
        let (_, whole1) = steps(whole.after);
        let sum = |terms: [[i128; 4]; 4], signs: [bool; 4]| {
            let term = |(factors, negative): (&[i128; 4], &bool)| {
                let product = Signed::product(factors);
                if *negative { product.negated() } else { product }
            };
            terms.iter().zip(&signs).map(term).reduce(Signed::plus)
        };
        let (rate_effect, mix_effect) = if d0 != 0 && d1 != 0 {
            let denominator = Signed::product(&[2, d0, d1, whole0, whole1]);
            // (d0 D1 + d1 D0)(n1 d0 - n0 d1) over 2 d0 d1 D0 D1
            let rate = sum(
                [
                    [d0, whole1, n1, d0],
                    [d0, whole1, n0, d1],
                    [d1, whole0, n1, d0],
                    [d1, whole0, n0, d1],
                ],
                [false, true, false, true],
            )?;
            // (n0 d1 + n1 d0)(d1 D0 - d0 D1) over 2 d0 d1 D0 D1
            let mix = sum(
                [
                    [n0, d1, d1, whole0],
                    [n0, d1, d0, whole1],
                    [n1, d0, d1, whole0],
                    [n1, d0, d0, whole1],
                ],
                [false, true, false, true],
            )?;
            (rate.steps_over(denominator)?, mix.steps_over(denominator)?)
        } else {
            // n1/D1 - n0/D0
            let change = Signed::product(&[n1, whole0]).plus(Signed::product(&[n0, whole1]).negated());
            let change = change.steps_over(Signed::product(&[whole0, whole1]))?;
            if d0 == 0 && d1 == 0 {
                (change, 0)
            } else {
                (0, change)
            }
        };
        Some(Self {
            weight: (
                ratio((segment.before.1, whole.before.1))?,
                ratio((segment.after.1, whole.after.1))?,
            ),
            rate: (ratio(segment.before), ratio(segment.after)),
            rate_effect: Decimal::from_steps(rate_effect),
            mix_effect: Decimal::from_steps(mix_effect),
        })
    }
}

fn steps((numerator, denominator): (Decimal, Decimal)) -> (i128, i128) {
    (numerator.steps(), denominator.steps())
}

/// The quotient to 12 digits behind the point, half-even.
fn ratio((numerator, denominator): (Decimal, Decimal)) -> Option<Decimal> {
    Signed::product(&[numerator.steps()])
        .steps_over(Signed::product(&[denominator.steps()]))
        .map(Decimal::from_steps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pair(n0: i128, d0: i128, n1: i128, d1: i128) -> Pair {
        let decimal = |value| Decimal::from_integer(value).unwrap();
        Pair {
            before: (decimal(n0), decimal(d0)),
            after: (decimal(n1), decimal(d1)),
        }
    }

    #[test]
    fn a_shift_between_unequal_segments_is_mix_and_nothing_else() {
        let parts = MixRate::of(&[pair(10, 100, 30, 300), pair(90, 300, 30, 100)]).unwrap();
        assert_eq!(
            (parts.from.to_string(), parts.to.to_string()),
            ("0.25".into(), "0.15".into())
        );
        assert_eq!(
            (parts.rate(), parts.mix().to_string()),
            (Decimal::ZERO, "-0.1".into())
        );
        assert_eq!(parts.remainder, Decimal::ZERO);
    }

    #[test]
    fn a_segment_of_one_side_is_all_mix() {
        let parts = MixRate::of(&[pair(1, 2, 1, 2), pair(0, 0, 3, 2)]).unwrap();
        assert_eq!(parts.effects[1].rate, (None, Decimal::from_scaled(15, 1)));
        assert_eq!(parts.effects[1].rate_effect, Decimal::ZERO);
        assert_eq!(parts.mix().to_string(), "0.5");
    }

    proptest! {
        #[test]
        fn parts_and_remainder_close_on_the_change(
            segments in prop::collection::vec((-1_000_000i128..1_000_000, 0i128..1_000_000, -1_000_000i128..1_000_000, 1i128..1_000_000), 1..12)
        ) {
            let pairs: Vec<Pair> = segments.iter().map(|(a, b, c, d)| pair(*a, *b, *c, *d)).collect();
            prop_assume!(segments.iter().any(|(_, d0, ..)| *d0 > 0));
            let parts = MixRate::of(&pairs).unwrap();
            prop_assert_eq!(parts.from + parts.rate() + parts.mix() + parts.remainder, parts.to);
            // Each effect is off by half a step at most, and so are both ends.
            let most = segments.len() as i128 + 2;
            prop_assert!(parts.remainder.steps().abs() <= most, "{:?}", parts.remainder);
        }
    }
}
