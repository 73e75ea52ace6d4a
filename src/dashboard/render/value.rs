//! Values as shown: exact decimals, and quotients to 12 significant digits.

use crate::decimal::Decimal;

/// Significant digits of a quotient as shown.
const SHOWN_DIGITS: u32 = 12;
/// Significant digits that are computed of a quotient, so that a change between two quotients is right in all it shows.
const KEPT_DIGITS: u32 = 24;

/// The value of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A sum, a count or an extreme, exact.
    Exact(Decimal),
    /// A quotient.
    Quotient(Quotient),
}

/// A quotient: `digits × 10^-scale`, cut off behind its last digit; the last digit is no zero where anything was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotient {
    is_negative: bool,
    digits: u128,
    scale: u32,
}

impl Value {
    /// `numerator ÷ denominator`; none from 0.
    pub fn quotient(numerator: Decimal, denominator: Decimal) -> Option<Self> {
        let quotient = Quotient {
            is_negative: (numerator.steps() < 0) != (denominator.steps() < 0),
            ..Quotient::divide(
                numerator.steps().unsigned_abs(),
                denominator.steps().unsigned_abs(),
            )?
        };
        Some(Self::Quotient(quotient))
    }

    /// The change from `previous` to this in proportion to the magnitude before: 0.25 is a quarter more. None from 0.
    pub fn change_from(self, previous: Self) -> Option<Self> {
        let (now, before) = (self.quotient_form(), previous.quotient_form());
        let scale = now.scale.max(before.scale);
        let (now, before) = (now.at_scale(scale)?, before.at_scale(scale)?);
        let change = now.checked_sub(before)?;
        let quotient = Quotient {
            is_negative: change < 0,
            ..Quotient::divide(change.unsigned_abs(), before.unsigned_abs())?
        };
        Some(Self::Quotient(quotient))
    }

    /// Appends the canonical text.
    pub fn write_to(self, out: &mut String) {
        match self {
            Self::Exact(value) => value.write_to(out),
            Self::Quotient(quotient) => quotient.rounded().write_to(out),
        }
    }

    /// The value as shown, as far as twelve digits behind the point hold it; none beyond 15 before it.
    pub fn decimal(self) -> Option<Decimal> {
        match self {
            Self::Exact(value) => Some(value),
            Self::Quotient(quotient) => {
                let mut text = String::new();
                quotient.rounded().write_to(&mut text);
                Decimal::parse(&text)
            }
        }
    }

    fn quotient_form(self) -> Quotient {
        match self {
            Self::Quotient(quotient) => quotient,
            Self::Exact(value) => {
                let digits = value.steps().unsigned_abs();
                Quotient {
                    is_negative: value.steps() < 0,
                    digits,
                    scale: crate::decimal::FRACTION_DIGITS,
                }
            }
        }
    }
}

impl Quotient {
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
                // Only sums beyond 10^37 steps come here; their last digits do not show.
                return Self::divide(numerator / 10, denominator / 10);
            }
            let factor = 10u128.pow(step);
            digits = digits * factor + rest * factor / denominator;
            rest = rest * factor % denominator;
            scale += step;
        }
        // A cut-off rest must not look like an exact half.
        if rest != 0 && digits.is_multiple_of(5) {
            digits += 1;
        }
        Some(Self {
            is_negative: false,
            digits,
            scale,
        })
    }

    /// The digits as steps of `10^-scale`.
    fn at_scale(self, scale: u32) -> Option<i128> {
        let factor = 10u128.checked_pow(scale - self.scale)?;
        let steps = i128::try_from(self.digits.checked_mul(factor)?).ok()?;
        Some(if self.is_negative { -steps } else { steps })
    }

    /// Half-even to 12 significant digits.
    fn rounded(self) -> Self {
        let excess = count(self.digits).saturating_sub(SHOWN_DIGITS);
        let unit = 10u128.pow(excess);
        let (kept, cut) = (self.digits / unit, self.digits % unit);
        let up = cut * 2 > unit || (cut * 2 == unit && kept % 2 == 1);
        let kept = kept + u128::from(up && excess > 0);
        match self.scale.checked_sub(excess) {
            Some(scale) => Self {
                digits: kept,
                scale,
                ..self
            },
            None => Self {
                digits: kept * 10u128.pow(excess - self.scale),
                scale: 0,
                ..self
            },
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
        let scale = scale as usize;
        if scale == 0 {
            out.push_str(text);
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
}
