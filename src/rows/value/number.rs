//! Numbers as people write them: separators, currency and percent signs, negatives in parentheses.

use super::currency::{self, Currency};
use super::scale::{self, Scale};
use super::trim;
use crate::decimal::{Decimal, Parsed};

/// Longest text taken for a number with separators or signs, in bytes.
const LONGEST: usize = 64;

/// What a number's separators say about the column's decimal separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) enum Marks {
    /// Nothing: there are none.
    Plain,
    /// The decimal separator is a point (`12.5`, `1,234.5`).
    Point,
    /// The decimal separator is a comma (`12,5`, `1.234,5`).
    Comma,
    /// Either, with different values (`1,234`, `1.234`).
    Either,
}

/// A number's text, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) struct NumberText {
    /// The number; a percent text is a fraction.
    pub value: Parsed,
    /// What its separators say.
    pub marks: Marks,
    /// Whether it has a percent sign.
    pub percent: bool,
    /// Its currency sign.
    pub currency: Option<Currency>,
    /// Whether it is a whole number with leading zeros, as codes have them.
    pub padded: bool,
    /// What it ends in for thousands and more.
    pub scaled: Option<Scaled>,
    /// Whether a sign beside it says that it is about so much (`~900`), or that there is a note on it (`912*`).
    pub noted: bool,
}

/// A number that ends in a word or letter for thousands and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) struct Scaled {
    /// What for.
    pub scale: Scale,
    /// Whether its digits have a fraction.
    pub has_fraction: bool,
}

/// Whether a trimmed text says that a number is less or more than one (`<5`, `≥ 100`).
pub(in crate::rows) fn is_bound(text: &[u8]) -> bool {
    let signs = [&b"<="[..], b">=", b"<", b">", b"\xE2\x89\xA4", b"\xE2\x89\xA5"];
    let number = signs.iter().find_map(|sign| text.strip_prefix(*sign));
    number.is_some_and(|number| read(trim(number), false).is_some())
}

/// Reads a trimmed text as a number; where its separators leave it open, `decimal_comma` decides.
pub(in crate::rows) fn read(text: &[u8], decimal_comma: bool) -> Option<NumberText> {
    if !text.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let mut shell = Shell::default();
    let core = shell.open(text)?;
    let mut buffer = [0u8; LONGEST];
    let core = unify_spaces(core, &mut buffer)?;
    let marks = match plain_marks(core) {
        Some(marks) if !shell.is_round => marks,
        _ if shell.is_round => round_marks(core)?,
        _ => separators(core)?,
    };
    let comma = marks == Marks::Comma || (marks == Marks::Either && decimal_comma);
    let mut digits = [0u8; LONGEST];
    let digits = without_groups(core, comma, &mut digits)?;
    let exponent = match (shell.percent, shell.scale) {
        (true, Some(_)) => return None,
        (true, None) => -2,
        (false, scale) => scale.map_or(0, Scale::exponent),
    };
    let value = Decimal::read(digits, exponent)?;
    Some(NumberText {
        value: if shell.negative { value.negated() } else { value },
        marks,
        percent: shell.percent,
        currency: shell.currency,
        padded: digits.len() > 1 && digits[0] == b'0' && digits.iter().all(u8::is_ascii_digit),
        scaled: shell.scale.map(|scale| Scaled {
            scale,
            has_fraction: digits.contains(&b'.'),
        }),
        noted: shell.noted,
    })
}

/// What stands around a number's digits.
#[derive(Default)]
struct Shell {
    negative: bool,
    signed: bool,
    percent: bool,
    /// Whether a dash stands where the cents would.
    is_round: bool,
    currency: Option<Currency>,
    scale: Option<Scale>,
    noted: bool,
}

/// What stands before a number that is about so much.
const ABOUT: [&[u8]; 5] = [b"~", b"\xE2\x89\x88", b"ca.", b"ca ", b"circa "];
/// What stands behind a number that there is a note on.
const NOTES: [&[u8]; 3] = [b"*", b"\xE2\x80\xA0", b"\xE2\x80\xA1"];

impl Shell {
    /// Takes signs off both ends; what remains starts with a digit or a separator and ends with a digit or a separator.
    fn open<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let mut rest = text;
        if let Some(inner) = text.strip_prefix(b"(").and_then(|inner| inner.strip_suffix(b")")) {
            (self.negative, self.signed, rest) = (true, true, trim(inner));
        }
        while !matches!(rest.first()?, b'0'..=b'9' | b'.' | b',') {
            rest = trim(self.open_front(rest)?);
        }
        // A unit of thousands may end in a point (`3,4 Mio.`), which is no separator.
        rest = self.take_scale(rest);
        while !matches!(rest.last()?, b'0'..=b'9' | b'.' | b',') {
            rest = trim(self.open_back(rest)?);
            rest = self.take_scale(rest);
        }
        Some(rest)
    }

    /// The text without what scales its number, where it ends in that and did not before.
    fn take_scale<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        match scale::strip_back(text).filter(|_| self.scale.is_none()) {
            Some((scale, rest)) => {
                self.scale = Some(scale);
                rest
            }
            None => text,
        }
    }

    fn open_front<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let minus = text
            .strip_prefix(b"-")
            .or_else(|| text.strip_prefix(b"\xE2\x88\x92"));
        if let Some(rest) = minus.or_else(|| text.strip_prefix(b"+")) {
            let again = std::mem::replace(&mut self.signed, true);
            self.negative |= minus.is_some();
            return (!again).then_some(rest);
        }
        if let Some(rest) = ABOUT.iter().find_map(|about| text.strip_prefix(*about)) {
            return (!std::mem::replace(&mut self.noted, true)).then_some(rest);
        }
        let (sign, rest) = currency::strip_front(text)?;
        self.sign(sign).then_some(rest)
    }

    fn open_back<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        if let Some(rest) = text.strip_suffix(b"%") {
            return (!std::mem::replace(&mut self.percent, true)).then_some(rest);
        }
        if let Some(rest) = without_dash_for_cents(text) {
            return (!std::mem::replace(&mut self.is_round, true)).then_some(rest);
        }
        // As some accounting systems write it.
        if let Some(rest) = text.strip_suffix(b"-") {
            self.negative = true;
            let is_first = !std::mem::replace(&mut self.signed, true);
            return (is_first && trim(rest).last()?.is_ascii_digit()).then_some(rest);
        }
        if let Some(rest) = NOTES.iter().find_map(|note| text.strip_suffix(*note)) {
            self.noted = true;
            return Some(rest);
        }
        let (sign, rest) = currency::strip_back(text)?;
        self.sign(sign).then_some(rest)
    }

    /// Takes in a currency; two are one too many, unless one is the sign of the other.
    fn sign(&mut self, sign: Currency) -> bool {
        self.currency = match self.currency {
            None => Some(sign),
            Some(known) => known.and(sign),
        };
        self.currency.is_some()
    }
}

/// What stands before the decimal separator of an amount without cents, as `12.-`, `12,--` or `12.–` write it.
fn without_dash_for_cents(text: &[u8]) -> Option<&[u8]> {
    let dashes = [&b"--"[..], b"-", b"\xE2\x80\x93", b"\xE2\x80\x94"];
    let amount = dashes.iter().find_map(|dash| text.strip_suffix(*dash))?;
    let whole = amount.strip_suffix(b".").or_else(|| amount.strip_suffix(b","))?;
    whole.last()?.is_ascii_digit().then_some(whole)
}

/// The text with every kind of space as one blank and every apostrophe as `'`; `None` when it is too long.
fn unify_spaces<'a>(text: &'a [u8], buffer: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    if text.is_ascii() {
        return Some(text);
    }
    let mut length = 0;
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let (unified, width) = match rest {
            [0xC2, 0xA0, ..] => (b' ', 2),
            [0xE2, 0x80, 0xAF | 0x89, ..] => (b' ', 3),
            [0xE2, 0x80, 0x99, ..] => (b'\'', 3),
            _ => (byte, 1),
        };
        *buffer.get_mut(length)? = unified;
        length += 1;
        rest = &rest[width..];
    }
    Some(&buffer[..length])
}

/// Marks of a number in plain or scientific notation; `None` when it has separators to look at.
fn plain_marks(core: &[u8]) -> Option<Marks> {
    let point = core.iter().position(|byte| *byte == b'.');
    let exponent = core.iter().any(|byte| matches!(byte, b'e' | b'E'));
    let others = core.iter().filter(|byte| !byte.is_ascii_digit()).count();
    match point {
        _ if exponent => Some(if point.is_some() {
            Marks::Point
        } else {
            Marks::Plain
        }),
        None if others == 0 => Some(Marks::Plain),
        Some(point) if others == 1 => Some(single_mark(core, point, Marks::Point)),
        _ => None,
    }
}

/// Marks of a number with one separator, which may stand before thousands or before decimals.
fn single_mark(core: &[u8], at: usize, decimal: Marks) -> Marks {
    let thousands = core.len() - at - 1 == 3 && (1..=3).contains(&at) && core[0] != b'0';
    if thousands { Marks::Either } else { decimal }
}

/// Marks of a number with separators that group its digits; `None` when they do not do so rightly.
fn separators(core: &[u8]) -> Option<Marks> {
    let count = |wanted: u8| core.iter().filter(|byte| **byte == wanted).count();
    let last = |wanted: u8| core.iter().rposition(|byte| *byte == wanted);
    let (points, commas) = (count(b'.'), count(b','));
    let grouper = core.iter().copied().find(|byte| matches!(byte, b' ' | b'\''));
    if let Some(grouper) = grouper {
        let (end, marks) = match (points, commas) {
            (0, 0) => (core.len(), Marks::Plain),
            (1, 0) => (last(b'.')?, Marks::Point),
            (0, 1) => (last(b',')?, Marks::Comma),
            _ => return None,
        };
        return grouped(&core[..end], grouper).then_some(marks);
    }
    match (points, commas) {
        (0, 1) => {
            let at = last(b',')?;
            (at + 1 < core.len()).then(|| single_mark(core, at, Marks::Comma))
        }
        (0, _) => grouped(core, b',').then_some(Marks::Point),
        (_, 0) => grouped(core, b'.').then_some(Marks::Comma),
        (1, _) if last(b'.') > last(b',') => grouped(&core[..last(b'.')?], b',').then_some(Marks::Point),
        (_, 1) if last(b',') > last(b'.') => grouped(&core[..last(b',')?], b'.').then_some(Marks::Comma),
        _ => None,
    }
}

/// Marks of a whole number, in which every separator groups; `None` when they do not do so rightly.
fn round_marks(core: &[u8]) -> Option<Marks> {
    let marks = match core.iter().copied().find(|byte| !byte.is_ascii_digit()) {
        None => return Some(Marks::Plain),
        Some(b'.') => (b'.', Marks::Comma),
        Some(b',') => (b',', Marks::Point),
        Some(grouper @ (b' ' | b'\'')) => (grouper, Marks::Plain),
        Some(_) => return None,
    };
    grouped(core, marks.0).then_some(marks.1)
}

/// Whether digits are grouped by threes from the right (commas also by twos above, as in India).
fn grouped(text: &[u8], grouper: u8) -> bool {
    let mut groups = text.split(|byte| *byte == grouper);
    let first = groups.next().unwrap_or_default();
    let mut lengths = groups.map(<[u8]>::len).peekable();
    let digits = text.iter().all(|byte| byte.is_ascii_digit() || *byte == grouper);
    if !digits || !(1..=3).contains(&first.len()) || lengths.peek().is_none() {
        return false;
    }
    while let Some(length) = lengths.next() {
        let last = lengths.peek().is_none();
        if length != 3 && (last || grouper != b',' || length != 2) {
            return false;
        }
    }
    true
}

/// The digits with a point for the decimal separator and no other separators.
fn without_groups<'a>(core: &'a [u8], comma: bool, buffer: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let decimal = if comma { b',' } else { b'.' };
    if !comma && core.iter().all(|byte| !matches!(byte, b',' | b' ' | b'\'')) {
        return Some(core);
    }
    let mut length = 0;
    for &byte in core {
        let kept = match byte {
            byte if byte == decimal => b'.',
            b',' | b'.' | b' ' | b'\'' => continue,
            _ => byte,
        };
        *buffer.get_mut(length)? = kept;
        length += 1;
    }
    Some(&buffer[..length])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str, decimal_comma: bool) -> Option<String> {
        Some(read(text.as_bytes(), decimal_comma)?.value.value()?.to_string())
    }

    #[test]
    fn reads_numbers_as_people_write_them() {
        for (text, point, comma) in [
            ("1,234", "1234", "1.234"),
            ("1.234", "1.234", "1234"),
            ("1,234.50", "1234.5", "1234.5"),
            ("1.234,50", "1234.5", "1234.5"),
            ("0,123", "0.123", "0.123"),
            ("12,5", "12.5", "12.5"),
            ("1,234,567", "1234567", "1234567"),
            ("12,34,567.8", "1234567.8", "1234567.8"),
            ("1.234.567", "1234567", "1234567"),
            ("1 234 567,8", "1234567.8", "1234567.8"),
            ("1\u{a0}234", "1234", "1234"),
            ("1\u{202f}234,5", "1234.5", "1234.5"),
            ("1'234.5", "1234.5", "1234.5"),
            ("1’234", "1234", "1234"),
            ("$1,234.5", "1234.5", "1234.5"),
            ("-$5", "-5", "-5"),
            ("$-5", "-5", "-5"),
            ("($1,000)", "-1000", "-1"),
            ("12 €", "12", "12"),
            ("€ 12,50", "12.5", "12.5"),
            ("USD 7", "7", "7"),
            ("12%", "0.12", "0.12"),
            ("-3.5 %", "-0.035", "-0.035"),
            ("\u{2212}3", "-3", "-3"),
            (".5", "0.5", "0.5"),
            ("5.", "5", "5"),
            ("1.5e3", "1500", "1500"),
            ("007", "7", "7"),
            ("1.234,56-", "-1234.56", "-1234.56"),
            ("(1,234)", "-1234", "-1.234"),
            ("$1,234.50 USD", "1234.5", "1234.5"),
            ("€ 12,50 EUR", "12.5", "12.5"),
            ("HK$5", "5", "5"),
            ("A$ 5.5", "5.5", "5.5"),
            ("7 C$", "7", "7"),
            ("Rs. 1,00,000", "100000", "100000"),
            ("Rs.5", "5", "5"),
            ("RM 5", "5", "5"),
            ("Rp.50", "50", "50"),
            ("Fr. 12.50", "12.5", "12.5"),
            ("SFr. 1'200.00", "1200", "1200"),
            ("CHF 12.-", "12", "12"),
            ("¥1,000 JPY", "1000", "1"),
            ("kr 100 SEK", "100", "100"),
            ("NOK 100 kr", "100", "100"),
            ("Fr. 5 CHF", "5", "5"),
            ("Fr. 1'200.–", "1200", "1200"),
            ("5.-", "5", "5"),
            ("12,-", "12", "12"),
            ("1.200,-- €", "1200", "1200"),
            ("1,200.-", "1200", "1200"),
            ("-5.—", "-5", "-5"),
            ("12.50-", "-12.5", "-12.5"),
            ("1.2K", "1200", "1200"),
            ("1,5k", "1500", "1500"),
            ("$2.89T", "2890000000000", "2890000000000"),
            ("3,4 Mio", "3400000", "3400000"),
            ("3,4 Mio. €", "3400000", "3400000"),
            ("1.2 Mrd. EUR", "1200000000", "1200000000"),
            ("-0.05M", "-50000", "-50000"),
            ("($1.5bn)", "-1500000000", "-1500000000"),
            ("1,234K", "1234000", "1234"),
            ("12 million USD", "12000000", "12000000"),
            ("100 SEK", "100", "100"),
        ] {
            assert_eq!(shown(text, false).as_deref(), Some(point), "{text}");
            assert_eq!(
                shown(text, true).as_deref(),
                Some(comma),
                "{text} with a decimal comma"
            );
        }
    }

    #[test]
    fn leaves_other_texts_alone() {
        for text in [
            "",
            "-",
            "$",
            "%",
            "1,2,3",
            "1.2.3",
            "12,",
            "1-2",
            "--1",
            "$$1",
            "1%%",
            "2024-01-05",
            "10:30",
            "A1",
            "1A",
            "1 23",
            "1234 567",
            "1,23,45",
            "(5",
            "e5",
            "1 2.3,4",
            "kr",
            "-1-",
            "12.5.-",
            "12..-",
            "12–",
            ".-",
            "5%-",
            "RM101",
            "Fr-5",
            "$5 EUR",
            "€5 $",
            "5m",
            "5KK",
            "K",
            "5K%",
            "1.2.3M",
            "12 kM",
        ] {
            assert_eq!(read(text.as_bytes(), false), None, "{text}");
        }
    }

    #[test]
    fn tells_what_separators_mean() {
        let marks = |text: &str| read(text.as_bytes(), false).map(|number| number.marks);
        assert_eq!(marks("12"), Some(Marks::Plain));
        assert_eq!(marks("12.5"), Some(Marks::Point));
        assert_eq!(marks("1.234"), Some(Marks::Either));
        assert_eq!(marks("0.123"), Some(Marks::Point));
        assert_eq!(marks("1,234"), Some(Marks::Either));
        assert_eq!(marks("1234,567"), Some(Marks::Comma));
        assert_eq!(marks("1,234,567"), Some(Marks::Point));
        assert!(read(b"007", false).is_some_and(|number| number.padded));
        assert!(read(b"0", false).is_some_and(|number| !number.padded));
        assert!(read(b"0.7", false).is_some_and(|number| !number.padded));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-+($€]{0,3}[0-9., '\u{a0}%)e]{0,70}", comma: bool) {
            let _ = read(text.as_bytes(), comma);
        }

        #[test]
        fn thousands_separators_change_nothing(number in 0u64..1_000_000_000_000, cents in 0u32..100) {
            let plain = format!("{number}.{cents:02}");
            let mut grouped = String::new();
            let digits = number.to_string();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            let expected = Decimal::parse(&plain).map(|value| value.to_string());
            prop_assert_eq!(shown(&format!("${grouped}.{cents:02}"), false), expected.clone());
            let european = grouped.replace(',', ".");
            prop_assert_eq!(shown(&format!("{european},{cents:02} €"), false), expected);
        }
    }
}
