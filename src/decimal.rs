//! Exact decimals: 128-bit fixed point with twelve fraction digits.
//!
//! A single value has at most 15 integer digits, so more than 10^11 of them can be summed before `i128` could
//! overflow; sums are therefore exact and independent of their order, which binary floats cannot offer.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

/// Digits kept behind the decimal point.
pub const FRACTION_DIGITS: u32 = 12;
/// Digits a single value may have before the decimal point.
pub const INTEGER_DIGITS: u32 = 15;
/// What one whole unit is in steps of the last fraction digit.
const ONE: i128 = 10i128.pow(FRACTION_DIGITS);
/// The first magnitude (in steps) that a single value may no longer have.
const LIMIT: i128 = 10i128.pow(FRACTION_DIGITS + INTEGER_DIGITS);
/// Significant digits of a computed quotient.
const RATIO_DIGITS: u32 = 12;

/// An exact decimal number, kept as steps of 10^-12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i128);

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(ONE);

    /// The decimal of so many steps of 10^-12.
    pub const fn from_steps(steps: i128) -> Self {
        Self(steps)
    }

    /// The number of steps of 10^-12.
    pub const fn steps(self) -> i128 {
        self.0
    }

    /// The decimal of a whole number; `None` beyond 15 integer digits.
    pub fn from_integer(value: i128) -> Option<Self> {
        value.checked_mul(ONE).and_then(Self::within_limit)
    }

    /// The decimal of a count of rows or cells.
    pub fn from_count(count: u64) -> Self {
        Self(i128::from(count) * ONE)
    }

    /// The decimal `unscaled × 10^-scale`, half-even beyond 12 fraction digits; `None` when out of range.
    pub fn from_scaled(unscaled: i128, scale: i32) -> Option<Self> {
        let shift = FRACTION_DIGITS as i32 - scale;
        let steps = if shift >= 0 {
            unscaled.checked_mul(10i128.checked_pow(shift as u32)?)?
        } else {
            match 10i128.checked_pow(shift.unsigned_abs()) {
                Some(divisor) => divide_half_even(unscaled, divisor),
                None => 0,
            }
        };
        Self::within_limit(steps)
    }

    /// Reads plain or scientific notation (`-12.50`, `1e3`), without blanks or separators.
    ///
    /// Digits beyond the twelfth fraction digit are rounded half-even. `None` when the text is no number or has more
    /// than 15 integer digits.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text.as_bytes(), 0)?.value()
    }

    /// As [`Decimal::parse`] for `text × 10^exponent`, saying whether digits were lost; `None` only when the text is no
    /// number. Allocates nothing.
    pub fn read(text: &[u8], exponent: i32) -> Option<Parsed> {
        let (negative, digits) = match text.first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let parsed = match read_short(digits, exponent) {
            Some(steps) => Parsed::Exact(Self(steps)),
            None => read_long(digits, i64::from(exponent))?,
        };
        Some(if negative { parsed.negated() } else { parsed })
    }

    /// The decimal whose text is the shortest one that reads back as `value`; NaN and infinities are out of range.
    pub fn read_f64(value: f64) -> Parsed {
        if !value.is_finite() {
            return Parsed::OutOfRange;
        }
        let whole = value as i64;
        if whole as f64 == value && whole.unsigned_abs() < 10u64.pow(INTEGER_DIGITS) {
            return Parsed::Exact(Self(i128::from(whole) * ONE));
        }
        match read_few_digits(value) {
            Some(steps) => Parsed::Exact(Self(steps)),
            None => read_displayed(format_args!("{value:e}")),
        }
    }

    /// As [`Decimal::read_f64`]; `None` for NaN, infinities and overflow.
    pub fn from_f64(value: f64) -> Option<Self> {
        Self::read_f64(value).value()
    }

    /// As [`Decimal::from_f64`], for single precision.
    pub fn from_f32(value: f32) -> Option<Self> {
        match value.is_finite() {
            true => read_displayed(format_args!("{value:e}")).value(),
            false => None,
        }
    }

    /// The nearest binary float, for statistics and scales; never for sums.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// Whether there is no fraction part.
    pub fn is_integer(self) -> bool {
        self.0 % ONE == 0
    }

    /// Whether this is zero.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The magnitude.
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// The unit of its last digit that is not a zero behind the point; of whole numbers one, of zero a hundredth.
    pub fn last_digit(self) -> Self {
        if self.is_zero() {
            return Self(ONE / 100);
        }
        let mut unit = 1;
        while unit < ONE && self.0 % (unit * 10) == 0 {
            unit *= 10;
        }
        Self(unit)
    }

    /// Its hundredth part, towards zero.
    pub fn hundredth(self) -> Self {
        Self(self.0 / 100)
    }

    /// `self ÷ denominator` to 12 significant digits, half-even; `None` when the denominator is zero or the quotient
    /// needs more than 15 integer digits. Digits beyond the twelfth fraction digit are rounded away too.
    pub fn ratio(self, denominator: Self) -> Option<Self> {
        if denominator.0 == 0 {
            return None;
        }
        let negative = (self.0 < 0) != (denominator.0 < 0);
        let magnitude = ratio_magnitude(self.0.unsigned_abs(), denominator.0.unsigned_abs())?;
        let steps = i128::try_from(magnitude).ok()?;
        Some(Self(if negative { -steps } else { steps }))
    }

    /// `self × factor`, half-even to 12 fraction digits; `None` on overflow.
    pub fn times(self, factor: Self) -> Option<Self> {
        let whole = factor.0 / ONE;
        let fraction = factor.0 % ONE;
        let high = self.0.checked_mul(whole)?;
        let low = divide_half_even(self.0.checked_mul(fraction)?, ONE);
        high.checked_add(low).map(Self)
    }

    fn within_limit(steps: i128) -> Option<Self> {
        (-LIMIT < steps && steps < LIMIT).then_some(Self(steps))
    }
}

/// What became of a number's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// Kept to the last digit.
    Exact(Decimal),
    /// Rounded half-even to 12 fraction digits.
    Rounded(Decimal),
    /// Not finite, or more than 15 integer digits.
    OutOfRange,
}

impl Parsed {
    /// The number, rounded or not.
    pub fn value(self) -> Option<Decimal> {
        match self {
            Self::Exact(value) | Self::Rounded(value) => Some(value),
            Self::OutOfRange => None,
        }
    }

    /// The same of the opposite sign.
    pub fn negated(self) -> Self {
        match self {
            Self::Exact(value) => Self::Exact(-value),
            Self::Rounded(value) => Self::Rounded(-value),
            Self::OutOfRange => Self::OutOfRange,
        }
    }
}

/// 1, 10, 100, … 10^12.
const POWERS: [i128; FRACTION_DIGITS as usize + 1] = {
    let mut powers = [1i128; FRACTION_DIGITS as usize + 1];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10;
        index += 1;
    }
    powers
};

/// Steps of a plain number of at most 18 digits, the usual case; `None` leaves the text to [`read_long`].
fn read_short(digits: &[u8], exponent: i32) -> Option<i128> {
    if digits.len() > 19 {
        return None;
    }
    let mut unscaled = 0u64;
    let mut point = None;
    for (index, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            unscaled = unscaled * 10 + u64::from(digit);
        } else if byte == b'.' && point.is_none() {
            point = Some(index);
        } else {
            return None;
        }
    }
    let count = digits.len() - usize::from(point.is_some());
    if count == 0 || count > 18 {
        return None;
    }
    let fraction = point.map_or(0, |point| digits.len() - 1 - point);
    let shift = i32::try_from(fraction).ok()?.checked_sub(exponent)?;
    let power = FRACTION_DIGITS as i32 - shift;
    let steps = i128::from(unscaled) * POWERS.get(usize::try_from(power).ok()?)?;
    (steps < LIMIT).then_some(steps)
}

/// Steps of a float whose shortest text has at most six fraction digits and fifteen in all, as money and rates have;
/// `None` leaves it to its text.
///
/// A quotient of two whole numbers that floats hold exactly is the float nearest to it, so the text with these digits
/// reads back as `value`; with so few digits no other text does, and no shorter one did before.
fn read_few_digits(value: f64) -> Option<i128> {
    let magnitude = value.abs();
    let mut scale = 1.0;
    for fraction in 1..=6 {
        scale *= 10.0;
        let scaled = magnitude * scale;
        if scaled >= 1e15 {
            return None;
        }
        let whole = (scaled + 0.5) as i64;
        if whole as f64 / scale == magnitude {
            let steps = i128::from(whole) * POWERS[FRACTION_DIGITS as usize - fraction];
            return Some(if value < 0.0 { -steps } else { steps });
        }
    }
    None
}

/// An unsigned number in plain or scientific notation, of any length; `None` when it is no number.
fn read_long(digits: &[u8], shift: i64) -> Option<Parsed> {
    let mut unscaled: i128 = 0;
    let mut significant = 0u32;
    let mut fraction = 0i64;
    let mut seen_point = false;
    let mut seen_digit = false;
    let mut sticky = false;
    let mut index = 0;
    while let Some(&byte) = digits.get(index) {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                // 30 significant digits decide the result; what lies beyond only breaks ties.
                if significant < 30 {
                    unscaled = unscaled * 10 + i128::from(byte - b'0');
                    significant += u32::from(unscaled != 0);
                    fraction += i64::from(seen_point);
                } else {
                    sticky |= byte != b'0';
                    fraction -= i64::from(!seen_point);
                }
            }
            b'.' if !seen_point => seen_point = true,
            b'e' | b'E' => break,
            _ => return None,
        }
        index += 1;
    }
    if !seen_digit {
        return None;
    }
    let exponent = match digits.get(index) {
        Some(_) => parse_exponent(&digits[index + 1..])?,
        None => 0,
    };
    Some(scale_to_steps(unscaled, exponent + shift - fraction, sticky))
}

/// Reads what is displayed through a buffer on the stack, long enough for any float in scientific notation.
fn read_displayed(text: fmt::Arguments<'_>) -> Parsed {
    use std::io::Write;
    let mut buffer = [0u8; 48];
    let mut rest = &mut buffer[..];
    if rest.write_fmt(text).is_err() {
        return Parsed::OutOfRange;
    }
    let unused = rest.len();
    Decimal::read(&buffer[..48 - unused], 0).unwrap_or(Parsed::OutOfRange)
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut exponent = 0i64;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        exponent = (exponent * 10 + i64::from(byte - b'0')).min(10_000);
    }
    Some(if negative { -exponent } else { exponent })
}

/// `unscaled × 10^exponent`; `sticky` says that non-zero digits below were cut off.
fn scale_to_steps(unscaled: i128, exponent: i64, sticky: bool) -> Parsed {
    if unscaled == 0 {
        return Parsed::Exact(Decimal::ZERO);
    }
    let shift = exponent + i64::from(FRACTION_DIGITS);
    let power = u32::try_from(shift.unsigned_abs())
        .ok()
        .and_then(|power| 10i128.checked_pow(power));
    let (steps, exact) = match (shift >= 0, power) {
        (true, Some(factor)) => match unscaled.checked_mul(factor) {
            Some(steps) => (steps, !sticky),
            None => return Parsed::OutOfRange,
        },
        (true, None) => return Parsed::OutOfRange,
        (false, Some(divisor)) => {
            let (quotient, remainder) = (unscaled / divisor, unscaled % divisor);
            let half = divisor / 2;
            let up = remainder > half || (remainder == half && (sticky || quotient % 2 == 1));
            (quotient + i128::from(up), remainder == 0 && !sticky)
        }
        (false, None) => (0, false),
    };
    match Decimal::within_limit(steps) {
        Some(value) if exact => Parsed::Exact(value),
        Some(value) => Parsed::Rounded(value),
        None => Parsed::OutOfRange,
    }
}

/// `numerator ÷ divisor`, rounded half-even; the divisor is positive.
fn divide_half_even(numerator: i128, divisor: i128) -> i128 {
    let quotient = numerator / divisor;
    let remainder = (numerator % divisor).unsigned_abs();
    let rest = divisor.unsigned_abs() - remainder;
    let round_away = remainder > rest || (remainder == rest && quotient % 2 != 0);
    quotient + i128::from(round_away) * numerator.signum()
}

/// Steps of `numerator ÷ denominator` to 12 significant digits by long division, half-even.
fn ratio_magnitude(numerator: u128, denominator: u128) -> Option<u128> {
    let mut quotient = numerator / denominator;
    let mut remainder = numerator % denominator;
    let mut scale = 0u32;
    let mut digits = quotient.checked_ilog10().map_or(0, |power| power + 1);
    if digits > INTEGER_DIGITS {
        return None;
    }
    while digits < RATIO_DIGITS && scale < FRACTION_DIGITS {
        // The remainder stays below the denominator, a sum of at most 10^38 steps; shrink both where ten times would overflow.
        let Some(next) = remainder.checked_mul(10) else {
            return ratio_magnitude(numerator / 1000, denominator / 1000);
        };
        quotient = quotient * 10 + next / denominator;
        remainder = next % denominator;
        scale += 1;
        digits += u32::from(quotient != 0);
    }
    let mut sticky = remainder != 0;
    let mut half_numerator = remainder;
    let mut half_denominator = denominator;
    let mut dropped = 0u32;
    if digits > RATIO_DIGITS {
        dropped = digits - RATIO_DIGITS;
        let unit = 10u128.pow(dropped);
        half_numerator = quotient % unit;
        half_denominator = unit;
        quotient /= unit;
    } else {
        sticky = false;
    }
    let rest = half_denominator - half_numerator;
    let round_up = half_numerator > rest || (half_numerator == rest && (sticky || quotient % 2 == 1));
    quotient += u128::from(round_up);
    quotient.checked_mul(10u128.pow(dropped + FRACTION_DIGITS - scale))
}

impl Add for Decimal {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Decimal {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Decimal {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl std::iter::Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
        values.fold(Self::ZERO, Add::add)
    }
}

impl Decimal {
    /// Appends the canonical text: no exponent, no trailing zeros, no `-0`.
    pub fn write_to(self, out: &mut String) {
        if self.0 < 0 {
            out.push('-');
        }
        let magnitude = self.0.unsigned_abs();
        let one = ONE as u128;
        let mut buffer = itoa::Buffer::new();
        let integer = magnitude / one;
        match u64::try_from(integer) {
            Ok(small) => out.push_str(buffer.format(small)),
            Err(_) => out.push_str(buffer.format(integer)),
        }
        let mut fraction = (magnitude % one) as u64;
        if fraction == 0 {
            return;
        }
        let mut digits = [b'0'; FRACTION_DIGITS as usize];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (fraction % 10) as u8;
            fraction /= 10;
        }
        let end = digits
            .iter()
            .rposition(|digit| *digit != b'0')
            .map_or(0, |last| last + 1);
        out.push('.');
        out.extend(digits[..end].iter().map(|digit| char::from(*digit)));
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(24);
        self.write_to(&mut text);
        f.write_str(&text)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

#[cfg(test)]
mod tests;
