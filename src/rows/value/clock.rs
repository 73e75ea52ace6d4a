//! Times of day and offsets behind a date.

use chrono::NaiveTime;

use super::date::digits;

/// `10:30`, `10:30:15`, `10:30:15.123456`, `3:30 PM`.
pub(super) fn time_of_day(text: &[u8]) -> Option<(NaiveTime, &[u8])> {
    let (hour, rest) = digits(text, 1, 2)?;
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

/// `Z`, `UTC`, `GMT`, `+02`, `+0200`, `+02:00`, `GMT+2`, in seconds east of UTC.
pub(super) fn offset(text: &[u8]) -> Option<i32> {
    if [&b"z"[..], b"utc", b"gmt"]
        .iter()
        .any(|name| text.eq_ignore_ascii_case(name))
    {
        return Some(0);
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
