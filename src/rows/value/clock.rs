//! Times of day and offsets behind a date.

use chrono::NaiveTime;

use super::date::digits;

/// `10:30`, `10:30:15`, `10:30:15.123456`, `3:30 PM`, and the hour alone, `10`, before an offset only where ISO 8601's `T`
/// stands before it: elsewhere `14-16` is a span.
pub(super) fn time_of_day(text: &[u8], is_iso: bool) -> Option<(NaiveTime, &[u8])> {
    let (hour, rest) = digits(text, 1, 2)?;
    let ends = match rest {
        [] | [b'Z', ..] => true,
        [b'+' | b'-', ..] => is_iso,
        _ => false,
    };
    if ends && text.len() - rest.len() == 2 {
        return Some((NaiveTime::from_hms_opt(hour, 0, 0)?, rest));
    }
    let (minute, mut rest) = digits(rest.strip_prefix(b":")?, 2, 2)?;
    let mut second = 0;
    if let Some(after) = rest.strip_prefix(b":") {
        (second, rest) = digits(after, 2, 2)?;
        if let [b'.' | b',', fraction @ ..] = rest {
            let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest = (1..=12).contains(&count).then(|| &fraction[count..])?;
        }
    }
    let (half, after) = letters(rest.trim_ascii_start());
    let (hour, rest) = match half.to_ascii_lowercase().as_slice() {
        b"am" if (1..=12).contains(&hour) => (hour % 12, after),
        b"pm" if (1..=12).contains(&hour) => (hour % 12 + 12, after),
        _ => (hour, rest),
    };
    Some((NaiveTime::from_hms_opt(hour, minute, second.min(59))?, rest))
}

/// Abbreviations of time zones that mean one offset, in hours east of UTC: those of RFC 2822 and a few others.
const ZONES: [(&str, i32); 21] = [
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
    ("akst", -9),
    ("akdt", -8),
    ("hst", -10),
    ("wet", 0),
    ("west", 1),
    ("cet", 1),
    ("cest", 2),
    ("eet", 2),
    ("eest", 3),
    ("msk", 3),
    ("jst", 9),
    ("aest", 10),
    ("nzst", 12),
];

/// `Z`, `UTC`, `GMT`, `PST`, `+02`, `+0200`, `+02:00`, `GMT+2`, in seconds east of UTC.
pub(super) fn offset(text: &[u8]) -> Option<i32> {
    if [&b"z"[..], b"utc", b"gmt"]
        .iter()
        .any(|name| text.eq_ignore_ascii_case(name))
    {
        return Some(0);
    }
    let zone = ZONES
        .iter()
        .find(|(zone, _)| text.eq_ignore_ascii_case(zone.as_bytes()));
    if let Some((_, hours)) = zone {
        return Some(hours * 3600);
    }
    let named = [&b"utc"[..], b"gmt"];
    let zone = text
        .get(..3)
        .filter(|zone| named.iter().any(|name| zone.eq_ignore_ascii_case(name)));
    let text = if zone.is_some() { &text[3..] } else { text };
    let (sign, rest) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match digits(rest, 4, 4) {
        Some((both, [])) => (both / 100, both % 100),
        _ => match digits(rest, if zone.is_some() { 1 } else { 2 }, 2)? {
            (hours, []) => (hours, 0),
            (hours, rest) => match digits(rest.strip_prefix(b":")?, 2, 2)? {
                (minutes, []) => (hours, minutes),
                _ => return None,
            },
        },
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) as i32)
}

/// The letters a text starts with, and what follows them.
pub(super) fn letters(text: &[u8]) -> (&[u8], &[u8]) {
    let is_letter = |byte: &&u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    text.split_at(text.iter().take_while(is_letter).count())
}
