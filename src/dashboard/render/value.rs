//! Values as shown: exact decimals, and quotients and changes to 12 significant digits.

use super::wide::{Signed, Wide};
use crate::decimal::Decimal;

/// Significant digits of a quotient as shown.
const SHOWN_DIGITS: u32 = 12;
/// Significant digits that are computed of a quotient, so that rounding sees what lies behind those shown.
const KEPT_DIGITS: u32 = 24;

/// The value of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A sum, a count or an extreme, exact.
    Exact(Decimal),
    /// A quotient, kept as what it is divided from.
    Quotient {
        /// The numerator.
        numerator: Decimal,
        /// The denominator; never 0.
        denominator: Decimal,
    },
    /// A change in proportion.
    Change(Digits),
}

/// A number as `digits × 10^-scale`, cut off behind its last digit; the last digit is no zero and no five where anything
/// was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    is_negative: bool,
    digits: u128,
    /// Negative where zeros follow the digits.
    scale: i32,
}

impl Value {
    /// `numerator ÷ denominator`; none from 0.
    pub fn quotient(numerator: Decimal, denominator: Decimal) -> Option<Self> {
        (!denominator.is_zero()).then_some(Self::Quotient {
            numerator,
            denominator,
        })
    }

    /// The change from `previous` to this in proportion to the magnitude before: 0.25 is a quarter more. Exact before it
    /// is rounded, however far apart both are; none only from 0, of which nothing is a proportion.
    pub fn change_from(self, previous: Self) -> Option<Self> {
        let ((a, b), (c, d)) = (self.fraction()?, previous.fraction()?);
        if b == d
            && let Some(difference) = a.checked_sub(c)
        {
            let digits = Digits::divide(difference.unsigned_abs(), c.unsigned_abs())?;
            return Some(Self::Change(Digits {
                is_negative: difference < 0 && b > 0 || difference > 0 && b < 0,
                ..digits
            }));
        }
        // a/b - c/d over c/d is (ad - cb) / cb; the sign is that of the difference.
        let difference = Signed::product(&[a, d]).plus(Signed::product(&[c, b]).negated());
        let is_negative = difference.is_negative != ((b < 0) != (d < 0));
        let before = Wide::product(&[c.unsigned_abs(), b.unsigned_abs()]);
        let digits = Digits::divide_wide(difference.magnitude, before)?;
        Some(Self::Change(Digits {
            is_negative,
            ..digits
        }))
    }

    /// `self - other`, half-even to 12 digits behind the point; none beyond 128 bits.
    pub fn minus(self, other: Self) -> Option<Decimal> {
        if let (Self::Exact(a), Self::Exact(b)) = (self, other) {
            return a.steps().checked_sub(b.steps()).map(Decimal::from_steps);
        }
        let ((a, b), (c, d)) = (self.fraction()?, other.fraction()?);
        let difference = Signed::product(&[a, d]).plus(Signed::product(&[c, b]).negated());
        difference
            .steps_over(Signed::product(&[b, d]))
            .map(Decimal::from_steps)
    }

    /// Appends the canonical text.
    pub fn write_to(self, out: &mut String) {
        match self {
            Self::Exact(value) => value.write_to(out),
            Self::Quotient {
                numerator,
                denominator,
            } => match Digits::of(numerator, denominator) {
                Some(digits) => digits.rounded().write_to(out),
                None => out.push_str("null"),
            },
            Self::Change(digits) => digits.rounded().write_to(out),
        }
    }

    /// The value as shown, as far as twelve digits behind the point hold it; none beyond 15 before it.
    pub fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Exact(value) => Some(value),
            Self::Quotient { .. } | Self::Change(_) => {
                let mut text = String::new();
                self.write_to(&mut text);
                Decimal::parse(&text)
            }
        }
    }

    /// Numerator and denominator in steps.
    fn fraction(self) -> Option<(i128, i128)> {
        match self {
            Self::Exact(value) => Some((value.steps(), Decimal::ONE.steps())),
            Self::Quotient {
                numerator,
                denominator,
            } => Some((numerator.steps(), denominator.steps())),
            Self::Change(_) => None,
        }
    }
}

impl Digits {
    fn of(numerator: Decimal, denominator: Decimal) -> Option<Self> {
        let (numerator, denominator) = (numerator.steps(), denominator.steps());
        Some(Self {
            is_negative: (numerator < 0) != (denominator < 0),
            ..Self::divide(numerator.unsigned_abs(), denominator.unsigned_abs())?
        })
    }

    /// The magnitude of a quotient by long division, many digits at a time; none from 0.
    fn divide(numerator: u128, denominator: u128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let mut digits = numerator / denominator;
        let mut rest = numerator % denominator;
        let mut scale = 0;
        while rest != 0 && count(digits) < KEPT_DIGITS {
            // As many digits as fit: 10^step × rest stays below 2^128, as 0.301 digits go into a bit.
            let fitting = rest.leading_zeros() * 301 / 1000;
            let wanted = if digits == 0 {
                18
            } else {
                KEPT_DIGITS - count(digits)
            };
            let step = fitting.min(wanted).min(18);
            if step == 0 {
                // Only sums beyond 10^37 steps come here.
                return Self::divide_wide(Wide::product(&[numerator]), Wide::product(&[denominator]));
            }
            let factor = 10u128.pow(step);
            digits = digits * factor + rest * factor / denominator;
            rest = rest * factor % denominator;
            scale += step as i32;
        }
        Some(Self::cut(digits, scale, rest != 0))
    }

    /// The magnitude of a quotient of any size; none from 0.
    fn divide_wide(numerator: Wide, denominator: Wide) -> Option<Self> {
        if denominator.is_zero() {
            return None;
        }
        // Three tenths of a bit's digits, one more to be sure: at least KEPT_DIGITS come out, and few more.
        let bits = i64::from(numerator.bits()) - i64::from(denominator.bits());
        let scale = u32::try_from(i64::from(KEPT_DIGITS) + 1 - bits * 3 / 10).unwrap_or(0);
        let coarser = u32::try_from(bits * 3 / 10 - i64::from(KEPT_DIGITS)).unwrap_or(0);
        let (digits, rest) = numerator
            .times_ten_to(scale)
            .divided_by(denominator.times_ten_to(coarser));
        Some(Self::cut(digits, scale as i32 - coarser as i32, !rest.is_zero()))
    }

    /// A cut-off rest must not look like an exact half.
    fn cut(digits: u128, scale: i32, has_rest: bool) -> Self {
        Self {
            is_negative: false,
            digits: digits + u128::from(has_rest && digits.is_multiple_of(5)),
            scale,
        }
    }

    /// Half-even to 12 significant digits.
    fn rounded(self) -> Self {
        let excess = count(self.digits).saturating_sub(SHOWN_DIGITS);
        let unit = 10u128.pow(excess);
        let (kept, cut) = (self.digits / unit, self.digits % unit);
        let up = cut * 2 > unit || (cut * 2 == unit && kept % 2 == 1);
        Self {
            digits: kept + u128::from(up && excess > 0),
            scale: self.scale - excess as i32,
            ..self
        }
    }

    /// Appends plain notation without trailing zeros behind the point and without `-0`.
    fn write_to(self, out: &mut String) {
        let (mut digits, mut scale) = (self.digits, self.scale);
        while scale > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            scale -= 1;
        }
        if self.is_negative && digits != 0 {
            out.push('-');
        }
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(digits);
        let zeros = usize::try_from(-scale).unwrap_or(0);
        let scale = usize::try_from(scale).unwrap_or(0);
        if digits == 0 {
            out.push('0');
        } else if scale == 0 {
            out.push_str(text);
            out.extend(std::iter::repeat_n('0', zeros));
        } else if text.len() > scale {
            let (whole, fraction) = text.split_at(text.len() - scale);
            out.extend([whole, ".", fraction]);
        } else {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', scale - text.len()));
            out.push_str(text);
        }
    }
}

/// The number of digits; 0 has none.
fn count(digits: u128) -> u32 {
    digits.checked_ilog10().map_or(0, |power| power + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        match text.split_once('/') {
            None => Value::Exact(Decimal::parse(text).unwrap()),
            Some((a, b)) => Value::quotient(Decimal::parse(a).unwrap(), Decimal::parse(b).unwrap()).unwrap(),
        }
    }

    fn text(value: Value) -> String {
        let mut text = String::new();
        value.write_to(&mut text);
        text
    }

    #[test]
    fn quotients_show_twelve_significant_digits() {
        for (quotient, shown) in [
            ("1/3", "0.333333333333"),
            ("2/3", "0.666666666667"),
            ("-200/3", "-66.6666666667"),
            ("1/300", "0.00333333333333"),
            ("880/34400", "0.0255813953488"),
            ("1/8", "0.125"),
            ("-0/7", "0"),
            ("5/5", "1"),
            ("123456789012345/1", "123456789012000"),
            ("123456789012500/1", "123456789012000"),
            ("123456789013500/1", "123456789014000"),
            ("1/3000000000000", "0.000000000000333333333333"),
            ("0.000000000001/999999999999999", "0.000000000000000000000000001"),
            ("999999999999999/0.000000000001", "1000000000000000000000000000"),
        ] {
            assert_eq!(text(value(quotient)), shown, "{quotient}");
        }
        assert_eq!(Value::quotient(Decimal::ONE, Decimal::ZERO), None);
    }

    #[test]
    fn changes_are_computed_before_rounding() {
        for (now, before, change) in [
            ("448/15680", "350/14700", "0.2"),
            ("3", "2", "0.5"),
            ("1", "-2", "1.5"),
            ("-3", "-2", "-0.5"),
            ("0", "4", "-1"),
            ("1/3", "1/3", "0"),
            ("1/7", "1/3", "-0.571428571429"),
            ("-1/3", "2/3", "-1.5"),
            ("1/3", "-2/3", "1.5"),
            (
                "999999999999999",
                "0.000000000001",
                "1000000000000000000000000000",
            ),
            (
                "999999999999999/0.000000000001",
                "0.000000000001/999999999999999",
                "1000000000000000000000000000000000000000000000000000000",
            ),
            (
                "0.000000000001/999999999999999",
                "999999999999999/0.000000000001",
                "-1",
            ),
            ("100000000000001/3", "100000000000000/3", "0.00000000000001"),
        ] {
            assert_eq!(
                text(value(now).change_from(value(before)).unwrap()),
                change,
                "{now} after {before}"
            );
        }
        assert_eq!(value("1").change_from(value("0")), None);
    }

    #[test]
    fn sums_near_the_limit_divide_too() {
        let huge = Decimal::from_steps(i128::MAX);
        assert_eq!(text(Value::quotient(huge, huge).unwrap()), "1");
        let third = Value::quotient(huge, Decimal::from_steps(i128::MAX / 3)).unwrap();
        assert_eq!(text(third), "3");
    }

    proptest::proptest! {
        #[test]
        fn numbers_and_quotients_are_compared_alike(
            now in -(10i128.pow(27))..10i128.pow(27), before in -(10i128.pow(27))..10i128.pow(27), scale in 1i128..1_000
        ) {
            let exact = |steps| Value::Exact(Decimal::from_steps(steps));
            // The same number as a quotient of another denominator takes the general way.
            let quotient = |steps: i128| {
                Value::quotient(Decimal::from_steps(steps * scale), Decimal::from_steps(Decimal::ONE.steps() * scale)).unwrap()
            };
            let general = (exact(now).minus(quotient(before)), exact(now).change_from(quotient(before)));
            proptest::prop_assert_eq!(exact(now).minus(exact(before)), general.0);
            let change = exact(now).change_from(exact(before));
            proptest::prop_assert_eq!(change.map(text), general.1.map(text));
        }
    }
}
