//! Numbers without separators or exponent.

use super::value::number::Marks;

/// A number without separators or exponent, the usual case.
pub(super) struct Plain {
    pub(super) marks: Marks,
    pub(super) integer: Option<i64>,
    /// The whole number that it begins with, without its sign where it has a fraction.
    pub(super) whole: i64,
    /// Itself where it lies between -1 and 1 and is not whole.
    pub(super) fraction: Option<f64>,
    pub(super) padded: bool,
}

impl Plain {
    /// Reads at most 18 digits with a sign and a point; `None` leaves the text to the slower ways.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            _ => (false, text),
        };
        if digits.len() > 18 {
            return None;
        }
        let mut unscaled = 0i64;
        let mut point = None;
        for (index, &byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                unscaled = unscaled * 10 + i64::from(digit);
            } else if byte == b'.' && point.is_none() {
                point = Some(index);
            } else {
                return None;
            }
        }
        let before = point.unwrap_or(digits.len());
        let after = digits.len() - before - usize::from(point.is_some());
        if before + after == 0 {
            return None;
        }
        let marks = match point {
            None => Marks::Plain,
            Some(_) if after == 3 && (1..=3).contains(&before) && digits[0] != b'0' => Marks::Either,
            Some(_) => Marks::Point,
        };
        let unit = 10i64.pow(after as u32);
        let whole = unscaled / unit;
        let integer = (whole * unit == unscaled).then_some(whole);
        let is_fraction = whole == 0 && integer.is_none();
        let fraction = is_fraction.then(|| unscaled as f64 / unit as f64);
        Some(Self {
            marks,
            integer: integer.map(|integer| if negative { -integer } else { integer }),
            whole,
            fraction: fraction.map(|fraction| if negative { -fraction } else { fraction }),
            padded: point.is_none() && before > 1 && digits[0] == b'0',
        })
    }
}
